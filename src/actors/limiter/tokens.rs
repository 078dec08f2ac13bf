//! Exact arithmetic for tokens that are added at a constant rate.

use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;

/// An amount of tokens, in units of its [`Drip`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tokens(u128);

impl Tokens {
    /// The amount in units.
    #[must_use]
    pub fn units(self) -> u128 {
        self.0
    }

    /// The amount less `other`, or zero.
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

/// Tokens by time, exactly: the rate is a fraction, and a token is divided into units such that a whole number of them
/// drips in a nanosecond. A rate of up to 2^57 units a nanosecond over 584 years, and a million tokens of up to 2^90
/// units, fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drip {
    /// Units in a nanosecond.
    nano: u64,
    /// Units in a token.
    token: u128,
}

impl Drip {
    /// `rate` by its fraction.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let (events, seconds) = rate.fraction();
        Self { nano: events, token: u128::from(seconds) * 1_000_000_000 }
    }

    /// Whole tokens.
    #[inline]
    #[must_use]
    pub fn whole(self, count: u32) -> Tokens {
        Tokens(u128::from(count) * self.token)
    }

    /// The tokens that drip in `time`.
    #[inline]
    #[must_use]
    pub fn during(self, time: Duration) -> Tokens {
        Tokens(u128::from(self.nano) * u128::from(time.as_nanos()))
    }

    /// The tokens that have dripped since time zero.
    #[inline]
    #[must_use]
    pub fn until(self, now: Time) -> Tokens {
        self.during(now.since(Time::ZERO))
    }

    /// The tokens that drip within a nanosecond, except at its very end. Times are whole nanoseconds, so a time stands
    /// for any moment of its nanosecond, and up to this many more tokens may be there than at the beginning. A request
    /// that is admitted on these is charged for them: requests exactly at the rate all pass, and no more than the rate,
    /// whatever the fraction of a nanosecond between them.
    #[must_use]
    pub fn within_a_nanosecond(self) -> Tokens {
        Tokens(u128::from(self.nano - 1))
    }

    /// How long it takes until `amount` has dripped, rounded up to a nanosecond.
    #[must_use]
    pub fn time_for(self, amount: Tokens) -> Duration {
        Duration::from_nanos(u64::try_from(amount.0.div_ceil(u128::from(self.nano))).unwrap_or(u64::MAX))
    }
}
