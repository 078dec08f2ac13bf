//! Streams of random numbers, named by their purpose, so that draws from one never shift another.
//!
//! A stream is named by (seed, replication, actor, purpose). Draws that an actor makes in its own order come from a
//! [`Sequence`]; draws that belong to a request come from [`Draws`], keyed by the number of the request, and are the
//! same in every arm of an experiment, whatever the order in which requests are served.

use core::convert::Infallible;

use rand::rand_core::TryRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use xxhash_rust::xxh64::xxh64;

/// The odd number nearest to 2^64 divided by the golden ratio: the increment of SplitMix64.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A finalizer that mixes every bit of `z` into every bit of the result (Stafford's thirteenth variant, as in
/// SplitMix64: Steele, Lea and Flood 2014).
#[inline]
#[must_use]
pub const fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(GOLDEN);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The key of a random stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamKey(u64);

impl StreamKey {
    /// The root of all streams of one replication.
    #[must_use]
    pub const fn root(seed: u64, replication: u32) -> Self {
        Self(mix(mix(seed) ^ mix((replication as u64) | 1 << 63)))
    }

    /// The stream called `name` under this one.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self(mix(self.0 ^ mix(xxh64(name.as_bytes(), 0))))
    }

    /// The key as a 64-bit number, from which numbering may start.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Draws in the order in which an actor makes them: xoshiro256++.
    #[must_use]
    pub fn sequence(self) -> Sequence {
        let mut seed = [0; 32];
        for (place, bytes) in seed.chunks_exact_mut(8).enumerate() {
            bytes.copy_from_slice(&mix(self.0.wrapping_add(place as u64)).to_le_bytes());
        }
        Sequence(Xoshiro256PlusPlus::from_seed(seed))
    }

    /// The draws that belong to request `number`.
    #[inline]
    #[must_use]
    pub const fn draws(self, number: u64) -> Draws {
        Draws { state: mix(self.0.wrapping_add(number.wrapping_mul(GOLDEN))) }
    }
}

/// Draws of one actor, in the order in which it makes them.
#[derive(Clone, Debug)]
pub struct Sequence(Xoshiro256PlusPlus);

/// Draws that belong to one request: SplitMix64 seeded from a mixed counter, so that creating one costs almost nothing.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    state: u64,
}

/// Random 64-bit numbers, and the uniform draws made of them.
pub trait Bits {
    /// The next 64 random bits.
    fn bits(&mut self) -> u64;

    /// Uniform on [0, 1): a multiple of 2^-53.
    #[inline]
    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform on (0, 1): an odd multiple of 2^-53, so that its logarithm exists.
    #[inline]
    fn open_uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }

    /// Uniform on 0, 1, ..., `n` - 1 without bias (Lemire 2019); 0 if `n` is 0.
    #[inline]
    fn below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.bits()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n.max(1);
            while (product as u64) < threshold {
                product = u128::from(self.bits()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }
}

impl Bits for Sequence {
    #[inline]
    fn bits(&mut self) -> u64 {
        match self.0.try_next_u64() {
            Ok(bits) => bits,
        }
    }
}

impl Bits for Draws {
    #[inline]
    fn bits(&mut self) -> u64 {
        let bits = mix(self.state);
        self.state = self.state.wrapping_add(GOLDEN);
        bits
    }
}

macro_rules! rng {
    ($($type:ty),+) => {$(
        impl TryRng for $type {
            type Error = Infallible;

            #[inline]
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok((self.bits() >> 32) as u32)
            }

            #[inline]
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(self.bits())
            }

            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    )+};
}

rng!(Sequence, Draws);

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    #[test]
    fn the_bits_never_change() {
        let key = StreamKey::root(1, 0).named("web").named("service");
        let mut sequence = key.sequence();
        let mut draws = key.draws(7);
        let bits = [sequence.bits(), sequence.bits(), draws.bits(), draws.bits()];
        insta::assert_debug_snapshot!(bits);
        // SplitMix64 from 1234567, first output: the reference implementation's.
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn names_and_replications_give_different_streams() {
        let root = StreamKey::root(1, 0);
        let keys = [
            root,
            StreamKey::root(1, 1),
            StreamKey::root(2, 0),
            root.named("a"),
            root.named("b"),
            root.named("a").named("b"),
            root.named("b").named("a"),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key));
        }
    }

    /// Chi-square of pairs of successive first draws, by top or bottom four bits each.
    fn pairs(shift: u32, draw: impl Fn(u64) -> u64) -> f64 {
        let n = 200_000_u64;
        let mut counts = [0_f64; 256];
        for number in 0..n {
            let (a, b) = ((draw(number) >> shift) & 15, (draw(number + 1) >> shift) & 15);
            counts[(a * 16 + b) as usize] += 1.0;
        }
        let expected = n as f64 / 256.0;
        let statistic: f64 = counts.iter().map(|count| (count - expected) * (count - expected) / expected).sum();
        1.0 - ChiSquared::new(255.0).expect("valid").cdf(statistic)
    }

    #[test]
    fn draws_of_successive_requests_are_independent() {
        let key = StreamKey::root(3, 0);
        for shift in [0, 30, 60] {
            assert!(pairs(shift, |number| key.draws(number).bits()) > 1e-7);
            assert!(pairs(shift, |replication| StreamKey::root(9, replication as u32).draws(5).bits()) > 1e-7);
        }
    }

    #[test]
    fn numbers_below_a_bound_are_uniform() {
        let mut sequence = StreamKey::root(4, 0).sequence();
        let mut counts = [0_f64; 7];
        for _ in 0..70_000 {
            counts[sequence.below(7) as usize] += 1.0;
        }
        let statistic: f64 = counts.iter().map(|count| (count - 10_000.0) * (count - 10_000.0) / 10_000.0).sum();
        assert!(1.0 - ChiSquared::new(6.0).expect("valid").cdf(statistic) > 1e-7);
        assert_eq!(sequence.below(1), 0);
    }
}
