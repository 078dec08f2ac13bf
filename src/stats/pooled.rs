//! Numbers of all replications together, and how sure they are: from how far each replication moves them.
//!
//! A mean, a ratio of sums and a quantile of all values together are functions of all replications at once. To the first
//! order each is the sum of what every replication adds to it, its *influence* (the empirical influence values of Davison
//! and Hinkley, Bootstrap Methods and their Application, 2.7). From the influences follow the standard error of one number,
//! and of the difference, the ratio and any other smooth function of two; and because influences are kept by replication,
//! numbers that share their random numbers stay paired. Nothing here knows what the numbers are.

use super::interval::{Interval, moments};
use super::student;

/// A number that is estimated from all replications together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled<'a> {
    /// The number.
    pub value: f64,
    /// The influence of each replication on the number, in the order of the replications; `None` for a replication
    /// without a value.
    pub influences: &'a [Option<f64>],
}

impl Pooled<'_> {
    /// The number with Student's t interval at a level of `confidence` such as 0.95. Its standard error is that of the
    /// sum of the influences.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> Interval {
        let known: Vec<f64> = self.influences.iter().flatten().copied().collect();
        interval(self.value, &known, known.len(), confidence)
    }

    /// The number of replications that have a value.
    #[must_use]
    pub fn replications(&self) -> usize {
        self.influences.iter().flatten().count()
    }
}

/// The variance of a sum of influences; `None` with fewer than two.
pub(super) fn variance(influences: &[f64]) -> Option<f64> {
    moments(influences)?.variance.map(|variance| variance * influences.len() as f64)
}

/// `value` with Student's interval, of influences that rest on `n` replications: one that lacks either of two numbers
/// moves their difference, but is no further witness of it.
pub(super) fn interval(value: f64, influences: &[f64], n: usize, confidence: f64) -> Interval {
    let error = variance(influences).filter(|_| n > 1).map(f64::sqrt);
    let half_width = error.map(|error| match error {
        // A spread of zero is an exact answer, whatever the level.
        0.0 => 0.0,
        error => student::quantile_two_sided(1.0 - confidence, (n - 1) as f64) * error,
    });
    Interval { mean: value, half_width, n }
}

/// The mean of the values that are there, each counted as often as its weight says, and its influences; `None` if there is
/// none. With parts as values and their wholes as weights it is the ratio of the sums (Cochran, Sampling Techniques, 6.3).
#[must_use]
pub fn weighted_mean(values: &[Option<f64>], weights: &[f64]) -> Option<(f64, Vec<Option<f64>>)> {
    let known = || values.iter().zip(weights).filter_map(|(value, weight)| Some((*value.as_ref()?, *weight)));
    let known = || known().filter(|(_, weight)| *weight > 0.0);
    // Measured by the first: equal weights are then exactly one.
    let (_, unit) = known().next()?;
    let whole: f64 = known().map(|(_, weight)| weight / unit).sum();
    let mean = known().map(|(value, weight)| value * (weight / unit)).sum::<f64>() / whole;
    let influence = |(value, weight): (&Option<f64>, &f64)| {
        value.filter(|_| *weight > 0.0).map(|value| (value - mean) * (weight / unit) / whole)
    };
    Some((mean, values.iter().zip(weights).map(influence).collect()))
}

/// The influences of a number, given its values without each replication, by the delete-one jackknife (Efron and Stein
/// 1981): their standard error is the jackknife's.
#[must_use]
pub fn jackknife(without: &[Option<f64>]) -> Vec<Option<f64>> {
    let known: Vec<f64> = without.iter().flatten().copied().collect();
    let Some(mean) = moments(&known).map(|found| found.mean) else { return without.to_vec() };
    let n = known.len() as f64;
    without.iter().map(|without| without.map(|without| (mean - without) * ((n - 1.0) / n))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn known(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn of_equal_weights_it_is_the_interval_of_a_mean() {
        let values = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09];
        let (value, influences) = weighted_mean(&known(&values), &[7.0; 10]).expect("there are values");
        let found = Pooled { value, influences: &influences }.interval(0.9);
        let expected = Interval::of(&values, 0.9).expect("there are values");
        assert_relative_eq!(found.mean, expected.mean, max_relative = 1e-14);
        assert_relative_eq!(found.half_width.unwrap(), expected.half_width.unwrap(), max_relative = 1e-12);
    }

    #[test]
    fn of_a_mean_the_jackknife_has_the_same_influences() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0];
        let (_, expected) = weighted_mean(&known(&values), &[1.0; 5]).expect("there are values");
        let without: Vec<Option<f64>> = values.iter().map(|value| Some((14.0 - value) / 4.0)).collect();
        for (found, expected) in jackknife(&without).into_iter().zip(expected) {
            assert_relative_eq!(found.unwrap(), expected.unwrap(), epsilon = 1e-15);
        }
    }

    #[test]
    fn a_ratio_of_sums_has_the_standard_error_of_the_textbook() {
        // Cochran, Sampling Techniques, 6.4: variance of R = y/x is n/(n-1) sum (y - R x)^2 / x_total^2.
        let (parts, wholes) = ([10.0, 30.0, 24.0, 6.0], [20.0, 40.0, 50.0, 10.0]);
        let shares: Vec<Option<f64>> = parts.iter().zip(wholes).map(|(part, whole)| Some(part / whole)).collect();
        let (ratio, influences) = weighted_mean(&shares, &wholes).expect("there are values");
        assert_relative_eq!(ratio, 70.0 / 120.0, max_relative = 1e-14);
        let off = |(part, whole): (&f64, f64)| (part - ratio * whole) * (part - ratio * whole);
        let rest: f64 = parts.iter().zip(wholes).map(off).sum();
        let influences: Vec<f64> = influences.into_iter().flatten().collect();
        assert_relative_eq!(variance(&influences).unwrap(), 4.0 / 3.0 * rest / (120.0 * 120.0), max_relative = 1e-12);
    }

    #[test]
    fn what_says_nothing_moves_nothing() {
        let (mean, influences) =
            weighted_mean(&[Some(2.0), None, Some(4.0), Some(9.0)], &[1.0, 1.0, 1.0, 0.0]).unwrap();
        assert_eq!((mean, influences), (3.0, vec![Some(-0.5), None, Some(0.5), None]));
        assert_eq!(weighted_mean(&[None, Some(1.0)], &[1.0, 0.0]), None);
        assert_eq!(jackknife(&[None, None]), [None, None]);
        let alone = Pooled { value: 3.0, influences: &[Some(0.0), None] };
        assert_eq!(alone.interval(0.95), Interval { mean: 3.0, half_width: None, n: 1 });
    }
}
