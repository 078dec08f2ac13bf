//! The standard normal distribution by the ziggurat method (Marsaglia and Tsang 2000), with tails by `libm`.

use rand::Rng;
use rand_distr::Distribution;

use super::exponential::Words;
use super::stream::Bits;
use super::tables::{NORMAL_F, NORMAL_X};

/// Normal with mean 0 and variance 1.
#[derive(Clone, Copy, Debug)]
pub struct StandardNormal;

/// Where the tail begins.
const TAIL: f64 = 3.654_152_885_361_009;

/// One draw, normal with mean 0 and variance 1.
///
/// ```
/// use rushhour::engine::random::{StreamKey, normal};
///
/// let key = StreamKey::root(1, 0).named("noise");
/// let mean = (0..10_000).map(|number| normal(&mut key.draws(number))).sum::<f64>() / 10_000.0;
/// assert!(mean.abs() < 0.06);
/// ```
#[inline]
pub fn normal<B: Bits>(bits: &mut B) -> f64 {
    loop {
        let word = bits.bits();
        let layer = (word & 0xFF) as usize;
        // Uniform on (-1, 1) from the high 52 bits.
        let u = ((word >> 12) as f64 + 0.5) * (2.0 / 4_503_599_627_370_496.0) - 1.0;
        let x = u * NORMAL_X[layer];
        if x.abs() < NORMAL_X[layer + 1] {
            return x;
        }
        if layer == 0 {
            return tail(bits, u < 0.0);
        }
        let height = NORMAL_F[layer + 1] + (NORMAL_F[layer] - NORMAL_F[layer + 1]) * bits.uniform();
        if height < libm::exp(-x * x / 2.0) {
            return x;
        }
    }
}

/// Beyond the last layer (Marsaglia 1964).
#[cold]
fn tail<B: Bits>(bits: &mut B, negative: bool) -> f64 {
    loop {
        let x = libm::log(bits.open_uniform()) / TAIL;
        let y = libm::log(bits.open_uniform());
        if -2.0 * y >= x * x {
            return if negative { x - TAIL } else { TAIL - x };
        }
    }
}

impl Distribution<f64> for StandardNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        normal(&mut Words(rng))
    }
}
