//! Intervals for proportions, which near zero are far from normal.

use super::special::{bisect, inverse_incomplete_beta};
use super::student::quantile_two_sided;

/// The lower and upper end of an interval for a proportion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Lower end, at least 0.
    pub low: f64,
    /// Upper end, at most 1.
    pub high: f64,
}

/// Wilson's score interval for `successes` of `trials` independent trials at a level of `confidence` such as 0.95.
///
/// Its coverage is close to `confidence` even for 0 successes (Wilson 1927; Brown, Cai and DasGupta 2001). `None`
/// without trials or with more successes than trials.
///
/// ```
/// let bounds = rushhour::stats::wilson(0, 30, 0.95).expect("there were trials");
/// assert!(bounds.low < 1e-12 && (bounds.high - 0.1135).abs() < 1e-3, "none of thirty may still be one of nine");
/// ```
#[must_use]
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Option<Bounds> {
    if trials == 0 || successes > trials {
        return None;
    }
    Some(score(successes as f64, trials as f64, normal_quantile_two_sided(1.0 - confidence)))
}

/// Wilson's interval for a proportion over clusters, each given as `(successes, trials)`. The trials within a cluster
/// may depend on each other; those of different clusters may not.
///
/// The number of trials is replaced by the effective number of independent trials, which follows from the variance
/// between clusters, if that is smaller, and the normal quantile by Student's t (Kott and Carr 1997; Franco, Little,
/// Louis and Slud 2019 find it among the best). With no success at all, or no failure, clusters show no variance, and
/// all trials are taken as independent. `None` without trials or with more successes than trials.
///
/// ```
/// use rushhour::stats::{wilson, wilson_of_clusters};
///
/// // Failures come together in one of the replications, so the interval is wider than that of independent calls.
/// let clusters = [(0, 1000), (0, 1000), (60, 1000), (0, 1000)];
/// let (together, alone) = (wilson_of_clusters(&clusters, 0.95), wilson(60, 4000, 0.95));
/// assert!(together.ok_or("there are calls")?.high > alone.ok_or("there are calls")?.high);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn wilson_of_clusters(clusters: &[(u64, u64)], confidence: f64) -> Option<Bounds> {
    let (successes, trials) = clusters.iter().fold((0, 0), |(k, n), cluster| (k + cluster.0, n + cluster.1));
    let count = clusters.iter().filter(|(_, trials)| *trials > 0).count();
    if successes == 0 || successes == trials || count < 2 {
        return wilson(successes, trials, confidence);
    }
    if trials == 0 || successes > trials {
        return None;
    }
    let (k, n, clusters_of) = (successes as f64, trials as f64, count as f64);
    let p = k / n;
    let off = clusters.iter().map(|&(own, of)| own as f64 - p * of as f64);
    let variance = clusters_of / (clusters_of - 1.0) * off.map(|off| off * off).sum::<f64>() / (n * n);
    let effective = p * (1.0 - p) / variance;
    // If clusters differ by no more than independent trials do, the trials are treated as independent.
    if effective >= n {
        return wilson(successes, trials, confidence);
    }
    let t = quantile_two_sided(1.0 - confidence, clusters_of - 1.0);
    Some(score(p * effective, effective, t))
}

/// Wilson's interval at a quantile of the score.
fn score(k: f64, n: f64, z: f64) -> Bounds {
    let square = z * z;
    let middle = (k + 0.5 * square) / (n + square);
    let half = z / (n + square) * (k * (n - k) / n + 0.25 * square).sqrt();
    // At the ends the interval reaches them exactly; rounding must not keep it off.
    let low = if k == 0.0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if k == n { 1.0 } else { (middle + half).min(1.0) };
    Bounds { low, high }
}

/// The exact interval of Clopper and Pearson (1934) for a proportion: its coverage is never below `confidence`, at the
/// price of being wide. `None` without trials or with more successes than trials.
///
/// ```
/// use rushhour::stats::clopper_pearson;
///
/// // No failure in 100 trials: fewer than 3.7 %, at 95 %.
/// let bounds = clopper_pearson(0, 100, 0.95).ok_or("there are trials")?;
/// assert!(bounds.low == 0.0 && (bounds.high - 0.0362).abs() < 1e-4);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Option<Bounds> {
    if trials == 0 || successes > trials {
        return None;
    }
    let (n, k) = (trials as f64, successes as f64);
    let side = 0.5 * (1.0 - confidence);
    let low = if successes == 0 { 0.0 } else { inverse_incomplete_beta(k, n - k + 1.0, side) };
    // The upper end by its distance from one, so that few failures of many keep their digits.
    let high = if successes == trials { 1.0 } else { 1.0 - inverse_incomplete_beta(n - k, k + 1.0, side) };
    Some(Bounds { low, high })
}

