//! The calendar, or future event list: what happens next, in order of (time, sequence number).
//!
//! Ties in time are first scheduled, first served. Three places hold events, and together they keep that order exactly:
//! - the *heap*, for events at any later time: 16-byte keys in a 4-ary heap, payloads in a slab beside it;
//! - the *present*, a FIFO for events at the current instant;
//! - *lanes*, one FIFO for each constant delay (timeouts, fixed network hops): their events are in order by
//!   construction, so only the first of a lane stands in the heap, however many wait behind it.
//!
//! What an event means does not belong here.

use std::collections::VecDeque;

use super::time::{Duration, Time};

/// Events that may wait in the heap at once: 2^24 - 1, about 16.7 million.
pub const MAX_PENDING: usize = (1 << SLOT_BITS) - 1;

const SLOT_BITS: u32 = 24;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;
const ARITY: usize = 4;
/// Below this many stale entries, tidying costs more than it saves.
const TIDY_ABOVE: usize = 1024;

/// Time, then sequence number, then slot, from high bits to low: one comparison orders two events.
type Key = u128;

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
}

/// Names a lane: a source of events that all lie the same length of time ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneId(u16);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    Cancelled,
    /// The entry stands for the first event of a lane.
    Lane,
    Free,
}

#[derive(Clone, Copy, Debug)]
struct Slot<M> {
    message: Option<M>,
    /// Counts the events this slot has held; the lane's number for a lane's own slot.
    generation: u32,
    state: State,
}

#[derive(Debug)]
struct LaneItem<M> {
    time: Time,
    sequence: u64,
    message: M,
    live: bool,
}

#[derive(Debug)]
struct Lane<M> {
    delay: Duration,
    items: VecDeque<LaneItem<M>>,
    /// Number of items that have left, so that an item keeps its number.
    gone: u64,
    slot: u32,
    armed: bool,
}

impl<M> Lane<M> {
    fn drop_dead(&mut self) {
        while self.items.front().is_some_and(|item| !item.live) {
            self.items.pop_front();
            self.gone += 1;
        }
    }
}

