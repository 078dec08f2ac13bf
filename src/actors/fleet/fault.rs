//! Faults: what can go wrong with a server, and when.

use crate::engine::Time;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{choice, record};

record! {
    /// The server stops: what it holds fails, and it refuses connections until it restarts.
    pub struct Crash {}
}

record! {
    /// The server comes up again, empty.
    pub struct Restart {}
}

record! {
    /// The server takes longer for the same work.
    pub struct SlowDown {
        /// How many times longer; above 0 (below 1 it is faster).
        pub factor: f64,
    }
    check(self, at) {
        if self.factor.is_nan() || self.factor < 1e-6 || self.factor > 1e6 {
            at.field("factor").error("must be from 0.000001 to 1000000");
        }
    }
}

record! {
    /// The server answers a share of requests with an error.
    pub struct Errors {
        /// Share of requests that fail.
        pub rate: Percent,
        /// Work of an error answer; without it, as much as that of the usual answer. A server that fails faster than
        /// others serve looks idle, and so attracts requests: a sinkhole.
        pub after: Option<Span> = None,
    }
}

choice! {
    /// What goes wrong.
    pub enum Fault {
        Crash(Crash),
        Restart(Restart),
        SlowDown(SlowDown),
        Errors(Errors),
    }
}

impl Fault {
    /// What undoes this fault.
    #[must_use]
    pub fn end(&self) -> Self {
        match self {
            Self::Crash(_) => Self::Restart(Restart {}),
            Self::Restart(_) => Self::Crash(Crash {}),
            Self::SlowDown(_) => Self::SlowDown(SlowDown { factor: 1.0 }),
            Self::Errors(_) => Self::Errors(Errors { rate: Percent::ZERO, after: None }),
        }
    }
}

/// A fault on the timetable of a fleet.
#[derive(Clone, Debug)]
pub struct FaultEvent {
    /// When it happens.
    pub at: Time,
    /// Which servers it hits; `None` for all.
    pub servers: Option<Vec<usize>>,
    /// What happens to them.
    pub fault: Fault,
}
