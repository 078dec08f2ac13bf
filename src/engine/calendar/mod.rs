//! The calendar, or future event list: what happens next, in order of (time, sequence number).
//!
//! Ties in time are first scheduled, first served. Three places hold events, and together they keep that order exactly:
//! - the *heap*, for events at any later time: 16-byte keys in a 4-ary heap, payloads in a slab beside it;
//! - the *present*, a FIFO for events scheduled at the current instant: what the heap holds for it was scheduled before;
//! - *lanes*, one FIFO for each constant delay (timeouts, fixed network hops): their events are in order by
//!   construction, so only the first of a lane stands in the heap, however many wait behind it.
//!
//! What an event means does not belong here.

mod heap;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::time::{Duration, Time};
use heap::{Heap, Key};
use lane::Lane;

/// Events that may wait in the heap at once, beside the lanes: about 16.7 million.
pub const MAX_PENDING: usize = FIRST_LANE as usize;

const SLOT_BITS: u32 = 24;
/// Bits of a sequence number: 2^40 events may be scheduled ahead of time in one run, hours of computing.
pub const SEQUENCE_BITS: u32 = u64::BITS - SLOT_BITS;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;
/// Slot numbers from here on stand for lanes; the last of them is left to [`heap::NOTHING`].
const FIRST_LANE: u32 = (1 << SLOT_BITS) - 1 - MAX_LANES;
const MAX_LANES: u32 = 0x7FFF;
/// Below this many stale entries, tidying costs more than it saves.
const TIDY_ABOVE: usize = 1024;

fn key(time: Time, sequence: u64, slot: u32) -> Key {
    (u128::from(time.as_nanos()) << 64) | u128::from((sequence << SLOT_BITS) | u64::from(slot))
}

fn time_of(key: Key) -> Time {
    Time::from_nanos((key >> 64) as u64)
}

fn sequence_of(key: Key) -> u64 {
    (key as u64) >> SLOT_BITS
}

fn slot_of(key: Key) -> u32 {
    (key as u64 & SLOT_MASK) as u32
}

/// Names a scheduled event, so that it can be cancelled; worthless once the event has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(u64);

const LANE_FLAG: u64 = 1 << 63;
const LANE_INDEX_BITS: u32 = 48;

impl Handle {
    /// Names no event; cancelling it does nothing.
    pub const NONE: Self = Self(u64::MAX);

    fn of_slot(slot: u32, generation: u32) -> Self {
        Self((u64::from(generation) << SLOT_BITS) | u64::from(slot))
    }

    fn of_lane(index: u16, number: u64) -> Self {
        Self(LANE_FLAG | (u64::from(index) << LANE_INDEX_BITS) | number)
    }
}

/// Names a lane: a source of events that all lie the same length of time ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneId(u16);

#[derive(Clone, Copy, Debug)]
struct Slot<M> {
    message: M,
    /// Grows by four with every event this slot has held; the two lowest bits say how it is with the one it holds.
    generation: u32,
    /// The slot that became free before this one.
    next_free: u32,
}

/// Bit of a generation: the event was taken back.
const CANCELLED: u32 = 1;
/// Bit of a generation: the event stands in the present, not in the heap.
const PRESENT: u32 = 2;
const NEXT_GENERATION: u32 = 4;

impl<M> Slot<M> {
    /// The event is over; true if it was not taken back.
    #[inline]
    fn release(&mut self) -> bool {
        let live = self.generation & CANCELLED == 0;
        self.generation = (self.generation & !(CANCELLED | PRESENT)).wrapping_add(NEXT_GENERATION);
        live
    }
}

/// An event at the present instant.
#[derive(Clone, Copy, Debug)]
struct Present<M> {
    message: M,
    /// Its slot, if it can be taken back; [`NO_SLOT`] otherwise.
    slot: u32,
}

const NO_SLOT: u32 = u32::MAX;

/// The future event list, and with it the clock.
#[derive(Debug)]
pub struct Calendar<M> {
    now: Time,
    sequence: u64,
    heap: Heap,
    slots: Vec<Slot<M>>,
    /// The slot that became free last, or [`NO_SLOT`].
    free: u32,
    stale: usize,
    /// The first event at the present instant; most are alone, and so never see the queue.
    next: Option<Present<M>>,
    /// Those behind it; empty if there is no first.
    present: VecDeque<Present<M>>,
    /// True if it is known that the heap holds nothing at the present instant; nothing comes to it there later.
    heap_is_later: bool,
    full: bool,
    lanes: Vec<Lane<M>>,
}

