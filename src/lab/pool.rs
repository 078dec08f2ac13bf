//! Pooled estimates over all replications, and the influence of each replication on them: means, ratios of sums,
//! quantiles.
//!
//! A quantile is that of all requests together. Leaving one replication out means subtracting its histogram from the
//! sum of all, so each replication costs a search and no merging. That quantile is interpolated within a bucket of the
//! histogram, because one replication of many moves a quantile by less than a bucket; if a bucket holds a single value
//! only, the error is smaller than the resolution of the histogram.

use crate::measure::latency::{Latency, rank};
use crate::stats::pooled::{Pooled, jackknife, weighted_mean};

/// A number of all replications together.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// The number.
    pub value: f64,
    /// How far each replication moves it; `None` for a replication without observations.
    pub influences: Vec<Option<f64>>,
    /// True of a mean in which all replications count alike, so that their values say how far each moves it.
    plain: bool,
}

impl Number {
    /// The mean of the values of replications, each counted as often as its weight says; `None` if there are none.
    #[must_use]
    pub fn of(replicates: &[Option<f64>], weights: &[f64]) -> Option<Self> {
        let (value, influences) = weighted_mean(replicates, weights)?;
        let mut known = replicates.iter().zip(weights).filter(|(value, _)| value.is_some()).map(|(_, weight)| *weight);
        let first = known.next()?;
        Some(Self { value, influences, plain: known.all(|weight| weight == first) })
    }

    /// Half the width of its interval; `None` where it rests on fewer than two replications.
    #[must_use]
    pub fn half_width(&self, confidence: f64) -> Option<f64> {
        Pooled { value: self.value, influences: &self.influences }.interval(confidence).half_width
    }

    /// The influences that the values of the replications do not say themselves; empty of a plain mean.
    #[must_use]
    pub fn beyond_replicates(self) -> Vec<Option<f64>> {
        if self.plain { Vec::new() } else { self.influences }
    }
}

/// How many were counted up to a length: (longest length of a bucket in nanoseconds, how many up to it).
type Running = Vec<(u64, u64)>;

/// The latencies of several replications. `RESOLUTION` is that of the histograms they were counted with.
#[derive(Debug)]
pub struct Pool<const RESOLUTION: u32 = 10> {
    all: Running,
    each: Vec<Running>,
}

fn running(buckets: &[(u64, u64)]) -> Running {
    let mut sum = 0;
    let add = |&(nanos, count): &(u64, u64)| {
        sum += count;
        (nanos, sum)
    };
    buckets.iter().map(add).collect()
}

/// How many of them are no longer than a bucket that ends at `nanos`.
fn up_to(running: &Running, nanos: u64) -> u64 {
    let place = running.partition_point(|&(longest, _)| longest <= nanos);
    if place == 0 { 0 } else { running[place - 1].1 }
}

fn total(running: &Running) -> u64 {
    running.last().map_or(0, |&(_, count)| count)
}

impl<const RESOLUTION: u32> Pool<RESOLUTION> {
    /// The distributions of replications, each as [`Latency::buckets`] gave it.
    pub fn of<'a>(replications: impl Iterator<Item = &'a [(u64, u64)]>) -> Self {
        let mut all = Latency::<RESOLUTION>::default();
        let each = replications.map(|buckets| {
            all.add_buckets(buckets);
            running(buckets)
        });
        let each = each.collect();
        Self { all: running(&all.buckets()), each }
    }

    /// The longest length of the bucket in which the quantile `p` of all together lies.
    fn bucket(&self, p: f64) -> Option<u64> {
        let wanted = rank(p, total(&self.all));
        let place = self.all.partition_point(|&(_, count)| count < wanted);
        self.all.get(place).map(|&(nanos, _)| nanos)
    }

    /// The quantile `p` of all together, which is what [`Latency::quantile`] says of them; `None` if there are none.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<Number> {
        let (low, high) = Latency::<RESOLUTION>::bounds(self.bucket(p)?);
        let value = (low as f64 + high as f64) / 2.0 / 1e9;
        let without: Vec<Option<f64>> = self.each.iter().map(|own| self.without(own, p)).collect();
        Some(Number { value, influences: jackknife(&without), plain: false })
    }

    /// The quantile of all replications but one in seconds, interpolated; that of all if the others are empty, `None`
    /// if this one is empty.
    fn without(&self, own: &Running, p: f64) -> Option<f64> {
        let held = total(own);
        let others = total(&self.all) - held;
        if held == 0 {
            return None;
        }
        let wanted = p.clamp(0.0, 1.0) * others as f64;
        let there = |place: usize| {
            let (nanos, count) = self.all[place];
            (count - up_to(own, nanos)) as f64
        };
        let (mut low, mut high) = (0, self.all.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if there(middle) < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let before = if low == 0 { 0.0 } else { there(low - 1) };
        let here = there(low) - before;
        let part = if here > 0.0 { (wanted - before) / here } else { 0.0 };
        let (shortest, longest) = Latency::<RESOLUTION>::bounds(self.all[low].0);
        Some((shortest as f64 + part * (longest - shortest + 1) as f64) / 1e9)
    }

    /// The share of each replication's requests that are longer than the quantile `p` of all together.
    #[must_use]
    pub fn shares_beyond(&self, p: f64) -> Vec<f64> {
        let level = self.bucket(p).unwrap_or(u64::MAX);
        let held = self.each.iter().filter(|own| total(own) > 0);
        held.map(|own| (total(own) - up_to(own, level)) as f64 / total(own) as f64).collect()
    }
}

