//! How many units of a resource are held, and the time they have been held.

use crate::engine::Time;

/// Units that are held, such as busy workers, and the time they have been held.
///
/// Keeps the sum of (time of each step down) - (time of each step up) in 96 bits, modulo 2^96: as many as 2^32 units
/// can be held in 2^64 nanoseconds, so the time is always exact.
#[derive(Clone, Copy, Debug, Default)]
pub struct Busy {
    count: u32,
    high: u32,
    low: u64,
}

impl Busy {
    /// Units held now.
    #[inline]
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// One more is held.
    #[inline]
    pub fn up(&mut self, now: Time) {
        self.count += 1;
        let (low, borrow) = self.low.overflowing_sub(now.as_nanos());
        self.low = low;
        self.high = self.high.wrapping_sub(u32::from(borrow));
    }

    /// One fewer is held.
    #[inline]
    pub fn down(&mut self, now: Time) {
        self.count -= 1;
        let (low, carry) = self.low.overflowing_add(now.as_nanos());
        self.low = low;
        self.high = self.high.wrapping_add(u32::from(carry));
    }

    /// `amount` more are held.
    #[inline]
    pub fn take(&mut self, amount: u32, now: Time) {
        self.count += amount;
        self.set_balance(self.balance().wrapping_sub(u128::from(now.as_nanos()) * u128::from(amount)));
    }

    /// `amount` fewer are held.
    #[inline]
    pub fn give_back(&mut self, amount: u32, now: Time) {
        self.count -= amount;
        self.set_balance(self.balance().wrapping_add(u128::from(now.as_nanos()) * u128::from(amount)));
    }

    /// Unit-nanoseconds from the start of the run until `now`.
    #[must_use]
    pub fn area(self, now: Time) -> u128 {
        (self.balance() + u128::from(now.as_nanos()) * u128::from(self.count)) & ((1 << 96) - 1)
    }

    #[inline]
    fn balance(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }

    /// The highest 32 bits are cut off.
    #[inline]
    fn set_balance(&mut self, balance: u128) {
        (self.high, self.low) = ((balance >> 64) as u32, balance as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn an_amount_is_as_many_single_steps(
            steps in proptest::collection::vec((any::<bool>(), 0_u32..40, 0_u64..1 << 50), 0..60),
        ) {
            let (mut many, mut single) = (Busy::default(), Busy::default());
            let mut now = 0;
            for (takes, amount, gap) in steps {
                now += gap;
                let at = Time::from_nanos(now);
                if takes {
                    many.take(amount, at);
                    (0..amount).for_each(|_| single.up(at));
                } else {
                    let amount = amount.min(many.count());
                    many.give_back(amount, at);
                    (0..amount).for_each(|_| single.down(at));
                }
                prop_assert_eq!((many.count(), many.area(at)), (single.count(), single.area(at)));
            }
        }
    }
}
