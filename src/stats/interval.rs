//! The mean of independent values with its confidence interval.

use super::student;

/// A mean over independent replications with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean of the values.
    pub mean: f64,
    /// Half-width of the confidence interval; `None` with fewer than two values.
    pub half_width: Option<f64>,
    /// The number of values.
    pub n: usize,
}

impl Interval {
    /// Student's t interval of `values` at a level of `confidence` between 0 and 1 (such as 0.95); `None` without
    /// values.
    ///
    /// It holds for independent values that are roughly normal, as means of replications are (Law, Simulation Modeling
    /// and Analysis, 4.5). The mean and the spread are taken in two passes, in the order given.
    ///
    /// ```
    /// use rushhour::stats::Interval;
    ///
    /// let interval = Interval::of(&[9.0, 10.0, 11.0], 0.95).expect("three values");
    /// assert_eq!(interval.mean, 10.0);
    /// // Student's t of two degrees of freedom is 4.303, and the standard error is 1/√3.
    /// assert!((interval.half_width.expect("more than one value") - 4.303 / 3.0_f64.sqrt()).abs() < 1e-3);
    /// ```
    #[must_use]
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let Moments { mean, variance, n } = moments(values)?;
        let half_width = variance.map(|variance| {
            let freedom = (n - 1) as f64;
            // A spread of zero is an exact answer, whatever the level.
            let error = (variance / n as f64).sqrt();
            if error == 0.0 { 0.0 } else { student::quantile_two_sided(1.0 - confidence, freedom) * error }
        });
        Some(Self { mean, half_width, n })
    }

    /// Like [`Interval::of`], leaving out the values that are missing.
    #[must_use]
    pub fn of_known(values: &[Option<f64>], confidence: f64) -> Option<Self> {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        Self::of(&known, confidence)
    }

    /// The lower and upper end; `None` without a half-width.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        self.half_width.map(|half| (self.mean - half, self.mean + half))
    }

    /// True if the interval is known and does not contain zero.
    #[must_use]
    pub fn excludes_zero(&self) -> bool {
        self.half_width.is_some_and(|half| self.mean.abs() > half)
    }

    /// The half-width as a fraction of the mean; `None` without a half-width or with a mean of zero.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        (self.mean != 0.0).then_some(())?;
        self.half_width.map(|half| half / self.mean.abs())
    }
}

/// Mean and variance of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Their mean.
    pub mean: f64,
    /// Their variance, with n - 1 in the denominator; `None` of a single value.
    pub variance: Option<f64>,
    /// How many they are.
    pub n: usize,
}

/// Mean and variance in two passes, in the order given; `None` of no values.
///
/// The second pass subtracts what rounding left in the first (Chan, Golub and LeVeque 1983).
#[must_use]
pub fn moments(values: &[f64]) -> Option<Moments> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let count = n as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = (n > 1).then(|| {
        let (squares, rest) = values.iter().fold((0.0, 0.0), |(squares, rest), value| {
            let off = value - mean;
            (squares + off * off, rest + off)
        });
        ((squares - rest * rest / count) / (count - 1.0)).max(0.0)
    });
    Some(Moments { mean, variance, n })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{StreamKey, normal};
    use approx::assert_relative_eq;

    #[test]
    fn a_textbook_interval_comes_out_as_printed() {
        // Law, Simulation Modeling and Analysis, example 4.26: 1.34 plus or minus 0.24 at 90 %.
        let values = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09];
        let interval = Interval::of(&values, 0.90).unwrap();
        assert_relative_eq!(interval.mean, 1.343, max_relative = 1e-12);
        assert_relative_eq!(interval.half_width.unwrap(), 0.24, epsilon = 0.005);
        assert_eq!(interval.n, 10);
    }

    #[test]
    fn fewer_than_two_values_have_no_half_width() {
        assert_eq!(Interval::of(&[], 0.95), None);
        assert_eq!(Interval::of(&[3.0], 0.95), Some(Interval { mean: 3.0, half_width: None, n: 1 }));
        assert_eq!(Interval::of_known(&[None, Some(3.0), None], 0.95).unwrap().n, 1);
    }

    #[test]
    fn equal_values_leave_no_doubt() {
        let interval = Interval::of(&[0.1; 7], 0.95).unwrap();
        assert!(interval.half_width.unwrap() < 1e-16);
        assert!(interval.excludes_zero());
    }

    #[test]
    fn large_offsets_do_not_drown_the_variance() {
        let near: Vec<f64> = (0..100).map(|i| f64::from(i % 7)).collect();
        let far: Vec<f64> = near.iter().map(|x| x + 1e9).collect();
        assert_relative_eq!(
            moments(&near).unwrap().variance.unwrap(),
            moments(&far).unwrap().variance.unwrap(),
            max_relative = 1e-12
        );
    }

    #[test]
    fn the_interval_covers_the_truth_as_often_as_it_says() {
        let mut bits = StreamKey::root(1, 0).named("coverage").sequence();
        let trials = 20_000;
        let covered = (0..trials)
            .filter(|_| {
                let values: Vec<f64> = (0..5).map(|_| 10.0 + normal(&mut bits)).collect();
                let interval = Interval::of(&values, 0.95).unwrap();
                (interval.mean - 10.0).abs() <= interval.half_width.unwrap()
            })
            .count();
        // Five standard errors of a proportion of 0.95.
        let error = (0.95 * 0.05 / f64::from(trials)).sqrt();
        assert!((covered as f64 / f64::from(trials) - 0.95).abs() < 5.0 * error, "{covered} of {trials}");
    }
}
