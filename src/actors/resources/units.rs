//! Units that are held by one request at a time: workers, channels of a device, pages of memory, a lock (one unit), the
//! connections of a pool.
//!
//! Requests get their units in the order in which they asked: a request for many units is not overtaken by smaller
//! ones, so that it does not starve.

use super::busy::Busy;
use super::fifo::Fifo;
use super::usage::Usage;
use crate::engine::{RequestId, Time};

/// The result of asking for units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It has them.
    Held,
    /// It waits for them; with this ticket it can leave the line.
    Waits(u64),
    /// It neither has them nor waits: the queue is full.
    Full,
}

/// Units and the line before them.
#[derive(Clone, Debug)]
pub struct Units {
    busy: Busy,
    count: u32,
    /// Requests that may wait.
    places: usize,
    line: Fifo<(RequestId, u32)>,
}

impl Units {
    /// `count` units, all free, and a queue with `places` slots.
    #[must_use]
    pub fn new(count: u32, places: usize) -> Self {
        Self { busy: Busy::default(), count, places, line: Fifo::default() }
    }

    /// Units in all.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Unit-nanoseconds that units were held, from time zero until `now`.
    #[must_use]
    pub fn held(&self, now: Time) -> u128 {
        self.busy.area(now)
    }

    #[inline]
    fn free(&self) -> u32 {
        self.count - self.busy.count()
    }

    /// True if a request that asks for one unit has it or may wait.
    #[must_use]
    pub fn has_place(&self) -> bool {
        (self.free() > 0 && self.line.is_empty()) || self.line.len() < self.places
    }

    /// A request asks for `amount` units, at most the total.
    #[inline]
    pub fn ask(&mut self, usage: &mut Usage, id: RequestId, amount: u32, now: Time) -> Asked {
        if self.line.is_empty() && amount <= self.free() {
            usage.came(now);
            self.busy.take(amount, now);
            return Asked::Held;
        }
        if self.line.len() >= self.places {
            usage.rejected += 1;
            return Asked::Full;
        }
        usage.came(now);
        usage.waiting.up(now);
        Asked::Waits(self.line.join((id, amount)))
    }

    /// A request gives `amount` units back. Waiting requests for which there is room now must then be taken by
    /// [`Units::next`].
    #[inline]
    pub fn give_back(&mut self, amount: u32, now: Time) {
        self.busy.give_back(amount, now);
    }

    /// The next request in the queue, which has its units from now on; `None` if the queue is empty, or if too few
    /// units are free.
    #[inline]
    pub fn next(&mut self, usage: &mut Usage, now: Time) -> Option<RequestId> {
        let &(id, amount) = self.line.first()?;
        if amount > self.free() {
            return None;
        }
        self.line.pop();
        usage.waiting.down(now);
        self.busy.take(amount, now);
        Some(id)
    }

    /// Removes a waiting request from the line; false if it does not wait. Others may get their units now: see
    /// [`Units::next`].
    pub fn leave(&mut self, usage: &mut Usage, ticket: u64, now: Time) -> bool {
        let waited = self.line.leave(ticket).is_some();
        if waited {
            usage.waiting.down(now);
        }
        waited
    }

