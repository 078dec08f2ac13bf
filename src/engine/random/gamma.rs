//! The gamma distribution (Marsaglia and Tsang 2000, "A simple method for generating gamma variables").

use super::normal::normal;
use super::stream::Bits;

/// Gamma of a shape above zero, with scale 1.
#[derive(Clone, Copy, Debug)]
pub struct Gamma {
    d: f64,
    c: f64,
    /// 1 / shape for shapes below 1, which are drawn at shape + 1 and boosted.
    boost: Option<f64>,
}

impl Gamma {
    /// Builds a sampler; `shape` is above zero.
    #[must_use]
    pub fn new(shape: f64) -> Self {
        let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
        let d = boosted - 1.0 / 3.0;
        Self { d, c: 1.0 / (9.0 * d).sqrt(), boost: (shape < 1.0).then_some(1.0 / shape) }
    }

    /// One draw.
    pub fn sample<B: Bits>(&self, bits: &mut B) -> f64 {
        let factor = self.boost.map_or(1.0, |inverse| libm::pow(bits.open_uniform(), inverse));
        loop {
            let x = normal(bits);
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = bits.open_uniform();
            let x2 = x * x;
            if u < 1.0 - 0.0331 * x2 * x2 || libm::log(u) < 0.5 * x2 + self.d * (1.0 - v + libm::log(v)) {
                return self.d * v * factor;
            }
        }
    }
}
