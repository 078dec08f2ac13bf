//! Probability distributions of lengths of time as the language names them, one file each. The registry is below.
//!
//! Each is drawn so that scaling its lengths scales every draw: a sweep over means keeps its random numbers in common.
//! Samplers without parameters belong in `engine::random`.

mod bimodal;
mod bounded_pareto;
mod constant;
mod empirical;
mod erlang;
mod exponential;
mod factors;
mod gamma;
mod hyperexponential;
mod lognormal;
mod lognormal_percentiles;
mod mixture;
mod pareto;
mod uniform;
mod weibull;

pub use bimodal::Bimodal;
pub use bounded_pareto::BoundedPareto;
pub use constant::Constant;
pub use empirical::Empirical;
pub use erlang::Erlang;
pub use exponential::Exponential;
pub use factors::Factors;
pub use gamma::Gamma;
pub use hyperexponential::Hyperexponential;
pub use lognormal::LogNormal;
pub use lognormal_percentiles::LogNormalPercentiles;
pub use mixture::{Mixture, Part};
pub use pareto::Pareto;
pub use uniform::Uniform;
pub use weibull::Weibull;

use std::sync::Arc;

use crate::engine::random::{self, Bits};

/// What every distribution can say of itself. Lengths are in seconds.
pub trait Law {
    /// Its mean.
    fn mean(&self) -> f64;
    /// The mean of the square; infinite for the heaviest tails.
    fn second_moment(&self) -> f64;
    /// Ready to draw.
    fn sampler(&self) -> Sampler;
}

macro_rules! registry {
    ($($law:ident),+ $(,)?) => {
        crate::schema::choice! {
            /// A distribution of lengths of time.
            pub enum Distribution {
                $( $law($law), )+
            }
        }

        impl Law for Distribution {
            fn mean(&self) -> f64 {
                match self { $( Self::$law(law) => law.mean(), )+ }
            }

            fn second_moment(&self) -> f64 {
                match self { $( Self::$law(law) => law.second_moment(), )+ }
            }

            fn sampler(&self) -> Sampler {
                match self { $( Self::$law(law) => law.sampler(), )+ }
            }
        }
    };
}

registry! {
    Constant, Exponential, Uniform, Erlang, Gamma, LogNormal, LogNormalPercentiles, Weibull, Pareto, BoundedPareto,
    Hyperexponential, Bimodal, Empirical, Mixture,
}

impl Distribution {
    /// Its mean in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        Law::mean(self)
    }

    /// The squared coefficient of variation: variance over squared mean; 0 for a mean of zero, infinite for the
    /// heaviest tails.
    #[must_use]
    pub fn scv(&self) -> f64 {
        let mean = self.mean();
        if mean == 0.0 { 0.0 } else { (self.second_moment() / (mean * mean) - 1.0).max(0.0) }
    }

    /// Ready to draw.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        Law::sampler(self)
    }
}

/// A distribution ready to draw: constants computed once.
#[derive(Clone, Debug)]
#[repr(u8)]
pub enum Sampler {
    /// Always the same.
    Constant(f64),
    /// By its mean.
    Exponential(f64),
    /// Lowest value and width.
    Uniform(f64, f64),
    /// Standard gamma and its scale.
    Gamma(random::Gamma, f64),
    /// Mean and standard deviation of the logarithm.
    LogNormal(f64, f64),
    /// Scale and the inverse of the shape.
    Weibull(f64, f64),
    /// Lowest value and the negative inverse of the shape.
    Pareto(f64, f64),
    /// Lowest value, 1 - (low / high)^shape, and the negative inverse of the shape.
    BoundedPareto(f64, f64, f64),
    /// One of several, by cumulative chances.
    OneOf(Arc<[(f64, Sampler)]>),
    /// One of several values, by cumulative chances.
    Values(Arc<[(f64, f64)]>),
}

impl Sampler {
    /// One draw, in seconds.
    #[inline]
    pub fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        match self {
            Self::Exponential(mean) => mean * random::exponential(bits),
            Self::Constant(value) => *value,
            _ => self.sample_other(bits),
        }
    }

    #[inline(never)]
    fn sample_other<B: Bits>(&self, bits: &mut B) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => mean * random::exponential(bits),
            Self::Uniform(low, width) => low + width * bits.uniform(),
            Self::Gamma(gamma, scale) => scale * gamma.sample(bits),
            Self::LogNormal(mu, sigma) => libm::exp(mu + sigma * random::normal(bits)),
            Self::Weibull(scale, inverse) => scale * libm::pow(random::exponential(bits), *inverse),
            Self::Pareto(low, power) => low * libm::pow(bits.open_uniform(), *power),
            Self::BoundedPareto(low, span, power) => low * libm::pow(1.0 - span * bits.uniform(), *power),
            Self::OneOf(parts) => {
                let at = bits.uniform();
                let place = parts.partition_point(|(up_to, _)| *up_to <= at).min(parts.len() - 1);
                parts[place].1.sample(bits)
            }
            Self::Values(values) => {
                let at = bits.uniform();
                let place = values.partition_point(|(up_to, _)| *up_to <= at).min(values.len() - 1);
                values[place].1
            }
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
