//! A limit by how many requests wait in the service behind it.

use super::{check_limits, check_smoothing};
use crate::actors::concurrency::rule::{Describes, Limit, Sample};
use crate::engine::random::{Bits, StreamKey};
use crate::schema::record;

record! {
    /// Estimates the number of requests that queue in the service from the shortest round trip seen, as `limit x (1 -
    /// shortest / round trip)` rounded up, and adjusts the limit so that a few queue.
    ///
    /// In units of log10 of the limit, rounded down and at least 1: with up to 1 unit in the queue the limit grows by
    /// `beta` units; with less than `alpha` units it grows by 1; with more than `beta` units, or after a drop, it
    /// shrinks by 1. It does not change while less than half of it is in use. After every `probe x limit` answers, or a
    /// random number down to half as many, the shortest round trip is reset to the current one. As in the original, an
    /// answer that sets the shortest round trip does not move the limit, even if it was a drop.
    ///
    /// Like `VegasLimit` of Netflix concurrency-limits, after TCP Vegas (Brakmo, O'Malley and Peterson 1994).
    pub struct Vegas {
        /// The initial limit.
        pub initial: u32 = 20,
        /// The highest limit; up to 1,000,000. The lowest is 1.
        pub most: u32 = 1000,
        /// Units in the queue below which the limit grows.
        pub alpha: u32 = 3,
        /// Units in the queue above which it shrinks.
        pub beta: u32 = 6,
        /// The share of a change that is applied at once; above 0 and up to 1.
        pub smoothing: f64 = 1.0,
        /// Answers between two resets of the shortest round trip, as a multiple of the limit.
        pub probe: u32 = 30,
    }
    check(self, at) {
        check_limits(1, self.initial, self.most, at.field("initial"));
        check_smoothing(self.smoothing, at.field("smoothing"));
        if self.alpha == 0 || self.alpha > self.beta || self.beta > 1000 {
            at.field("alpha").error("units are 1 <= alpha <= beta <= 1000");
        }
        if self.probe == 0 || self.probe > 1_000_000 {
            at.field("probe").error("1 to 1,000,000");
        }
    }
}

/// The limit at work.
#[derive(Clone, Debug)]
pub struct Queueing {
    rule: Vegas,
    limit: f64,
    /// In nanoseconds; infinite before the first answer.
    shortest: f64,
    since_probe: u32,
    /// Probes so far, and the jitter drawn for the next.
    probes: u64,
    jitter: f64,
    key: StreamKey,
}

impl Describes for Vegas {
    type State = Queueing;

    fn build(&self, key: StreamKey) -> Queueing {
        let key = key.named("probe jitter");
        Queueing {
            rule: self.clone(),
            limit: f64::from(self.initial),
            shortest: f64::INFINITY,
            since_probe: 0,
            probes: 0,
            jitter: jitter(key, 0),
            key,
        }
    }
}

/// Between one half and one, for probe number `probe`.
fn jitter(key: StreamKey, probe: u64) -> f64 {
    0.5 + 0.5 * key.draws(probe).uniform()
}

impl Queueing {
    /// The limit as this answer would have it; `None` if it is to stay.
    fn wanted(&self, round_trip: f64, sample: Sample) -> Option<f64> {
        let unit = f64::from(self.limit().ilog10().max(1));
        let (alpha, beta) = (unit * f64::from(self.rule.alpha), unit * f64::from(self.rule.beta));
        if sample.dropped {
            return Some(self.limit - unit);
        }
        if f64::from(sample.in_flight) * 2.0 < self.limit {
            return None;
        }
        match libm::ceil(self.limit * (1.0 - self.shortest / round_trip)) {
            queue if queue <= unit => Some(self.limit + beta),
            queue if queue < alpha => Some(self.limit + unit),
            queue if queue > beta => Some(self.limit - unit),
            _ => None,
        }
    }
}

impl Limit for Queueing {
    #[inline]
    fn limit(&self) -> u32 {
        self.limit as u32
    }

    fn sample(&mut self, sample: Sample) {
        // A round trip of no time cannot be measured.
        let round_trip = sample.round_trip.as_nanos().max(1) as f64;
        self.since_probe += 1;
        if self.jitter * f64::from(self.rule.probe) * self.limit <= f64::from(self.since_probe) {
            self.probes += 1;
            self.jitter = jitter(self.key, self.probes);
            self.since_probe = 0;
            self.shortest = round_trip;
        } else if round_trip < self.shortest {
            self.shortest = round_trip;
        } else if let Some(wanted) = self.wanted(round_trip, sample) {
            let wanted = wanted.clamp(1.0, f64::from(self.rule.most));
            self.limit = (1.0 - self.rule.smoothing) * self.limit + self.rule.smoothing * wanted;
        }
    }
}
