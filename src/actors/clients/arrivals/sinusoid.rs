//! A wave.

use super::Process;
use super::profile::{Inversion, Shape};
use crate::engine::random::StreamKey;
use crate::schema::quantity::{Percent, Rate, Span};
use crate::schema::record;

record! {
    /// Poisson arrivals at a rate that rises and falls in a sine wave, like day and night: mean x (1 + amplitude x
    /// sin(2 pi (t + phase) / period)).
    pub struct Sinusoid {
        /// The mean rate.
        pub mean: Rate,
        /// Amplitude of the wave as a share of the mean.
        pub amplitude: Percent,
        /// Period of the wave; above zero.
        pub period: Span,
        /// Phase shift; at 0 the wave begins at the mean and rises.
        pub phase: Span = Span::ZERO,
    }
    check(self, at) {
        if self.period == Span::ZERO {
            at.field("period").error("must be above zero");
        }
    }
}

impl Process for Sinusoid {
    type State = Inversion;

    fn mean_rate(&self) -> f64 {
        self.mean.per_second()
    }

    fn is_stationary(&self) -> bool {
        false
    }

    fn arrivals(&self, key: StreamKey) -> Inversion {
        let shape = Shape::Sinusoid {
            mean: self.mean.per_second(),
            amplitude: self.amplitude.fraction(),
            period: self.period.seconds(),
            phase: self.phase.seconds(),
        };
        Inversion::new(shape, key)
    }
}
