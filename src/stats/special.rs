//! Special functions on `libm`: the logarithm of the beta function and the incomplete beta function with its inverse.
//!
//! Distributions belong in files of their own, such as `student`.

/// ln sqrt(2 pi).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// ln gamma(x) minus Stirling's (x - 1/2) ln x - x + ln sqrt(2 pi), for x of at least 10; there good to 1e-16.
fn stirling_rest(x: f64) -> f64 {
    const TERMS: [f64; 7] =
        [1.0 / 156.0, -691.0 / 360_360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    let inverse_square = 1.0 / (x * x);
    TERMS.iter().fold(0.0, |sum, term| sum * inverse_square + term) / x
}

/// The natural logarithm of the beta function, for positive `a` and `b`.
///
/// Large arguments go by Stirling's series, so that large logarithms do not cancel (Didonato and Morris 1992).
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    let share = small / (small + large);
    if small >= 10.0 {
        let rest = stirling_rest(small) + stirling_rest(large) - stirling_rest(small + large);
        LN_SQRT_2PI - 0.5 * libm::log(large) + rest + (small - 0.5) * libm::log(share) + large * libm::log1p(-share)
    } else if large >= 10.0 {
        let rest = stirling_rest(large) - stirling_rest(small + large);
        libm::lgamma(small) + rest + small - small * libm::log(small + large) + (large - 0.5) * libm::log1p(-share)
    } else {
        libm::lgamma(small) + libm::lgamma(large) - libm::lgamma(small + large)
    }
}

/// The regularized incomplete beta function at `x`, for positive `a` and `b`: the chance that a beta variable is below.
///
/// `rest` is 1 - `x`, given apart because callers know it more exactly than a subtraction would.
/// By the continued fraction of Lentz's method (Press et al., Numerical Recipes, 6.4).
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    let front = libm::exp(a * ln_of(x, rest) + b * ln_of(rest, x) - ln_beta(a, b));
    let value = if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, rest) / b
    };
    value.clamp(0.0, 1.0)
}

/// ln `x`, by whichever of `x` and 1 - `x` is the smaller.
fn ln_of(x: f64, rest: f64) -> f64 {
    if x < rest { libm::log(x) } else { libm::log1p(-rest) }
}

/// The continued fraction of the incomplete beta function.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    // It needs about the square root of the larger parameter.
    for step in 1..1_000_000_u32 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        h *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

/// The `x` at which the regularized incomplete beta function is `p`, by bisection; 0 or 1 where `p` is.
#[must_use]
pub fn inverse_incomplete_beta(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    bisect(0.0, 1.0, |x| incomplete_beta(a, b, x, 1.0 - x) < p)
}

/// Where `below` turns from true to false between `low` and `high`, to the last bit or nearly so.
pub(crate) fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    // Long enough for roots next to zero, where halving the interval gains exponents before digits.
    for _ in 0..1100 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high || high - low <= 1e-16 * high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + 0.5 * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn ln_beta_agrees_with_an_independent_library() {
        for a in [0.5, 1.0, 3.0, 9.5, 10.0, 12.5, 80.0] {
            for b in [0.5, 1.0, 2.5, 9.9, 10.0, 40.0, 500.0] {
                assert_relative_eq!(
                    ln_beta(a, b),
                    statrs::function::beta::ln_beta(a, b),
                    max_relative = 1e-11,
                    epsilon = 1e-12
                );
            }
        }
    }

    #[test]
    fn the_beta_function_of_huge_arguments_keeps_its_digits() {
        // B(n, 1) = 1 / n.
        for n in [1e3, 1e6, 1e9, 1e12] {
            assert_relative_eq!(ln_beta(n, 1.0), -libm::log(n), max_relative = 1e-14);
        }
        // B(a, b + 1) = B(a, b) b / (a + b), on both sides of the border between the two methods.
        for (a, b) in [(9.5, 9.5), (9.5, 20.0), (9.9, 1e5), (30.0, 9.5), (1e6, 2e6)] {
            assert_relative_eq!(ln_beta(a, b + 1.0), ln_beta(a, b) + libm::log(b / (a + b)), max_relative = 1e-13);
        }
    }

    #[test]
    fn the_incomplete_beta_agrees_with_an_independent_library() {
        for a in [0.5, 1.0, 2.0, 7.5, 50.0] {
            for b in [0.5, 1.0, 3.0, 20.0, 200.0] {
                for x in [1e-6, 0.01, 0.2, 0.5, 0.77, 0.99] {
                    assert_relative_eq!(
                        incomplete_beta(a, b, x, 1.0 - x),
                        statrs::function::beta::beta_reg(a, b, x),
                        max_relative = 1e-10,
                        epsilon = 1e-15
                    );
                }
            }
        }
    }

    #[test]
    fn the_inverse_undoes_the_incomplete_beta() {
        for (a, b) in [(0.5, 0.5), (1.0, 100.0), (3.0, 2.0), (1e4, 10.0)] {
            for p in [1e-8, 0.025, 0.5, 0.9, 0.999] {
                let x = inverse_incomplete_beta(a, b, p);
                assert_relative_eq!(incomplete_beta(a, b, x, 1.0 - x), p, max_relative = 1e-9);
            }
        }
    }
}
