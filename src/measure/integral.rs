//! Time integrals of counts: the area under "how many at this moment", from which come means over time.

use crate::engine::Time;

/// The integral over time of a count that changes by steps.
///
/// Keeps the sum of (time of each step down) - (time of each step up); adding count x now gives the area. That makes
/// a step one addition, with no need to know when the last one was. The sum is kept in 64 bits from the middle of their
/// range, and what leaves the range is carried on.
#[derive(Clone, Copy, Debug)]
pub struct CountIntegral {
    count: u64,
    /// The sum and [`MIDDLE`].
    low: u64,
    /// Times that the sum has left the range of `low`: upwards less downwards.
    high: i64,
}

/// Sums are small more often than not, so that they stay within half of the range on either side.
const MIDDLE: u64 = 1 << 63;

impl Default for CountIntegral {
    fn default() -> Self {
        Self { count: 0, low: MIDDLE, high: 0 }
    }
}

impl CountIntegral {
    /// The count now.
    #[inline]
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The count rises by one.
    #[inline(always)]
    pub fn up(&mut self, now: Time) {
        self.count += 1;
        let (low, borrows) = self.low.overflowing_sub(now.as_nanos());
        self.low = low;
        if borrows {
            self.carry(-1);
        }
    }

    /// The count falls by one.
    #[inline(always)]
    pub fn down(&mut self, now: Time) {
        self.count -= 1;
        let (low, carries) = self.low.overflowing_add(now.as_nanos());
        self.low = low;
        if carries {
            self.carry(1);
        }
    }

    #[cold]
    #[inline(never)]
    fn carry(&mut self, by: i64) {
        self.high += by;
    }

    fn balance(&self) -> i128 {
        (i128::from(self.high) << 64) + i128::from(self.low) - i128::from(MIDDLE)
    }

    /// The count becomes `count`.
    #[inline]
    pub fn set(&mut self, now: Time, count: u64) {
        let step = (i128::from(self.count) - i128::from(count)) * i128::from(now.as_nanos());
        let balance = self.balance() + step + i128::from(MIDDLE);
        *self = Self { count, low: balance as u64, high: (balance >> 64) as i64 };
    }

    /// Count x nanoseconds from the start of the run until `now`.
    #[inline]
    #[must_use]
    pub fn area(&self, now: Time) -> u128 {
        (self.balance() + i128::from(self.count) * i128::from(now.as_nanos())).max(0) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        /// Also of times so late that the sum leaves 64 bits again and again.
        #[test]
        fn the_area_is_exact_whenever_the_count_changes(
            steps in proptest::collection::vec((0_u8..4, 0_u64..1 << 58, 0_u64..100), 0..60),
        ) {
            let (mut integral, mut now, mut count, mut area) = (CountIntegral::default(), 0, 0_u64, 0_u128);
            for (step, gap, other) in steps {
                now += gap;
                area += u128::from(count) * u128::from(gap);
                let at = Time::from_nanos(now);
                match step {
                    0 | 1 => {
                        integral.up(at);
                        count += 1;
                    }
                    2 if count > 0 => {
                        integral.down(at);
                        count -= 1;
                    }
                    2 => {}
                    _ => {
                        integral.set(at, other);
                        count = other;
                    }
                }
                prop_assert_eq!((integral.count(), integral.area(at)), (count, area));
            }
        }
    }
}
