//! Bounded Pareto.

use super::{Draw, Law};
use crate::engine::random::Bits;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// A bounded Pareto distribution: a heavy tail with an upper bound, as of sizes of real files and jobs.
    pub struct BoundedPareto {
        /// The lower bound; above zero.
        pub low: Span,
        /// The upper bound, above the lower.
        pub high: Span,
        /// The shape; 0.1 to 100.
        pub shape: f64,
    }
    check(self, at) {
        if self.low.seconds() <= 0.0 {
            at.field("low").error("must be above zero");
        }
        if self.high <= self.low {
            at.field("high").error("the upper bound must be above the lower");
        }
        if !(0.1..=100.0).contains(&self.shape) {
            at.field("shape").error("a shape from 0.1 to 100");
        }
    }
}

impl BoundedPareto {
    /// The share of the unbounded law that lies within the bounds.
    fn span(&self) -> f64 {
        -libm::expm1(self.shape * libm::log(self.low.seconds() / self.high.seconds()))
    }

    fn moment(&self, k: f64) -> f64 {
        let (low, high, a) = (self.low.seconds(), self.high.seconds(), self.shape);
        let front = a * libm::pow(low, a) / self.span();
        let integral = if (a - k).abs() < 1e-9 {
            libm::log(high / low)
        } else {
            (libm::pow(low, k - a) - libm::pow(high, k - a)) / (a - k)
        };
        front * integral
    }
}

impl Law for BoundedPareto {
    type State = BoundedParetos;

    fn mean(&self) -> f64 {
        self.moment(1.0)
    }

    fn second_moment(&self) -> f64 {
        self.moment(2.0)
    }

    fn sampler(&self) -> BoundedParetos {
        BoundedParetos { low: self.low.seconds(), span: self.span(), power: -1.0 / self.shape }
    }
}

/// A Pareto variate between two bounds.
#[derive(Clone, Copy, Debug)]
pub struct BoundedParetos {
    /// The lowest value.
    low: f64,
    /// The share of the unbounded law that lies within the bounds.
    span: f64,
    /// The negative inverse of the shape.
    power: f64,
}

impl Draw for BoundedParetos {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        self.low * libm::pow(1.0 - self.span * bits.uniform(), self.power)
    }
}
