//! Differences to a baseline, paired by replication: with common random numbers most of the noise cancels.

use super::interval::Interval;
use super::pooled::{Pooled, interval, variance};
use super::student;

/// The difference between an alternative and the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Alternative minus baseline, with its interval.
    pub difference: Interval,
    /// The difference divided by the baseline; `None` if the baseline is zero.
    pub relative: Option<f64>,
    /// Alternative divided by baseline, with its interval; `None` if the baseline's own interval reaches zero, so that
    /// the ratio is unbounded.
    pub ratio: Option<Interval>,
    /// Student's t statistic of the difference; `None` with fewer than two pairs or without any variance.
    pub t: Option<f64>,
    /// Two-sided p-value of the difference; `None` with fewer than two pairs.
    pub p_value: Option<f64>,
    /// The share of variance that pairing removed, compared with independent runs: `1 - var(d) / (var(a) + var(b))`.
    /// Near 1 where common random numbers work well, 0 where they have no effect, negative where they hurt. `None` with
    /// fewer than two pairs or without any variance.
    pub variance_saved: Option<f64>,
}

impl Paired {
    /// Compares `alternative` with `baseline` at a level of `confidence` such as 0.95. Their influences must be those
    /// of the same replications in the same order. The difference is that of the two values; its interval follows from
    /// the differences of the influences of each replication, so that shared noise cancels.
    #[must_use]
    pub fn of(alternative: Pooled<'_>, baseline: Pooled<'_>, confidence: f64) -> Self {
        // A replication without an observation of one of the two does not move it.
        let (ours, theirs): (Vec<f64>, Vec<f64>) = alternative
            .influences
            .iter()
            .zip(baseline.influences)
            .filter(|(a, b)| a.is_some() || b.is_some())
            .map(|(a, b)| (a.unwrap_or(0.0), b.unwrap_or(0.0)))
            .unzip();
        let n = alternative.replications().min(baseline.replications());
        let less = |factor: f64| ours.iter().zip(&theirs).map(|(a, b)| a - factor * b).collect::<Vec<f64>>();
        let (value, base) = (alternative.value, baseline.value);
        let influences = less(1.0);
        let difference = interval(value - base, &influences, n, confidence);
        let sure = baseline.interval(confidence).half_width.is_none_or(|half| half < base);
        let ratio = (base > 0.0 && sure).then(|| {
            // To the first order; the ratio moves with the movement of the alternative beyond its share.
            let influences: Vec<f64> = less(value / base).into_iter().map(|moved| moved / base).collect();
            interval(value / base, &influences, n, confidence)
        });
        let spread = variance(&influences).filter(|_| n > 1);
        let error = spread.map(f64::sqrt);
        let t = error.filter(|error| *error > 0.0).map(|error| difference.mean / error);
        let p_value = error.map(|_| match t {
            Some(t) => student::two_sided(t, (n - 1) as f64),
            // The same difference every time: certain as far as the data go.
            None => f64::from(u8::from(difference.mean == 0.0)),
        });
        let variance_saved = match (spread, variance(&ours), variance(&theirs)) {
            (Some(d), Some(a), Some(b)) if a + b > 0.0 => Some(1.0 - d / (a + b)),
            _ => None,
        };
        let relative = (base != 0.0).then(|| difference.mean / base);
        Self { difference, relative, ratio, t, p_value, variance_saved }
    }

