//! A limit that several limiters share, in the words of the language, and the commands by which they ask the store that keeps
//! it. How a limiter waits for answers belongs in `limiter`, what a store does with a command in `store`.

use super::route::RouteField;
use crate::schema::quantity::Span;
use crate::schema::{choice, record};

/// Parts of a window in which members are forgotten together that no command looks at.
pub const PARTS: u64 = 100;

record! {
    /// The time of a request by the limiter's clock, as text: requests of one moment are one member, and count once. Each of
    /// them finds room as long as the moments before it and its own are fewer than the limit.
    pub struct TheTime {}
}

record! {
    /// Each request by itself: the time with a number of its own behind it.
    pub struct EachRequest {}
}

choice! {
    /// What a request is in the sorted set, and so what is counted.
    pub enum Members {
        Times(TheTime),
        Requests(EachRequest),
    }
}

record! {
    /// One round trip, in one step (MULTI and EXEC, as redis-py sends it): forget what is older than the window, count, add.
    /// Whether the request passes is decided by the count before it; a request that is turned away has been added all the
    /// same, and so keeps others out.
    pub struct Pipeline {
        /// What is added.
        pub members: Members = Members::Times(TheTime {}),
    }
}

record! {
    /// Two round trips: count, and add if there was room. Requests that are counted before others have been added all find
    /// room: of K limiters that ask at the same time, up to K - 1 let one too many pass.
    pub struct CheckThenAdd {
        /// What is added.
        pub members: Members = Members::Requests(EachRequest {}),
    }
}

record! {
    /// One round trip: a script that adds only if there is room.
    pub struct Atomic {
        /// What is added.
        pub members: Members = Members::Requests(EachRequest {}),
    }
}

choice! {
    /// What a limiter asks of its store.
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
    /// Requests are turned away, as by the limit (429).
    pub struct FailClosed {}
}

record! {
    /// Requests fail with an error (500): nobody has caught that of the store.
    pub struct FailWithError {}
}

choice! {
    /// What happens while the store does not answer.
    pub enum WhenDown {
        FailOpen(FailOpen),
        FailClosed(FailClosed),
        Raise(FailWithError),
    }
}

record! {
    /// The clocks by which limiters tell the times of requests; the store has none of its own.
    pub struct Clock {
        /// What they count: times are cut to a whole number of these. Python's `time.time()` counts steps of a quarter of a
        /// microsecond or so, as a double has no finer ones in this century.
        pub step: Span = Span::from_seconds(1e-9).expect("a length of time"),
        /// How far the clock of each copy of the limiter is ahead, in turn; without it, they agree.
        pub ahead: Vec<Span> = Vec::new(),
    }
    check(self, at) {
        if self.step.duration().is_zero() {
            at.field("step").error("at least a nanosecond");
        }
    }
}

record! {
    /// So many requests in any window, by all limiters of the node together: the times of requests are kept in a store, in
    /// a sorted set for each account.
    pub struct Distributed {
        /// Requests let through in any window; 1 to 10,000.
        pub limit: u32 = 100,
        /// Length of the window.
        pub window: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// The node of `Store`, and the network to it.
        pub store: RouteField,
        /// What is asked of it.
        pub commands: Commands = Commands::Pipeline(Pipeline { members: Members::Times(TheTime {}) }),
        /// The clocks that requests are timed by.
        pub clock: Clock = Clock { step: Span::from_seconds(1e-9).expect("a length of time"), ahead: Vec::new() },
        /// How long an answer may take.
        pub timeout: Span = Span::from_seconds(1.0).expect("a length of time"),
        /// What happens while the store does not answer.
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
    /// What a request is in the sorted set.
    #[must_use]
    pub fn members(&self) -> &Members {
        match &self.commands {
            Commands::Pipeline(pipeline) => &pipeline.members,
            Commands::CheckThenAdd(check) => &check.members,
            Commands::Atomic(script) => &script.members,
        }
    }
}

/// What a command asks of the store; it stands in the note of the limiter on the command's return path, beside what the
/// request costs.
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
    /// The note for this command, for a request that costs so much; beyond 2^30 - 1 it is that.
    #[must_use]
    pub fn note(self, cost: u32) -> u32 {
        (cost.min(u32::MAX >> 2) << 2) | self as u32
    }

    /// The command of a limiter's note, and what the request costs.
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
