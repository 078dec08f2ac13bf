//! How many workers are busy, and the time they have spent.

use crate::engine::Time;

/// Busy workers and the time they have spent.
///
/// Keeps the sum of (time of each step down) - (time of each step up) in 96 bits, modulo 2^96: as many as 2^32 workers
/// can spend in 2^64 nanoseconds, so the time they have spent is always exact.
#[derive(Clone, Copy, Debug, Default)]
pub struct Busy {
    count: u32,
    high: u32,
    low: u64,
}

impl Busy {
    /// Busy workers now.
    #[inline]
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// One more is busy.
    #[inline]
    pub fn up(&mut self, now: Time) {
        self.count += 1;
        let (low, borrow) = self.low.overflowing_sub(now.as_nanos());
        self.low = low;
        self.high = self.high.wrapping_sub(u32::from(borrow));
    }

    /// One fewer is busy.
    #[inline]
    pub fn down(&mut self, now: Time) {
        self.count -= 1;
        let (low, carry) = self.low.overflowing_add(now.as_nanos());
        self.low = low;
        self.high = self.high.wrapping_add(u32::from(carry));
    }

    /// Worker-nanoseconds of work from the start of the run until `now`.
    #[must_use]
    pub fn area(self, now: Time) -> u128 {
        let balance = (u128::from(self.high) << 64) | u128::from(self.low);
        (balance + u128::from(now.as_nanos()) * u128::from(self.count)) & ((1 << 96) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_many_workers_over_many_years_is_exact() {
        let second = |seconds: u64| Time::from_nanos(seconds * 1_000_000_000);
        let mut busy = Busy::default();
        (0..20_000).for_each(|worker| busy.up(second(worker)));
        let begun: u128 = (0..20_000).sum();
        let spent = |seconds: u128| 20_000 * seconds - begun;
        assert_eq!(busy.area(second(2_000_000)), spent(2_000_000) * 1_000_000_000);
        // Nearly until the end of time.
        let end = second(18_000_000_000);
        assert_eq!(busy.area(end), spent(18_000_000_000) * 1_000_000_000);
        (0..20_000).for_each(|_| busy.down(end));
        assert_eq!((busy.count(), busy.area(Time::MAX)), (0, spent(18_000_000_000) * 1_000_000_000));
    }
}
