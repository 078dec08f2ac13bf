//! Erlang.

use super::{Gammas, Law};
use crate::engine::random;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Erlang: the sum of equal exponential stages; the more stages, the less variable. Squared coefficient of
    /// variation 1 / shape.
    pub struct Erlang {
        /// Number of stages; 1 to 10,000.
        pub shape: u32,
        /// The mean of the sum.
        pub mean: Span,
    }
    check(self, at) {
        if self.shape == 0 || self.shape > 10_000 {
            at.field("shape").error("1 to 10,000 stages");
        }
    }
}

impl Law for Erlang {
    type State = Gammas;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        Law::mean(self) * Law::mean(self) * (1.0 + 1.0 / f64::from(self.shape))
    }

    fn sampler(&self) -> Gammas {
        let shape = f64::from(self.shape);
        Gammas { standard: random::Gamma::new(shape), scale: self.mean.seconds() / shape }
    }
}
