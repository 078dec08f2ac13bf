//! Differences to a baseline, paired by replication: with common random numbers most of the noise cancels.

use super::interval::{Interval, moments};
use super::student;

/// How one alternative differs from the baseline, replication by replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean of (alternative - baseline) with its interval.
    pub difference: Interval,
    /// Mean difference over the baseline's mean; `None` if that is zero.
    pub relative: Option<f64>,
    /// Mean of (alternative / baseline) with its interval; `None` if some baseline is zero or less, where a ratio says
    /// little.
    pub ratio: Option<Interval>,
    /// Student's t of the difference; `None` with fewer than two pairs or where every pair differs by the same.
    pub t: Option<f64>,
    /// Chance of a difference as large as this if there were none, to either side; `None` with fewer than two pairs.
    pub p_value: Option<f64>,
    /// The share of variance that pairing saved against independent runs, 1 - var(d) / (var(a) + var(b)): near 1 where
    /// common random numbers work well, 0 where they do nothing, below 0 where they hurt. `None` with fewer than two
    /// pairs or without any variance.
    pub variance_saved: Option<f64>,
    /// Replications left out because one of the two values is missing.
    pub left_out: usize,
}

impl Paired {
    /// Compares `alternative` with `baseline`, both in the order of the replications, at a level of `confidence` such as
    /// 0.95. A replication where either is missing is left out and counted, as is what one is longer than the other.
    /// `None` if no pair is left.
    #[must_use]
    pub fn of(alternative: &[Option<f64>], baseline: &[Option<f64>], confidence: f64) -> Option<Self> {
        let (ours, theirs): (Vec<f64>, Vec<f64>) =
            alternative.iter().zip(baseline).filter_map(|(a, b)| Some(((*a)?, (*b)?))).unzip();
        let pairs = ours.len();
        let left_out = alternative.len().max(baseline.len()) - pairs;
        let differences: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        let difference = Interval::of(&differences, confidence)?;
        let (ours_moments, theirs_moments) = (moments(&ours)?, moments(&theirs)?);
        let relative = (theirs_moments.mean != 0.0).then(|| difference.mean / theirs_moments.mean);
        let ratio = if theirs.iter().all(|b| *b > 0.0) {
            Interval::of(&ours.iter().zip(&theirs).map(|(a, b)| a / b).collect::<Vec<_>>(), confidence)
        } else {
            None
        };
        let variance = moments(&differences)?.variance;
        let error = variance.map(|variance| (variance / pairs as f64).sqrt());
        let t = error.filter(|error| *error > 0.0).map(|error| difference.mean / error);
        let p_value = error.map(|_| match t {
            Some(t) => student::two_sided(t, (pairs - 1) as f64),
            // The same difference every time: certain as far as the data go.
            None => f64::from(u8::from(difference.mean == 0.0)),
        });
        let variance_saved = match (variance, ours_moments.variance, theirs_moments.variance) {
            (Some(d), Some(a), Some(b)) if a + b > 0.0 => Some(1.0 - d / (a + b)),
            _ => None,
        };
        Some(Self { difference, relative, ratio, t, p_value, variance_saved, left_out })
    }

    /// True if the interval of the difference excludes zero.
    #[must_use]
    pub fn significant(&self) -> bool {
        self.difference.excludes_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{StreamKey, normal};
    use approx::assert_relative_eq;

    fn known(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn students_sleep_data_give_students_answer() {
        // Student (1908), The probable error of a mean: extra hours of sleep; t = -4.0621, p = 0.002833 with 9 degrees.
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let paired = Paired::of(&known(&first), &known(&second), 0.95).unwrap();
        assert_relative_eq!(paired.difference.mean, -1.58, max_relative = 1e-12);
        assert_relative_eq!(paired.t.unwrap(), -4.062_128, max_relative = 1e-6);
        assert_relative_eq!(paired.p_value.unwrap(), 0.002_832_89, max_relative = 1e-5);
        assert_relative_eq!(paired.difference.half_width.unwrap(), 0.879_886, max_relative = 1e-5);
        assert!(paired.significant());
        assert_eq!(paired.ratio, None, "some baselines are negative");
    }

    #[test]
    fn pairs_with_a_missing_side_are_left_out_and_counted() {
        let paired = Paired::of(
            &[Some(2.0), None, Some(4.0), Some(9.0)],
            &[Some(1.0), Some(1.0), Some(2.0), None, Some(3.0)],
            0.95,
        )
        .unwrap();
        assert_eq!((paired.difference.n, paired.left_out), (2, 3));
        assert_eq!(paired.difference.mean, 1.5);
        assert_eq!(paired.ratio.unwrap().mean, 2.0);
        assert_eq!(paired.relative, Some(1.0));
        assert_eq!(Paired::of(&[None, Some(1.0)], &[Some(1.0), None], 0.95), None);
    }

    #[test]
    fn one_pair_decides_nothing() {
        let paired = Paired::of(&[Some(2.0)], &[Some(1.0)], 0.95).unwrap();
        assert_eq!((paired.t, paired.p_value, paired.variance_saved), (None, None, None));
        assert!(!paired.significant());
    }

    #[test]
    fn equal_arms_do_not_differ_and_a_constant_shift_is_certain() {
        let base = known(&[1.0, 2.0, 4.0]);
        let same = Paired::of(&base, &base, 0.95).unwrap();
        assert_eq!((same.p_value, same.variance_saved), (Some(1.0), Some(1.0)));
        assert!(!same.significant());
        let shifted = Paired::of(&known(&[2.0, 3.0, 5.0]), &base, 0.95).unwrap();
        assert_eq!((shifted.p_value, shifted.t), (Some(0.0), None));
        assert!(shifted.significant());
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
        let paired = Paired::of(&a, &b, 0.95).unwrap();
        assert_relative_eq!(paired.variance_saved.unwrap(), 1.0 - 0.02 / 2.02, epsilon = 0.002);
        assert!(paired.significant(), "0.01 is seven standard errors of the paired difference");
        assert!(Paired::of(&a, &c, 0.95).unwrap().variance_saved.unwrap().abs() < 0.06);
    }
}
