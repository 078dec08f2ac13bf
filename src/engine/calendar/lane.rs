//! Lanes: FIFOs of events with the same delay, in one slab. A cancelled event is removed at once, so a lane holds no
//! stale events.

use super::Rank;
use crate::engine::time::{Duration, Time};

const NONE: u32 = u32::MAX;
/// In place of the sequence number of an item that is free.
const FREE: u64 = u64::MAX;
/// Places there are at most; it leaves room for a flag in the handle.
const MAX_ITEMS: usize = (1 << 31) - 1;

#[derive(Debug)]
struct Item<M> {
    time: Time,
    sequence: u64,
    message: M,
    before: u32,
    /// The next in its lane, or the place that became free before this one.
    after: u32,
    lane: u16,
}

#[derive(Debug)]
struct Lane {
    delay: Duration,
    rank: Rank,
    first: u32,
    last: u32,
    /// True while the heap holds an entry for this lane.
    armed: bool,
}

/// All lanes.
#[derive(Debug)]
pub struct Lanes<M> {
    lanes: Vec<Lane>,
    items: Vec<Item<M>>,
    free: u32,
    len: usize,
}

impl<M> Default for Lanes<M> {
    fn default() -> Self {
        Self { lanes: Vec::new(), items: Vec::new(), free: NONE, len: 0 }
    }
}

impl<M: Copy> Lanes<M> {
    /// Lanes there are.
    pub fn count(&self) -> u16 {
        self.lanes.len() as u16
    }

    /// A new lane, the last.
    pub fn add(&mut self, delay: Duration, rank: Rank) {
        self.lanes.push(Lane { delay, rank, first: NONE, last: NONE, armed: false });
    }

    /// How far ahead its events lie.
    #[inline]
    pub fn delay(&self, lane: u16) -> Duration {
        self.lanes[lane as usize].delay
    }

    /// The rank of its events.
    #[inline]
    pub fn rank(&self, lane: u16) -> Rank {
        self.lanes[lane as usize].rank
    }

    /// Events that wait in all lanes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Time and sequence number of the first event.
    #[inline]
    pub fn first(&self, lane: u16) -> Option<(Time, u64)> {
        self.items.get(self.lanes[lane as usize].first as usize).map(|item| (item.time, item.sequence))
    }

    /// The sequence numbers of the events at `time`, which is no later than any event; and the event behind them.
    pub fn due(&self, lane: u16, time: Time) -> (Vec<u64>, Option<(Time, u64)>) {
        let mut due = Vec::new();
        let mut next = self.lanes[lane as usize].first;
        while let Some(item) = self.items.get(next as usize) {
            if item.time != time {
                return (due, Some((item.time, item.sequence)));
            }
            due.push(item.sequence);
            next = item.after;
        }
        (due, None)
    }

    /// Puts an event at the end; gives its place, and whether the heap knows of the lane, which it must from now on.
    #[inline]
    pub fn push(&mut self, lane: u16, time: Time, sequence: u64, message: M) -> (u32, bool) {
        let ends = &mut self.lanes[lane as usize];
        let before = ends.last;
        let armed = std::mem::replace(&mut ends.armed, true);
        let item = Item { time, sequence, message, before, after: NONE, lane };
        let place = match self.items.get_mut(self.free as usize) {
            Some(free) => {
                let place = self.free;
                self.free = free.after;
                *free = item;
                place
            }
            None => {
                assert!(self.items.len() < MAX_ITEMS, "more than {MAX_ITEMS} events wait in lanes");
                self.items.push(item);
                self.items.len() as u32 - 1
            }
        };
        ends.last = place;
        match self.items.get_mut(before as usize) {
            Some(item) => item.after = place,
            None => ends.first = place,
        }
        self.len += 1;
        (place, armed)
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self, lane: u16) -> Option<M> {
        let place = self.lanes[lane as usize].first;
        let message = self.items.get(place as usize)?.message;
        self.remove(place);
        Some(message)
    }

    /// Notes that the heap no longer has an entry for the lane.
    pub fn disarm(&mut self, lane: u16) {
        self.lanes[lane as usize].armed = false;
    }

    /// Cancels the event in a place, if it is still the one with this low half of a sequence number.
    #[inline]
    pub fn cancel(&mut self, place: u32, sequence: u32) {
        let item = &self.items[place as usize];
        if item.sequence as u32 == sequence && item.sequence != FREE {
            self.remove(place);
        }
    }

    #[inline]
    fn remove(&mut self, place: u32) {
        let item = &mut self.items[place as usize];
        let (before, after, lane) = (item.before, item.after, item.lane);
        item.sequence = FREE;
        item.after = self.free;
        self.free = place;
        self.len -= 1;
        let ends = &mut self.lanes[lane as usize];
        match self.items.get_mut(before as usize) {
            Some(item) => item.after = after,
            None => ends.first = after,
        }
        match self.items.get_mut(after as usize) {
            Some(item) => item.before = before,
            None => ends.last = before,
        }
    }

    /// Places made so far.
    #[cfg(test)]
    pub fn places(&self) -> usize {
        self.items.len()
    }
}
