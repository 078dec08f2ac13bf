//! A lock that a call holds from when it asks its circuit until it has ended. Other calls wait in line.

use crate::actors::resources::{Asked, Station, Units, Usage};
use crate::engine::{BySlot, RequestId, Time};
use crate::measure::Begin;

/// The locks of all circuits of a breaker.
#[derive(Debug)]
pub struct Locks {
    each: Vec<Units>,
    /// When the one that holds a lock asked for it.
    asked: Vec<Time>,
    /// The ticket of each request that waits, and when it asked.
    tickets: BySlot<(u64, Time)>,
    /// The calls that hold one or wait for one, of all locks together.
    pub usage: Usage,
}

impl Locks {
    /// One free lock for each of `circuits`.
    #[must_use]
    pub fn new(circuits: usize) -> Self {
        Self {
            each: vec![Units::new(1, usize::MAX); circuits],
            asked: vec![Time::ZERO; circuits],
            tickets: BySlot::default(),
            usage: Usage::default(),
        }
    }

    /// True if the call of `id` holds the lock of circuit `place` from now on; else it waits.
    pub fn take(&mut self, place: u32, id: RequestId, now: Time) -> bool {
        let place = place as usize;
        match self.each[place].ask(&mut self.usage, id, 1, now) {
            Asked::Held => {
                self.asked[place] = now;
                true
            }
            Asked::Waits(ticket) => {
                self.tickets.put(id, (ticket, now));
                false
            }
            Asked::Full => unreachable!("any number may wait"),
        }
    }

    /// The lock of circuit `place` is given back: the request that holds it now.
    pub fn give_back(&mut self, place: u32, now: Time) -> Option<RequestId> {
        let place = place as usize;
        self.usage.left(self.asked[place], now);
        self.each[place].give_back(1, now);
        let next = self.each[place].next(&mut self.usage, now)?;
        if let Some((_, asked)) = self.tickets.take(next) {
            self.asked[place] = asked;
        }
        Some(next)
    }

    /// Removes the request from the line for the lock of circuit `place`; false if it did not wait.
    pub fn forget(&mut self, place: u32, id: RequestId, now: Time) -> bool {
        let Some((ticket, asked)) = self.tickets.take(id) else { return false };
        let waited = self.each[place as usize].leave(&mut self.usage, ticket, now);
        if waited {
            self.usage.left(asked, now);
        }
        waited
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.usage.measure(now, self.held(now), begin);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.usage.window(now, self.held(now), halve);
    }
}

impl Station for Locks {
    fn capacity(&self) -> u64 {
        self.each.len() as u64
    }

    fn held(&self, now: Time) -> u128 {
        self.each.iter().map(|lock| lock.held(now)).sum()
    }

    fn usage(&self) -> &Usage {
        &self.usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_goes_first_and_one_that_left_is_passed_over() {
        let mut locks = Locks::new(2);
        let at = |nanos: u64| Time::from_nanos(nanos);
        let ids: Vec<RequestId> = (0..5).map(RequestId).collect();
        let taken: Vec<bool> = ids.iter().map(|&id| locks.take(1, id, at(0))).collect();
        assert_eq!(taken, [true, false, false, false, false]);
        assert!(locks.take(0, RequestId(9), at(0)));
        let mut forget = |place: usize| locks.forget(1, ids[place], at(2));
        assert!(forget(2) && !forget(2) && !forget(0));
        let order: Vec<_> = (1..5).map(|turn| locks.give_back(1, at(10 * turn))).collect();
        assert_eq!(order, [Some(ids[1]), Some(ids[3]), Some(ids[4]), None]);
        assert!(locks.take(1, ids[0], at(50)));
        let usage = &locks.usage;
        assert_eq!(usage.waiting.area(at(60)), 10 + 2 + 20 + 30);
        assert_eq!((usage.sojourn.total(), usage.population.count()), (10 + 20 + 2 + 30 + 40, 2));
        assert_eq!((locks.capacity(), locks.held(at(60))), (2, 60 + 40 + 10));
    }
}