/// The future event list, and with it the clock.
#[derive(Debug)]
pub struct Calendar<M> {
    now: Time,
    sequence: u64,
    heap: Vec<Key>,
    /// True while the root has been taken and not yet replaced: a push then costs one sift instead of two.
    hole: bool,
    slots: Vec<Slot<M>>,
    free: Vec<u32>,
    stale: usize,
    present: VecDeque<(u64, M)>,
    lanes: Vec<Lane<M>>,
    peak: usize,
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
            heap: Vec::new(),
            hole: false,
            slots: Vec::new(),
            free: Vec::new(),
            stale: 0,
            present: VecDeque::new(),
            lanes: Vec::new(),
            peak: 0,
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
        self.heap.len() - usize::from(self.hole)
    }

    /// The most entries the heap ever held.
    #[must_use]
    pub fn heap_peak(&self) -> usize {
        self.peak
    }

    /// True once the heap can take no more; the loop ends the run then.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.slots.len() >= MAX_PENDING && self.free.is_empty()
    }

    #[inline]
    fn next_sequence(&mut self) -> u64 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }

    /// An event at the present instant, after all that already stand there.
    #[inline]
    pub fn send(&mut self, message: M) {
        let sequence = self.next_sequence();
        self.present.push_back((sequence, message));
    }

    /// An event at time `at` (the present instant if `at` has passed).
    ///
    /// # Panics
    /// If more than [`MAX_PENDING`] events wait; the loop stops a run before that, see [`Calendar::is_full`].
    #[inline]
    pub fn schedule(&mut self, at: Time, message: M) -> Handle {
        let sequence = self.next_sequence();
        let slot = match self.free.pop() {
            Some(slot) => {
                let place = &mut self.slots[slot as usize];
                place.message = Some(message);
                place.state = State::Live;
                slot
            }
            None => self.grow(message),
        };
        let generation = self.slots[slot as usize].generation;
        self.push(key(at.max(self.now), sequence, slot));
        Handle((u64::from(generation) << SLOT_BITS) | u64::from(slot))
    }

    /// An event `delay` from now.
    #[inline]
    pub fn schedule_after(&mut self, delay: Duration, message: M) -> Handle {
        self.schedule(self.now + delay, message)
    }

    #[cold]
    fn grow(&mut self, message: M) -> u32 {
        assert!(self.slots.len() < MAX_PENDING, "more than {MAX_PENDING} events wait in the calendar");
        self.slots.push(Slot { message: Some(message), generation: 0, state: State::Live });
        (self.slots.len() - 1) as u32
    }

    /// The lane of events that lie `delay` ahead; asked twice for one delay, it is the same lane.
    ///
    /// # Panics
    /// If more than 32,766 different delays are asked for; lanes are made when a system is built, a few to a node.
    pub fn lane(&mut self, delay: Duration) -> LaneId {
        if let Some(index) = self.lanes.iter().position(|lane| lane.delay == delay) {
            return LaneId(index as u16);
        }
        let index = self.lanes.len();
        assert!(index < 0x7FFF, "too many lanes");
        self.slots.push(Slot { message: None, generation: index as u32, state: State::Lane });
        let slot = (self.slots.len() - 1) as u32;
        self.lanes.push(Lane { delay, items: VecDeque::new(), gone: 0, slot, armed: false });
        LaneId(index as u16)
    }

    /// An event one delay of the lane from now.
    #[inline]
    pub fn schedule_in_lane(&mut self, lane: LaneId, message: M) -> Handle {
        let sequence = self.next_sequence();
        let index = lane.0;
        let lane = &mut self.lanes[index as usize];
        lane.drop_dead();
        let time = self.now + lane.delay;
        let number = lane.gone + lane.items.len() as u64;
        lane.items.push_back(LaneItem { time, sequence, message, live: true });
        if !lane.armed {
            // All before it are gone, so this is the first.
            lane.armed = true;
            let slot = lane.slot;
            self.push(key(time, sequence, slot));
        }
        Handle(LANE_FLAG | (u64::from(index) << LANE_INDEX_BITS) | number)
    }

    /// Takes an event back. One that has happened, or was cancelled before, is left alone.
    #[inline]
    pub fn cancel(&mut self, handle: Handle) {
        if handle == Handle::NONE {
            return;
        }
        if handle.0 & LANE_FLAG != 0 {
            let lane = &mut self.lanes[((handle.0 & !LANE_FLAG) >> LANE_INDEX_BITS) as usize];
            let number = handle.0 & ((1 << LANE_INDEX_BITS) - 1);
            if number >= lane.gone
                && let Some(item) = lane.items.get_mut((number - lane.gone) as usize)
            {
                item.live = false;
                lane.drop_dead();
            }
            return;
        }
        let slot = &mut self.slots[(handle.0 & SLOT_MASK) as usize];
        if slot.state == State::Live && slot.generation == (handle.0 >> SLOT_BITS) as u32 {
            slot.state = State::Cancelled;
            self.stale += 1;
            if self.stale > TIDY_ABOVE && self.stale * 2 > self.heap.len() {
                self.tidy();
            }
        }
    }

    /// The next event before `end`, with the clock moved to it; `None` if there is none, with the clock left alone.
    #[inline]
    pub fn pop(&mut self, end: Time) -> Option<M> {
        if let Some(&(sequence, message)) = self.present.front()
            && !self.heap_precedes(sequence)
        {
            self.present.pop_front();
            return Some(message);
        }
        loop {
            self.fill_hole();
            let &top = self.heap.first()?;
            if time_of(top) >= end {
                return None;
            }
            self.hole = true;
            if let Some(message) = self.take(top) {
                self.now = time_of(top);
                return Some(message);
            }
        }
    }

    /// The time of the next entry, which may turn out stale; `None` if nothing waits.
    #[inline]
    #[must_use]
    pub fn next_time(&mut self) -> Option<Time> {
        if !self.present.is_empty() {
            return Some(self.now);
        }
        self.fill_hole();
        self.heap.first().map(|&top| time_of(top))
    }

    /// True if the heap holds an entry at the present instant that was scheduled before `sequence`.
    #[inline]
    fn heap_precedes(&self, sequence: u64) -> bool {
        let bound = key(self.now, sequence, 0);
        if self.hole {
            let end = self.heap.len().min(ARITY + 1);
            self.heap[1..end].iter().any(|&child| child < bound)
        } else {
            self.heap.first().is_some_and(|&top| top < bound)
        }
    }

    /// What the entry that has just left the root stands for; `None` if it is stale.
    #[inline]
    fn take(&mut self, top: Key) -> Option<M> {
        let index = slot_of(top);
        let slot = &mut self.slots[index as usize];
        match slot.state {
            State::Live | State::Cancelled => {
                let live = slot.state == State::Live;
                slot.state = State::Free;
                slot.generation = slot.generation.wrapping_add(1);
                self.free.push(index);
                if live {
                    return slot.message;
                }
                self.stale -= 1;
                None
            }
            State::Lane => {
                let lane = slot.generation as usize;
                self.take_from_lane(lane, top)
            }
            State::Free => unreachable!("a free slot stands in the heap"),
        }
    }

    fn take_from_lane(&mut self, index: usize, top: Key) -> Option<M> {
        let lane = &mut self.lanes[index];
        lane.drop_dead();
        let mut message = None;
        if let Some(front) = lane.items.front()
            && front.sequence == sequence_of(top)
        {
            message = Some(front.message);
            lane.items.pop_front();
            lane.gone += 1;
            lane.drop_dead();
        }
        match lane.items.front() {
            Some(front) => {
                let next = key(front.time, front.sequence, lane.slot);
                self.push(next);
            }
            None => lane.armed = false,
        }
        message
    }

    #[inline]
    fn push(&mut self, key: Key) {
        if self.hole {
            self.hole = false;
            self.sift_down(0, key);
        } else {
            self.heap.push(key);
            self.peak = self.peak.max(self.heap.len());
            self.sift_up(self.heap.len() - 1, key);
        }
    }

    #[inline]
    fn fill_hole(&mut self) {
        if self.hole {
            self.hole = false;
            if let Some(last) = self.heap.pop()
                && !self.heap.is_empty()
            {
                self.sift_down(0, last);
            }
        }
    }

    #[inline]
    fn sift_up(&mut self, mut at: usize, key: Key) {
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if self.heap[parent] < key {
                break;
            }
            self.heap[at] = self.heap[parent];
            at = parent;
        }
        self.heap[at] = key;
    }

    #[inline]
    fn sift_down(&mut self, mut at: usize, key: Key) {
        let heap = &mut self.heap[..];
        loop {
            let first = at * ARITY + 1;
            let best = if let Some(&[a, b, c, d]) = heap.get(first..first + ARITY).and_then(|four| four.first_chunk()) {
                let (left, least_left) = if b < a { (1, b) } else { (0, a) };
                let (right, least_right) = if d < c { (3, d) } else { (2, c) };
                first + if least_right < least_left { right } else { left }
            } else if first < heap.len() {
                let mut best = first;
                for child in first + 1..heap.len() {
                    if heap[child] < heap[best] {
                        best = child;
                    }
                }
                best
            } else {
                break;
            };
            if key < heap[best] {
                break;
            }
            heap[at] = heap[best];
            at = best;
        }
        heap[at] = key;
    }

    /// Drops every stale entry at once; paid for by the cancellations that made them.
    #[cold]
    fn tidy(&mut self) {
        self.fill_hole();
        let slots = &mut self.slots;
        let free = &mut self.free;
        self.heap.retain(|&entry| {
            let index = slot_of(entry);
            let slot = &mut slots[index as usize];
            let keep = slot.state != State::Cancelled;
            if !keep {
                slot.state = State::Free;
                slot.generation = slot.generation.wrapping_add(1);
                free.push(index);
            }
            keep
        });
        self.stale = 0;
        for at in (0..self.heap.len() / ARITY + 1).rev() {
            if let Some(&key) = self.heap.get(at) {
                self.sift_down(at, key);
            }
        }
    }
}
