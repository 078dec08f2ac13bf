//! Batch means: what a single long run says of its own uncertainty.

use super::interval::{Interval, moments};

/// The mean of a single run with an interval from batch means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchMeans {
    /// Mean of the batches with Student's t interval.
    pub interval: Interval,
    /// Correlation of each batch with the next, from -1 to 1; `None` with fewer than three batches or without variance.
    pub lag_one: Option<f64>,
    /// Values in each batch; left-over values are dropped from the start.
    pub size: usize,
}

impl BatchMeans {
    /// Splits `values`, in order, into `batches` equal batches; `confidence` is a level such as 0.95.
    ///
    /// Twenty to thirty batches are the usual choice (Schmeiser 1982); `None` if there are fewer values than batches or
    /// no batches.
    #[must_use]
    pub fn of(values: &[f64], batches: usize, confidence: f64) -> Option<Self> {
        let size = values.len().checked_div(batches)?;
        if size == 0 {
            return None;
        }
        let means: Vec<f64> = values[values.len() - size * batches..]
            .chunks_exact(size)
            .map(|batch| batch.iter().sum::<f64>() / size as f64)
            .collect();
        Some(Self { interval: Interval::of(&means, confidence)?, lag_one: lag_one(&means), size })
    }

    /// True if neighbouring batches are so correlated that the interval is too narrow: a lag-one correlation above what
    /// independent batches show in one of a hundred runs (2.33 / sqrt(batches), von Neumann's test by Bartlett's
    /// approximation).
    #[must_use]
    pub fn correlated(&self) -> bool {
        self.lag_one.is_some_and(|r| r > 2.33 / (self.interval.n as f64).sqrt())
    }
}

/// The correlation of each value with the next, from -1 to 1; `None` of fewer than three values or without variance.
#[must_use]
pub fn lag_one(values: &[f64]) -> Option<f64> {
    if values.len() < 3 {
        return None;
    }
    let mean = moments(values)?.mean;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let products: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    (squares > 0.0).then(|| products / squares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{StreamKey, normal};

    /// A first-order autoregression around 5 with a standard deviation of 1.
    fn autoregression(n: usize, correlation: f64, replication: u32) -> Vec<f64> {
        let mut bits = StreamKey::root(3, replication).named("batch").sequence();
        let mut state = normal(&mut bits);
        (0..n)
            .map(|_| {
                state = correlation * state + (1.0 - correlation * correlation).sqrt() * normal(&mut bits);
                5.0 + state
            })
            .collect()
    }

    #[test]
    fn batches_are_equal_and_the_start_is_left_over() {
        let values: Vec<f64> = (0..11).map(f64::from).collect();
        let batches = BatchMeans::of(&values, 5, 0.95).unwrap();
        assert_eq!(batches.size, 2);
        assert_eq!(batches.interval.mean, 5.5, "the mean of 1 to 10");
        assert_eq!(batches.interval.n, 5);
    }

    #[test]
    fn too_few_values_make_no_batches() {
        assert_eq!(BatchMeans::of(&[1.0, 2.0], 3, 0.95), None);
        assert_eq!(BatchMeans::of(&[1.0, 2.0], 0, 0.95), None);
    }

    #[test]
    fn long_batches_lose_the_correlation_that_short_ones_show() {
        let values = autoregression(100_000, 0.9, 0);
        let short = BatchMeans::of(&values, 50_000, 0.95).unwrap();
        assert!(short.correlated() && short.lag_one.unwrap() > 0.7);
        let long = BatchMeans::of(&values, 25, 0.95).unwrap();
        assert!(!long.correlated(), "{:?}", long.lag_one);
    }

    #[test]
    fn batch_intervals_cover_where_naive_ones_do_not() {
        let runs = 400;
        let (mut by_batch, mut naive) = (0, 0);
        for run in 0..runs {
            let values = autoregression(10_000, 0.9, run);
            let covers = |interval: Interval| (interval.mean - 5.0).abs() <= interval.half_width.unwrap();
            by_batch += u32::from(covers(BatchMeans::of(&values, 25, 0.95).unwrap().interval));
            naive += u32::from(covers(Interval::of(&values, 0.95).unwrap()));
        }
        // Expected about 0.94 and 0.35 of 400; five standard errors aside.
        assert!(by_batch > 350, "{by_batch}");
        assert!(naive < 200, "{naive}");
    }

    #[test]
    fn alternation_has_a_correlation_of_minus_one_nearly() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 2)).collect();
        assert!((lag_one(&values).unwrap() + 1.0).abs() < 0.002);
        assert_eq!(lag_one(&[1.0; 10]), None);
    }
}
