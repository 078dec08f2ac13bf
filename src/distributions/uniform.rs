//! Uniform.

use super::{Draw, Law};
use crate::engine::random::Bits;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Uniform between two bounds.
    pub struct Uniform {
        /// The lower bound.
        pub low: Span,
        /// The upper bound, not below the lower.
        pub high: Span,
    }
    check(self, at) {
        if self.high < self.low {
            at.field("high").error("the upper bound is below the lower");
        }
    }
}

impl Law for Uniform {
    type State = Uniforms;

    fn mean(&self) -> f64 {
        (self.low.seconds() + self.high.seconds()) / 2.0
    }

    fn second_moment(&self) -> f64 {
        let (a, b) = (self.low.seconds(), self.high.seconds());
        (a * a + a * b + b * b) / 3.0
    }

    fn sampler(&self) -> Uniforms {
        Uniforms { low: self.low.seconds(), width: self.high.seconds() - self.low.seconds() }
    }
}

/// A uniform variate, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Uniforms {
    low: f64,
    width: f64,
}

impl Draw for Uniforms {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        self.low + self.width * bits.uniform()
    }
}
