//! How much the tails of replications say: whether an interval over their quantiles can be trusted.

use super::interval::moments;

/// How many independent values beyond a level a replication holds, given the share of its values beyond that level in
/// each replication.
///
/// A count of k independent rare values has a squared coefficient of variation of 1 / k (Poisson's law). Values that come
/// in clusters, as latencies above their 99th percentile do, vary as fewer would, and one over the squared coefficient of
/// variation is their number: the count itself over its index of dispersion (Cox and Lewis 1966). It needs no model of how
/// they hang together. `None` with fewer than two replications, without any value beyond, or without variance.
#[must_use]
pub fn independent_beyond(shares: &[f64]) -> Option<f64> {
    let found = moments(shares)?;
    let variance = found.variance.filter(|variance| *variance > 0.0)?;
    (found.mean > 0.0).then(|| found.mean * found.mean / variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Bits, StreamKey};

    /// Shares beyond of replications of `n` values, `size` of which at a time are beyond together with chance `p`.
    fn shares(replications: u64, n: u64, size: u64, p: f64) -> Vec<f64> {
        let key = StreamKey::root(11, 0);
        let beyond = |replication: u64| {
            let draw = |place: u64| key.draws(replication * n + place).open_uniform() < p;
            (0..n / size).filter(|&place| draw(place)).count() as u64 * size
        };
        (0..replications).map(|replication| beyond(replication) as f64 / n as f64).collect()
    }

    #[test]
    fn independent_values_count_as_many_as_there_are() {
        // Forty expected beyond; the estimate from 2000 replications has a standard error of sqrt(2 / 2000) = 3 %.
        let found = independent_beyond(&shares(2000, 4000, 1, 0.01)).expect("some are beyond");
        assert!((found / (40.0 / 0.99) - 1.0).abs() < 0.18, "{found}");
    }

    #[test]
    fn values_in_clusters_count_as_many_as_there_are_clusters() {
        let found = independent_beyond(&shares(2000, 4000, 20, 0.01)).expect("some are beyond");
        assert!((found / (2.0 / 0.99) - 1.0).abs() < 0.25, "{found}");
    }

    #[test]
    fn without_variance_or_values_there_is_no_answer() {
        assert_eq!(independent_beyond(&[0.0, 0.0, 0.0]), None);
        assert_eq!(independent_beyond(&[0.01, 0.01]), None);
        assert_eq!(independent_beyond(&[0.01]), None);
        assert_eq!(independent_beyond(&[]), None);
    }
}
