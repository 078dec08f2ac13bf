//! Several FIFOs with one order of arrival: requests that wait for the same, of which some may be served while others may
//! not. Which line is served next is decided by the node.

use super::fifo::Fifo;

/// With it, a request can leave: its line, and its number in the order of arrival across all lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    line: usize,
    number: u64,
}

/// Lines by number. Operations take as long as those of one FIFO, but for those that look at all lines.
#[derive(Clone, Debug)]
pub struct Lines<T> {
    /// Tickets are numbers in the order of arrival.
    each: Vec<Fifo<T>>,
    /// Requests that have ever come.
    came: u64,
    waiting: usize,
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self { each: Vec::new(), came: 0, waiting: 0 }
    }
}

impl<T> Lines<T> {
    /// Requests that wait, in all lines.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// True if no request waits.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Requests that wait in one line.
    #[must_use]
    pub fn len_of(&self, line: usize) -> usize {
        self.each.get(line).map_or(0, Fifo::len)
    }

    /// One more waits, at the end of `line`.
    pub fn join(&mut self, line: usize, request: T) -> Ticket {
        if self.each.len() <= line {
            self.each.resize_with(line + 1, Fifo::default);
        }
        let number = self.each[line].join_with(self.came, request);
        (self.came, self.waiting) = (self.came + 1, self.waiting + 1);
        Ticket { line, number }
    }

    /// The first request of a line, with its number in the order of arrival across all lines.
    #[must_use]
    pub fn first(&self, line: usize) -> Option<(u64, &T)> {
        self.each.get(line)?.first_with_ticket()
    }

    /// The first request of each line, as in [`Lines::first`], with the line.
    pub fn firsts(&self) -> impl Iterator<Item = (usize, u64, &T)> {
        (0..self.each.len()).filter_map(|line| self.first(line).map(|(number, request)| (line, number, request)))
    }

    /// The requests of one line, in order.
    pub fn of(&self, line: usize) -> impl Iterator<Item = &T> {
        self.each.get(line).into_iter().flat_map(Fifo::iter)
    }

    /// Takes the first request of a line.
    pub fn pop(&mut self, line: usize) -> Option<T> {
        let request = self.each.get_mut(line)?.pop()?;
        self.waiting -= 1;
        Some(request)
    }

    /// Removes the request with this ticket; `None` if it no longer waits.
    pub fn leave(&mut self, ticket: Ticket) -> Option<T> {
        let request = self.each.get_mut(ticket.line)?.leave(ticket.number)?;
        self.waiting -= 1;
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_are_one_list_of_requests_that_know_their_line(
            steps in proptest::collection::vec((0_u8..4, 0_usize..4, any::<u16>()), 0..200),
        ) {
            let mut lines = Lines::default();
            // All requests that wait, in the order of arrival: line and number.
            let mut list: Vec<(usize, usize)> = Vec::new();
            let mut tickets = Vec::new();
            for (step, line, some) in steps {
                let first_of = |list: &[(usize, usize)], line| list.iter().position(|&(other, _)| other == line);
                match step {
                    0 | 1 => {
                        list.push((line, tickets.len()));
                        tickets.push(lines.join(line, tickets.len()));
                    }
                    2 => {
                        let expected = first_of(&list, line).map(|place| list.remove(place).1);
                        prop_assert_eq!(lines.pop(line), expected);
                    }
                    _ if tickets.is_empty() => {}
                    _ => {
                        // Any request, also one that has left or was served.
                        let request = usize::from(some) % tickets.len();
                        let place = list.iter().position(|&(_, other)| other == request);
                        prop_assert_eq!(lines.leave(tickets[request]), place.map(|place| list.remove(place).1));
                    }
                }
                prop_assert_eq!((lines.len(), lines.is_empty()), (list.len(), list.is_empty()));
                for line in 0..4 {
                    let own: Vec<usize> = list.iter().filter(|(other, _)| *other == line).map(|own| own.1).collect();
                    prop_assert_eq!(lines.len_of(line), own.len());
                    prop_assert_eq!(lines.first(line), own.first().map(|first| (*first as u64, first)));
                    prop_assert!(lines.of(line).eq(&own));
                }
                let firsts: Vec<(usize, u64, usize)> = lines.firsts().map(|(line, at, &own)| (line, at, own)).collect();
                let expected = (0..4).filter_map(|line| first_of(&list, line).map(|place| list[place]));
                prop_assert_eq!(firsts, expected.map(|(line, own)| (line, own as u64, own)).collect::<Vec<_>>());
            }
        }
    }
}
