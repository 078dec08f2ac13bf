//! How many lengths of time were within limits, exactly: a histogram would round at the limit.

use crate::engine::Duration;

/// Counts of lengths within limits, from time zero on.
#[derive(Clone, Debug, Default)]
pub struct Within {
    limits: Vec<(Duration, u64)>,
}

impl Within {
    /// Counts for each of `limits`.
    #[must_use]
    pub fn new(limits: &[Duration]) -> Self {
        Self { limits: limits.iter().map(|&limit| (limit, 0)).collect() }
    }

    /// One length more.
    #[inline(always)]
    pub fn record(&mut self, length: Duration) {
        for (limit, count) in &mut self.limits {
            *count += u64::from(length <= *limit);
        }
    }

    /// The counts, in the order of the limits.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        self.limits.iter().map(|&(_, count)| count).collect()
    }

    /// The place of a limit among the counts.
    #[must_use]
    pub fn place(&self, limit: Duration) -> Option<usize> {
        self.limits.iter().position(|&(known, _)| known == limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_is_the_limit_is_within_it() {
        let limits = [5, 7].map(Duration::from_nanos);
        let mut within = Within::new(&limits);
        [4, 5, 6, 7, 8].into_iter().for_each(|length| within.record(Duration::from_nanos(length)));
        assert_eq!(within.counts(), [2, 4]);
        assert_eq!((within.place(limits[1]), within.place(Duration::ZERO)), (Some(1), None));
    }
}
