//! Exponential.

use super::{Law, Sampler};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Exponential: without memory; coefficient of variation 1.
    pub struct Exponential {
        /// The mean.
        pub mean: Span,
    }
}

impl Law for Exponential {
    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        2.0 * Law::mean(self) * Law::mean(self)
    }

    fn sampler(&self) -> Sampler {
        Sampler::Exponential(self.mean.seconds())
    }
}
