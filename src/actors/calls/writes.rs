//! Calls that write, and how often the work of each was done: once is what was asked for.
//!
//! An attempt tells how often its work was done when it comes home, in time or late; and so does what a node on its way asked
//! for on its behalf and did not wait for. Work that was taken back before its end was not done.

use crate::engine::random::{Bits, StreamKey};
use crate::engine::{BySlot, RequestId};

/// A call that writes, as long as an attempt of it may come home.
#[derive(Clone, Copy, Debug, Default)]
struct WriteState {
    /// How often its work was done so far.
    done: u32,
    /// Attempts that have not come home.
    open: u32,
    /// Requests that other nodes made on its behalf, wait for no more, and that have not come to their end.
    going_on: u32,
    is_over: bool,
}

impl WriteState {
    /// True if nothing more will be heard of it.
    fn is_known(&self) -> bool {
        self.is_over && self.open == 0 && self.going_on == 0
    }

    /// Its work was done so often once more; true if that makes it twice.
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
    /// True if they are tried again and hedged as others are.
    pub repeats: bool,
    writes: Vec<WriteState>,
    free: Vec<u32>,
    /// The call of each attempt that has not come home.
    attempts: BySlot<u32>,
}

impl Writes {
    /// A share of all calls, told apart by draws of `key`.
    #[must_use]
    pub fn new(share: f64, repeats: bool, key: StreamKey) -> Self {
        Self { share, key, repeats, writes: Vec::new(), free: Vec::new(), attempts: BySlot::default() }
    }

    /// True if call `number` writes: the same in every arm.
    #[must_use]
    pub fn holds(&self, number: u64) -> bool {
        self.key.draws(number).uniform() < self.share
    }

    /// A call that writes begins; gives its name here.
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

    /// An attempt of it is sent.
    pub fn sent(&mut self, write: u32, id: RequestId) {
        if let Some(lost) = self.attempts.take(id) {
            self.close(lost);
        }
        self.attempts.put(id, write);
        self.writes[write as usize].open += 1;
    }

    /// An attempt has come home, whose work was done so often; true if that makes its call one whose work was done twice.
    pub fn home(&mut self, id: RequestId, done: u32) -> bool {
        let Some(place) = self.attempts.take(id) else { return false };
        let twice = self.writes[place as usize].add(done);
        self.close(place);
        twice
    }

    /// A request that another node made on its behalf goes on, though that node does not wait for it any more.
    pub fn goes_on(&mut self, place: u32) {
        self.writes[place as usize].going_on += 1;
    }

    /// Such a request has done the work; true if that makes it twice.
    pub fn done(&mut self, place: u32) -> bool {
        self.writes[place as usize].add(1)
    }

    /// Such a request has come to its end.
    pub fn gone(&mut self, place: u32) {
        self.writes[place as usize].going_on -= 1;
        self.forget(place);
    }

    /// The call is over: no attempt will be sent any more.
    pub fn over(&mut self, place: u32) {
        self.writes[place as usize].is_over = true;
        self.forget(place);
    }

    fn close(&mut self, place: u32) {
        self.writes[place as usize].open -= 1;
        self.forget(place);
    }

    /// Its place is free if nothing more will be heard of it.
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
        assert!(!writes.home(RequestId(0), 0));
        assert!(!writes.home(RequestId(1), 1));
        writes.over(call);
        // What comes home late counts too, and a third time makes no difference.
        assert!(writes.home(RequestId(2), 1));
        assert!(!writes.home(RequestId(3), 1));
        // Its place is used again, from the beginning.
        let next = writes.begin();
        assert_eq!(next, call);
        writes.sent(next, RequestId(1));
        assert!(!writes.home(RequestId(1), 1));
    }

    #[test]
    fn one_request_whose_work_was_done_at_two_servers_is_enough() {
        let mut writes = Writes::new(1.0, true, StreamKey::root(1, 0));
        let call = writes.begin();
        writes.sent(call, RequestId(7));
        assert!(writes.home(RequestId(7), 2));
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
