//! Records of a limit that adapts.

use crate::engine::Time;
use crate::measure::{Begin, Begun, CountIntegral, Windows};

/// A limit over time.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// The tier that has the limit; `None` for the limit of all other clients.
    pub tier: Option<String>,
    /// Requests let through in a window.
    pub limit: CountIntegral,
    /// Limit-nanoseconds at the end of the warm-up.
    pub at_warm_up: Begun<u128>,
    /// Limit-nanoseconds at each boundary.
    pub windows: Windows<u128>,
}

impl Gauge {
    /// The limit of a tier, or of all others, which begins at `limit`.
    #[must_use]
    pub fn new(tier: Option<String>, limit: u32) -> Self {
        let mut gauge =
            Self { tier, limit: CountIntegral::default(), at_warm_up: Begun::default(), windows: Windows::default() };
        gauge.follow(limit, Time::ZERO);
        gauge
    }

    /// The limit may have moved.
    #[inline]
    pub fn follow(&mut self, limit: u32, now: Time) {
        if self.limit.count() != u64::from(limit) {
            self.limit.set(now, u64::from(limit));
        }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.at_warm_up.begin(begin, self.limit.area(now), ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.windows.close(self.limit.area(now), halve);
    }
}
