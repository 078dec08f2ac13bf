//! The sliding counter: estimates a sliding window from two fixed windows.

use super::{MOST, check_window, window_of};
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// About `limit` requests in a sliding window, estimated from two fixed windows: the requests of the current
    /// window, plus those of the previous one times the share of it that the sliding window still covers.
    ///
    /// Cloudflare 2017, "Counting things, a lot of different things": estimate = before x (1 - share of the window that
    /// is over) + now. A request passes while the estimate is below the limit. The estimate assumes that requests were
    /// spread evenly; where they were not it is off by at most the requests of the previous window. Of requests that
    /// arrive evenly and exactly at the limit, all pass except the first of every second window, which finds the
    /// estimate at the limit. Times are whole nanoseconds, so the estimate is off by the requests of one nanosecond:
    /// 0.00004 of a request at 40,000/s. From about that rate on, of requests that arrive evenly and exactly at the
    /// limit at most one in each window is rejected.
    pub struct SlidingCounter {
        /// Requests let through in a window; 1 to 1,000,000.
        pub limit: u32,
        /// Length of the window.
        pub window: Span,
    }
    check(self, at) {
        if self.limit == 0 || self.limit > MOST {
            at.field("limit").error("1 to 1,000,000 requests");
        }
        check_window(self.window.duration(), at.field("window"));
    }
}

/// The counts of a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    window: u64,
    before: u32,
    now: u32,
}

impl Counts {
    /// Decides on a request of cost `cost` under `limit`; shared with the adaptive limiter, whose limit changes.
    pub fn admit(&mut self, limit: u32, length: Duration, now: Time, cost: u32) -> Verdict {
        let (window, left) = window_of(now, length);
        if self.window != window {
            let before = if self.window + 1 == window { self.now } else { 0 };
            *self = Self { window, before, now: 0 };
        }
        if cost > limit {
            return Verdict::Rejected { retry_after: Duration::ZERO };
        }
        // Compared exactly: both sides times the length of the window.
        let length = u128::from(length.as_nanos());
        let (before, passed) = (u128::from(self.before), u128::from(self.now));
        let (reach, now) = (before * u128::from(left.as_nanos()), passed * length);
        let free = u128::from(limit + 1 - cost) * length;
        if reach + now < free {
            self.now += cost;
            return Verdict::Admitted;
        }
        // Every nanosecond that slides out of reach takes its share of the window before with it.
        let after = |excess: u128, count: u128| (excess / count.max(1)) as u64 + 1;
        let nanos =
            if now < free { after(reach + now - free, before) } else { left.as_nanos() + after(now - free, passed) };
        Verdict::Rejected { retry_after: Duration::from_nanos(nanos) }
    }
}

/// Windows of one length.
#[derive(Clone, Copy, Debug)]
pub struct Sliding {
    limit: u32,
    window: Duration,
}

impl Describes for SlidingCounter {
    type State = Sliding;

    fn build(&self) -> Sliding {
        Sliding { limit: self.limit, window: self.window.duration() }
    }

    fn most(&self) -> u32 {
        self.limit
    }
}

impl Admit for Sliding {
    type Account = Counts;

    fn open(&self, _now: Time) -> Counts {
        Counts::default()
    }

    #[inline]
    fn admit(&mut self, counts: &mut Counts, now: Time, cost: u32) -> Verdict {
        counts.admit(self.limit, self.window, now, cost)
    }
}
