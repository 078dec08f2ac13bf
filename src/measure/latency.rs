//! Latency as a distribution: an HDR histogram of nanoseconds with bounded relative error, plus an exact sum.

use super::begin::Lengths;
use super::sum::Sum;
use crate::engine::Duration;

/// A distribution of lengths of time: three significant digits, and an exact mean.
///
/// Buckets are those of HdrHistogram (Tene 2012): powers of two, each cut into 2^`RESOLUTION` equal parts. A run records
/// several lengths for each request, so recording is our own: a third of what the library takes, as it keeps no extremes
/// and has no other unit than the nanosecond. The tests hold it against the library.
#[derive(Clone, Debug, Default)]
pub struct Latency<const RESOLUTION: u32 = 10> {
    /// Counts by bucket, as far as there are any.
    counts: Vec<u64>,
    /// Of all lengths, in nanoseconds.
    sum: Sum,
}

/// A distribution in little space; see [`Latency::packed`].
pub type Packed = Vec<(u32, u32)>;

/// An exact copy of a distribution in little space.
#[derive(Clone, Debug)]
pub struct LatencyCopy {
    buckets: Packed,
    sum: u128,
}

/// A distribution of lengths of time to one significant digit.
pub type CoarseLatency = Latency<4>;

/// The bucket of a length. Up to 2^`RESOLUTION` buckets are exact to the nanosecond; from then on each power of two drops
/// one more bit.
#[inline(always)]
fn bucket_of<const RESOLUTION: u32>(nanos: u64) -> usize {
    let highest = 63 - (nanos | (1 << RESOLUTION)).leading_zeros();
    let dropped = highest - RESOLUTION;
    ((u64::from(dropped) << RESOLUTION) + (nanos >> dropped)) as usize
}

/// Which of so many values, counted from the shortest, is their quantile `p`: the least that a share `p` does not exceed.
/// At least the first, and never beyond the last.
///
/// A product that is a whole number but for the rounding of `p`, as 0.07 x 100 is, counts as that number.
#[must_use]
pub fn rank(p: f64, total: u64) -> u64 {
    let total_f = total as f64;
    let wanted = p.clamp(0.0, 1.0) * total_f - total_f * f64::EPSILON;
    (wanted.ceil() as u64).clamp(1, total.max(1))
}

/// The shortest and the longest length of a bucket, in nanoseconds.
fn bounds_of<const RESOLUTION: u32>(bucket: usize) -> (u64, u64) {
    let dropped = ((bucket >> RESOLUTION) as u64).saturating_sub(1);
    let low = (bucket as u64 - (dropped << RESOLUTION)) << dropped;
    (low, low + ((1 << dropped) - 1))
}

impl<const RESOLUTION: u32> Latency<RESOLUTION> {
    /// Records one length; gives its bucket.
    #[inline(always)]
    pub fn record(&mut self, length: Duration) -> usize {
        let nanos = length.as_nanos();
        let bucket = bucket_of::<RESOLUTION>(nanos);
        self.sum.add(nanos);
        self.add(bucket, 1);
        bucket
    }

    #[inline(always)]
    fn add(&mut self, bucket: usize, count: u64) {
        match self.counts.get_mut(bucket) {
            Some(here) => *here += count,
            None => self.grow(bucket, count),
        }
    }

