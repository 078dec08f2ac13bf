//! Additive increase, multiplicative decrease.

use super::check_limits;
use crate::actors::concurrency::rule::{Describes, Limit, Sample};
use crate::engine::Duration;
use crate::engine::random::StreamKey;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Additive increase, multiplicative decrease: the limit grows by one with each good answer while at least half of
    /// it is in use, and is multiplied by `backoff` with each drop and each answer that took longer than `timeout`.
    ///
    /// Like `AIMDLimit` of Netflix concurrency-limits, after the congestion control of TCP (Chiu and Jain 1989).
    pub struct Aimd {
        /// The initial limit.
        pub initial: u32 = 20,
        /// The lowest limit; at least 1.
        pub least: u32 = 20,
        /// The highest limit; up to 1,000,000.
        pub most: u32 = 200,
        /// Factor by which the limit shrinks; the result is rounded down; from 0.5 to below 1.
        pub backoff: f64 = 0.9,
        /// An answer that took longer counts as a drop.
        pub timeout: Span = Span::from_seconds(5.0).expect("a length of time"),
    }
    check(self, at) {
        check_limits(self.least, self.initial, self.most, at.field("initial"));
        if !(0.5..1.0).contains(&self.backoff) {
            at.field("backoff").error("from 0.5 to below 1");
        }
        if self.timeout.duration().is_zero() {
            at.field("timeout").error("longer than nothing");
        }
    }
}

/// The limit at work.
#[derive(Clone, Copy, Debug)]
pub struct Stepping {
    limit: u32,
    least: u32,
    most: u32,
    backoff: f64,
    timeout: Duration,
}

impl Describes for Aimd {
    type State = Stepping;

    fn build(&self, _key: StreamKey) -> Stepping {
        Stepping {
            limit: self.initial,
            least: self.least,
            most: self.most,
            backoff: self.backoff,
            timeout: self.timeout.duration(),
        }
    }
}

impl Limit for Stepping {
    #[inline]
    fn limit(&self) -> u32 {
        self.limit
    }

    fn sample(&mut self, sample: Sample) {
        let limit = if sample.dropped || sample.round_trip > self.timeout {
            (f64::from(self.limit) * self.backoff) as u32
        } else if sample.in_flight.saturating_mul(2) >= self.limit {
            self.limit + 1
        } else {
            return;
        };
        self.limit = limit.clamp(self.least, self.most);
    }
}
