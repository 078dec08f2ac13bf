//! A limit that several limiters share, as written in the language, and the commands that they send to the store that
//! keeps it. How a limiter waits for answers belongs in `limiter`, what a store does with a command in `store`.

use super::route::RouteField;
use crate::schema::quantity::Span;
use crate::schema::{choice, record};

/// Parts of a window in which members are forgotten together that no command looks at.
pub const PARTS: u64 = 100;

record! {
    /// The time of a request by the limiter's clock, as text: requests with the same time are one member and count
    /// once. Each of them passes while the distinct times in the set, including its own, are fewer than the limit.
    pub struct TheTime {}
}

record! {
    /// Each request is its own member: the time followed by a unique number.
    pub struct EachRequest {}
}

choice! {
    /// The member that a request adds to the sorted set, which decides how requests are counted.
    pub enum Members {
        Times(TheTime),
        Requests(EachRequest),
    }
}

record! {
    /// One round trip and one transaction (`MULTI` and `EXEC`, as redis-py sends it): remove the members older than the
    /// window, count, add. The count before adding decides. A rejected request has been added as well, so it counts
    /// against later ones.
    pub struct Pipeline {
        /// The members that are added.
        pub members: Members = Members::Times(TheTime {}),
    }
}

record! {
    /// Two round trips: count, then add if the limit allowed it. This is a race: requests that are counted before
    /// others have been added are all allowed, so of K limiters that ask at the same time up to K - 1 pass one request
    /// too many.
    pub struct CheckThenAdd {
        /// The members that are added.
        pub members: Members = Members::Requests(EachRequest {}),
    }
}

record! {
    /// One round trip: a script that adds the request only if the limit allows it.
    pub struct Atomic {
        /// The members that are added.
        pub members: Members = Members::Requests(EachRequest {}),
    }
}

choice! {
    /// The commands that a limiter sends to its store.
    pub enum Commands {
        Pipeline(Pipeline),
        CheckThenAdd(CheckThenAdd),
        Atomic(Atomic),
    }
}

record! {
    /// Requests pass.
    pub struct FailOpen {}
}

record! {
    /// Requests are rejected, as by the limit (429).
    pub struct FailClosed {}
}

record! {
    /// Requests fail with an error (500): the error of the store is not caught.
    pub struct FailWithError {}
}

choice! {
    /// How requests are treated while the store does not answer.
    pub enum WhenDown {
        FailOpen(FailOpen),
        FailClosed(FailClosed),
        Raise(FailWithError),
    }
}

record! {
    /// The clocks of the limiters, which time-stamp requests; the store has no clock of its own.
    pub struct Clock {
        /// Resolution of the clocks: times are rounded down to a multiple of it. Python's `time.time()` has a
        /// resolution of about a quarter of a microsecond, because it is a double.
        pub step: Span = Span::from_seconds(1e-9).expect("a length of time"),
        /// How far the clock of each copy of the limiter is ahead; copies beyond the list start again at its beginning.
        /// Without it, the clocks agree.
        pub ahead: Vec<Span> = Vec::new(),
    }
    check(self, at) {
        if self.step.duration().is_zero() {
            at.field("step").error("at least a nanosecond");
        }
    }
}

record! {
    /// At most `limit` requests in any window, over all copies of the limiter together: the times of requests are kept
    /// in a store, in a sorted set for each account.
    pub struct Distributed {
        /// Requests let through in any window; 1 to 10,000.
        pub limit: u32 = 100,
        /// Length of the window.
        pub window: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// The node of `Store`, and the network to it.
        pub store: RouteField,
        /// The commands that limiters send to the store.
        pub commands: Commands = Commands::Pipeline(Pipeline { members: Members::Times(TheTime {}) }),
        /// The clocks that time-stamp requests.
        pub clock: Clock = Clock { step: Span::from_seconds(1e-9).expect("a length of time"), ahead: Vec::new() },
        /// How long a limiter waits for an answer of the store.
        pub timeout: Span = Span::from_seconds(1.0).expect("a length of time"),
        /// How requests are treated while the store does not answer.
        pub when_down: WhenDown = WhenDown::FailOpen(FailOpen {}),
    }
    check(self, at) {
        if self.limit == 0 || self.limit > 10_000 {
            at.field("limit").error("1 to 10,000 requests");
        }
        if self.window == Span::ZERO {
            at.field("window").error("a window is longer than nothing");
        }
        if self.timeout == Span::ZERO {
            at.field("timeout").error("a timeout is above zero");
        }
        if self.store.to.0.len() != 1 {
            at.field("store").error("the name of one node of `Store`");
        }
    }
}

impl Distributed {
    /// The members that requests add to the sorted set.
    #[must_use]
    pub fn members(&self) -> &Members {
        match &self.commands {
            Commands::Pipeline(pipeline) => &pipeline.members,
            Commands::CheckThenAdd(check) => &check.members,
            Commands::Atomic(script) => &script.members,
        }
    }
}

/// A command to the store; it is part of the limiter's tag on the command's return path, beside the cost of the
/// request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Command {
    /// Count, and add whatever the count.
    CountAndAdd = 0,
    /// Count.
    Count = 1,
    /// Add.
    Add = 2,
    /// Add if there is room.
    AddIfRoom = 3,
}

impl Command {
    /// The tag for this command, for a request of this cost, up to 2^30 - 1.
    #[must_use]
    pub fn note(self, cost: u32) -> u32 {
        (cost.min(u32::MAX >> 2) << 2) | self as u32
    }

    /// The command of a limiter's tag, and the cost of the request.
    #[must_use]
    pub fn of(note: u32) -> (Self, u32) {
        let command = match note & 3 {
            0 => Self::CountAndAdd,
            1 => Self::Count,
            2 => Self::Add,
            _ => Self::AddIfRoom,
        };
        (command, note >> 2)
    }
}
