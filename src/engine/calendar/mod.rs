//! The calendar, or future event list: events in order of (time, rank, sequence number).
//!
//! At the same time, events of the first rank come before those of the second; within a rank they come in the order in
//! which they were scheduled. Events are kept in three places, which together keep that order exactly:
//! - the *heap*, for events at any later time: 16-byte keys in a 4-ary heap by time, payloads in a slab beside it;
//! - the *present*, a FIFO for each rank of events at the current instant. When an instant begins at which several events
//!   were scheduled, all of them move from the heap to the present, in their order; what is scheduled for the instant
//!   while it lasts comes behind them, so the heap holds later events alone;
//! - *lanes*, one FIFO for each constant delay (timeouts, fixed network hops) and rank: their events are in order by
//!   construction, so only the first of each lane is in the heap, however many wait behind it.
//!
//! A *timer* is an event that consists only of a number chosen by its owner (the number of a request): it fits into the
//! key, so it needs no slot in the slab.
//!
//! The meaning of events does not belong here.

mod heap;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::time::{Duration, Time};
use heap::{Heap, Key, NOTHING};
use lane::Lanes;

/// The most events in the heap at once, not counting timers and lanes: about 25 million.
pub const MAX_PENDING: usize = FIRST_TIMER as usize;
/// Numbers of timers are below this: about 8.4 million.
pub const MAX_TIMERS: usize = (FIRST_LANE - FIRST_TIMER) as usize;

const SLOT_BITS: u32 = 25;
/// Bits of a sequence number: up to 2^38 events can be scheduled for the future in one run, which takes hours to
/// compute.
pub const SEQUENCE_BITS: u32 = u64::BITS - SLOT_BITS - 1;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;
/// Slot numbers from here on stand for timers: a quarter of all.
const FIRST_TIMER: u32 = 3 << (SLOT_BITS - 2);
/// The number of events from which on the calendar counts as full; there is still room for what may be scheduled until
/// the event loop looks at that.
const FULL: usize = MAX_PENDING - (1 << 21);
/// Slot numbers from here on stand for lanes; the last of them is left to [`heap::NOTHING`].
const FIRST_LANE: u32 = (1 << SLOT_BITS) - 1 - MAX_LANES;
const MAX_LANES: u32 = 0x7FFF;
/// Below this many stale entries, tidying costs more than it saves.
const TIDY_ABOVE: usize = 1024;

/// The bit of the order of a key that tells the ranks apart.
const SECOND: u64 = 1 << 63;

/// The order of events at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Before the others.
    First,
    /// After all events of the first rank.
    Second,
}

impl Rank {
    #[inline(always)]
    const fn bit(self) -> u64 {
        match self {
            Self::First => 0,
            Self::Second => SECOND,
        }
    }
}

fn key(time: Time, rank: Rank, sequence: u64, slot: u32) -> Key {
    Key { time: time.as_nanos(), order: rank.bit() | (sequence << SLOT_BITS) | u64::from(slot) }
}

fn time_of(key: Key) -> Time {
    Time::from_nanos(key.time)
}

fn sequence_of(key: Key) -> u64 {
    (key.order & !SECOND) >> SLOT_BITS
}

fn slot_of(key: Key) -> u32 {
    (key.order & SLOT_MASK) as u32
}

/// Identifies a scheduled event, so that it can be cancelled. It has no effect once the event has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(u64);

const LANE_FLAG: u64 = 1 << 63;

impl Handle {
    /// Names no event; cancelling it does nothing.
    pub const NONE: Self = Self(u64::MAX);

    fn of_slot(slot: u32, generation: u32) -> Self {
        Self((u64::from(generation) << SLOT_BITS) | u64::from(slot))
    }

    fn of_lane(ticket: u32, sequence: u64) -> Self {
        Self(LANE_FLAG | (u64::from(ticket) << SEQUENCE_BITS) | sequence)
    }
}

/// Identifies a lane: a FIFO of events that are all scheduled with the same delay.
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

/// Bit of a generation: the event was cancelled.
const CANCELLED: u32 = 1;
/// Bit of a generation: the event stands in the present, not in the heap.
const PRESENT: u32 = 2;
const NEXT_GENERATION: u32 = 4;

impl<M> Slot<M> {
    /// The event is over; true if it was not cancelled.
    #[inline]
    fn release(&mut self) -> bool {
        let live = self.generation & CANCELLED == 0;
        self.generation = (self.generation & !(CANCELLED | PRESENT)).wrapping_add(NEXT_GENERATION);
        live
    }
}

