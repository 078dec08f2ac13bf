//! The record that says what happens to a request that finds the queue full. How room is made belongs in `queues`.

use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// Rejects the new request.
    pub struct DropNewest {}
}

record! {
    /// Sheds the request that has waited longest in favour of the new one: its client is the most likely to have given
    /// up.
    pub struct DropOldest {}
}

record! {
    /// Sheds the request with the latest deadline, which may be the new one. Requests without a deadline go first; of
    /// equals, the latest to arrive.
    pub struct DropLatestDeadline {}
}

record! {
    /// Sheds the request with the least time left, which may be the new one: it is the most likely to be served too
    /// late. If no request has a deadline, the new one.
    pub struct DropLeastTimeLeft {}
}

record! {
    /// The request waits for room in the queue, in order of arrival, and is rejected after a timeout: a blocking put
    /// with a timeout.
    pub struct Wait {
        /// The timeout.
        pub longest: Span,
    }
    check(self, at) {
        if self.longest == Span::ZERO {
            at.field("longest").error("longer than nothing; `DropNewest` rejects at once");
        }
    }
}

choice! {
    /// How a request that finds the queue full is treated.
    pub enum WhenFull {
        DropNewest(DropNewest),
        DropOldest(DropOldest),
        DropLatestDeadline(DropLatestDeadline),
        DropLeastTimeLeft(DropLeastTimeLeft),
        Wait(Wait),
    }
}

impl WhenFull {
    /// True if it depends on the deadlines of waiting requests.
    #[must_use]
    pub fn looks_at_deadlines(&self) -> bool {
        matches!(self, Self::DropLatestDeadline(_) | Self::DropLeastTimeLeft(_))
    }
}
