//! A limit by how round trips compare with what they were in the long run.

use super::{MOST, check_limits, check_smoothing};
use crate::actors::concurrency::rule::{Describes, Limit, Sample};
use crate::engine::random::StreamKey;
use crate::schema::record;

/// Answers whose plain mean begins the average of the long run.
const FIRST: u32 = 10;

record! {
    /// Multiplies the limit by `tolerance x long-run mean round trip / current round trip`, clamped to 0.5 to 1, adds
    /// `queue`, and smooths the result. The limit does not change while less than half of it is in use. Drops count
    /// like other answers.
    ///
    /// While the long-run mean is more than twice the current round trip, as after an overload, it is reduced by a
    /// twentieth with each answer.
    ///
    /// Like `Gradient2Limit` of Netflix concurrency-limits.
    pub struct Gradient2 {
        /// The initial limit.
        pub initial: u32 = 20,
        /// The lowest limit; at least 1.
        pub least: u32 = 20,
        /// The highest limit; up to 1,000,000.
        pub most: u32 = 200,
        /// Requests that may queue in the service: how much the limit grows while round trips stay short.
        pub queue: u32 = 4,
        /// The share of a change that is applied at once; above 0 and up to 1.
        pub smoothing: f64 = 0.2,
        /// How many times longer than the long-run mean a round trip may be before the limit shrinks; 1 to 100.
        pub tolerance: f64 = 1.5,
        /// Window of the long-run mean, in answers: each has the weight `2 / (window + 1)`; at least 1.
        pub window: u32 = 600,
    }
    check(self, at) {
        check_limits(self.least, self.initial, self.most, at.field("initial"));
        check_smoothing(self.smoothing, at.field("smoothing"));
        if self.queue > MOST {
            at.field("queue").error("up to 1,000,000 requests");
        }
        if !(1.0..=100.0).contains(&self.tolerance) {
            at.field("tolerance").error("1 to 100");
        }
        if self.window == 0 {
            at.field("window").error("at least 1 answer");
        }
    }
}

/// The limit at work.
#[derive(Clone, Debug)]
pub struct Sloping {
    rule: Gradient2,
    limit: f64,
    /// Nanoseconds in the long run.
    mean: f64,
    /// Of the first answers: their sum, and how many there were.
    sum: f64,
    first: u32,
}

impl Describes for Gradient2 {
    type State = Sloping;

    fn build(&self, _key: StreamKey) -> Sloping {
        Sloping { rule: self.clone(), limit: f64::from(self.initial), mean: 0.0, sum: 0.0, first: 0 }
    }
}

impl Sloping {
    /// Takes a round trip into the mean.
    fn average(&mut self, round_trip: f64) {
        if self.first < FIRST {
            self.first += 1;
            self.sum += round_trip;
            self.mean = self.sum / f64::from(self.first);
        } else {
            let weight = 2.0 / (f64::from(self.rule.window) + 1.0);
            self.mean = self.mean * (1.0 - weight) + round_trip * weight;
        }
    }
}

impl Limit for Sloping {
    #[inline]
    fn limit(&self) -> u32 {
        self.limit as u32
    }

    fn sample(&mut self, sample: Sample) {
        // A round trip of no time cannot be measured.
        let round_trip = sample.round_trip.as_nanos().max(1) as f64;
        self.average(round_trip);
        let mean = self.mean;
        if mean / round_trip > 2.0 {
            self.mean *= 0.95;
        }
        if f64::from(sample.in_flight) < self.limit / 2.0 {
            return;
        }
        let Gradient2 { least, most, queue, smoothing, tolerance, .. } = self.rule;
        let wanted = self.limit * (tolerance * mean / round_trip).clamp(0.5, 1.0) + f64::from(queue);
        let limit = self.limit * (1.0 - smoothing) + wanted * smoothing;
        self.limit = limit.clamp(f64::from(least), f64::from(most));
    }
}
