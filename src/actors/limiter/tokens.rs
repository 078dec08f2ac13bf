//! Exact arithmetic of tokens that drip at a constant rate.

use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;

/// Units of a rate in one token a second. All rates of up to four decimals by the second, minute, hour or day, and of up to
/// six by the second, are whole numbers of them.
const PER_SECOND: u64 = 864_000_000;

/// One token: a rate, times nanoseconds, adds up in these units without rounding.
const TOKEN: u128 = PER_SECOND as u128 * 1_000_000_000;

/// An amount of tokens, exact to 2e-18 of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tokens(u128);

impl Tokens {
    /// Whole tokens.
    #[must_use]
    pub fn whole(count: u32) -> Self {
        Self(u128::from(count) * TOKEN)
    }

    /// The amount without `other`, or nothing.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// Tokens by time, to a ten-thousandth of one a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drip(u64);

impl Drip {
    /// `rate`, which is at least one token in ten thousand days.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self(((rate.per_second() * PER_SECOND as f64).round() as u64).max(1))
    }

    /// What drips in `time`.
    #[inline]
    #[must_use]
    pub fn during(self, time: Duration) -> Tokens {
        Tokens(u128::from(self.0) * u128::from(time.as_nanos()))
    }

    /// What has dripped since time zero.
    #[inline]
    #[must_use]
    pub fn until(self, now: Time) -> Tokens {
        self.during(now.since(Time::ZERO))
    }

    /// How long it takes until `amount` has dripped, rounded up to a nanosecond.
    #[must_use]
    pub fn time_for(self, amount: Tokens) -> Duration {
        Duration::from_nanos(u64::try_from(amount.0.div_ceil(u128::from(self.0))).unwrap_or(u64::MAX))
    }
}
