//! The standard exponential distribution by the ziggurat method (Marsaglia and Tsang 2000), with tails by `libm`.

use rand::Rng;
use rand_distr::Distribution;

use super::stream::Bits;
use super::tables::{EXPONENTIAL_F, EXPONENTIAL_X};

/// Exponential with mean 1.
#[derive(Clone, Copy, Debug)]
pub struct StandardExponential;

/// Where the tail begins.
const TAIL: f64 = 7.697_117_470_131_05;

/// One draw, exponential with mean 1.
///
/// ```
/// use rushhour::engine::random::{StreamKey, exponential};
///
/// // The draws of request 7 of this stream: the same in every run.
/// let key = StreamKey::root(1, 0).named("service");
/// assert_eq!(exponential(&mut key.draws(7)), exponential(&mut key.draws(7)));
/// ```
#[inline]
pub fn exponential<B: Bits>(bits: &mut B) -> f64 {
    loop {
        let word = bits.bits();
        // The layer from the low eight bits, the place in it from the high 52.
        let layer = (word & 0xFF) as usize;
        let x = (word >> 12) as f64 * (1.0 / 4_503_599_627_370_496.0) * EXPONENTIAL_X[layer];
        if x < EXPONENTIAL_X[layer + 1] {
            return x;
        }
        if let Some(x) = edge(bits, layer, x) {
            return x;
        }
    }
}

/// The one draw in fifty that falls outside the inner box of its layer.
#[cold]
fn edge<B: Bits>(bits: &mut B, layer: usize, x: f64) -> Option<f64> {
    if layer == 0 {
        return Some(TAIL - libm::log(bits.open_uniform()));
    }
    let height = EXPONENTIAL_F[layer + 1] + (EXPONENTIAL_F[layer] - EXPONENTIAL_F[layer + 1]) * bits.uniform();
    (height < libm::exp(-x)).then_some(x)
}

/// Any generator of 64-bit words as a source of bits.
pub(super) struct Words<'a, R: ?Sized>(pub &'a mut R);

impl<R: Rng + ?Sized> Bits for Words<'_, R> {
    #[inline]
    fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Distribution<f64> for StandardExponential {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        exponential(&mut Words(rng))
    }
}