    /// Removes all waiting requests, in order.
    pub fn empty(&mut self, usage: &mut Usage, now: Time) -> Vec<RequestId> {
        let waited: Vec<RequestId> = std::iter::from_fn(|| self.line.pop()).map(|(id, _)| id).collect();
        waited.iter().for_each(|_| usage.waiting.down(now));
        waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(nanos: u64) -> Time {
        Time::from_nanos(nanos)
    }

    #[test]
    fn a_lock_is_held_by_one_and_given_to_who_waited_longest() {
        let (mut lock, mut usage) = (Units::new(1, 2), Usage::default());
        assert_eq!(lock.ask(&mut usage, RequestId(1), 1, at(0)), Asked::Held);
        let Asked::Waits(second) = lock.ask(&mut usage, RequestId(2), 1, at(10)) else { panic!("it is held") };
        assert!(matches!(lock.ask(&mut usage, RequestId(3), 1, at(20)), Asked::Waits(_)));
        assert!(!lock.has_place());
        assert_eq!(lock.ask(&mut usage, RequestId(4), 1, at(20)), Asked::Full);
        // A request that gave up does not get it.
        assert!(lock.leave(&mut usage, second, at(30)));
        usage.left(at(10), at(30));
        assert!(!lock.leave(&mut usage, second, at(30)));
        lock.give_back(1, at(50));
        usage.left(at(0), at(50));
        assert_eq!(lock.next(&mut usage, at(50)), Some(RequestId(3)));
        assert_eq!(lock.next(&mut usage, at(50)), None);
        assert_eq!((lock.held(at(80)), usage.waiting.area(at(80))), (80, 20 + 30));
        assert_eq!((usage.arrivals, usage.departures, usage.rejected, usage.sojourn.total()), (3, 2, 1, 20 + 50));
    }

    #[test]
    fn who_asks_for_much_is_not_overtaken() {
        let (mut memory, mut usage) = (Units::new(100, 9), Usage::default());
        assert_eq!(memory.ask(&mut usage, RequestId(1), 60, at(0)), Asked::Held);
        assert!(matches!(memory.ask(&mut usage, RequestId(2), 50, at(0)), Asked::Waits(_)));
        // There would be room for it.
        assert!(matches!(memory.ask(&mut usage, RequestId(3), 10, at(0)), Asked::Waits(_)));
        assert_eq!(memory.next(&mut usage, at(5)), None);
        memory.give_back(60, at(10));
        assert_eq!(
            [memory.next(&mut usage, at(10)), memory.next(&mut usage, at(10))],
            [Some(RequestId(2)), Some(RequestId(3))]
        );
        assert_eq!(memory.held(at(20)), 60 * 10 + 60 * 10);
    }

    proptest! {
        /// Units are neither lost nor made, no request waits while there is room for the first, and Little's law holds
        /// exactly.
        #[test]
        fn units_and_times_add_up(
            count in 1_u32..8,
            places in 0_usize..6,
            steps in proptest::collection::vec((0_u8..3, 1_u32..9, 0_u64..20), 0..150),
        ) {
            let (mut units, mut usage) = (Units::new(count, places), Usage::default());
            let (mut now, mut next_id) = (0, 0);
            // Holders: id, amount, asked; waiting requests: the same with a ticket.
            let mut holds: Vec<(u32, u32, u64)> = Vec::new();
            let mut waits: Vec<(u32, u32, u64, u64)> = Vec::new();
            for (step, some, gap) in steps {
                now += gap;
                match step {
                    0 => {
                        let amount = some.min(count);
                        match units.ask(&mut usage, RequestId(next_id), amount, at(now)) {
                            Asked::Held => holds.push((next_id, amount, now)),
                            Asked::Waits(ticket) => waits.push((next_id, amount, now, ticket)),
                            Asked::Full => prop_assert_eq!(waits.len(), places),
                        }
                        next_id += 1;
                    }
                    1 if !holds.is_empty() => {
                        let (_, amount, asked) = holds.remove(some as usize % holds.len());
                        units.give_back(amount, at(now));
                        usage.left(at(asked), at(now));
                    }
                    2 if !waits.is_empty() => {
                        let (_, _, asked, ticket) = waits.remove(some as usize % waits.len());
                        prop_assert!(units.leave(&mut usage, ticket, at(now)));
                        usage.left(at(asked), at(now));
                    }
                    _ => {}
                }
                while let Some(id) = units.next(&mut usage, at(now)) {
                    let (first, amount, asked, _) = waits.remove(0);
                    prop_assert_eq!(id, RequestId(first));
                    holds.push((first, amount, asked));
                }
                let held: u32 = holds.iter().map(|hold| hold.1).sum();
                prop_assert!(held <= count);
                prop_assert_eq!(units.busy.count(), held);
                prop_assert!(waits.first().is_none_or(|first| first.1 > count - held));
                prop_assert_eq!((usage.waiting.count(), usage.population.count()), (waits.len() as u64, (waits.len() + holds.len()) as u64));
            }
            let inside = holds.iter().map(|hold| hold.2).chain(waits.iter().map(|wait| wait.2));
            let inside: u128 = inside.map(|asked| u128::from(now - asked)).sum();
            prop_assert_eq!(usage.population.area(at(now)), usage.sojourn.total() + inside);
        }
    }
}