    /// True if the interval of the difference excludes zero.
    #[must_use]
    pub fn significant(&self) -> bool {
        self.difference.excludes_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::super::pooled::weighted_mean;
    use super::*;
    use crate::engine::random::{StreamKey, normal};
    use approx::assert_relative_eq;

    fn known(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    /// Means of the values that are there, compared.
    fn of_means(alternative: &[Option<f64>], baseline: &[Option<f64>]) -> Paired {
        let mean = |values: &[Option<f64>]| weighted_mean(values, &vec![1.0; values.len()]).expect("some are there");
        let (ours, theirs) = (mean(alternative), mean(baseline));
        let pooled = |mean: &(f64, Vec<Option<f64>>)| mean.0;
        let (a, b) = (pooled(&ours), pooled(&theirs));
        Paired::of(Pooled { value: a, influences: &ours.1 }, Pooled { value: b, influences: &theirs.1 }, 0.95)
    }

    #[test]
    fn students_sleep_data_give_students_answer() {
        // Student (1908), The probable error of a mean: extra hours of sleep; t = -4.0621, p = 0.002833 with 9 degrees.
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let paired = of_means(&known(&first), &known(&second));
        assert_relative_eq!(paired.difference.mean, -1.58, max_relative = 1e-12);
        assert_relative_eq!(paired.t.unwrap(), -4.062_128, max_relative = 1e-6);
        assert_relative_eq!(paired.p_value.unwrap(), 0.002_832_89, max_relative = 1e-5);
        assert_relative_eq!(paired.difference.half_width.unwrap(), 0.879_886, max_relative = 1e-5);
        assert!(paired.significant());
    }

    #[test]
    fn a_difference_is_that_of_the_values_whichever_replications_they_rest_on() {
        let ours = [Some(2.0), None, Some(4.0), Some(9.0), None];
        let theirs = [Some(1.0), Some(1.0), Some(2.0), None, Some(3.0)];
        let paired = of_means(&ours, &theirs);
        assert_eq!((paired.difference.n, paired.difference.mean), (3, 5.0 - 1.75));
        assert_eq!(paired.relative, Some(3.25 / 1.75));
        // Nothing in common: no pair, and the variances add.
        let apart = of_means(&[Some(1.0), Some(2.0), None, None], &[None, None, Some(5.0), Some(7.0)]);
        let square = |a: f64, b: f64| (a - b) * (a - b) / 4.0;
        let expected = (square(1.0, 2.0) + square(5.0, 7.0)).sqrt();
        let found = (apart.difference.mean / apart.t.unwrap()).abs();
        assert!((found / expected - 1.0).abs() < 0.2, "{found} {expected}");
    }

    #[test]
    fn a_ratio_is_that_of_the_values_and_a_factor_in_common_leaves_no_doubt() {
        let base = [1.0, 2.0, 4.0, 3.0];
        let six: Vec<f64> = base.iter().map(|value| 6.0 * value).collect();
        let ratio = of_means(&known(&six), &known(&base)).ratio.expect("the baseline is beyond zero");
        assert_relative_eq!(ratio.mean, 6.0, max_relative = 1e-14);
        assert!(ratio.half_width.unwrap() < 1e-12, "{ratio:?}");
        assert_eq!(of_means(&known(&base), &known(&[-1.0, 2.0, 1.0, 0.5])).ratio, None, "it may be anything");
    }

    #[test]
    fn one_pair_decides_nothing() {
        let paired = of_means(&[Some(2.0)], &[Some(1.0)]);
        assert_eq!((paired.t, paired.p_value, paired.variance_saved), (None, None, None));
        assert!(!paired.significant());
    }

    #[test]
    fn equal_arms_do_not_differ_and_a_constant_shift_is_certain() {
        let base = known(&[1.0, 2.0, 4.0]);
        let same = of_means(&base, &base);
        assert_eq!((same.p_value, same.variance_saved), (Some(1.0), Some(1.0)));
        assert!(!same.significant());
        let shifted = of_means(&known(&[2.0, 3.0, 5.0]), &base);
        assert!(shifted.p_value.unwrap() < 1e-12 && shifted.significant(), "{shifted:?}");
    }

    #[test]
    fn common_noise_cancels_and_independent_noise_saves_nothing() {
        let mut bits = StreamKey::root(2, 0).named("paired").sequence();
        let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
        for _ in 0..10_000 {
            let common = normal(&mut bits);
            a.push(Some(common + 0.1 * normal(&mut bits) + 0.01));
            b.push(Some(common + 0.1 * normal(&mut bits)));
            c.push(Some(normal(&mut bits)));
        }
        let paired = of_means(&a, &b);
        assert_relative_eq!(paired.variance_saved.unwrap(), 1.0 - 0.02 / 2.02, epsilon = 0.002);
        assert!(paired.significant(), "0.01 is seven standard errors of the paired difference");
        assert!(of_means(&a, &c).variance_saved.unwrap().abs() < 0.06);
    }
}
