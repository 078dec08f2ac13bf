//! Records of a concurrency limiter: its limits, and the requests that wait for a permit.

use crate::actors::resources::Usage;
use crate::engine::Time;
use crate::measure::{Begin, Begun, CountIntegral, Windows};

/// Cumulative figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Limit-nanoseconds, over all limits.
    pub limit: u128,
    /// Answers that counted as drops.
    pub drops: u64,
}

/// Records of limits. Health checks are not included.
#[derive(Clone, Debug, Default)]
pub struct ConcurrencyRecord {
    /// The requests that wait here. All that are here are counted by the passage, those in flight by their permits.
    pub usage: Usage,
    /// Requests that may be under way, over all limits.
    pub limit: CountIntegral,
    /// Answers that counted as drops, from time zero on.
    pub drops: u64,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
}

impl ConcurrencyRecord {
    /// A limit has moved.
    pub fn moved(&mut self, before: u32, after: u32, now: Time) {
        if before != after {
            self.limit.set(now, self.limit.count() - u64::from(before) + u64::from(after));
        }
    }

    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot { limit: self.limit.area(now), drops: self.drops }
    }

    /// Called when measuring begins; `held` are the permit-nanoseconds until now.
    pub fn measure(&mut self, now: Time, held: u128, begin: Begin) {
        self.usage.measure(now, held, begin);
        self.at_warm_up.begin(begin, self.snapshot(now), ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, held: u128, halve: bool) {
        self.usage.window(now, held, halve);
        self.windows.close(self.snapshot(now), halve);
    }
}
