//! MSER-5: where the warm-up ends, told from the series itself.
//!
//! The least of the statistic wanders over the whole series where there is little or nothing to cut: on thirty batches
//! the variance of a rest is itself known to no better than a quarter. So the cut is the leftmost local minimum, in the
//! first half. In a study of M/M/1 queues that begin empty (80 times ten replications of 60 s at each of the loads 0.5,
//! 0.8, 0.9 and 0.95 of a server that serves 50/s) its cuts have a standard deviation of 1.4, 1.4, 2.3 and 4.6 s, those
//! of the least of all 11.3, 11.5, 12.8 and 11.5 s; the root mean square error of the mean number in the system is 12,
//! 16, 8 and 11 % smaller.

use super::batch::BatchMeans;

/// Where to cut the warm-up off a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// Number of values to leave out at the start: at most half of them.
    pub cut: usize,
    /// False if the series does not settle in its first half. Then the run is too short to tell the warm-up from the
    /// steady state, and `cut` is unreliable (Hoad, Robinson and Davies 2010).
    pub settled: bool,
}

/// Values in a batch of MSER-5.
pub const BATCH: usize = 5;
/// Batches of the shortest rest that is looked at: the measure is erratic on fewer (Hoad, Robinson and Davies 2010).
const TAIL: usize = 5;
/// A rest is clearly better than another if its statistic is this many times smaller: chance alone hardly does that,
/// and a step of five standard deviations of a batch does.
const CLEARLY: f64 = 4.0;

/// Finds the end of the warm-up by MSER-5 (White 1997; White, Cobb and Spratt 2000), using the leftmost local minimum
/// of the statistic (MSER-LLM: Pasupathy and Schmeiser 2010).
///
/// `values` are means over equal windows, best averaged over replications first. They are grouped into batches of five;
/// the statistic of a cut is the squared standard error of the rest, `variance / (n - cut)`. The result is the first
/// cut in the first half at which the statistic stops falling, unless a later one there is clearly better (as after a
/// step in the middle of a series). `None` with fewer than ten batches.
///
/// ```
/// use rushhour::stats::mser5;
///
/// // A ramp of 100 values before a level of 900.
/// let series: Vec<f64> = (0..1000).map(|at: u32| f64::from(at.min(100)) + f64::from(at % 7)).collect();
/// let found = mser5(&series).ok_or("there are enough values")?;
/// assert!(found.settled && (90..=150).contains(&found.cut));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn mser5(values: &[f64]) -> Option<Truncation> {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let count = batches.len();
    if count < 2 * TAIL {
        return None;
    }
    let statistics = statistics(&batches);
    let half = count / 2;
    let least = |of: &[f64]| of.iter().copied().fold(f64::INFINITY, f64::min);
    let worst = CLEARLY * least(&statistics[..=half]);
    let is_minimum = |cut: &usize| statistics[*cut] <= worst && statistics[*cut] <= statistics[cut + 1];
    let cut = (0..half).find(is_minimum);
    let chosen = cut.unwrap_or(half);
    // A quarter of the series is left at least, or the measure is too erratic to contradict.
    let later = least(&statistics[half..=count - TAIL.max(count / 4)]);
    let settled = cut.is_some() && statistics[chosen] <= CLEARLY * later;
    Some(Truncation { cut: chosen * BATCH, settled })
}

/// The squared standard error of the mean of the rest behind each cut, up to a constant factor.
fn statistics(batches: &[f64]) -> Vec<f64> {
    let mut statistics = vec![0.0; batches.len()];
    // From the end, so that the variance of every rest comes in one pass (Welford 1962).
    let (mut mean, mut squares) = (0.0, 0.0);
    for (taken, place) in (0..batches.len()).rev().enumerate() {
        let n = (taken + 1) as f64;
        let off = batches[place] - mean;
        mean += off / n;
        squares += off * (batches[place] - mean);
        statistics[place] = squares / (n * n);
    }
    statistics
}

/// The cut of [`mser5`] and the mean of the rest from `batches` batch means, for a single run. `None` if either is
/// `None`.
///
/// ```
/// use rushhour::stats::truncated_mean;
///
/// let series: Vec<f64> = (0..1000).map(|at: u32| f64::from(at.min(100)) + f64::from(at % 7)).collect();
/// let (_, means) = truncated_mean(&series, 20, 0.95).ok_or("there are enough values")?;
/// assert!((means.interval.mean - 103.0).abs() < 0.5);
/// # Ok::<(), &str>(())
/// ```
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
    fn a_step_before_the_middle_is_found_although_the_series_rests_before_it() {
        let truncation = mser5(&noisy(1000, |i| if i < 400 { 0.0 } else { 50.0 })).unwrap();
        assert!((400..460).contains(&truncation.cut), "{truncation:?}");
        assert!(truncation.settled);
    }

    #[test]
    fn series_at_rest_are_cut_alike() {
        // Neighbours resemble each other, as windows of a queue do.
        let cuts: Vec<Truncation> = (0..200)
            .map(|seed| {
                let mut bits = StreamKey::root(seed, 0).named("mser").sequence();
                let mut level = 0.0;
                let values: Vec<f64> = (0..120)
                    .map(|_| {
                        level = 0.6 * level + normal(&mut bits);
                        100.0 + level
                    })
                    .collect();
                mser5(&values).unwrap()
            })
            .collect();
        let long = cuts.iter().filter(|truncation| truncation.cut > 20).count();
        let unsettled = cuts.iter().filter(|truncation| !truncation.settled).count();
        assert!(long < 20 && unsettled < 20, "{long} long, {unsettled} unsettled");
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
        // Standard error 0.014; the rest of the transient behind the cut is less.
        assert!((means.interval.mean - 100.0).abs() < 0.1, "{means:?}");
    }
}
