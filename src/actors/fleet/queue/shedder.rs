//! The traits of a way to shed load, which decides which requests are rejected although the queue has room. The ways
//! and their list belong in `shedders`.

use super::Classes;
use crate::engine::{Duration, Time};
use crate::schema::Name;
use crate::schema::quantity::Share;

/// A request that comes, and what it finds.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The present instant.
    pub now: Time,
    /// The class of its clients.
    pub class: u16,
    /// When nobody waits for it any more; [`Time::MAX`] if it did not say.
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

/// How full a queue is: what is taken of its places and of its bytes, and how many there are; `u64::MAX` without a bound.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// Places taken, and all.
    pub places: (u64, u64),
    /// Bytes taken, and all.
    pub bytes: (u64, u64),
}

impl Fill {
    /// True if it is filled to `level` or above, by places or by bytes. A queue without room is full.
    #[must_use]
    pub fn reaches(&self, level: Share) -> bool {
        let reached = |(part, whole): (u64, u64)| whole < u64::MAX && level.is_reached(part, whole);
        reached(self.places) || reached(self.bytes)
    }
}

/// A way to shed load at work at one server.
pub trait Sheds {
    /// True if a request that comes is turned away.
    fn turns_away(&mut self, _arrival: &Arrival) -> bool {
        false
    }

    /// How long a request that joins the line may wait at most.
    fn longest_wait(&mut self, _now: Time, _waiting: u32) -> Option<Duration> {
        None
    }

    /// True if a request is dropped whose turn it is after it has waited so long; `behind` still wait.
    fn drops(&mut self, _now: Time, _waited: Duration, _behind: u32) -> bool {
        false
    }

    /// A worker has found nobody waiting.
    fn found_empty(&mut self, _now: Time) {}

    /// A request was served so long.
    fn served(&mut self, _service: Duration) {}
}

/// The description of a way to shed load, as the language reads it.
pub trait Describes {
    /// The same at work.
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
