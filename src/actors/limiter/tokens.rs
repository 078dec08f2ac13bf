//! Exact arithmetic of tokens that drip at a constant rate.

use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;

/// One token: a rate in millionths of a token a second, times nanoseconds, adds up in these units without rounding.
const TOKEN: u128 = 1_000_000_000_000_000;

/// An amount of tokens, exact to 1e-15 of one.
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

/// Tokens a second, to a millionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drip(u64);

impl Drip {
    /// `rate`, which is at least one token in twelve days.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self(((rate.per_second() * 1e6).round() as u64).max(1))
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
