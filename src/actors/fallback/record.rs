//! Records of the answers that a fallback gave itself.

use crate::measure::{Begin, Begun, Windows};

/// The kind of an answer given in place of the requested one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An older answer.
    Stale,
    /// The answer of another node.
    Smaller,
    /// One that is always there.
    Default,
}

/// Counts from time zero on, and at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Degraded answers by [`Kind`].
    pub given: [u64; 3],
    /// Requests that took too long.
    pub overdue: u64,
    /// Answers that came after that.
    pub late: u64,
    /// Requests for which it had no other answer: the failure was passed on.
    pub without_answer: u64,
}

/// Records of a fallback.
#[derive(Clone, Debug, Default)]
pub struct FallbackRecord {
    /// From time zero on.
    pub counts: Counts,
    /// At the end of the warm-up.
    pub at_warm_up: Begun<Counts>,
    /// At each boundary.
    pub windows: Windows<Counts>,
}

impl FallbackRecord {
    /// Called when measuring begins.
    pub fn measure(&mut self, begin: Begin) {
        self.at_warm_up.begin(begin, self.counts, ());
    }

    /// A window has closed; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, halve: bool) {
        self.windows.close(self.counts, halve);
    }
}
