//! Pareto.

use super::{Draw, Law};
use crate::engine::random::Bits;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Pareto: the probability to exceed x falls as a power of x. The variance is infinite for shapes up to 2.
    pub struct Pareto {
        /// The mean.
        pub mean: Span,
        /// The shape; above 1, so that the mean is finite, and at most 1000.
        pub shape: f64,
    }
    check(self, at) {
        if !(self.shape > 1.0 && self.shape <= 1000.0) {
            at.field("shape").error("a shape above 1, so that there is a mean, and at most 1000");
        }
    }
}

impl Pareto {
    fn minimum(&self) -> f64 {
        self.mean.seconds() * (self.shape - 1.0) / self.shape
    }
}

impl Law for Pareto {
    type State = Paretos;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        if self.shape <= 2.0 {
            f64::INFINITY
        } else {
            self.shape * self.minimum() * self.minimum() / (self.shape - 2.0)
        }
    }

    fn sampler(&self) -> Paretos {
        Paretos { low: self.minimum(), power: -1.0 / self.shape }
    }
}

/// A Pareto variate.
#[derive(Clone, Copy, Debug)]
pub struct Paretos {
    /// The lowest value.
    low: f64,
    /// The negative inverse of the shape.
    power: f64,
}

impl Draw for Paretos {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        self.low * libm::pow(bits.open_uniform(), self.power)
    }
}
