//! Records of the health of a balancer's members.

use crate::engine::Time;
use crate::measure::{Begin, Begun, CountIntegral, Windows};

/// Cumulative figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Checks sent.
    pub checks: u64,
    /// Checks that failed.
    pub failed_checks: u64,
    /// Times a member was taken out by checks.
    pub falls: u64,
    /// Times a member was taken out by failed requests.
    pub outs: u64,
    /// Times a member was ejected as an outlier.
    pub ejections: u64,
    /// Attempts that took longer than the balancer waits.
    pub overdue: u64,
    /// Attempts that the budget of retries forbade.
    pub denied: u64,
    /// Attempts that went to another member after a failed one.
    pub retries: u64,
    /// Requests that were served after a failed attempt.
    pub saved: u64,
}

/// Figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Cumulative counts.
    pub counts: Counts,
    /// Member-nanoseconds in the rotation.
    pub available: u128,
}

/// Everything a balancer records of the health of its members.
#[derive(Clone, Debug, Default)]
pub struct HealthRecord {
    /// Counts from time zero on.
    pub counts: Counts,
    /// Members in the rotation.
    pub available: CountIntegral,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
}

impl HealthRecord {
    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot { counts: self.counts, available: self.available.area(now) }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.at_warm_up.begin(begin, self.snapshot(now), ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.windows.close(self.snapshot(now), halve);
    }
}
