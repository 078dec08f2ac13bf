//! A call, and the slab of all calls of a node.
//!
//! What happens to a call belongs in `sending` and `ending`.

use super::origin::Origin;
use crate::engine::random::mix;
use crate::engine::{Duration, Handle, RequestId, Time};

/// The number of attempt `k` of call `number`: the first has that of the call, and each the same in every arm.
#[must_use]
pub fn attempt_number(number: u64, k: u32) -> u64 {
    if k == 0 { number } else { mix(number ^ mix(u64::from(k))) }
}

/// The number of the reload that a user makes after call `number`.
#[must_use]
pub fn reload_number(number: u64) -> u64 {
    // Apart from the numbers of all attempts.
    mix(number ^ mix(1 << 32))
}

/// An attempt that its call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The request.
    pub id: RequestId,
    /// True if it is a hedge.
    pub is_hedge: bool,
    /// True if it needed the permission of a budget, as every attempt but the first does.
    pub is_again: bool,
}

/// The stage of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// The place is free.
    #[default]
    Free,
    /// The user waits: an attempt is in flight, or the next is due after a backoff.
    UnderWay,
    /// The call is over, and its user will reload after a while.
    Reloading,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its source, key and size, all resolved.
    pub origin: Origin,
    /// The number of the user's first call, of which this one may be a reload: a reload asks for the same.
    pub asked: u64,
    /// The stage of the call.
    pub state: State,
    /// When it began.
    pub begun: Time,
    /// When its last attempt that is no hedge was sent.
    pub sent: Time,
    /// Attempts so far, including hedges and attempts that were held back.
    pub attempts: u32,
    /// Attempts that were no hedges.
    pub tries: u32,
    /// Hedges so far.
    pub hedges: u32,
    /// How often its user has reloaded it before.
    pub reloads: u32,
    /// The cost of its last retry in the budget; 0 before any.
    pub cost: u32,
    /// How long the backoff before its last retry was; zero before any.
    pub waited: Duration,
    /// Its index among the calls that write, if it writes.
    pub write: Option<u32>,
    /// True if its user loses patience before the timeout.
    pub gives_up: bool,
    /// Attempts in flight that it waits for.
    pub waiting: Vec<Attempt>,
    /// Ends it.
    pub overdue: Handle,
    /// The next attempt, or the next call of its user.
    pub next: Handle,
    /// A hedge.
    pub hedge: Handle,
}

impl Call {
    /// A call that begins `now`, in a place whose list is used again.
    fn new(origin: Origin, now: Time, reloads: u32, waiting: Vec<Attempt>) -> Self {
        Self {
            asked: origin.number,
            origin,
            state: State::UnderWay,
            begun: now,
            sent: now,
            attempts: 0,
            tries: 0,
            hedges: 0,
            reloads,
            cost: 0,
            waited: Duration::ZERO,
            write: None,
            gives_up: false,
            waiting,
            overdue: Handle::NONE,
            next: Handle::NONE,
            hedge: Handle::NONE,
        }
    }

    /// Stops waiting for attempt `id`.
    ///
    /// # Panics
    /// If it did not wait for it: a defect.
    pub fn take(&mut self, id: RequestId) -> Attempt {
        let place = self.waiting.iter().position(|attempt| attempt.id == id);
        self.waiting.remove(place.expect("an attempt that was not given up is waited for by its call"))
    }
}

/// Calls by their places, which are used again.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    calls: Vec<Call>,
    free: Vec<u32>,
}

impl Calls {
    /// A call begins; gives its place.
    ///
    /// # Panics
    /// If there are more than two billion calls at once; a run is stopped long before.
    pub fn begin(&mut self, origin: Origin, now: Time, reloads: u32) -> u32 {
        if let Some(place) = self.free.pop() {
            self.renew(place, origin, now, reloads);
            return place;
        }
        self.calls.push(Call::new(origin, now, reloads, Vec::new()));
        u32::try_from(self.calls.len() - 1).ok().filter(|place| place >> 31 == 0).expect("fewer than two billion calls")
    }

    /// Another call begins in the place of one that is over.
    pub fn renew(&mut self, place: u32, origin: Origin, now: Time, reloads: u32) {
        let call = &mut self.calls[place as usize];
        let waiting = std::mem::take(&mut call.waiting);
        *call = Call::new(origin, now, reloads, waiting);
    }

    /// The call at a place is over for good.
    pub fn end(&mut self, place: u32) {
        self.calls[place as usize].state = State::Free;
        self.free.push(place);
    }

    /// The call at a place.
    #[must_use]
    pub fn get(&self, place: u32) -> &Call {
        &self.calls[place as usize]
    }

    /// The same, to change it.
    pub fn at(&mut self, place: u32) -> &mut Call {
        &mut self.calls[place as usize]
    }

    /// The calls under way.
    pub fn under_way(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.state == State::UnderWay)
    }
}
