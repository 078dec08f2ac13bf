//! MSER-5: where the warm-up ends, told from the series itself.

use super::batch::BatchMeans;

/// How much of the start of a series to leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// Values to leave out at the start.
    pub cut: usize,
    /// True if the best cut lies in the first half. Otherwise the run is too short to tell its start from its steady
    /// state, and `cut` is not to be trusted (Hoad, Robinson and Davies 2010).
    pub settled: bool,
}

/// Values in a batch of MSER-5.
const BATCH: usize = 5;
/// Batches at the end before which the cut must lie: the measure is erratic on fewer (Hoad, Robinson and Davies 2010).
const TAIL: usize = 5;

/// The cut that makes the mean of what is left most certain: MSER-5 (White 1997; White, Cobb and Spratt 2000).
///
/// `values` are means over equal windows, best averaged over replications first. They are put in batches of five; the
/// cut minimises the squared standard error of the rest, variance / (n - cut). Of equal cuts the shortest is taken.
/// `None` of fewer than ten batches, which can tell nothing.
#[must_use]
pub fn mser5(values: &[f64]) -> Option<Truncation> {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let count = batches.len();
    if count < 2 * TAIL {
        return None;
    }
    // From the end, so that the variance of every rest comes in one pass (Welford 1962).
    let (mut mean, mut squares) = (0.0, 0.0);
    let (mut best, mut least) = (0, f64::INFINITY);
    for (taken, place) in (0..count).rev().enumerate() {
        let n = (taken + 1) as f64;
        let off = batches[place] - mean;
        mean += off / n;
        squares += off * (batches[place] - mean);
        let statistic = squares / (n * n);
        if taken + 1 >= TAIL && statistic <= least {
            (best, least) = (place, statistic);
        }
    }
    Some(Truncation { cut: best * BATCH, settled: 2 * best <= count })
}

/// The cut of [`mser5`] and the mean of the rest by `batches` batches: a single run in one call. `None` where either is.
#[must_use]
pub fn truncated_mean(values: &[f64], batches: usize, confidence: f64) -> Option<(Truncation, BatchMeans)> {
    let truncation = mser5(values)?;
    Some((truncation, BatchMeans::of(&values[truncation.cut..], batches, confidence)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{StreamKey, normal};

    fn noisy(n: usize, level: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut bits = StreamKey::root(4, 0).named("mser").sequence();
        (0..n).map(|i| level(i) + normal(&mut bits)).collect()
    }

    #[test]
    fn a_series_at_rest_is_hardly_cut() {
        let truncation = mser5(&noisy(2000, |_| 100.0)).unwrap();
        assert!(truncation.settled);
        assert!(truncation.cut < 400, "{truncation:?}");
    }

    #[test]
    fn a_slow_start_is_cut_where_it_ends() {
        // Ten time constants of 30 values each; the transient is in the noise after about five.
        let truncation = mser5(&noisy(2000, |i| 100.0 * (1.0 - libm::exp(-(i as f64) / 30.0)))).unwrap();
        assert!(truncation.settled);
        assert!((90..500).contains(&truncation.cut), "{truncation:?}");
    }

    #[test]
    fn a_step_is_cut_at_the_step() {
        let truncation = mser5(&noisy(1000, |i| if i < 200 { 0.0 } else { 50.0 })).unwrap();
        assert!((200..260).contains(&truncation.cut), "{truncation:?}");
    }

    #[test]
    fn a_series_that_never_settles_says_so() {
        assert!(!mser5(&noisy(1000, |i| i as f64)).unwrap().settled);
        assert!(!mser5(&noisy(1000, |i| if i < 700 { 0.0 } else { 50.0 })).unwrap().settled);
    }

    #[test]
    fn a_constant_series_is_not_cut_and_a_short_one_not_judged() {
        assert_eq!(mser5(&[7.0; 100]), Some(Truncation { cut: 0, settled: true }));
        assert_eq!(mser5(&[7.0; 49]), None);
    }

    #[test]
    fn the_mean_after_the_cut_is_that_of_the_steady_state() {
        let values = noisy(5000, |i| 100.0 * (1.0 - libm::exp(-(i as f64) / 30.0)));
        let (_, means) = truncated_mean(&values, 25, 0.95).unwrap();
        // Standard error 0.014; what the cut leaves of the transient is less.
        assert!((means.interval.mean - 100.0).abs() < 0.1, "{means:?}");
    }
}
