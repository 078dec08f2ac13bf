//! Renewal arrivals.

use super::{Accumulator, Arrive, Process};
use crate::distributions::{Distribution, Sampler};
use crate::engine::Time;
use crate::engine::random::{Sequence, StreamKey};
use crate::schema::record;

record! {
    /// Independent gaps of any distribution: steadier (Erlang) or burstier (Hyperexponential, Pareto) than Poisson.
    pub struct Renewal {
        /// The time between two arrivals; its mean must be at least a nanosecond.
        pub gap: Distribution,
    }
    check(self, at) {
        if self.gap.mean() < 1e-9 {
            at.field("gap").error("the mean gap must be at least a nanosecond");
        }
    }
}

/// Independent gaps.
#[derive(Clone, Debug)]
pub struct Gaps {
    sampler: Sampler,
    draws: Sequence,
    clock: Accumulator,
}

impl Gaps {
    /// Gaps drawn from `sampler`.
    #[must_use]
    pub fn new(sampler: Sampler, key: StreamKey) -> Self {
        Self { sampler, draws: key.named("gaps").sequence(), clock: Accumulator::default() }
    }
}

impl Arrive for Gaps {
    #[inline]
    fn next(&mut self) -> Option<Time> {
        Some(self.clock.advance(self.sampler.sample(&mut self.draws) * 1e9))
    }
}

impl Process for Renewal {
    type State = Gaps;

    fn mean_rate(&self) -> f64 {
        1.0 / self.gap.mean()
    }

    fn is_stationary(&self) -> bool {
        true
    }

    fn arrivals(&self, key: StreamKey) -> Gaps {
        Gaps::new(self.gap.sampler(), key)
    }
}
