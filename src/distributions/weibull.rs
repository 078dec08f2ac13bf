//! Weibull.

use super::{Draw, Law};
use crate::engine::random::{Bits, exponential};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Weibull: a heavier tail than exponential for shapes below 1, a lighter one above.
    pub struct Weibull {
        /// The mean.
        pub mean: Span,
        /// The shape; 0.1 to 100.
        pub shape: f64,
    }
    check(self, at) {
        if !(0.1..=100.0).contains(&self.shape) {
            at.field("shape").error("a shape from 0.1 to 100");
        }
    }
}

impl Weibull {
    fn scale(&self) -> f64 {
        self.mean.seconds() / libm::tgamma(1.0 + 1.0 / self.shape)
    }
}

impl Law for Weibull {
    type State = Weibulls;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        self.scale() * self.scale() * libm::tgamma(1.0 + 2.0 / self.shape)
    }

    fn sampler(&self) -> Weibulls {
        Weibulls { scale: self.scale(), power: 1.0 / self.shape }
    }
}

/// A Weibull variate.
#[derive(Clone, Copy, Debug)]
pub struct Weibulls {
    scale: f64,
    /// The inverse of the shape.
    power: f64,
}

impl Draw for Weibulls {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        self.scale * libm::pow(exponential(bits), self.power)
    }
}
