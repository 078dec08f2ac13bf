//! A spike.

use super::Process;
use super::profile::{Inversion, Piece, Shape};
use crate::engine::random::StreamKey;
use crate::schema::quantity::{Rate, Span};
use crate::schema::record;

record! {
    /// Poisson arrivals at a base rate, and for a limited time at a peak rate.
    pub struct Spike {
        /// The usual rate.
        pub base: Rate,
        /// The rate during the spike.
        pub peak: Rate,
        /// When the spike begins.
        pub at: Span,
        /// How long it lasts; above zero.
        pub length: Span,
    }
    check(self, at) {
        if self.length == Span::ZERO {
            at.field("length").error("must be above zero");
        }
    }
}

impl Process for Spike {
    type State = Inversion;

    fn mean_rate(&self) -> f64 {
        self.base.per_second()
    }

    fn is_stationary(&self) -> bool {
        false
    }

    fn arrivals(&self, key: StreamKey) -> Inversion {
        let (base, peak) = (self.base.per_second(), self.peak.per_second());
        let (at, length) = (self.at.seconds(), self.length.seconds());
        let pieces = vec![
            Piece { start: 0.0, length: at, from: base, to: base },
            Piece { start: at, length, from: peak, to: peak },
            Piece { start: at + length, length: f64::INFINITY, from: base, to: base },
        ];
        Inversion::new(Shape::Pieces { pieces, period: f64::INFINITY }, key)
    }
}
