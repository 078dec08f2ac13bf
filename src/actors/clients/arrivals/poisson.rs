//! Poisson arrivals.

use super::{Accumulator, Arrive, Process};
use crate::engine::Time;
use crate::engine::random::{Sequence, StreamKey, exponential};
use crate::schema::quantity::Rate;
use crate::schema::record;

record! {
    /// A Poisson process, as of many independent visitors; gaps are exponential.
    pub struct Poisson {
        /// Arrival rate.
        pub rate: Rate,
    }
}

/// Exponential gaps.
#[derive(Clone, Debug)]
pub struct Gaps {
    mean_nanos: f64,
    draws: Sequence,
    clock: Accumulator,
}

impl Arrive for Gaps {
    #[inline]
    fn next(&mut self) -> Option<Time> {
        Some(self.clock.advance(self.mean_nanos * exponential(&mut self.draws)))
    }
}

impl Process for Poisson {
    type State = Gaps;

    fn mean_rate(&self) -> f64 {
        self.rate.per_second()
    }

    fn is_stationary(&self) -> bool {
        true
    }

    fn arrivals(&self, key: StreamKey) -> Gaps {
        Gaps {
            mean_nanos: 1e9 / self.rate.per_second(),
            draws: key.named("gaps").sequence(),
            clock: Accumulator::default(),
        }
    }
}
