//! The adaptive token bucket of Brooker.

use super::{Describes, Spend};
use crate::engine::Time;
use crate::schema::record;

record! {
    /// A token bucket, initially full: every call adds a fraction of a token, and every retry takes one token, if there
    /// is more than one. This allows a few retries at first, and from then on a share of the calls.
    ///
    /// Brooker, "Fixing retries with token buckets and circuit breakers", 2022, with its figures. As in the simulator
    /// behind those figures, every first attempt adds tokens; in the text only successes do, which stops retries in a
    /// total outage.
    pub struct RetryBucket {
        /// Tokens at most; 1 to 1,000,000.
        pub capacity: u32 = 5,
        /// Tokens that a call adds; 0 to 1000.
        pub ratio: f64 = 0.1,
    }
    check(self, at) {
        if self.capacity == 0 || self.capacity > 1_000_000 {
            at.field("capacity").error("1 to 1,000,000 tokens");
        }
        if !(0.0..=1000.0).contains(&self.ratio) {
            at.field("ratio").error("from 0 to 1000 tokens");
        }
    }
}

const TOKEN: u64 = 1_000_000;

/// The bucket, in millionths of a token.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    most: u64,
    ratio: u64,
    level: u64,
}

impl Describes for RetryBucket {
    type State = Bucket;

    fn build(&self) -> Bucket {
        let most = u64::from(self.capacity) * TOKEN;
        Bucket { most, ratio: (self.ratio * TOKEN as f64).round() as u64, level: most }
    }
}

impl Spend for Bucket {
    fn called(&mut self, _now: Time) {
        self.level = self.most.min(self.level + self.ratio);
    }

    fn withdraw(&mut self, _now: Time, _timed_out: bool) -> Option<u32> {
        // The simulator asks for more than one token, so the last stays in the bucket.
        (self.level > TOKEN).then(|| {
            self.level -= TOKEN;
            1
        })
    }
}