    /// Makes room up to the end of the power of two of a bucket, and counts there.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, bucket: usize, count: u64) {
        self.counts.resize(((bucket >> RESOLUTION) + 1) << RESOLUTION, 0);
        self.counts[bucket] += count;
    }

    /// How many were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their mean in seconds, exact to rounding; `None` if there are none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum.total() as f64 / count as f64 / 1e9)
    }

    /// The length in seconds that a fraction `p` (0 to 1) did not exceed, to the histogram's digits; `None` if there
    /// are none.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let (low, high) = bounds_of::<RESOLUTION>(self.quantile_bucket(p)?);
        Some((low as f64 + high as f64) / 2.0 / 1e9)
    }

    /// The longest length in nanoseconds that the histogram does not tell from that quantile.
    #[must_use]
    pub fn quantile_bound(&self, p: f64) -> Option<u64> {
        Some(bounds_of::<RESOLUTION>(self.quantile_bucket(p)?).1)
    }

    /// The longest length recorded, as the upper end of its bucket; zero if none was recorded.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let last = self.counts.iter().rposition(|&count| count > 0);
        last.map_or(Duration::ZERO, |bucket| Duration::from_nanos(bounds_of::<RESOLUTION>(bucket).1))
    }

    fn quantile_bucket(&self, p: f64) -> Option<usize> {
        let wanted = rank(p, self.count());
        let mut seen = 0;
        self.counts.iter().position(|&count| {
            seen += count;
            seen >= wanted
        })
    }

    /// The shortest and the longest length, in nanoseconds, that the histogram does not distinguish from `nanos`.
    #[must_use]
    pub fn bounds(nanos: u64) -> (u64, u64) {
        bounds_of::<RESOLUTION>(bucket_of::<RESOLUTION>(nanos))
    }

    /// The distribution in compact form: (longest length of a bucket in nanoseconds, count), shortest first.
    #[must_use]
    pub fn buckets(&self) -> Vec<(u64, u64)> {
        let recorded = self.counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        recorded.map(|(bucket, &count)| (bounds_of::<RESOLUTION>(bucket).1, count)).collect()
    }

    /// The distribution in an even more compact form: (number of the bucket, count), shortest first; a count that does
    /// not fit is split over several entries.
    #[must_use]
    pub fn packed(&self) -> Packed {
        let mut packed = Packed::new();
        for (bucket, &count) in self.counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
            let mut rest = count;
            while rest > 0 {
                let part = u32::try_from(rest).unwrap_or(u32::MAX);
                packed.push((bucket as u32, part));
                rest -= u64::from(part);
            }
        }
        packed
    }

    /// The inverse of [`Latency::packed`], in the form of [`Latency::buckets`].
    #[must_use]
    pub fn unpacked(packed: &[(u32, u32)]) -> Vec<(u64, u64)> {
        let mut buckets: Vec<(u64, u64)> = Vec::with_capacity(packed.len());
        for &(bucket, count) in packed {
            let (nanos, count) = (bounds_of::<RESOLUTION>(bucket as usize).1, u64::from(count));
            match buckets.last_mut() {
                Some(last) if last.0 == nanos => last.1 += count,
                _ => buckets.push((nanos, count)),
            }
        }
        buckets
    }

    /// Adds the buckets of [`Latency::buckets`]; quantiles are the same afterwards, the mean is true to a bucket.
    pub fn add_buckets(&mut self, buckets: &[(u64, u64)]) {
        for &(nanos, count) in buckets {
            self.add(bucket_of::<RESOLUTION>(nanos), count);
            self.sum = (self.sum.total() + u128::from(nanos) * u128::from(count)).into();
        }
    }

    /// Adds all that `other` recorded; the same in any order.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.sum = (self.sum.total() + other.sum.total()).into();
    }

    /// (length in seconds, fraction that took longer) for each recorded bucket, shortest first.
    #[must_use]
    pub fn tail(&self) -> Vec<(f64, f64)> {
        let (mut seen, total) = (0, self.count());
        let recorded = self.counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        recorded
            .map(|(bucket, &count)| {
                seen += count;
                (bounds_of::<RESOLUTION>(bucket).1 as f64 / 1e9, (total - seen) as f64 / total as f64)
            })
            .collect()
    }
}

impl<const RESOLUTION: u32> Lengths for Latency<RESOLUTION> {
    type Copy = LatencyCopy;

    fn copy(&self) -> LatencyCopy {
        LatencyCopy { buckets: self.packed(), sum: self.sum.total() }
    }

    fn forget(&mut self, copy: &LatencyCopy) {
        copy.buckets.iter().for_each(|&(bucket, count)| self.counts[bucket as usize] -= u64::from(count));
        self.sum = (self.sum.total() - copy.sum).into();
    }

    fn clear(&mut self) {
        self.counts.fill(0);
        self.sum = Sum::default();
    }
}

/// The lengths recorded in one window of a run, which also go into a distribution of the whole run; to one digit or to
/// 64 ns.
///
/// A bucket of one digit is a number of whole buckets of three, so a count is all that a request costs here; the sum is
/// how far that of the whole has come.
#[derive(Clone, Debug, Default)]
pub struct LatencyWindow {
    counts: Vec<u64>,
    /// The sum of the whole when the window began.
    sum_before: u128,
}

/// How many bits fewer one digit takes than three.
const COARSER: u32 = 6;

