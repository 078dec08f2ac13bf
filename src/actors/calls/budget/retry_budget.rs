//! The retry budget of Finagle.

use super::super::recent::Recent;
use super::{Describes, Spend};
use crate::engine::Time;
use crate::schema::quantity::{Percent, Rate, Span};
use crate::schema::record;

record! {
    /// Retries are a share of the calls of the last seconds, plus a minimum rate for clients that call rarely. Every
    /// call makes a deposit, every retry a withdrawal; both expire after `ttl`.
    ///
    /// `RetryBudget` of Finagle, with its defaults; Linkerd and tower have the same.
    pub struct RetryBudget {
        /// Retries as a share of calls.
        pub ratio: Percent = Percent::of(20.0),
        /// Additional retries, on average over `ttl`; without it, none.
        pub minimum: Option<Rate> = Rate::from_per_second(10.0),
        /// How long a call counts; from 1 s to 60 s.
        pub ttl: Span = Span::whole(10),
    }
    check(self, at) {
        if !(1.0..=60.0).contains(&self.ttl.seconds()) {
            at.field("ttl").error("from 1 s to 60 s");
        }
    }
}

/// Parts of the time that a call counts, of which the oldest is forgotten as a whole.
const PARTS: usize = 10;
/// A retry in the units of the account.
const RETRY: i64 = 1_000_000_000;

/// An account from which old amounts are dropped.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    reserve: i64,
    deposit: i64,
    recent: Recent<PARTS, 1>,
}

impl Describes for RetryBudget {
    type State = Account;

    fn build(&self) -> Account {
        let reserve = (self.minimum.map_or(0.0, Rate::per_second) * self.ttl.seconds()).min(1e9) * RETRY as f64;
        Account {
            // A product that is a whole number but for rounding is that number.
            reserve: reserve.round() as i64,
            deposit: (self.ratio.fraction() * RETRY as f64).round() as i64,
            recent: Recent::new(self.ttl.duration()),
        }
    }
}

impl Spend for Account {
    fn called(&mut self, now: Time) {
        self.recent.add(now, [self.deposit]);
    }

    fn withdraw(&mut self, now: Time, _timed_out: bool) -> Option<u32> {
        self.recent.add(now, [0]);
        if self.reserve + self.recent.sums()[0] < RETRY {
            return None;
        }
        self.recent.add(now, [-RETRY]);
        Some(1)
    }
}
