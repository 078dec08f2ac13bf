//! Probability distributions of lengths of time as the language names them: one file here and one line below make one.
//!
//! Each is drawn so that scaling its lengths scales every draw: a sweep over means keeps its random numbers in common.
//! Samplers without parameters belong in `engine::random`, those that several laws share in `draws`.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

mod draws;
mod factors;

pub use draws::{Gammas, LogNormals, OneOf, Values};
pub use factors::Factors;
pub use mixture::Part;

use crate::engine::random::Bits;
use crate::schema::registry;

/// The parameters of a distribution. Times are in seconds.
pub trait Law {
    /// The sampler, with constants computed once.
    type State: Draw;

    /// Its mean.
    fn mean(&self) -> f64;

    /// The mean of the square, in seconds squared; infinite for the heaviest tails.
    fn second_moment(&self) -> f64;

    /// Builds a sampler.
    fn sampler(&self) -> Self::State;
}

/// A sampler of a distribution.
pub trait Draw {
    /// One draw, in seconds.
    fn sample<B: Bits>(&self, bits: &mut B) -> f64;
}

registry! {
    pub mod {
        constant::Constant,
        exponential::Exponential,
        uniform::Uniform,
        erlang::Erlang,
        gamma::Gamma,
        lognormal::LogNormal,
        lognormal_percentiles::LogNormalPercentiles,
        weibull::Weibull,
        pareto::Pareto,
        bounded_pareto::BoundedPareto,
        hyperexponential::Hyperexponential,
        bimodal::Bimodal,
        empirical::Empirical,
        mixture::Mixture,
    }

    /// A probability distribution of times.
    pub enum Distribution;

    impl Distribution {
        /// Its mean in seconds.
        #[must_use]
        pub fn mean(&self) -> f64;
        /// The mean of the square, in seconds squared; infinite for the heaviest tails.
        #[must_use]
        pub fn second_moment(&self) -> f64;
    }

    /// A sampler of any distribution, with constants computed once.
    #[derive(Clone, Debug)]
    #[repr(u8)]
    pub enum Sampler: Law;

    /// Builds a sampler.
    pub fn sampler(&self) -> Sampler;

    impl Draw for Sampler {
        #[inline(never)]
        fn sample<B: Bits>(&self, bits: &mut B) -> f64;
    }
}

impl Distribution {
    /// The squared coefficient of variation: variance over squared mean; 0 for a mean of zero, infinite for the
    /// heaviest tails.
    #[must_use]
    pub fn scv(&self) -> f64 {
        let mean = self.mean();
        if mean == 0.0 { 0.0 } else { (self.second_moment() / (mean * mean) - 1.0).max(0.0) }
    }
}

impl Sampler {
    /// One draw, in seconds.
    #[inline]
    pub fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        // The usual ones are apart from the others, to keep this short.
        match self {
            Self::Exponential(law) => law.sample(bits),
            Self::Constant(law) => law.sample(bits),
            _ => Draw::sample(self, bits),
        }
    }
}

/// Running sums of weights, scaled to end at 1.
fn cumulative(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or(1.0);
    sums.into_iter().map(|sum| sum / total).collect()
}

#[cfg(test)]
mod tests;
