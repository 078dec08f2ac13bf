//! The fixed window.

use super::{MOST, check_window, window_of};
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// At most `limit` requests in each window of the clock. Around the end of a window, up to twice as many may pass
    /// within the length of one window. Requests that arrive exactly at the limit all pass.
    pub struct FixedWindow {
        /// Requests let through in a window; 1 to 1,000,000.
        pub limit: u32,
        /// Length of a window; windows follow one another from time zero.
        pub window: Span,
    }
    check(self, at) {
        if self.limit == 0 || self.limit > MOST {
            at.field("limit").error("1 to 1,000,000 requests");
        }
        check_window(self.window.duration(), at.field("window"));
    }
}

/// The count of a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    window: u64,
    passed: u32,
}

/// Windows of one length.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    limit: u32,
    window: Duration,
}

impl Describes for FixedWindow {
    type State = Fixed;

    fn build(&self) -> Fixed {
        Fixed { limit: self.limit, window: self.window.duration() }
    }

    fn most(&self) -> u32 {
        self.limit
    }
}

impl Admit for Fixed {
    type Account = Count;

    fn open(&self, _now: Time) -> Count {
        Count::default()
    }

    #[inline]
    fn admit(&mut self, count: &mut Count, now: Time, cost: u32) -> Verdict {
        let (window, left) = window_of(now, self.window);
        if count.window != window {
            *count = Count { window, passed: 0 };
        }
        if cost <= self.limit - count.passed {
            count.passed += cost;
            Verdict::Admitted
        } else {
            Verdict::Rejected { retry_after: if cost > self.limit { Duration::ZERO } else { left } }
        }
    }
}
