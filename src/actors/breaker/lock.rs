//! A lock that a call holds from when it asks its circuit until it has ended. Who comes meanwhile waits in line.

use std::collections::BTreeMap;

use crate::engine::{BySlot, RequestId};

/// The lock of a circuit.
#[derive(Clone, Debug, Default)]
struct Lock {
    is_held: bool,
    /// Who waits, by the number in line.
    line: BTreeMap<u64, RequestId>,
}

/// The locks of all circuits of a breaker.
#[derive(Debug)]
pub struct Locks {
    each: Vec<Lock>,
    /// The number in line of each request that waits.
    tickets: BySlot<u64>,
    came: u64,
}

impl Locks {
    /// One free lock for each of `circuits`.
    #[must_use]
    pub fn new(circuits: usize) -> Self {
        Self { each: vec![Lock::default(); circuits], tickets: BySlot::default(), came: 0 }
    }

    /// True if the call of `id` holds the lock of circuit `place` from now on; else it waits.
    pub fn take(&mut self, place: u32, id: RequestId) -> bool {
        let lock = &mut self.each[place as usize];
        if !std::mem::replace(&mut lock.is_held, true) {
            return true;
        }
        lock.line.insert(self.came, id);
        self.tickets.put(id, self.came);
        self.came += 1;
        false
    }

    /// The lock of circuit `place` is given back: who holds it now.
    pub fn give_back(&mut self, place: u32) -> Option<RequestId> {
        let lock = &mut self.each[place as usize];
        let next = lock.line.pop_first().map(|(_, id)| id);
        lock.is_held = next.is_some();
        if let Some(id) = next {
            self.tickets.take(id);
        }
        next
    }

    /// The request waits no more for the lock of circuit `place`; false if it did not.
    pub fn forget(&mut self, place: u32, id: RequestId) -> bool {
        let Some(ticket) = self.tickets.take(id) else { return false };
        self.each[place as usize].line.remove(&ticket).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_goes_first_and_who_leaves_is_passed_over() {
        let mut locks = Locks::new(2);
        let ids: Vec<RequestId> = (0..5).map(RequestId).collect();
        assert_eq!(ids.iter().map(|&id| locks.take(1, id)).collect::<Vec<_>>(), [true, false, false, false, false]);
        assert!(locks.take(0, RequestId(9)));
        assert!(locks.forget(1, ids[2]) && !locks.forget(1, ids[2]) && !locks.forget(1, ids[0]));
        let order: Vec<_> = (0..4).map(|_| locks.give_back(1)).collect();
        assert_eq!(order, [Some(ids[1]), Some(ids[3]), Some(ids[4]), None]);
        assert!(locks.take(1, ids[0]));
    }
}