/// An event at the present instant.
#[derive(Clone, Copy, Debug)]
enum Present<M> {
    /// It cannot be cancelled.
    Sent(M),
    /// It stands in a slot.
    Slot(u32),
    Timer(u32),
    /// The event with this sequence number in a lane.
    Lane(u16, u64),
}

const NO_SLOT: u32 = u32::MAX;

/// The next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<M> {
    /// A message that was scheduled or sent.
    Message(M),
    /// The timer with this number rings.
    Timer(u32),
}

/// The future event list and the clock.
#[derive(Debug)]
pub struct Calendar<M> {
    now: Time,
    sequence: u64,
    heap: Heap,
    /// One alarm that stands beside the heap and not in it; [`NOTHING`] if there is none. The next arrival of a source
    /// comes and goes with every request, and mostly is the next event of all.
    beside: Key,
    slots: Vec<Slot<M>>,
    /// The slot that became free last, or [`NO_SLOT`].
    free: u32,
    stale: usize,
    /// Events of the first rank at the present instant.
    firsts: VecDeque<Present<M>>,
    /// The others.
    present: VecDeque<Present<M>>,
    /// Where events at one time are sorted; empty in between.
    tied: Vec<Key>,
    full: bool,
    lanes: Lanes<M>,
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
            beside: NOTHING,
            slots: Vec::new(),
            free: NO_SLOT,
            stale: 0,
            firsts: VecDeque::new(),
            present: VecDeque::new(),
            tied: Vec::new(),
            full: false,
            lanes: Lanes::default(),
        }
    }

    /// The time of the event that was taken last.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Entries in the heap, including cancelled ones.
    #[must_use]
    pub fn heap_len(&self) -> usize {
        self.heap.len()
    }

    /// The most entries the heap ever held.
    #[must_use]
    pub fn heap_peak(&self) -> usize {
        self.heap.peak()
    }

    /// True once the calendar has been full; the event loop then ends the run.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full || self.lanes.is_full()
    }

    #[inline]
    fn next_sequence(&mut self) -> u64 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }

    /// Entries that are scheduled, including cancelled ones.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let present = self.firsts.iter().chain(&self.present);
        let present = present.filter(|event| !matches!(event, Present::Lane(..))).count();
        self.heap.len() + usize::from(self.beside != NOTHING) + present + self.lanes.len()
    }

    /// True if no event is still to come at the present instant.
    #[inline(always)]
    #[must_use]
    pub fn present_is_empty(&self) -> bool {
        self.present.is_empty() & self.firsts.is_empty()
    }

    /// True if no event of the first rank is still to come at the present instant.
    #[inline]
    #[must_use]
    pub fn no_first_rank_event(&self) -> bool {
        self.firsts.is_empty()
    }

    /// Schedules an event for the present instant, after all events of its rank that are already scheduled.
    #[inline]
    pub fn send(&mut self, rank: Rank, message: M) {
        self.at_present(rank).push_back(Present::Sent(message));
    }

    #[inline]
    fn at_present(&mut self, rank: Rank) -> &mut VecDeque<Present<M>> {
        match rank {
            Rank::First => &mut self.firsts,
            Rank::Second => &mut self.present,
        }
    }

    /// Sets timer `number` to ring at time `at` (the present instant if `at` has passed), as an event of the first
    /// rank. The caller must not set a timer that is already set.
    ///
    /// # Panics
    /// If `number` is not below [`MAX_TIMERS`]; the event loop stops a run before that.
    #[inline(always)]
    pub fn set_timer(&mut self, at: Time, number: u32) {
        self.set_ranked_timer(at, Rank::First, number);
    }

    #[inline(always)]
    fn set_ranked_timer(&mut self, at: Time, rank: Rank, number: u32) {
        assert!(number < MAX_TIMERS as u32, "more than {MAX_TIMERS} timers");
        if at > self.now {
            let sequence = self.next_sequence();
            self.heap.push(key(at, rank, sequence, FIRST_TIMER + number));
        } else {
            self.at_present(rank).push_back(Present::Timer(number));
        }
    }

    /// Like [`Calendar::set_timer`], for a timer of the second rank that is nearly always among the next events: it is
    /// kept outside the heap if that slot is free.
    ///
    /// # Panics
    /// As [`Calendar::set_timer`].
    #[inline(always)]
    pub fn set_alarm(&mut self, at: Time, number: u32) {
        if self.beside != NOTHING || at <= self.now {
            return self.set_alarm_in_heap(at, number);
        }
        assert!(number < MAX_TIMERS as u32, "more than {MAX_TIMERS} timers");
        let sequence = self.next_sequence();
        self.beside = key(at, Rank::Second, sequence, FIRST_TIMER + number);
    }

    #[inline(never)]
    fn set_alarm_in_heap(&mut self, at: Time, number: u32) {
        self.set_ranked_timer(at, Rank::Second, number);
    }

    /// Cancels the timers for which `wanted` is true and returns their times and numbers, in the order in which they
    /// would have rung. Takes time proportional to the number of scheduled events, so use it only for rare events.
    pub fn take_timers(&mut self, mut wanted: impl FnMut(u32) -> bool) -> Vec<(Time, u32)> {
        let mut is_taken =
            |key: Key| (FIRST_TIMER..FIRST_LANE).contains(&slot_of(key)) && wanted(slot_of(key) - FIRST_TIMER);
        let mut taken: Vec<Key> = self.heap.iter().filter(|&key| is_taken(key)).collect();
        if !taken.is_empty() {
            taken.sort_unstable();
            self.heap.retain(|key| taken.binary_search(key).is_err());
        }
        if is_taken(self.beside) {
            let place = taken.partition_point(|&key| key < self.beside);
            taken.insert(place, self.beside);
            self.beside = NOTHING;
        }
        let mut timers: Vec<(Time, u32)> = Vec::with_capacity(taken.len());
        let at = self.now;
        for present in [&mut self.firsts, &mut self.present] {
            present.retain(|event| match *event {
                Present::Timer(number) if wanted(number) => {
                    timers.push((at, number));
                    false
                }
                _ => true,
            });
        }
        timers.extend(taken.iter().map(|&key| (time_of(key), slot_of(key) - FIRST_TIMER)));
        timers
    }

    /// Schedules an event for time `at` (the present instant if `at` has passed).
    ///
    /// # Panics
    /// If more than [`MAX_PENDING`] events are scheduled; the event loop stops a run before that, see
    /// [`Calendar::is_full`].
    #[inline(always)]
    pub fn schedule(&mut self, at: Time, rank: Rank, message: M) -> Handle {
        let slot = self.free;
        let generation = match self.slots.get_mut(slot as usize) {
            Some(place) => {
                self.free = place.next_free;
                place.message = message;
                place.generation
            }
            None => return self.grow(at, rank, message),
        };
        self.place(at, rank, slot);
        Handle::of_slot(slot, generation)
    }

    #[inline(always)]
    fn place(&mut self, at: Time, rank: Rank, slot: u32) {
        if at > self.now {
            let sequence = self.next_sequence();
            self.heap.push(key(at, rank, sequence, slot));
        } else {
            self.slots[slot as usize].generation |= PRESENT;
            self.at_present(rank).push_back(Present::Slot(slot));
        }
    }

    /// Schedules an event `delay` from now.
    #[inline(always)]
    pub fn schedule_after(&mut self, delay: Duration, rank: Rank, message: M) -> Handle {
        self.schedule(self.now + delay, rank, message)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, at: Time, rank: Rank, message: M) -> Handle {
        assert!(self.slots.len() < MAX_PENDING, "more than {MAX_PENDING} events wait in the calendar");
        let slot = self.slots.len() as u32;
        self.slots.push(Slot { message, generation: 0, next_free: NO_SLOT });
        self.full = self.slots.len() >= FULL;
        self.place(at, rank, slot);
        Handle::of_slot(slot, 0)
    }

    /// The lane of events of the second rank with this `delay`; the same delay always gives the same lane.
    ///
    /// # Panics
    /// If more than 32,767 different delays are used; lanes are created when a system is built, a few per node.
    pub fn lane(&mut self, delay: Duration) -> LaneId {
        self.ranked_lane(delay, Rank::Second)
    }

    /// Like [`Calendar::lane`], for events of `rank`.
    ///
    /// # Panics
    /// As [`Calendar::lane`].
    pub fn ranked_lane(&mut self, delay: Duration, rank: Rank) -> LaneId {
        let lanes = self.lanes.count();
        let index = (0..lanes).find(|&index| (self.lanes.delay(index), self.lanes.rank(index)) == (delay, rank));
        LaneId(index.unwrap_or_else(|| {
            assert!(u32::from(lanes) < MAX_LANES, "too many lanes");
            self.lanes.add(delay, rank);
            lanes
        }))
    }

    /// Schedules an event one delay of the lane from now.
    ///
    /// # Panics
    /// If more than 2^24 events are in lanes; the event loop stops a run before that, see [`Calendar::is_full`].
    #[inline]
    pub fn schedule_in_lane(&mut self, lane: LaneId, message: M) -> Handle {
        let delay = self.lanes.delay(lane.0);
        let rank = self.lanes.rank(lane.0);
        if delay.is_zero() {
            return self.schedule(self.now, rank, message);
        }
        let sequence = self.next_sequence();
        let time = self.now + delay;
        let (ticket, armed) = self.lanes.push(lane.0, time, sequence, message);
        if !armed {
            // All before it are gone, so this is the first.
            self.heap.push(key(time, rank, sequence, FIRST_LANE + u32::from(lane.0)));
        }
        Handle::of_lane(ticket, sequence)
    }

    /// Schedules an event of `owner` one delay of the lane from now. Each owner has one such event at a time, which needs no
    /// handle: see [`Calendar::cancel_owned`].
    ///
    /// # Panics
    /// If the number of the owner is 2^24 or more.
    #[inline]
    pub fn schedule_owned(&mut self, lane: LaneId, owner: u32, message: M) {
        let delay = self.lanes.delay(lane.0);
        let rank = self.lanes.rank(lane.0);
        let sequence = self.next_sequence();
        let time = self.now + delay;
        let armed = self.lanes.push_owned(lane.0, time, sequence, owner, message);
        if delay.is_zero() {
            self.lanes.disarm(lane.0);
            self.at_present(rank).push_back(Present::Lane(lane.0, sequence));
        } else if !armed {
            self.heap.push(key(time, rank, sequence, FIRST_LANE + u32::from(lane.0)));
        }
    }

    /// Cancels the event of `owner`. Does nothing if it has happened, was already cancelled, or was never scheduled.
    #[inline]
    pub fn cancel_owned(&mut self, owner: u32) {
        self.lanes.cancel_owned(owner);
    }

    /// Cancels an event. Does nothing if it has happened or was already cancelled.
    #[inline]
    pub fn cancel(&mut self, handle: Handle) {
        if handle == Handle::NONE {
            return;
        }
        if handle.0 & LANE_FLAG != 0 {
            let ticket = ((handle.0 & !LANE_FLAG) >> SEQUENCE_BITS) as u32;
            self.lanes.cancel(ticket, handle.0 & ((1 << SEQUENCE_BITS) - 1));
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

    /// Takes the next event before `end` and moves the clock to it; `None` if there is none, and the clock stays.
    /// Events at the present instant are returned even if `end` is earlier.
    #[inline(always)]
    pub fn pop(&mut self, end: Time) -> Option<Event<M>> {
        loop {
            if !self.present_is_empty() {
                match self.pop_present() {
                    // Taken apart, so that the usual event need not go through memory as this one does.
                    Some(Event::Message(message)) => return Some(Event::Message(message)),
                    Some(Event::Timer(number)) => return Some(Event::Timer(number)),
                    None => continue,
                }
            }
            let (beside, least) = (self.beside.time, self.heap.least_time());
            if beside < least {
                if beside >= end.as_nanos() {
                    return None;
                }
                let slot = slot_of(self.beside);
                self.beside = NOTHING;
                self.now = Time::from_nanos(beside);
                return Some(Event::Timer(slot - FIRST_TIMER));
            }
            // An empty heap shows the end of time.
            if least >= end.as_nanos() {
                return None;
            }
            // A key that is handed on as a whole would go through memory.
            let order = self.heap.first().order;
            self.heap.take_first();
            if (self.heap.least_time() == least) | (beside == least) {
                self.begin_instant(least, order);
                continue;
            }
            if let Some(event) = self.take(least, order) {
                self.now = Time::from_nanos(least);
                return Some(event);
            }
        }
    }

    /// Several events stand at one time, of which the first, of this `order`, was taken from the heap: moves all of them to
    /// the present, in their order.
    #[cold]
    #[inline(never)]
    fn begin_instant(&mut self, time: u64, order: u64) {
        let first = Key { time, order };
        let mut tied = std::mem::take(&mut self.tied);
        tied.push(first);
        while self.heap.least_time() == first.time {
            tied.push(self.heap.first());
            self.heap.take_first();
        }
        if self.beside.time == first.time {
            tied.push(std::mem::replace(&mut self.beside, NOTHING));
        }
        // Each lane has one key, and perhaps several events.
        for place in 0..tied.len() {
            if slot_of(tied[place]) >= FIRST_LANE {
                let lane = tied[place];
                tied[place] = NOTHING;
                self.take_due(lane, &mut tied);
            }
        }
        tied.sort_unstable();
        for &key in tied.iter().take_while(|&&key| key != NOTHING) {
            let slot = slot_of(key);
            let event = if slot >= FIRST_LANE {
                Present::Lane((slot - FIRST_LANE) as u16, sequence_of(key))
            } else if slot >= FIRST_TIMER {
                Present::Timer(slot - FIRST_TIMER)
            } else if self.slots[slot as usize].generation & CANCELLED != 0 {
                self.stale -= 1;
                self.release(slot);
                continue;
            } else {
                self.slots[slot as usize].generation |= PRESENT;
                Present::Slot(slot)
            };
            self.now = time_of(key);
            self.at_present(if key.order & SECOND == 0 { Rank::First } else { Rank::Second }).push_back(event);
        }
        tied.clear();
        self.tied = tied;
    }

    /// The key of a lane has left the heap: puts a key of each of its events at that time into `tied`, and one of the event
    /// behind them into the heap.
    fn take_due(&mut self, first: Key, tied: &mut Vec<Key>) {
        let index = slot_of(first);
        let lane = (index - FIRST_LANE) as u16;
        let rank = self.lanes.rank(lane);
        match self.lanes.due(lane, time_of(first), |sequence| tied.push(key(time_of(first), rank, sequence, index))) {
            Some((time, sequence)) => self.heap.push(key(time, rank, sequence, index)),
            None => self.lanes.disarm(lane),
        }
    }

    /// The first event at the present instant; `None` if it was cancelled.
    #[inline(never)]
    fn pop_present(&mut self) -> Option<Event<M>> {
        let first = self.firsts.pop_front();
        match first.or_else(|| self.present.pop_front())? {
            Present::Sent(message) => Some(Event::Message(message)),
            Present::Timer(number) => Some(Event::Timer(number)),
            Present::Slot(slot) => self.release(slot).map(Event::Message),
            Present::Lane(lane, sequence) => {
                let is_there = self.lanes.first(lane).is_some_and(|(_, first)| first == sequence);
                if is_there { self.lanes.pop(lane).map(Event::Message) } else { None }
            }
        }
    }

    /// The time of the next entry, which may be a cancelled one; `None` if the calendar is empty.
    #[inline(never)]
    #[must_use]
    pub fn next_time(&self) -> Option<Time> {
        if !self.present_is_empty() {
            return Some(self.now);
        }
        // An event may stand at the end of time, which an empty heap shows as well.
        let is_empty = self.heap.len() == 0 && self.beside == NOTHING;
        (!is_empty).then(|| Time::from_nanos(self.heap.least_time().min(self.beside.time)))
    }

    /// The event in a slot is over: its message, if it was not cancelled.
    #[inline]
    fn release(&mut self, slot: u32) -> Option<M> {
        let place = &mut self.slots[slot as usize];
        place.next_free = self.free;
        self.free = slot;
        place.release().then_some(place.message)
    }

    /// The event of the entry that has just left the root; `None` if the entry is stale.
    #[inline(always)]
    fn take(&mut self, time: u64, order: u64) -> Option<Event<M>> {
        let index = (order & SLOT_MASK) as u32;
        if index < FIRST_TIMER {
            let message = self.release(index);
            if message.is_none() {
                self.stale -= 1;
            }
            message.map(Event::Message)
        } else if index < FIRST_LANE {
            Some(Event::Timer(index - FIRST_TIMER))
        } else {
            self.take_from_lane(time, order).map(Event::Message)
        }
    }

    #[inline(never)]
    fn take_from_lane(&mut self, time: u64, order: u64) -> Option<M> {
        let first = Key { time, order };
        let index = slot_of(first);
        let lane = (index - FIRST_LANE) as u16;
        // The entry may stand for an event that was cancelled meanwhile.
        let is_due = self.lanes.first(lane).is_some_and(|(_, sequence)| sequence == sequence_of(first));
        let message = if is_due { self.lanes.pop(lane) } else { None };
        match self.lanes.first(lane) {
            // The next is at the same time, and alone with those behind it there.
            Some((at, _)) if at == time_of(first) => self.begin_instant(time, order),
            Some((at, sequence)) => self.heap.push(key(at, self.lanes.rank(lane), sequence, index)),
            None => self.lanes.disarm(lane),
        }
        message
    }

    /// Drops every stale entry at once; paid for by the cancellations that made them.
    #[cold]
    fn tidy(&mut self) {
        let (slots, free) = (&mut self.slots, &mut self.free);
        self.heap.retain(|&entry| {
            let index = slot_of(entry);
            if index >= FIRST_TIMER || slots[index as usize].generation & CANCELLED == 0 {
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
