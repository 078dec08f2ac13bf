//! The token bucket.

use super::MOST;
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::actors::limiter::tokens::{Drip, Tokens};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;
use crate::schema::record;

record! {
    /// A token bucket, initially full and refilled at a constant rate up to its capacity; a request takes one token or
    /// is rejected.
    ///
    /// Passes bursts of `capacity`, and in any time `t` no more than `capacity + refill x t`, where the last nanosecond
    /// of `t` counts as a whole one. Exact at any rate: requests that arrive exactly at the refill rate all pass.
    pub struct TokenBucket {
        /// Tokens the bucket holds; 1 to 1,000,000.
        pub capacity: u32 = 100,
        /// The rate at which tokens are added.
        pub refill: Rate = Rate::from_per_second(10.0).expect("a rate"),
    }
    check(self, at) {
        if self.capacity == 0 || self.capacity > MOST {
            at.field("capacity").error("1 to 1,000,000 tokens");
        }
    }
}

/// The bucket of a key.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    level: Tokens,
    last: Time,
}

/// Buckets of one size.
#[derive(Clone, Copy, Debug)]
pub struct Buckets {
    /// Including the tokens that drip within the nanosecond of a request.
    capacity: Tokens,
    refill: Drip,
}

impl Describes for TokenBucket {
    type State = Buckets;

    fn build(&self) -> Buckets {
        let refill = Drip::new(self.refill);
        Buckets { capacity: refill.whole(self.capacity) + refill.within_a_nanosecond(), refill }
    }

    fn most(&self) -> u32 {
        self.capacity
    }
}

impl Admit for Buckets {
    type Account = Bucket;

    fn open(&self, now: Time) -> Bucket {
        Bucket { level: self.capacity, last: now }
    }

    #[inline]
    fn admit(&mut self, bucket: &mut Bucket, now: Time, cost: u32) -> Verdict {
        let level = bucket.level + self.refill.during(now.since(bucket.last));
        let (level, wanted) = (level.min(self.capacity), self.refill.whole(cost));
        bucket.last = now;
        if level >= wanted {
            bucket.level = level.without(wanted);
            Verdict::Admitted
        } else {
            bucket.level = level;
            let never = wanted > self.capacity;
            let retry_after = if never { Duration::ZERO } else { self.refill.time_for(wanted.without(level)) };
            Verdict::Rejected { retry_after }
        }
    }
}
