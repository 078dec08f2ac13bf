//! Poisson arrivals.

use super::{Accumulator, Arrivals, Process};
use crate::engine::Time;
use crate::engine::random::{Sequence, StreamKey, exponential};
use crate::schema::quantity::Rate;
use crate::schema::record;

record! {
    /// Poisson: many independent visitors; gaps are exponential.
    pub struct Poisson {
        /// Arrivals per unit of time.
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

impl Gaps {
    /// The next arrival.
    #[inline]
    pub fn next(&mut self) -> Time {
        self.clock.advance(self.mean_nanos * exponential(&mut self.draws))
    }
}

impl Process for Poisson {
    fn mean_rate(&self) -> f64 {
        self.rate.per_second()
    }

    fn arrivals(&self, key: StreamKey) -> Arrivals {
        Arrivals::Poisson(Gaps {
            mean_nanos: 1e9 / self.rate.per_second(),
            draws: key.named("gaps").sequence(),
            clock: Accumulator::default(),
        })
    }
}
