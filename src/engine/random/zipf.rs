//! The Zipf distribution: the chance of rank k is in proportion to k^-s.

use super::stream::Bits;

/// Zipf over ranks 1 to n, by rejection-inversion (Hörmann and Derflinger 1996): O(1) per draw, without a table.
#[derive(Clone, Copy, Debug)]
pub struct Zipf {
    n: f64,
    s: f64,
    h_first: f64,
    h_last: f64,
    cut: f64,
}

impl Zipf {
    /// Ranks 1 to `n` (at least 1) with exponent `s` (at least 0); with 0 all ranks are equally likely.
    #[must_use]
    pub fn new(n: u64, s: f64) -> Self {
        let mut zipf = Self { n: n.max(1) as f64, s, h_first: 0.0, h_last: 0.0, cut: 0.0 };
        zipf.h_first = zipf.integral(1.5) - 1.0;
        zipf.h_last = zipf.integral(zipf.n + 0.5);
        zipf.cut = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.density(2.0));
        zipf
    }

    /// Integral of x^-s from 1 to x.
    fn integral(&self, x: f64) -> f64 {
        let log = libm::log(x);
        log * expm1_over((1.0 - self.s) * log)
    }

    fn inverse(&self, y: f64) -> f64 {
        let t = (y * (1.0 - self.s)).max(-1.0);
        libm::exp(y * log1p_over(t))
    }

    fn density(&self, x: f64) -> f64 {
        libm::exp(-self.s * libm::log(x))
    }

    /// One draw: a rank from 1 to n.
    pub fn sample<B: Bits>(&self, bits: &mut B) -> u64 {
        loop {
            let u = self.h_last + bits.uniform() * (self.h_first - self.h_last);
            let x = self.inverse(u);
            let rank = libm::floor(x + 0.5).clamp(1.0, self.n);
            if rank - x <= self.cut || u >= self.integral(rank + 0.5) - self.density(rank) {
                return rank as u64;
            }
        }
    }
}

/// (e^x - 1) / x, also near zero.
fn expm1_over(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::expm1(x) / x } else { 1.0 + x / 2.0 * (1.0 + x / 3.0) }
}

/// ln(1 + x) / x, also near zero.
fn log1p_over(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::log1p(x) / x } else { 1.0 - x * (0.5 - x / 3.0) }
}
