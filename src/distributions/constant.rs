//! Always the same.

use super::{Law, Sampler};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Always the same length.
    pub struct Constant {
        /// The length.
        pub value: Span,
    }
}

impl Law for Constant {
    fn mean(&self) -> f64 {
        self.value.seconds()
    }

    fn second_moment(&self) -> f64 {
        self.mean() * self.mean()
    }

    fn sampler(&self) -> Sampler {
        Sampler::Constant(self.mean())
    }
}
