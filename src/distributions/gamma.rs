//! Gamma.

use super::{Gammas, Law};
use crate::engine::random;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Gamma, by mean and coefficient of variation: less variable than exponential for `cv` below 1, more above.
    pub struct Gamma {
        /// The mean.
        pub mean: Span,
        /// Standard deviation over mean; 0.01 to 100.
        pub cv: f64,
    }
    check(self, at) {
        if !(0.01..=100.0).contains(&self.cv) {
            at.field("cv").error("a coefficient of variation from 0.01 to 100");
        }
    }
}

impl Law for Gamma {
    type State = Gammas;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        Law::mean(self) * Law::mean(self) * (1.0 + self.cv * self.cv)
    }

    fn sampler(&self) -> Gammas {
        let shape = 1.0 / (self.cv * self.cv);
        Gammas { standard: random::Gamma::new(shape), scale: self.mean.seconds() / shape }
    }
}
