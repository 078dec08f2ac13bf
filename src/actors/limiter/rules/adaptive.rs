//! The adaptive limit.

use std::cmp::Ordering;

use super::sliding_counter::Counts;
use super::{MOST, check_window};
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::engine::{Duration, Time};
use crate::schema::quantity::{Percent, Share, Span};
use crate::schema::record;

record! {
    /// A limit that adapts to the success rate: at the end of each period it grows if nearly all answers were good, and
    /// shrinks if too many were not. Requests are counted as by `SlidingCounter`.
    ///
    /// The success rate is `served / (answered + 1)`. The limit is adjusted at the first request after the end of a
    /// period. The series `limit` shows it over time.
    pub struct Adaptive {
        /// The initial limit: requests in a window.
        pub base: u32 = 100,
        /// The lowest limit; at least 1.
        pub least: u32 = 10,
        /// The highest limit; up to 1,000,000.
        pub most: u32 = 1000,
        /// Length of the window in which requests are counted.
        pub window: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// Length of a period, after which the limit is adjusted.
        pub every: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// The limit grows if the success rate is above this.
        pub good: Percent = Percent::parse("95 %").expect("a share"),
        /// The limit shrinks if the success rate is below this.
        pub bad: Percent = Percent::parse("80 %").expect("a share"),
        /// Factor by which the limit grows.
        pub up: f64 = 1.1,
        /// Factor by which the limit shrinks.
        pub down: f64 = 0.9,
    }
    check(self, at) {
        if self.least == 0 || self.least > self.base || self.base > self.most || self.most > MOST {
            at.field("base").error("limits are 1 <= least <= base <= most <= 1,000,000");
        }
        check_window(self.window.duration(), at.field("window"));
        check_window(self.every.duration(), at.field("every"));
        if !(1.0..=10.0).contains(&self.up) {
            at.field("up").error("1 to 10");
        }
        if !(0.01..=1.0).contains(&self.down) {
            at.field("down").error("0.01 to 1");
        }
    }
}

/// The limit that all keys share, and the state of its adaptation.
#[derive(Clone, Debug)]
pub struct Adapting {
    rule: Adaptive,
    good: Share,
    bad: Share,
    limit: f64,
    window: Duration,
    every: Duration,
    served: u64,
    answered: u64,
    last: Time,
}

impl Describes for Adaptive {
    type State = Adapting;

    fn build(&self) -> Adapting {
        Adapting {
            rule: self.clone(),
            good: self.good.exact(),
            bad: self.bad.exact(),
            limit: f64::from(self.base),
            window: self.window.duration(),
            every: self.every.duration(),
            served: 0,
            answered: 0,
            last: Time::ZERO,
        }
    }

    fn most(&self) -> u32 {
        self.most
    }

    fn watches(&self) -> bool {
        true
    }
}

impl Adapting {
    /// The limit now.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.limit
    }

    fn adjust(&mut self, now: Time) {
        if now.since(self.last) < self.every {
            return;
        }
        let compare = |share: Share| share.compare(self.served, self.answered + 1);
        if compare(self.good) == Ordering::Greater {
            self.limit = (self.limit * self.rule.up).min(f64::from(self.rule.most));
        } else if compare(self.bad) == Ordering::Less {
            self.limit = (self.limit * self.rule.down).max(f64::from(self.rule.least));
        }
        (self.served, self.answered, self.last) = (0, 0, now);
    }
}

impl Admit for Adapting {
    type Account = Counts;

    fn open(&self, _now: Time) -> Counts {
        Counts::default()
    }

    fn admit(&mut self, counts: &mut Counts, now: Time, cost: u32) -> Verdict {
        self.adjust(now);
        counts.admit(self.limit as u32, self.window, now, cost)
    }

    fn answered(&mut self, served: bool, _now: Time) {
        self.answered += 1;
        self.served += u64::from(served);
    }

    fn moving_limit(&self) -> Option<u32> {
        Some(self.limit as u32)
    }
}
