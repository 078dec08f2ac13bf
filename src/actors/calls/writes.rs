//! Calls that write, and how often the work of each was done: it should be exactly once.
//!
//! A returning attempt, in time or late, says how often its work was done; so do requests that a node made on its
//! behalf and no longer waits for. Work that was cancelled before its end was not done.

use crate::engine::random::{Bits, StreamKey};
use crate::engine::{BySlot, RequestId};

/// The state of a call that writes, as long as an attempt of it may return.
#[derive(Clone, Copy, Debug, Default)]
struct WriteState {
    /// How often its work was done so far.
    done: u32,
    /// Attempts that have not returned.
    open: u32,
    /// Unfinished requests that other nodes made on its behalf and no longer wait for.
    going_on: u32,
    is_over: bool,
}

impl WriteState {
    /// True if its count is final.
    fn is_known(&self) -> bool {
        self.is_over && self.open == 0 && self.going_on == 0
    }

    /// Adds to the count of how often its work was done; true if it reaches two.
    fn add(&mut self, done: u32) -> bool {
        let before = self.done;
        self.done += done;
        before < 2 && self.done >= 2
    }
}

/// The calls of a node that write.
#[derive(Debug)]
pub struct Writes {
    share: f64,
    key: StreamKey,
    /// True if they are retried and hedged like others.
    pub repeats: bool,
    writes: Vec<WriteState>,
    free: Vec<u32>,
    /// The call of each attempt that has not returned.
    attempts: BySlot<u32>,
}

impl Writes {
    /// A share of all calls writes, chosen by draws of `key`.
    #[must_use]
    pub fn new(share: f64, repeats: bool, key: StreamKey) -> Self {
        Self { share, key, repeats, writes: Vec::new(), free: Vec::new(), attempts: BySlot::default() }
    }

    /// True if call `number` writes: the same in every arm.
    #[must_use]
    pub fn holds(&self, number: u64) -> bool {
        self.key.draws(number).uniform() < self.share
    }

    /// Begins a call that writes; returns its index.
    pub fn begin(&mut self) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.writes[place as usize] = WriteState::default();
                place
            }
            None => {
                self.writes.push(WriteState::default());
                (self.writes.len() - 1) as u32
            }
        }
    }

    /// An attempt of the call was sent.
    pub fn sent(&mut self, write: u32, id: RequestId) {
        if let Some(lost) = self.attempts.take(id) {
            self.close(lost);
        }
        self.attempts.put(id, write);
        self.writes[write as usize].open += 1;
    }

    /// An attempt has returned, whose work was done `done` times; true if the work of its call has now been done twice.
    pub fn returned(&mut self, id: RequestId, done: u32) -> bool {
        let Some(place) = self.attempts.take(id) else { return false };
        let twice = self.writes[place as usize].add(done);
        self.close(place);
        twice
    }

    /// A request that another node made on its behalf goes on, although that node no longer waits for it.
    pub fn goes_on(&mut self, place: u32) {
        self.writes[place as usize].going_on += 1;
    }

    /// Such a request has done the work; true if the work has now been done twice.
    pub fn done(&mut self, place: u32) -> bool {
        self.writes[place as usize].add(1)
    }

    /// Such a request has ended.
    pub fn gone(&mut self, place: u32) {
        self.writes[place as usize].going_on -= 1;
        self.forget(place);
    }

    /// The call is over: no further attempts will be sent.
    pub fn over(&mut self, place: u32) {
        self.writes[place as usize].is_over = true;
        self.forget(place);
    }

    fn close(&mut self, place: u32) {
        self.writes[place as usize].open -= 1;
        self.forget(place);
    }

    /// Frees its slot if its count is final.
    fn forget(&mut self, place: u32) {
        if self.writes[place as usize].is_known() {
            self.free.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_done_by_two_attempts_is_done_twice_and_counted_once() {
        let mut writes = Writes::new(1.0, true, StreamKey::root(1, 0));
        let call = writes.begin();
        (0..4).for_each(|id| writes.sent(call, RequestId(id)));
        assert!(!writes.returned(RequestId(0), 0));
        assert!(!writes.returned(RequestId(1), 1));
        writes.over(call);
        // Work that is reported late counts too, and a third time makes no difference.
        assert!(writes.returned(RequestId(2), 1));
        assert!(!writes.returned(RequestId(3), 1));
        // Its place is used again, from the beginning.
        let next = writes.begin();
        assert_eq!(next, call);
        writes.sent(next, RequestId(1));
        assert!(!writes.returned(RequestId(1), 1));
    }

    #[test]
    fn one_request_whose_work_was_done_at_two_servers_is_enough() {
        let mut writes = Writes::new(1.0, true, StreamKey::root(1, 0));
        let call = writes.begin();
        writes.sent(call, RequestId(7));
        assert!(writes.returned(RequestId(7), 2));
        writes.over(call);
        assert_eq!(writes.begin(), call);
    }

    #[test]
    fn which_calls_write_follows_from_their_numbers() {
        let writes = Writes::new(0.3, true, StreamKey::root(1, 0).named("writes"));
        let share = (0..10_000).filter(|&number| writes.holds(number)).count();
        assert!((2800..3200).contains(&share), "{share}");
        assert!(!(0..100).any(|number| Writes::new(0.0, true, StreamKey::root(1, 0)).holds(number)));
    }
}
