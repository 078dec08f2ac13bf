//! What a concurrency limiter records of its limits.

use crate::engine::Time;
use crate::measure::{Begin, Begun, CountIntegral, Windows};

/// Cumulative figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Limit-nanoseconds, over all limits.
    pub limit: u128,
    /// Request-nanoseconds under way.
    pub in_flight: u128,
    /// Request-nanoseconds of waiting here.
    pub waiting: u128,
    /// Answers that counted as drops.
    pub drops: u64,
}

/// What is recorded of limits. Health checks are not among them.
#[derive(Clone, Debug, Default)]
pub struct ConcurrencyRecord {
    /// Requests that may be under way, over all limits.
    pub limit: CountIntegral,
    /// Requests in flight.
    pub in_flight: CountIntegral,
    /// Requests that wait here.
    pub waiting: CountIntegral,
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
        Snapshot {
            limit: self.limit.area(now),
            in_flight: self.in_flight.area(now),
            waiting: self.waiting.area(now),
            drops: self.drops,
        }
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
