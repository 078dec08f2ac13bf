//! Latency as a distribution: an HDR histogram of nanoseconds with bounded relative error, plus an exact sum.

use hdrhistogram::Histogram;

use crate::engine::Duration;

/// Longest latency told apart from longer ones: one day, in nanoseconds.
const LONGEST: u64 = 86_400_000_000_000;

/// A distribution of lengths of time: three significant digits, and an exact mean.
#[derive(Clone, Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
    sum: u128,
}

impl Default for Latency {
    fn default() -> Self {
        Self::with_digits(3)
    }
}

impl Latency {
    /// An empty distribution that keeps `digits` significant digits (1 to 5) of lengths up to a day.
    ///
    /// # Panics
    /// If `digits` is out of range; it is a constant of the program.
    #[must_use]
    pub fn with_digits(digits: u8) -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, digits).expect("the bounds are constants");
        Self { histogram, sum: 0 }
    }

    /// Records one length.
    #[inline]
    pub fn record(&mut self, length: Duration) {
        self.histogram.saturating_record(length.as_nanos());
        self.sum += u128::from(length.as_nanos());
    }

    /// How many were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Their mean in seconds, exact to rounding; `None` if there are none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64 / 1e9)
    }

    /// The length in seconds that a fraction `p` (0 to 1) did not exceed, to the histogram's digits; `None` if there are none.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        (self.count() > 0).then(|| {
            // The middle of the bucket: HDR answers with its upper end, which is high by up to one part in a thousand.
            let top = self.histogram.value_at_quantile(p);
            let low = self.histogram.lowest_equivalent(top);
            (low as f64 + self.histogram.highest_equivalent(top) as f64) / 2.0 / 1e9
        })
    }

    /// What was recorded, in little space: (nanoseconds, how many), shortest first.
    #[must_use]
    pub fn buckets(&self) -> Vec<(u64, u64)> {
        self.histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    /// Adds what [`Latency::buckets`] gave; quantiles are the same afterwards, the mean is true to a bucket.
    pub fn add_buckets(&mut self, buckets: &[(u64, u64)]) {
        for &(nanos, count) in buckets {
            self.histogram.saturating_record_n(nanos, count);
            self.sum += u128::from(nanos) * u128::from(count);
        }
    }

    /// Adds all that `other` recorded; the same in any order.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds, so adding cannot fail.
        if self.histogram.add(&other.histogram).is_ok() {
            self.sum += other.sum;
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.histogram.reset();
        self.sum = 0;
    }

    /// (length in seconds, fraction that took longer) for each recorded bucket, shortest first.
    #[must_use]
    pub fn tail(&self) -> Vec<(f64, f64)> {
        let total = self.count();
        let mut seen = 0;
        let mut points = Vec::new();
        for step in self.histogram.iter_recorded() {
            seen += step.count_at_value();
            points.push((step.value_iterated_to() as f64 / 1e9, (total - seen) as f64 / total as f64));
        }
        points
    }
}
