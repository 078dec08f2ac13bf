//! The traits of a way to shed load, which decides which requests are rejected although the queue has room. The ways
//! and their list belong in `shedders`.

use super::Classes;
use crate::engine::{Duration, Time};
use crate::schema::Name;
use crate::schema::quantity::Share;

/// A request that arrives, and the state of the queue that it finds.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The present instant.
    pub now: Time,
    /// The class of its clients.
    pub class: u16,
    /// Its deadline; [`Time::MAX`] if it has none.
    pub deadline: Time,
    /// True if a worker is free.
    pub worker_free: bool,
    /// Workers of the server.
    pub workers: u32,
    /// Requests that wait at the server.
    pub waiting: u32,
    /// How full the queue is.
    pub fill: Fill,
}

/// How full a queue is, by count and by bytes, each with its bound; `u64::MAX` without a bound.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// Requests that wait, and the most that may.
    pub places: (u64, u64),
    /// Bytes that wait, and the most that may.
    pub bytes: (u64, u64),
}

impl Fill {
    /// True if it is filled to `level` or above, by count or by bytes. A queue with a bound of zero is full.
    #[must_use]
    pub fn reaches(&self, level: Share) -> bool {
        let reached = |(part, whole): (u64, u64)| whole < u64::MAX && level.is_reached(part, whole);
        reached(self.places) || reached(self.bytes)
    }
}

/// The state of a way to shed load at one server, and how it decides.
pub trait Sheds {
    /// True if an arriving request is rejected.
    fn rejects(&mut self, _arrival: &Arrival) -> bool {
        false
    }

    /// The longest wait of a request that joins the queue.
    fn longest_wait(&mut self, _now: Time, _waiting: u32) -> Option<Duration> {
        None
    }

    /// True if the next request is dropped instead of being served, after it has waited this long; `behind` others
    /// still wait.
    fn drops(&mut self, _now: Time, _waited: Duration, _behind: u32) -> bool {
        false
    }

    /// A worker has found the queue empty.
    fn found_empty(&mut self, _now: Time) {}

    /// A request was served; how long its service took.
    fn served(&mut self, _service: Duration) {}
}

/// The parameters of a way to shed load.
pub trait Describes {
    /// Its state at one server.
    type State: Sheds;

    /// Builds the state for one server.
    fn build(&self, classes: &Classes<'_>) -> Self::State;

    /// The names of clients that it mentions.
    fn clients(&self) -> Vec<&Name> {
        Vec::new()
    }

    /// True if it works only where the queue is bounded.
    fn needs_bound(&self) -> bool {
        false
    }

    /// True if it works only with first come, first served.
    fn needs_fifo(&self) -> bool {
        false
    }
}
