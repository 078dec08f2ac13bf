//! Samplers that several laws share.

use std::sync::Arc;

use super::{Draw, Sampler};
use crate::engine::random::{self, Bits};

/// A gamma variate.
#[derive(Clone, Debug)]
pub struct Gammas {
    /// Of scale one.
    pub standard: random::Gamma,
    /// The factor by which draws are scaled.
    pub scale: f64,
}

impl Draw for Gammas {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        self.scale * self.standard.sample(bits)
    }
}

/// A lognormal variate.
#[derive(Clone, Copy, Debug)]
pub struct LogNormals {
    /// Mean of the logarithm.
    pub mu: f64,
    /// Standard deviation of the logarithm.
    pub sigma: f64,
}

impl Draw for LogNormals {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        libm::exp(self.mu + self.sigma * random::normal(bits))
    }
}

/// One of several samplers, by cumulative chances.
#[derive(Clone, Debug)]
pub struct OneOf(pub Arc<[(f64, Sampler)]>);

impl Draw for OneOf {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        let at = bits.uniform();
        let place = self.0.partition_point(|(up_to, _)| *up_to <= at).min(self.0.len() - 1);
        self.0[place].1.sample(bits)
    }
}

/// One of several values, by cumulative chances.
#[derive(Clone, Debug)]
pub struct Values(pub Arc<[(f64, f64)]>);

impl Draw for Values {
    fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        let at = bits.uniform();
        let place = self.0.partition_point(|(up_to, _)| *up_to <= at).min(self.0.len() - 1);
        self.0[place].1
    }
}
