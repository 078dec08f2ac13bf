//! A FIFO from whose middle requests may leave.

use std::collections::VecDeque;

/// Places that may be empty beside as many as are taken.
const EMPTY_PLACES: usize = 32;

/// A line. Every operation takes O(1), taken together; one that leaves from the middle is found in O(log n).
#[derive(Clone, Debug)]
pub struct Fifo<T> {
    /// By ticket, in ascending order. `None` in place of a request that left from the middle.
    places: VecDeque<(u64, Option<T>)>,
    /// The ticket of the next request.
    next: u64,
    waiting: usize,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self { places: VecDeque::new(), next: 0, waiting: 0 }
    }
}

impl<T> Fifo<T> {
    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// True if it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// One more waits, behind all others: gives the ticket with which it can leave.
    pub fn join(&mut self, request: T) -> u64 {
        self.join_with(self.next, request)
    }

    /// The same with a ticket of the caller's own, which is higher than all before.
    pub fn join_with(&mut self, ticket: u64, request: T) -> u64 {
        debug_assert!(ticket >= self.next, "tickets ascend");
        self.waiting += 1;
        self.next = ticket + 1;
        self.places.push_back((ticket, Some(request)));
        ticket
    }

    /// The request that has waited longest.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.first_with_ticket().map(|(_, request)| request)
    }

    /// The same with its ticket.
    #[must_use]
    pub fn first_with_ticket(&self) -> Option<(u64, &T)> {
        // The place at the front is never empty: see `tidy`.
        let (ticket, request) = self.places.front()?;
        Some((*ticket, request.as_ref()?))
    }

    /// The waiting requests, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|(_, request)| request.as_ref())
    }

    /// Takes the request that has waited longest.
    pub fn pop(&mut self) -> Option<T> {
        let request = self.places.pop_front()?.1?;
        self.waiting -= 1;
        self.tidy();
        Some(request)
    }

    /// Removes the request with this ticket; `None` if it no longer waits.
    pub fn leave(&mut self, ticket: u64) -> Option<T> {
        let place = match self.places.front()? {
            (first, _) if *first == ticket => 0,
            _ => self.places.binary_search_by_key(&ticket, |(other, _)| *other).ok()?,
        };
        let request = self.places[place].1.take()?;
        self.waiting -= 1;
        self.tidy();
        Some(request)
    }

    /// Restores what always holds: the front is a waiting request, and empty places are not many more than those taken,
    /// so that the memory of a line follows from the requests that wait.
    fn tidy(&mut self) {
        while self.places.front().is_some_and(|(_, request)| request.is_none()) {
            self.places.pop_front();
        }
        if self.places.len() > 2 * self.waiting + EMPTY_PLACES {
            self.places.retain(|(_, request)| request.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_that_leave_behind_a_waiting_one_take_no_memory() {
        let mut line = Fifo::default();
        line.join(0);
        for request in 1..10_000 {
            let ticket = line.join(request);
            assert_eq!(line.leave(ticket), Some(request));
            assert!(line.places.len() <= EMPTY_PLACES + 3);
        }
        assert_eq!((line.len(), line.pop(), line.pop()), (1, Some(0), None));
    }

    proptest! {
        #[test]
        fn a_line_is_a_list_from_which_some_are_removed(steps in proptest::collection::vec((0_u8..3, any::<u16>()), 0..200)) {
            let (mut line, mut list) = (Fifo::default(), Vec::new());
            let (mut tickets, mut came) = (Vec::new(), 0);
            for (step, some) in steps {
                match step {
                    0 => {
                        tickets.push(line.join(came));
                        list.push(came);
                        came += 1;
                    }
                    1 => prop_assert_eq!(line.pop(), (!list.is_empty()).then(|| list.remove(0))),
                    _ if came == 0 => {}
                    _ => {
                        // Any request, also one that has left or was served.
                        let who = usize::from(some) % came;
                        let place = list.iter().position(|&other| other == who);
                        prop_assert_eq!(line.leave(tickets[who]), place.map(|place| list.remove(place)));
                    }
                }
                prop_assert_eq!((line.len(), line.first()), (list.len(), list.first()));
                prop_assert_eq!(line.is_empty(), list.is_empty());
                prop_assert!(line.iter().eq(&list));
            }
        }
    }
}
