//! A limit that does not move: the bulkhead.

use super::MOST;
use crate::actors::concurrency::rule::{Describes, Limit, Sample};
use crate::engine::random::StreamKey;
use crate::schema::record;

record! {
    /// A bulkhead: a fixed limit on requests in flight, whatever the answers.
    ///
    /// The default is that of resilience4j's semaphore bulkhead (`maxConcurrentCalls` 25; its `maxWaitDuration` of 0 is
    /// the limiter's `wait`).
    pub struct Fixed {
        /// The most requests in flight; 1 to 1,000,000.
        pub limit: u32 = 25,
    }
    check(self, at) {
        if self.limit == 0 || self.limit > MOST {
            at.field("limit").error("1 to 1,000,000 requests");
        }
    }
}

/// The limit at work.
#[derive(Clone, Copy, Debug)]
pub struct Constant(u32);

impl Describes for Fixed {
    type State = Constant;

    fn build(&self, _key: StreamKey) -> Constant {
        Constant(self.limit)
    }
}

impl Limit for Constant {
    #[inline]
    fn limit(&self) -> u32 {
        self.0
    }

    #[inline]
    fn sample(&mut self, _sample: Sample) {}
}
