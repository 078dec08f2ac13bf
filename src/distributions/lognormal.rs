//! Lognormal, by moments.

use super::{Law, LogNormals};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Lognormal, by mean and coefficient of variation: a product of many small factors, and a common model of service
    /// times.
    pub struct LogNormal {
        /// The mean; above zero.
        pub mean: Span,
        /// Standard deviation over mean; above 0, at most 100.
        pub cv: f64,
    }
    check(self, at) {
        if self.mean.seconds() <= 0.0 {
            at.field("mean").error("must be above zero");
        }
        if !(1e-6..=100.0).contains(&self.cv) {
            at.field("cv").error("a coefficient of variation from 0.000001 to 100");
        }
    }
}

impl Law for LogNormal {
    type State = LogNormals;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        Law::mean(self) * Law::mean(self) * (1.0 + self.cv * self.cv)
    }

    fn sampler(&self) -> LogNormals {
        let variance = libm::log1p(self.cv * self.cv);
        LogNormals { mu: libm::log(self.mean.seconds()) - variance / 2.0, sigma: variance.sqrt() }
    }
}
