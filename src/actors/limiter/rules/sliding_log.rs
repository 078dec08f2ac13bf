//! The sliding log.

use std::collections::VecDeque;

use super::check_window;
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// At most `limit` requests in any window: keeps the times of the requests that passed, and a request exactly as
    /// old as the window still counts. So of requests that arrive evenly and exactly at the limit, one in `limit + 1`
    /// is rejected. Exact, but needs memory for `limit` times for each account.
    pub struct SlidingLog {
        /// Requests let through in any window; 1 to 10,000.
        pub limit: u32 = 100,
        /// Length of the window.
        pub window: Span = Span::from_seconds(60.0).expect("a length of time"),
    }
    check(self, at) {
        if self.limit == 0 || self.limit > 10_000 {
            at.field("limit").error("1 to 10,000 requests");
        }
        check_window(self.window.duration(), at.field("window"));
    }
}

/// The rule at work.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    limit: usize,
    window: Duration,
}

impl Describes for SlidingLog {
    type State = Log;

    fn build(&self) -> Log {
        Log { limit: self.limit as usize, window: self.window.duration() }
    }

    fn most(&self) -> u32 {
        self.limit
    }

    fn logged(&self) -> u64 {
        u64::from(self.limit)
    }
}

impl Admit for Log {
    type Account = VecDeque<Time>;

    fn open(&self, _now: Time) -> VecDeque<Time> {
        VecDeque::new()
    }

    #[inline]
    fn admit(&mut self, log: &mut VecDeque<Time>, now: Time, cost: u32) -> Verdict {
        while log.front().is_some_and(|&first| now.since(first) > self.window) {
            log.pop_front();
        }
        let cost = cost as usize;
        if log.len() + cost <= self.limit {
            log.extend(std::iter::repeat_n(now, cost));
            return Verdict::Admitted;
        }
        if cost > self.limit {
            return Verdict::Rejected { retry_after: Duration::ZERO };
        }
        // There is room once the last of the requests in the way is older than the window.
        let in_the_way = log.len() + cost - self.limit;
        let oldest = log.get(in_the_way - 1).copied().unwrap_or(now);
        let left = self.window.as_nanos() + 1 - now.since(oldest).as_nanos();
        Verdict::Rejected { retry_after: Duration::from_nanos(left) }
    }
}