/// The z with `chance` outside of plus or minus it, under the standard normal distribution.
#[must_use]
pub fn normal_quantile_two_sided(chance: f64) -> f64 {
    if chance >= 1.0 {
        return 0.0;
    }
    if chance <= 0.0 {
        return f64::INFINITY;
    }
    bisect(0.0, 40.0, |z| libm::erfc(z * core::f64::consts::FRAC_1_SQRT_2) > chance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        assert_relative_eq!(normal_quantile_two_sided(0.05), 1.959_963_984_540_054, max_relative = 1e-14);
        assert_relative_eq!(normal_quantile_two_sided(0.01), 2.575_829_303_548_900_4, max_relative = 1e-14);
        assert_relative_eq!(normal_quantile_two_sided(1e-6), 4.891_638_475_698_59, max_relative = 1e-12);
    }

    #[test]
    fn published_intervals_are_met() {
        // Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29 at 95 %, score method and exact method.
        for (k, n, wilson_ends, exact_ends) in [
            (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
            (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
            (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
            (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
        ] {
            let w = wilson(k, n, 0.95).unwrap();
            let e = clopper_pearson(k, n, 0.95).unwrap();
            for (ours, theirs) in
                [(w.low, wilson_ends.0), (w.high, wilson_ends.1), (e.low, exact_ends.0), (e.high, exact_ends.1)]
            {
                assert!((ours - theirs).abs() < 5.1e-5, "{k}/{n}: {ours} against {theirs}");
            }
        }
    }

    #[test]
    fn nothing_seen_in_many_trials_still_has_an_upper_end() {
        // The exact upper end is 1 - 0.025^(1/n).
        let exact = clopper_pearson(0, 1_000_000, 0.95).unwrap();
        assert_relative_eq!(exact.high, 3.688_872_7e-6, max_relative = 1e-6);
        let score = wilson(0, 1_000_000, 0.95).unwrap();
        assert_eq!(score.low, 0.0);
        assert_relative_eq!(score.high, 3.841_444e-6, max_relative = 1e-6);
    }

    #[test]
    fn trials_that_fail_together_count_as_few() {
        // A tenth of all in every cluster: as if independent.
        assert_eq!(wilson_of_clusters(&[(10, 100); 6], 0.95), wilson(60, 600, 0.95));
        let t = quantile_two_sided(0.05, 5.0);
        // All of one cluster of six, and none of the others: a sixth, known no better than by six trials.
        let together = [(100, 100), (0, 100), (0, 100), (0, 100), (0, 100), (0, 100)];
        let bounds = wilson_of_clusters(&together, 0.95).unwrap();
        assert_relative_eq!(bounds.low, score(5.0 / 6.0, 5.0, t).low, max_relative = 1e-12);
        assert!(bounds.low < 0.02 && bounds.high > 0.65, "{bounds:?}");
        // Nothing seen, and only one cluster.
        assert_eq!(wilson_of_clusters(&[(0, 50); 2], 0.95), wilson(0, 100, 0.95));
        assert_eq!(wilson_of_clusters(&[(3, 50), (0, 0)], 0.95), wilson(3, 50, 0.95));
        assert_eq!(wilson_of_clusters(&[], 0.95), None);
    }

    /// How often intervals hold the truth: of calls that are lost in bursts of 50, so many in each of ten clusters of
    /// 10,000 on average. Calls taken as independent hold it in 30 % of cases or fewer.
    #[test]
    fn intervals_of_losses_in_bursts_hold_the_truth() {
        use crate::engine::random::{StreamKey, exponential};
        for (bursts, least) in [(0.5, 0.88), (2.0, 0.92), (10.0, 0.93)] {
            let truth = bursts * 50.0 / 10_000.0;
            let (mut held, mut as_independent) = (0, 0);
            for experiment in 0..400 {
                let mut draws = StreamKey::root(1, experiment).sequence();
                let mut cluster = || {
                    // Poisson, by the gaps between bursts.
                    let (mut at, mut seen) = (0.0, 0);
                    loop {
                        at += exponential(&mut draws);
                        if at > bursts {
                            return (50 * seen, 10_000);
                        }
                        seen += 1;
                    }
                };
                let clusters: Vec<(u64, u64)> = (0..10).map(|_| cluster()).collect();
                let holds = |bounds: Option<Bounds>| bounds.is_some_and(|b| b.low <= truth && truth <= b.high);
                held += u32::from(holds(wilson_of_clusters(&clusters, 0.95)));
                let all: u64 = clusters.iter().map(|cluster| cluster.0).sum();
                as_independent += u32::from(holds(wilson(all, 100_000, 0.95)));
            }
            let (held, as_independent) = (f64::from(held) / 400.0, f64::from(as_independent) / 400.0);
            assert!(held >= least && as_independent < 0.4, "{bursts} bursts: {held} and {as_independent}");
        }
    }

    #[test]
    fn what_is_no_proportion_has_no_interval() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(3, 2, 0.95), None);
        assert_eq!(clopper_pearson(0, 0, 0.95), None);
        assert_eq!(clopper_pearson(3, 2, 0.95), None);
    }

    proptest! {
        #[test]
        fn the_proportion_lies_inside_and_failures_mirror_successes(n in 1..2000_u64, part in 0.0..=1.0_f64) {
            let k = ((n as f64) * part) as u64;
            for interval in [wilson, clopper_pearson] {
                let Bounds { low, high } = interval(k, n, 0.95).unwrap();
                let proportion = k as f64 / n as f64;
                prop_assert!(0.0 <= low && low <= proportion && proportion <= high && high <= 1.0);
                let mirror = interval(n - k, n, 0.95).unwrap();
                prop_assert!((mirror.low - (1.0 - high)).abs() < 1e-12);
                prop_assert!((mirror.high - (1.0 - low)).abs() < 1e-12);
            }
        }
    }
}
