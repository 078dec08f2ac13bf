//! Time integrals of counts: the area under "how many at this moment", from which come means over time.

use crate::engine::Time;

/// The integral over time of a count that changes by steps.
///
/// Keeps the sum of (time of each step down) - (time of each step up); adding count x now gives the area. That makes
/// a step one addition, with no need to know when the last one was.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountIntegral {
    count: u64,
    balance: i128,
}

impl CountIntegral {
    /// The count now.
    #[inline]
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The count rises by one.
    #[inline]
    pub fn up(&mut self, now: Time) {
        self.count += 1;
        self.balance -= i128::from(now.as_nanos());
    }

    /// The count falls by one.
    #[inline]
    pub fn down(&mut self, now: Time) {
        self.count -= 1;
        self.balance += i128::from(now.as_nanos());
    }

    /// The count becomes `count`.
    #[inline]
    pub fn set(&mut self, now: Time, count: u64) {
        self.balance += (i128::from(self.count) - i128::from(count)) * i128::from(now.as_nanos());
        self.count = count;
    }

    /// Count x nanoseconds from the start of the run until `now`.
    #[inline]
    #[must_use]
    pub fn area(&self, now: Time) -> u128 {
        (self.balance + i128::from(self.count) * i128::from(now.as_nanos())).max(0) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_count_times_length() {
        let mut n = CountIntegral::default();
        let at = Time::from_nanos;
        n.up(at(10));
        n.up(at(20));
        assert_eq!(n.area(at(30)), 20 + 10);
        n.down(at(30));
        n.down(at(40));
        assert_eq!(n.area(at(100)), 30 + 10);
        assert_eq!(n.count(), 0);
        n.set(at(100), 7);
        n.set(at(110), 2);
        assert_eq!((n.area(at(120)), n.count()), (30 + 10 + 70 + 20, 2));
    }
}
