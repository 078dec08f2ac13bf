//! Hyperexponential.

use super::exponential::Exponentials;
use super::{Law, OneOf, Sampler};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Hyperexponential: one of two exponentials, by mean and coefficient of variation, with balanced means (each
    /// branch contributes half of the mean). For more variation than exponential.
    pub struct Hyperexponential {
        /// The mean.
        pub mean: Span,
        /// Standard deviation over mean; 1 to 1000.
        pub cv: f64,
    }
    check(self, at) {
        if !(1.0..=1000.0).contains(&self.cv) {
            at.field("cv").error("a coefficient of variation from 1 to 1000");
        }
    }
}

impl Law for Hyperexponential {
    type State = OneOf;

    fn mean(&self) -> f64 {
        self.mean.seconds()
    }

    fn second_moment(&self) -> f64 {
        Law::mean(self) * Law::mean(self) * (1.0 + self.cv * self.cv)
    }

    fn sampler(&self) -> OneOf {
        let scv = self.cv * self.cv;
        let p = (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt()) / 2.0;
        let mean = self.mean.seconds();
        let exponential = |mean| Sampler::Exponential(Exponentials { mean });
        let parts = [(p, exponential(mean / (2.0 * p))), (1.0, exponential(mean / (2.0 * (1.0 - p))))];
        OneOf(parts.into())
    }
}