impl LatencyWindow {
    /// Counts one in the bucket that [`Latency::record`] of the whole gave.
    #[inline(always)]
    pub fn count(&mut self, bucket: usize) {
        let place = bucket >> COARSER;
        match self.counts.get_mut(place) {
            Some(count) => *count += 1,
            None => self.grow(place),
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, place: usize) {
        self.counts.resize(place + 1, 0);
        self.counts[place] += 1;
    }

    /// Changes `whole` other than by recording: clears it, or removes lengths from it.
    pub fn while_changed(&mut self, whole: &mut Latency, change: impl FnOnce(&mut Latency)) {
        let before = whole.sum.total();
        change(whole);
        self.sum_before = self.sum_before.wrapping_add(whole.sum.total()).wrapping_sub(before);
    }

    /// The window is over: returns the lengths recorded in it. The next begins.
    pub fn close(&mut self, whole: &Latency) -> CoarseLatency {
        let total = whole.sum.total();
        let sum = Sum::from(total.wrapping_sub(self.sum_before));
        self.sum_before = total;
        let mut window = CoarseLatency { counts: Vec::new(), sum };
        for (place, count) in self.counts.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
            window.add(bucket_of::<4>(bounds_of::<10>(place << COARSER).0), std::mem::take(count));
        }
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    /// Ours against the library's, of `digits` digits.
    fn compare<const RESOLUTION: u32>(digits: u8, lengths: &[u64], p: f64) -> Result<(), TestCaseError> {
        let mut ours = Latency::<RESOLUTION>::default();
        let mut library = Histogram::<u64>::new_with_bounds(1, u64::MAX, digits).expect("valid bounds");
        for &length in lengths {
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
        Ok(())
    }

    /// Lengths of every order of magnitude.
    fn lengths() -> impl Strategy<Value = Vec<u64>> {
        let length = (0_u32..64, any::<u64>()).prop_map(|(shift, length)| length >> (63 - shift));
        proptest::collection::vec(length, 1..300)
    }

    proptest! {
        #[test]
        fn it_says_what_hdr_histogram_says(lengths in lengths(), p in 0.0..=1.0) {
            compare::<4>(1, &lengths, p)?;
            compare::<10>(3, &lengths, p)?;
        }

        #[test]
        fn a_window_holds_what_was_recorded_in_it_to_one_digit(
            windows in proptest::collection::vec((lengths(), any::<bool>()), 1..5),
        ) {
            let (mut whole, mut window) = (Latency::default(), LatencyWindow::default());
            for (lengths, clear) in windows {
                let mut expected = CoarseLatency::default();
                for length in lengths.into_iter().map(|length| Duration::from_nanos(length | 1 << 10)) {
                    expected.record(length);
                    window.count(whole.record(length));
                }
                if clear {
                    window.while_changed(&mut whole, Lengths::clear);
                }
                let found = window.close(&whole);
                prop_assert_eq!(found.tail(), expected.tail());
                prop_assert_eq!((found.count(), found.sum), (expected.count(), expected.sum));
            }
        }

        #[test]
        fn merging_is_recording_together(
            first in proptest::collection::vec(0_u64..1 << 40, 0..50),
            second in proptest::collection::vec(0_u64..1 << 40, 0..50),
        ) {
            let of = |lengths: &[u64]| {
                let mut latency: Latency = Latency::default();
                for &length in lengths {
                    latency.record(Duration::from_nanos(length));
                }
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
    fn a_quantile_is_the_value_that_its_share_does_not_exceed() {
        // In binary, 7 % of a hundred is 7.000000000000001.
        for (p, total, expected) in [(0.07, 100, 7), (0.29, 100, 29), (0.99, 700, 693), (0.999, 1000, 999), (0.5, 3, 2)]
        {
            assert_eq!(rank(p, total), expected, "{p} of {total}");
        }
        assert!((1..=9_999).all(|hundredth| rank(f64::from(hundredth) / 1e4, 10_000) == u64::from(hundredth as u32)));
        assert_eq!((rank(0.0, 5), rank(1.0, 5), rank(0.5, 0)), (1, 5, 1));
    }

    #[test]
    fn what_is_packed_is_what_was_recorded() {
        let mut latency = CoarseLatency::default();
        latency.record(Duration::from_nanos(7));
        latency.add_buckets(&[(1 << 40, u64::from(u32::MAX) + 5)]);
        assert_eq!(latency.packed().len(), 3);
        assert_eq!(CoarseLatency::unpacked(&latency.packed()), latency.buckets());
    }

    #[test]
    fn nothing_recorded_has_no_mean_and_no_quantile() {
        let mut latency: Latency = Latency::default();
        latency.record(Duration::from_nanos(5));
        latency.clear();
        assert_eq!((latency.count(), latency.mean(), latency.quantile(0.5)), (0, None, None));
        assert!(latency.tail().is_empty());
    }
}
