//! Who goes when a request finds the queue full, in words. How room is made belongs in `queues`.

use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// The request that comes is turned away.
    pub struct DropNewest {}
}

record! {
    /// Who has waited longest is shed for the one that comes: it is the likeliest to have been given up.
    pub struct DropOldest {}
}

record! {
    /// Who has most time left is shed, be it the one that comes; requests without a deadline first, and of equals the latest.
    pub struct DropLatestDeadline {}
}

record! {
    /// Who has least time left is shed, be it the one that comes: it is the likeliest to be served too late. Among requests
    /// without a deadline the one that comes.
    pub struct DropLeastTimeLeft {}
}

record! {
    /// The request waits for a place, in the order of coming, and is turned away after a while: a blocking `put` with a
    /// timeout.
    pub struct Wait {
        /// How long at most.
        pub longest: Span,
    }
    check(self, at) {
        if self.longest == Span::ZERO {
            at.field("longest").error("longer than nothing; `DropNewest` turns away at once");
        }
    }
}

choice! {
    /// What happens to a request that finds the queue full.
    pub enum WhenFull {
        DropNewest(DropNewest),
        DropOldest(DropOldest),
        DropLatestDeadline(DropLatestDeadline),
        DropLeastTimeLeft(DropLeastTimeLeft),
        Wait(Wait),
    }
}

impl WhenFull {
    /// True if it looks at the deadlines of those that wait.
    #[must_use]
    pub fn looks_at_deadlines(&self) -> bool {
        matches!(self, Self::DropLatestDeadline(_) | Self::DropLeastTimeLeft(_))
    }
}