#[cfg(test)]
mod coverage;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Duration;
    use proptest::prelude::*;

    fn buckets(lengths: &[u64]) -> Vec<(u64, u64)> {
        let mut latency: Latency = Latency::default();
        for &nanos in lengths {
            latency.record(Duration::from_nanos(nanos));
        }
        latency.buckets()
    }

    fn merged<'a>(parts: impl Iterator<Item = &'a Vec<(u64, u64)>>) -> Latency {
        let mut all = Latency::default();
        parts.for_each(|part| all.add_buckets(part));
        all
    }

    proptest! {
        #[test]
        fn it_says_of_all_and_of_all_but_one_what_merging_them_says(
            lengths in proptest::collection::vec(proptest::collection::vec(1_u64..1 << 36, 0..40), 1..6),
            p in 0.001..0.999,
        ) {
            let parts: Vec<Vec<(u64, u64)>> = lengths.iter().map(|lengths| buckets(lengths)).collect();
            let pool: Pool = Pool::of(parts.iter().map(Vec::as_slice));
            prop_assert_eq!(pool.quantile(p).map(|found| found.value), merged(parts.iter()).quantile(p));
            for (place, own) in pool.each.iter().enumerate() {
                let others = merged(parts.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| part));
                let (Some(found), Some(expected)) = (pool.without(own, p), others.quantile_bound(p)) else { continue };
                // Within the bucket that the merged histogram names.
                let (shortest, longest) = Latency::<10>::bounds(expected);
                let nanos = found * 1e9;
                let (low, high) = (shortest as f64 * (1.0 - 1e-12), (longest + 1) as f64 * (1.0 + 1e-12));
                prop_assert!((low..=high).contains(&nanos), "{nanos} of {low} to {high}");
            }
        }
    }

    #[test]
    fn replications_that_are_alike_leave_no_doubt_and_an_empty_one_says_nothing() {
        let one = buckets(&[5, 10, 10_000_000, 20_000_000]);
        let pool: Pool = Pool::of([&one[..], &one[..], &[], &one[..]].into_iter());
        let found = pool.quantile(0.7).expect("there are some");
        assert_eq!(found.influences, [Some(0.0), Some(0.0), None, Some(0.0)]);
        assert_eq!(Pool::<10>::of([&[][..]].into_iter()).quantile(0.5), None);
    }

    #[test]
    fn a_share_of_slow_requests_far_from_the_quantile_leaves_little_doubt() {
        // Two of a hundred take a second, in one replication more and in another less: p99 is a second.
        let with = |slow: usize| buckets(&[vec![10_000_000; 1000 - slow], vec![1_000_000_000; slow]].concat());
        let parts: Vec<Vec<(u64, u64)>> = (0..30).map(|replication| with(10 + replication % 21)).collect();
        let pool: Pool = Pool::of(parts.iter().map(Vec::as_slice));
        let found = pool.quantile(0.99).expect("there are some");
        assert!((found.value - 1.0).abs() < 1e-3 && found.half_width(0.95).unwrap() < 1e-3, "{found:?}");
    }
}