impl<M: Copy> Default for Calendar<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Copy> Calendar<M> {
    /// An empty calendar at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            now: Time::ZERO,
            sequence: 0,
            heap: Heap::default(),
            slots: Vec::new(),
            free: NO_SLOT,
            stale: 0,
            next: None,
            present: VecDeque::new(),
            heap_is_later: false,
            full: false,
            lanes: Vec::new(),
        }
    }

    /// The time of the event that was taken last.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Entries in the heap, stale ones included.
    #[must_use]
    pub fn heap_len(&self) -> usize {
        self.heap.len()
    }

    /// The most entries the heap ever held.
    #[must_use]
    pub fn heap_peak(&self) -> usize {
        self.heap.peak()
    }

    /// True once as many events have waited as the calendar can take; the loop ends the run then.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full
    }

    #[inline]
    fn next_sequence(&mut self) -> u64 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }

    /// An event at the present instant, after all that already stand there.
    #[inline(always)]
    pub fn send(&mut self, message: M) {
        self.push_present(Present { message, slot: NO_SLOT });
    }

    #[inline]
    fn push_present(&mut self, event: Present<M>) {
        if self.next.is_none() {
            self.next = Some(event);
        } else {
            self.present.push_back(event);
        }
    }

    /// An event at time `at` (the present instant if `at` has passed).
    ///
    /// # Panics
    /// If more than [`MAX_PENDING`] events wait; the loop stops a run before that, see [`Calendar::is_full`].
    #[inline(always)]
    pub fn schedule(&mut self, at: Time, message: M) -> Handle {
        let slot = self.free;
        let generation = match self.slots.get_mut(slot as usize) {
            Some(place) => {
                self.free = place.next_free;
                place.message = message;
                place.generation
            }
            None => return self.grow(at, message),
        };
        self.place(at, slot, message);
        Handle::of_slot(slot, generation)
    }

    #[inline(always)]
    fn place(&mut self, at: Time, slot: u32, message: M) {
        if at > self.now {
            let sequence = self.next_sequence();
            self.heap.push(key(at, sequence, slot));
        } else {
            self.slots[slot as usize].generation |= PRESENT;
            self.push_present(Present { message, slot });
        }
    }

    /// An event `delay` from now.
    #[inline(always)]
    pub fn schedule_after(&mut self, delay: Duration, message: M) -> Handle {
        self.schedule(self.now + delay, message)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, at: Time, message: M) -> Handle {
        assert!(self.slots.len() < MAX_PENDING, "more than {MAX_PENDING} events wait in the calendar");
        let slot = self.slots.len() as u32;
        self.slots.push(Slot { message, generation: 0, next_free: NO_SLOT });
        self.full = self.slots.len() == MAX_PENDING;
        self.place(at, slot, message);
        Handle::of_slot(slot, 0)
    }

    /// The lane of events that lie `delay` ahead; asked twice for one delay, it is the same lane.
    ///
    /// # Panics
    /// If more than 32,767 different delays are asked for; lanes are made when a system is built, a few to a node.
    pub fn lane(&mut self, delay: Duration) -> LaneId {
        if let Some(index) = self.lanes.iter().position(|lane| lane.delay == delay) {
            return LaneId(index as u16);
        }
        let index = self.lanes.len();
        assert!(index < MAX_LANES as usize, "too many lanes");
        self.lanes.push(Lane::new(delay));
        LaneId(index as u16)
    }

    /// An event one delay of the lane from now.
    #[inline]
    pub fn schedule_in_lane(&mut self, lane: LaneId, message: M) -> Handle {
        let index = lane.0;
        if self.lanes[index as usize].delay.is_zero() {
            return self.schedule(self.now, message);
        }
        let sequence = self.next_sequence();
        let lane = &mut self.lanes[index as usize];
        let time = self.now + lane.delay;
        let number = lane.push(time, sequence, message);
        if !lane.armed {
            // All before it are gone, so this is the first.
            lane.armed = true;
            self.heap.push(key(time, sequence, FIRST_LANE + u32::from(index)));
        }
        Handle::of_lane(index, number)
    }

    /// Takes an event back. One that has happened, or was cancelled before, is left alone.
    #[inline]
    pub fn cancel(&mut self, handle: Handle) {
        if handle == Handle::NONE {
            return;
        }
        if handle.0 & LANE_FLAG != 0 {
            let index = ((handle.0 & !LANE_FLAG) >> LANE_INDEX_BITS) as usize;
            self.lanes[index].cancel(handle.0 & ((1 << LANE_INDEX_BITS) - 1));
            return;
        }
        let slot = &mut self.slots[(handle.0 & SLOT_MASK) as usize];
        if slot.generation & !PRESENT == (handle.0 >> SLOT_BITS) as u32 {
            slot.generation |= CANCELLED;
            if slot.generation & PRESENT == 0 {
                self.stale += 1;
                if self.stale > TIDY_ABOVE && self.stale * 2 > self.heap.len() {
                    self.tidy();
                }
            }
        }
    }

    /// The next event before `end`, with the clock moved to it; `None` if there is none, with the clock left alone.
    /// Events at the present instant are not held back by an `end` that lies before it.
    #[inline(always)]
    pub fn pop(&mut self, end: Time) -> Option<M> {
        loop {
            if let Some(Present { message, slot }) = self.next
                && (self.heap_is_later || self.look_at_heap())
            {
                self.next = if self.present.is_empty() { None } else { self.present.pop_front() };
                if slot == NO_SLOT || self.release(slot) {
                    return Some(message);
                }
                continue;
            }
            let first = self.heap.first();
            // An empty heap shows the end of time.
            if time_of(first) >= end {
                return None;
            }
            self.heap.take_first();
            if let Some(message) = self.take(first) {
                self.now = time_of(first);
                self.heap_is_later = false;
                return Some(message);
            }
        }
    }

    /// The time of the next entry, which may turn out stale; `None` if nothing waits.
    #[inline]
    #[must_use]
    pub fn next_time(&mut self) -> Option<Time> {
        if self.next.is_some() {
            return Some(self.now);
        }
        (self.heap.len() > 0).then(|| time_of(self.heap.first()))
    }

    /// The events that were scheduled and not taken back, in no particular order, with their handles; not those sent. Costs time in proportion to all that waits: for what is rare.
    pub fn pending(&self) -> impl Iterator<Item = (Handle, Time, &M)> {
        let live = |slot: &Slot<M>| slot.generation & CANCELLED == 0;
        let present = self.next.iter().chain(&self.present).filter_map(move |event| {
            let slot = (event.slot != NO_SLOT).then(|| &self.slots[event.slot as usize]).filter(|slot| live(slot))?;
            Some((Handle::of_slot(event.slot, slot.generation & !PRESENT), self.now, &slot.message))
        });
        let scheduled = self.heap.iter().filter_map(move |key| {
            let index = slot_of(key);
            let slot = (index < FIRST_LANE).then(|| &self.slots[index as usize]).filter(|slot| live(slot))?;
            Some((Handle::of_slot(index, slot.generation), time_of(key), &slot.message))
        });
        let in_lanes = (0..).zip(&self.lanes).flat_map(|(index, lane)| {
            lane.live().map(move |(number, item)| (Handle::of_lane(index, number), item.time, &item.message))
        });
        present.chain(scheduled).chain(in_lanes)
    }

    /// True if the heap holds nothing at the present instant.
    #[inline]
    fn look_at_heap(&mut self) -> bool {
        self.heap_is_later = time_of(self.heap.least()) > self.now;
        self.heap_is_later
    }

    /// The event in a slot is over; true if it was not taken back.
    #[inline]
    fn release(&mut self, slot: u32) -> bool {
        let place = &mut self.slots[slot as usize];
        place.next_free = self.free;
        self.free = slot;
        place.release()
    }

    /// What the entry that has just left the root stands for; `None` if it is stale.
    #[inline]
    fn take(&mut self, first: Key) -> Option<M> {
        let index = slot_of(first);
        if index >= FIRST_LANE {
            return self.take_from_lane(index, first);
        }
        let slot = &mut self.slots[index as usize];
        let message = slot.message;
        slot.next_free = self.free;
        self.free = index;
        if slot.release() {
            return Some(message);
        }
        self.stale -= 1;
        None
    }

    #[inline(never)]
    fn take_from_lane(&mut self, index: u32, first: Key) -> Option<M> {
        let lane = &mut self.lanes[(index - FIRST_LANE) as usize];
        // The entry may stand for an event that was taken back meanwhile.
        let message =
            lane.first().is_some_and(|item| item.sequence == sequence_of(first)).then(|| lane.pop()).flatten();
        match lane.first() {
            Some(item) => {
                let (time, sequence) = (item.time, item.sequence);
                self.heap.push(key(time, sequence, index));
            }
            None => lane.armed = false,
        }
        message
    }

    /// Drops every stale entry at once; paid for by the cancellations that made them.
    #[cold]
    fn tidy(&mut self) {
        let (slots, free) = (&mut self.slots, &mut self.free);
        self.heap.retain(|&entry| {
            let index = slot_of(entry);
            if index >= FIRST_LANE || slots[index as usize].generation & CANCELLED == 0 {
                return true;
            }
            let slot = &mut slots[index as usize];
            slot.release();
            slot.next_free = *free;
            *free = index;
            false
        });
        self.stale = 0;
    }

    /// Slots that hold no event.
    #[cfg(test)]
    fn free_slots(&self) -> usize {
        std::iter::successors(self.slots.get(self.free as usize), |slot| self.slots.get(slot.next_free as usize))
            .count()
    }
}
