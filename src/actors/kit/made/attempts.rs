//! Records of clients with retries or hedges, in addition to those of all clients.

use crate::measure::{Begin, Begun, Windows};

/// Counts from time zero on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts that were sent after another had failed.
    pub retries: u64,
    /// Retries and hedges that the budget did not allow.
    pub denied: u64,
    /// Attempts that were sent beside another.
    pub hedges: u64,
    /// Hedges that were answered first.
    pub hedges_won: u64,
    /// Attempts that were held back by throttling, and never sent.
    pub throttled: u64,
    /// Reloads.
    pub reloads: u64,
    /// Calls that write and are over.
    pub writes: u64,
    /// Calls that write whose work was done more than once.
    pub writes_twice: u64,
}

/// Everything clients record of their calls in one run.
#[derive(Clone, Debug, Default)]
pub struct AttemptsRecord {
    /// Counts from time zero on.
    pub counts: Counts,
    /// The counts at the end of the warm-up.
    pub at_warm_up: Begun<Counts>,
    /// The counts at each boundary of windows.
    pub windows: Windows<Counts>,
}

impl AttemptsRecord {
    /// Called when measuring begins.
    pub fn measure(&mut self, begin: Begin) {
        self.at_warm_up.begin(begin, self.counts, ());
    }

    /// A window has closed; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, halve: bool) {
        self.windows.close(self.counts, halve);
    }
}
