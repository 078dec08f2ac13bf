//! Student's t distribution, for intervals and tests over few replications.

use super::memo::Memo;
use super::special::{bisect, incomplete_beta};

/// The chance that a Student t variable of `freedom` degrees of freedom is further from zero than `t`: the two-sided
/// p-value. Not a number if `t` is not.
#[must_use]
pub fn two_sided(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    if t.is_infinite() {
        return 0.0;
    }
    let square = t * t;
    let total = freedom + square;
    incomplete_beta(0.5 * freedom, 0.5, freedom / total, square / total)
}

/// The t of `freedom` degrees of freedom with `chance` (0 to 1) outside of plus or minus it: the factor of a confidence
/// interval of level 1 - `chance`. For t(9) and 0.05 it is 2.262157...
///
/// Every window of every series asks for it, with nearly always the same numbers.
#[must_use]
pub fn quantile_two_sided(chance: f64, freedom: f64) -> f64 {
    thread_local! {
        static LAST: Memo<[u64; 2], f64, 8> = const { Memo::new() };
    }
    let asked = [chance, freedom].map(f64::to_bits);
    LAST.with(|last| last.answer(asked, |_| quantile_by_bisection(chance, freedom)))
}

fn quantile_by_bisection(chance: f64, freedom: f64) -> f64 {
    if chance >= 1.0 {
        return 0.0;
    }
    if chance <= 0.0 {
        return f64::INFINITY;
    }
    let mut high = 2.0;
    while two_sided(high, freedom) > chance && high < 1e300 {
        high *= 2.0;
    }
    bisect(0.0, high, |t| two_sided(t, freedom) > chance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // NIST/SEMATECH e-Handbook, 1.3.6.7.2, with more digits.
        for (freedom, chance, t) in [
            (9.0, 0.05, 2.262_157_162_798_205),
            (1.0, 0.05, 12.706_204_736_174_707),
            (2.0, 0.10, 2.919_985_580_353_725_6),
            (4.0, 0.01, 4.604_094_871_349_993),
            (30.0, 0.05, 2.042_272_456_301_238),
        ] {
            assert_relative_eq!(quantile_two_sided(chance, freedom), t, max_relative = 1e-12);
        }
    }

    #[test]
    fn quantiles_agree_with_an_independent_library() {
        for freedom in [1.0, 2.0, 3.0, 5.0, 9.0, 19.0, 29.0, 63.0, 199.0, 999.0] {
            let oracle = StudentsT::new(0.0, 1.0, freedom).unwrap();
            for level in [0.5, 0.8, 0.9, 0.95, 0.99, 0.999] {
                let t = quantile_two_sided(1.0 - level, freedom);
                assert_relative_eq!(t, oracle.inverse_cdf(0.5 + 0.5 * level), max_relative = 1e-10);
            }
        }
    }

    #[test]
    fn p_values_agree_with_an_independent_library() {
        for freedom in [1.0, 2.0, 7.0, 31.0, 500.0] {
            let oracle = StudentsT::new(0.0, 1.0, freedom).unwrap();
            for t in [-3.3, -0.2, 0.0, 1e-3, 0.7, 2.1, 5.0, 12.0] {
                let p = 2.0 * oracle.sf(f64::abs(t));
                assert_relative_eq!(two_sided(t, freedom), p, max_relative = 1e-10, epsilon = 1e-15);
            }
        }
    }

    #[test]
    fn quantiles_have_the_same_bits_however_often_they_are_asked_for() {
        for round in 0..3 {
            for freedom in (1..=12).chain((1..=12).rev()) {
                let (chance, freedom) = (0.01 * f64::from(1 + round % 2), f64::from(freedom));
                let found = quantile_two_sided(chance, freedom);
                assert_eq!(found.to_bits(), quantile_by_bisection(chance, freedom).to_bits());
            }
        }
    }

    #[test]
    fn many_degrees_of_freedom_approach_the_normal() {
        assert_relative_eq!(quantile_two_sided(0.05, 1e9), 1.959_963_984_540_054, max_relative = 1e-8);
        assert_relative_eq!(quantile_two_sided(0.05, 1e6), 1.959_966_356_816_82, max_relative = 1e-10);
    }

    #[test]
    fn the_ends_are_the_ends() {
        assert_eq!(quantile_two_sided(1.0, 5.0), 0.0);
        assert_eq!(quantile_two_sided(0.0, 5.0), f64::INFINITY);
        assert_eq!(two_sided(f64::INFINITY, 5.0), 0.0);
        assert!(two_sided(f64::NAN, 5.0).is_nan());
    }
}
