//! The retry budget of Envoy.

use super::{Describes, Spend};
use crate::engine::Time;
use crate::schema::quantity::{Percent, Share};
use crate::schema::record;

record! {
    /// A bound on concurrent retries: a share of the active requests, and at least `minimum`.
    ///
    /// The retry budget of Envoy's circuit breakers (`retry_budget` with `budget_percent` and `min_retry_concurrency`),
    /// with its defaults. The share is rounded down. At a balancer, active requests are those that wait there or that
    /// it has passed on; at clients, the attempts that are unanswered. The attempt that has just failed is not among
    /// them. At clients, a retry is active from the decision to retry, through its backoff, until it is answered or
    /// given up; a hedge while it is unanswered.
    pub struct ActiveBudget {
        /// Active retries as a share of active requests.
        pub share: Percent = Percent::of(20.0),
        /// Active retries that are always allowed, whatever the share.
        pub minimum: u32 = 3,
    }
}

/// The budget as a rule.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    share: Share,
    minimum: u64,
}

impl ActiveBudget {
    /// The rule.
    #[must_use]
    pub fn rule(&self) -> Most {
        Most { share: self.share.exact(), minimum: u64::from(self.minimum) }
    }
}

impl Most {
    /// Requests that may be on another attempt while `under_way` are under way: `std::max(budget_percent / 100.0 *
    /// current_active, min_retry_concurrency)` of Envoy's `resource_manager_impl.h`.
    #[must_use]
    pub fn of(self, under_way: u64) -> u64 {
        self.share.floor_of(under_way).max(self.minimum)
    }
}

/// The count of active requests and retries.
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    most: Most,
    under_way: u64,
    again: u64,
}

impl Describes for ActiveBudget {
    type State = Concurrency;

    fn build(&self) -> Concurrency {
        Concurrency { most: self.rule(), under_way: 0, again: 0 }
    }
}

impl Spend for Concurrency {
    fn sent(&mut self) {
        self.under_way += 1;
    }

    fn ended(&mut self) {
        self.under_way -= 1;
    }

    fn withdraw(&mut self, _now: Time, _timed_out: bool) -> Option<u32> {
        (self.again < self.most.of(self.under_way)).then(|| {
            self.again += 1;
            1
        })
    }

    fn released(&mut self) {
        self.again -= 1;
    }
}
