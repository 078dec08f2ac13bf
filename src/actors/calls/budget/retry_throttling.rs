//! The retry throttling of gRPC.

use super::{Describes, Spend};
use crate::engine::Time;
use crate::schema::record;

record! {
    /// A token bucket, initially full: a failed attempt takes one token, a successful call returns a fraction of one.
    /// Retries are allowed only while the bucket is more than half full.
    ///
    /// gRPC proposal A6 ("Throttling Retry Attempts and Hedged RPCs"), whose example has the defaults. Amounts are exact to
    /// a thousandth, as there.
    pub struct RetryThrottling {
        /// Tokens at most; 1 to 1000.
        pub max_tokens: u32 = 10,
        /// Tokens that a success returns; above 0, up to 1000.
        pub token_ratio: f64 = 0.1,
    }
    check(self, at) {
        if self.max_tokens == 0 || self.max_tokens > 1000 {
            at.field("max_tokens").error("1 to 1000 tokens");
        }
        if !(0.001..=1000.0).contains(&self.token_ratio) {
            at.field("token_ratio").error("from 0.001 to 1000 tokens");
        }
    }
}

const TOKEN: u32 = 1000;

/// Tokens in thousandths.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    most: u32,
    ratio: u32,
    now: u32,
}

impl Describes for RetryThrottling {
    type State = Tokens;

    fn build(&self) -> Tokens {
        let most = self.max_tokens * TOKEN;
        Tokens { most, ratio: (self.token_ratio * f64::from(TOKEN)).round() as u32, now: most }
    }
}

impl Spend for Tokens {
    fn failed(&mut self, _now: Time) {
        self.now = self.now.saturating_sub(TOKEN);
    }

    fn withdraw(&mut self, _now: Time, _timed_out: bool) -> Option<u32> {
        (self.now > self.most / 2).then_some(1)
    }

    fn succeeded(&mut self, _cost: u32) {
        self.now = self.most.min(self.now + self.ratio);
    }
}
