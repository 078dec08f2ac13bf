//! Pareto.

use super::{Law, Sampler};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Pareto: the chance to exceed x falls as a power of x. Without variance for shapes up to 2.
    pub struct Pareto {
        /// The mean.
        pub mean: Span,
        /// The shape; above 1 so that there is a mean, at most 1000.
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

    fn sampler(&self) -> Sampler {
        Sampler::Pareto(self.minimum(), -1.0 / self.shape)
    }
}
