//! A FIFO from whose middle requests may leave.

use std::collections::VecDeque;

/// A line. Every operation takes O(1), taken together.
#[derive(Clone, Debug)]
pub struct Fifo<T> {
    /// `None` in place of a request that left from the middle.
    places: VecDeque<Option<T>>,
    /// The ticket of the first place.
    first: u64,
    waiting: usize,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self { places: VecDeque::new(), first: 0, waiting: 0 }
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
        self.waiting += 1;
        self.places.push_back(Some(request));
        self.first + self.places.len() as u64 - 1
    }

    /// The request that has waited longest.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        // The place at the front is never empty: see `tidy`.
        self.places.front()?.as_ref()
    }

    /// The waiting requests, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().flatten()
    }

    /// Takes the request that has waited longest.
    pub fn pop(&mut self) -> Option<T> {
        let request = self.places.pop_front()??;
        self.first += 1;
        self.waiting -= 1;
        self.tidy();
        Some(request)
    }

    /// Removes the request with this ticket; `None` if it no longer waits.
    pub fn leave(&mut self, ticket: u64) -> Option<T> {
        let place = ticket.checked_sub(self.first)?;
        let request = self.places.get_mut(usize::try_from(place).ok()?)?.take()?;
        self.waiting -= 1;
        self.tidy();
        Some(request)
    }

    /// Restores the invariant that the front is a waiting request.
    fn tidy(&mut self) {
        while self.places.front().is_some_and(Option::is_none) {
            self.places.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
