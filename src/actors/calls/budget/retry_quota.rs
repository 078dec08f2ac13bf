//! The retry quota of the AWS SDKs.

use super::{Describes, Spend};
use crate::engine::Time;
use crate::schema::record;

record! {
    /// A token bucket, initially full: a retry takes tokens, more of them after a timeout. A call that succeeds returns
    /// what its last retry took, or `no_retry_increment` if it had no retry.
    ///
    /// The standard mode of the AWS SDKs, with its defaults.
    pub struct RetryQuota {
        /// Tokens at most; 1 to 1,000,000.
        pub tokens: u32 = 500,
        /// Tokens that a retry takes; at least 1.
        pub cost: u32 = 5,
        /// Tokens that a retry takes after an attempt that timed out; at least 1.
        pub timeout_cost: u32 = 10,
        /// Tokens returned by a call that succeeds without a retry.
        pub no_retry_increment: u32 = 1,
    }
    check(self, at) {
        if self.tokens == 0 || self.tokens > 1_000_000 {
            at.field("tokens").error("1 to 1,000,000 tokens");
        }
        if self.cost == 0 || self.cost > self.tokens {
            at.field("cost").error("at least one token, and no more than there are");
        }
        if self.timeout_cost == 0 || self.timeout_cost > self.tokens {
            at.field("timeout_cost").error("at least one token, and no more than there are");
        }
        if self.no_retry_increment > self.tokens {
            at.field("no_retry_increment").error("no more tokens than there are");
        }
    }
}

/// Tokens that are left.
#[derive(Clone, Debug)]
pub struct Quota {
    rules: RetryQuota,
    left: u32,
}

impl Describes for RetryQuota {
    type State = Quota;

    fn build(&self) -> Quota {
        Quota { rules: self.clone(), left: self.tokens }
    }
}

impl Spend for Quota {
    fn withdraw(&mut self, _now: Time, timed_out: bool) -> Option<u32> {
        let cost = if timed_out { self.rules.timeout_cost } else { self.rules.cost };
        self.left = self.left.checked_sub(cost)?;
        Some(cost)
    }

    fn succeeded(&mut self, cost: u32) {
        let back = if cost == 0 { self.rules.no_retry_increment } else { cost };
        self.left = self.rules.tokens.min(self.left + back);
    }
}
