//! Hedging: when a call is under way for too long, a second request goes out, and the first answer wins (Dean and
//! Barroso, "The Tail at Scale", 2013).

use super::spec::{Hedge, HedgeDelay};
use crate::actors::kit::message::Core;
use crate::engine::{Duration, LaneId};
use crate::measure::Latency;

/// Latencies that are enough for a quantile; from one look at it to the next there are as many.
const ENOUGH: u32 = 100;
/// The relative resolution of the histogram of latencies.
const ROUNDING: f64 = 1.0 / 128.0;
/// Latencies of a generation. The quantile is that of the present generation and the one before.
const GENERATION: u32 = 1000;

/// Latencies that a node has seen lately.
///
/// Each is the time from the request that was sent first until any answer. Up to the time of the hedge that is the
/// latency of the first request itself, so the quantile is not moved by the hedges it causes.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    present: Latency<7>,
    before: Latency<7>,
    count: u32,
    quantile: Option<Duration>,
}

impl Observed {
    /// One more; `p` is the quantile that is asked for.
    pub fn record(&mut self, latency: Duration, p: f64) {
        self.present.record(latency);
        self.count += 1;
        if self.count.is_multiple_of(ENOUGH) {
            let mut all = self.before.clone();
            all.merge(&self.present);
            // Not earlier than the quantile: a hedge just before a timeout at which many calls end would be useless.
            self.quantile = all.quantile(p).map(|seconds| Duration::from_secs_f64(seconds * (1.0 + ROUNDING)));
        }
        if self.count >= GENERATION {
            self.before = std::mem::take(&mut self.present);
            self.count = 0;
        }
    }

    /// The quantile when it was last looked at; `None` before there are enough.
    #[must_use]
    pub fn quantile(&self) -> Option<Duration> {
        self.quantile
    }
}

#[derive(Clone, Debug)]
enum After {
    Fixed(LaneId),
    Quantile(f64, Box<Observed>),
}

/// Hedging at work: one for all clients of a node.
#[derive(Clone, Debug)]
pub struct Hedging {
    after: After,
    /// Hedges of a call.
    pub most: u32,
}

/// When a hedge is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// After the delay of a lane.
    InLane(LaneId),
    /// After so long.
    After(Duration),
}

impl Hedging {
    /// As `spec` says.
    #[must_use]
    pub fn new(spec: &Hedge, core: &mut Core) -> Self {
        let after = match &spec.after.0 {
            HedgeDelay::Fixed(fixed) => After::Fixed(core.calendar.lane(fixed.delay.duration())),
            HedgeDelay::Quantile(quantile) => After::Quantile(quantile.p, Box::default()),
        };
        Self { after, most: spec.most }
    }

    /// After how long a request that is sent now is hedged; `None` while too little is known.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        match &self.after {
            After::Fixed(lane) => Some(Due::InLane(*lane)),
            After::Quantile(_, observed) => observed.quantile().map(Due::After),
        }
    }

    /// A call was answered, or was given up, this long after its first request.
    pub fn observe(&mut self, latency: Duration) {
        if let After::Quantile(p, observed) = &mut self.after {
            observed.record(latency, *p);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_quantile_before_there_are_enough() {
        let mut observed = Observed::default();
        for millis in 1..ENOUGH {
            observed.record(Duration::from_nanos(u64::from(millis) * 1_000_000), 0.95);
            assert_eq!(observed.quantile(), None);
        }
        observed.record(Duration::from_nanos(100_000_000), 0.95);
        let p95 = observed.quantile().expect("a hundred are enough").as_secs_f64();
        assert!((p95 / 0.095 - 1.0).abs() < 0.015, "{p95}");
    }

    #[test]
    fn old_latencies_are_forgotten() {
        let mut observed = Observed::default();
        for millis in [1, 10, 10] {
            for _ in 0..GENERATION {
                observed.record(Duration::from_nanos(millis * 1_000_000), 0.05);
            }
        }
        let p5 = observed.quantile().expect("enough").as_secs_f64();
        assert!((p5 / 0.010 - 1.0).abs() < 0.015, "{p5}");
    }
}
