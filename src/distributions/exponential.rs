//! Exponential.

use super::{Draw, Law};
use crate::engine::random::{Bits, exponential};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Exponential: memoryless; coefficient of variation 1.
    pub struct Exponential {
        /// The mean.
        pub mean: Span,
    }
}

impl Law for Exponential {
    type State = Exponentials;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        2.0 * Law::mean(self) * Law::mean(self)
    }

    fn sampler(&self) -> Exponentials {
        Exponentials { mean: self.mean.seconds() }
    }
}

/// An exponential variate.
#[derive(Clone, Copy, Debug)]
pub struct Exponentials {
    /// Its mean in seconds.
    pub mean: f64,
}

impl Draw for Exponentials {
    #[inline]
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        self.mean * exponential(bits)
    }
}
