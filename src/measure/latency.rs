//! Latency as a distribution: an HDR histogram of nanoseconds with bounded relative error, plus an exact sum.

use crate::engine::Duration;

/// A distribution of lengths of time: three significant digits, and an exact mean.
///
/// Buckets are those of HdrHistogram (Tene 2012): powers of two, each cut into equal parts. A run records several
/// lengths for each request, so recording is our own: a third of what the library takes, as it keeps no extremes and
/// has no other unit than the nanosecond. The tests hold it against the library.
#[derive(Clone, Debug)]
pub struct Latency {
    /// Counts by bucket, as far as there are any.
    counts: Vec<u64>,
    /// Logarithm to base two of the parts of each power of two.
    resolution: u32,
    /// The least length of the finest power of two that has all its parts.
    finest: u64,
    total: u64,
    sum: u128,
}

impl Default for Latency {
    fn default() -> Self {
        Self::with_digits(3)
    }
}

impl Latency {
    /// An empty distribution that keeps `digits` significant digits.
    ///
    /// # Panics
    /// If `digits` is not from 1 to 5; it is a constant of the program.
    #[must_use]
    pub fn with_digits(digits: u8) -> Self {
        assert!((1..=5).contains(&digits), "one to five digits");
        // The least power of two of parts that are each no wider than the digits ask for.
        let resolution = 10_u64.pow(u32::from(digits)).next_power_of_two().trailing_zeros();
        Self { counts: Vec::new(), resolution, finest: 1 << resolution, total: 0, sum: 0 }
    }

    /// The bucket of a length.
    #[inline]
    fn bucket(&self, nanos: u64) -> usize {
        // The powers up to the finest are exact to the nanosecond; from then on each drops one more bit.
        let highest = 63 - (nanos | self.finest | 1).leading_zeros();
        let dropped = highest - self.resolution;
        ((u64::from(dropped) << self.resolution) + (nanos >> dropped)) as usize
    }

    /// The shortest and the longest length of a bucket, in nanoseconds.
    fn bounds(&self, bucket: usize) -> (u64, u64) {
        let dropped = ((bucket >> self.resolution) as u64).saturating_sub(1);
        let low = (bucket as u64 - (dropped << self.resolution)) << dropped;
        (low, low + ((1 << dropped) - 1))
    }

    /// Records one length.
    #[inline]
    pub fn record(&mut self, length: Duration) {
        let nanos = length.as_nanos();
        let bucket = self.bucket(nanos);
        match self.counts.get_mut(bucket) {
            Some(count) => *count += 1,
            None => self.grow(bucket),
        }
        self.total += 1;
        self.sum += u128::from(nanos);
    }

    /// Makes room up to the end of the power of two of a bucket, and counts one there.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, bucket: usize) {
        self.counts.resize(((bucket >> self.resolution) + 1) << self.resolution, 0);
        self.counts[bucket] += 1;
    }

    /// How many were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.total
    }

    /// Their mean in seconds, exact to rounding; `None` if there are none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64 / 1e9)
    }

    /// The length in seconds that a fraction `p` (0 to 1) did not exceed, to the histogram's digits; `None` if there are none.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        // As many as must be counted from the shortest; at least one, and never more than there are.
        let wanted = ((p.clamp(0.0, 1.0) * self.total as f64).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        let bucket = self.counts.iter().position(|&count| {
            seen += count;
            seen >= wanted
        })?;
        let (low, high) = self.bounds(bucket);
        Some((low as f64 + high as f64) / 2.0 / 1e9)
    }

    /// What was recorded, in little space: (longest length of a bucket in nanoseconds, how many), shortest first.
    #[must_use]
    pub fn buckets(&self) -> Vec<(u64, u64)> {
        let recorded = self.counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        recorded.map(|(bucket, &count)| (self.bounds(bucket).1, count)).collect()
    }

    /// Adds what [`Latency::buckets`] gave; quantiles are the same afterwards, the mean is true to a bucket.
    pub fn add_buckets(&mut self, buckets: &[(u64, u64)]) {
        for &(nanos, count) in buckets {
            let bucket = self.bucket(nanos);
            match self.counts.get_mut(bucket) {
                Some(here) => *here += count,
                None => {
                    self.grow(bucket);
                    self.counts[bucket] += count - 1;
                }
            }
            self.total += count;
            self.sum += u128::from(nanos) * u128::from(count);
        }
    }

    /// Adds all that `other` recorded, which must keep the same number of digits; the same in any order.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.resolution, other.resolution);
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.total += other.total;
        self.sum += other.sum;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.total = 0;
        self.sum = 0;
    }

    /// (length in seconds, fraction that took longer) for each recorded bucket, shortest first.
    #[must_use]
    pub fn tail(&self) -> Vec<(f64, f64)> {
        let mut seen = 0;
        let recorded = self.counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        recorded
            .map(|(bucket, &count)| {
                seen += count;
                (self.bounds(bucket).1 as f64 / 1e9, (self.total - seen) as f64 / self.total as f64)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_says_what_hdr_histogram_says(
            digits in 1_u8..=4,
            lengths in proptest::collection::vec((0_u32..64, any::<u64>()), 1..300),
            p in 0.0..=1.0,
        ) {
            let mut ours = Latency::with_digits(digits);
            let mut library = Histogram::<u64>::new_with_bounds(1, u64::MAX, digits).expect("valid bounds");
            for (shift, length) in lengths {
                // Lengths of every order of magnitude.
                let length = length >> (63 - shift);
                ours.record(Duration::from_nanos(length));
                library.saturating_record(length);
            }
            prop_assert_eq!(ours.count(), library.len());
            let top = library.value_at_quantile(p);
            let (low, high) = (library.lowest_equivalent(top), library.highest_equivalent(top));
            prop_assert_eq!(ours.quantile(p), Some((low as f64 + high as f64) / 2.0 / 1e9));
            let tail: Vec<f64> = ours.tail().into_iter().map(|(length, _)| length).collect();
            let expected: Vec<f64> = library
                .iter_recorded()
                .map(|step| library.highest_equivalent(step.value_iterated_to()) as f64 / 1e9)
                .collect();
            prop_assert_eq!(tail, expected);
        }

        #[test]
        fn merging_is_recording_together(
            first in proptest::collection::vec(0_u64..1 << 40, 0..50),
            second in proptest::collection::vec(0_u64..1 << 40, 0..50),
        ) {
            let of = |lengths: &[u64]| {
                let mut latency = Latency::default();
                lengths.iter().for_each(|&length| latency.record(Duration::from_nanos(length)));
                latency
            };
            let mut merged = of(&first);
            merged.merge(&of(&second));
            let together = of(&[first, second].concat());
            prop_assert_eq!(merged.tail(), together.tail());
            prop_assert_eq!((merged.count(), merged.mean()), (together.count(), together.mean()));
        }
    }

    #[test]
    fn nothing_recorded_has_no_mean_and_no_quantile() {
        let mut latency = Latency::default();
        latency.record(Duration::from_nanos(5));
        latency.clear();
        assert_eq!((latency.count(), latency.mean(), latency.quantile(0.5)), (0, None, None));
        assert!(latency.tail().is_empty());
    }
}
