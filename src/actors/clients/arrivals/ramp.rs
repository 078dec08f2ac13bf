//! A ramp.

use super::Process;
use super::profile::{Inversion, Piece, Shape};
use crate::engine::random::StreamKey;
use crate::schema::quantity::{Rate, Span};
use crate::schema::record;

record! {
    /// Poisson arrivals at a rate that changes linearly from one level to another and stays there.
    pub struct Ramp {
        /// The rate before.
        pub from: Rate,
        /// The rate after.
        pub to: Rate,
        /// When the change begins.
        pub start: Span = Span::ZERO,
        /// How long it takes; above zero.
        pub length: Span,
    }
    check(self, at) {
        if self.length == Span::ZERO {
            at.field("length").error("must be above zero; for a sudden change use a Timetable");
        }
    }
}

impl Process for Ramp {
    type State = Inversion;

    fn mean_rate(&self) -> f64 {
        self.to.per_second()
    }

    fn is_stationary(&self) -> bool {
        false
    }

    fn arrivals(&self, key: StreamKey) -> Inversion {
        let (from, to) = (self.from.per_second(), self.to.per_second());
        let (start, length) = (self.start.seconds(), self.length.seconds());
        let pieces = vec![
            Piece { start: 0.0, length: start, from, to: from },
            Piece { start, length, from, to },
            Piece { start: start + length, length: f64::INFINITY, from: to, to },
        ];
        Inversion::new(Shape::Pieces { pieces, period: f64::INFINITY }, key)
    }
}
