//! The leaky bucket, nginx's and the exact one.

use super::MOST;
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::actors::limiter::tokens::Drip;
use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;
use crate::schema::{choice, record};

record! {
    /// Requests above the rate are delayed.
    pub struct Delay {
        /// Number of requests of the burst that are not delayed.
        pub after: u32 = 0,
    }
}

record! {
    /// Requests of the burst pass at once.
    pub struct NoDelay {}
}

choice! {
    /// Whether requests above the rate, but within the burst, are delayed.
    pub enum Excess {
        Delay(Delay),
        NoDelay(NoDelay),
    }
}

record! {
    /// As nginx counts: in whole milliseconds and thousandths of a request, both rounded down. Requests exactly at the
    /// rate all pass if the time between them is a whole number of milliseconds; at 3/s, where it is 333, 333 and 334
    /// ms, one in three is too early, unless `burst` is at least 1.
    pub struct InMilliseconds {}
}

record! {
    /// Without rounding, as the algorithm is published: requests that arrive exactly at the rate all pass, whatever the
    /// rate.
    pub struct Unrounded {}
}

choice! {
    /// How a leaky bucket rounds time and requests.
    pub enum Arithmetic {
        Nginx(InMilliseconds),
        Exact(Unrounded),
    }
}

record! {
    /// A bucket that leaks at a constant rate: a request for which it has room passes, at once or when it leaks out; a
    /// request that would overflow it is rejected.
    ///
    /// nginx `limit_req zone=... rate=... burst=... [nodelay | delay=...]`, by default with its arithmetic.
    pub struct LeakyBucket {
        /// The rate at which the bucket leaks.
        pub rate: Rate,
        /// Requests above the rate for which the bucket has room; 0 to 1,000,000.
        pub burst: u32 = 0,
        /// Whether requests of the burst are delayed.
        pub excess: Excess = Excess::Delay(Delay { after: 0 }),
        /// How time and requests are rounded.
        pub arithmetic: Arithmetic = Arithmetic::Nginx(InMilliseconds {}),
    }
    check(self, at) {
        if self.burst > MOST {
            at.field("burst").error("0 to 1,000,000 requests");
        }
        if self.rate.per_second() < 0.001 && self.arithmetic == Arithmetic::Nginx(InMilliseconds {}) {
            at.field("rate").error("at least one request in 1000 seconds; less with `arithmetic: Exact`");
        }
    }
}

/// The content of the bucket of a key.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// Beyond one request, in units; `None` before the first.
    excess: Option<u128>,
    /// In ticks.
    last: u64,
}

/// Buckets of one size.
#[derive(Clone, Copy, Debug)]
pub struct Buckets {
    /// Nanoseconds in a tick.
    tick: u64,
    /// Units that leak in a given number of ticks.
    rate: u128,
    ticks: u128,
    /// Units of a request, as all that follows.
    one: u128,
    burst: u128,
    undelayed: u128,
}

impl Describes for LeakyBucket {
    type State = Buckets;

    fn build(&self) -> Buckets {
        let after = match &self.excess {
            Excess::Delay(delay) => delay.after,
            Excess::NoDelay(_) => self.burst,
        };
        match self.arithmetic {
            Arithmetic::Nginx(_) => Buckets {
                tick: 1_000_000,
                // nginx divides whole numbers: a thousand a minute is 16. The addend makes up for rounding.
                rate: ((self.rate.per_second() * 1000.0 + 1e-6) as u128).max(1),
                ticks: 1000,
                one: 1000,
                burst: u128::from(self.burst) * 1000,
                undelayed: u128::from(after) * 1000,
            },
            Arithmetic::Exact(_) => {
                let drip = Drip::new(self.rate);
                Buckets {
                    tick: 1,
                    rate: drip.during(Duration::from_nanos(1)).units(),
                    ticks: 1,
                    one: drip.whole(1).units(),
                    burst: (drip.whole(self.burst) + drip.within_a_nanosecond()).units(),
                    undelayed: drip.whole(after).units(),
                }
            }
        }
    }

    fn most(&self) -> u32 {
        self.burst + 1
    }
}

impl Buckets {
    /// How long it takes until `units` have leaked, rounded up.
    fn time_for(&self, units: u128) -> Duration {
        let ticks = u64::try_from((units * self.ticks).div_ceil(self.rate)).unwrap_or(u64::MAX);
        Duration::from_nanos(ticks.saturating_mul(self.tick))
    }
}

impl Admit for Buckets {
    type Account = Level;

    fn open(&self, _now: Time) -> Level {
        Level { excess: None, last: 0 }
    }

    #[inline]
    fn admit(&mut self, level: &mut Level, now: Time, cost: u32) -> Verdict {
        let now = now.as_nanos() / self.tick;
        let elapsed = now - level.last;
        // The first request of a key finds an empty bucket and takes no part of the burst.
        let before = level
            .excess
            .map_or(0, |excess| (excess + self.one).saturating_sub(self.rate * u128::from(elapsed) / self.ticks));
        let excess = (before + u128::from(cost) * self.one).saturating_sub(self.one);
        if excess > self.burst {
            let never = u128::from(cost) * self.one > self.burst + self.one;
            let retry_after = if never { Duration::ZERO } else { self.time_for(excess - self.burst) };
            return Verdict::Rejected { retry_after };
        }
        if elapsed > 0 || level.excess.is_none() {
            level.last = now;
        }
        level.excess = Some(excess);
        // Rounded down: a request waits until its time has come, to a tick.
        let wait = excess.saturating_sub(self.undelayed) * self.ticks / self.rate;
        match u64::try_from(wait).unwrap_or(u64::MAX) {
            0 => Verdict::Admitted,
            ticks => Verdict::Delayed(Duration::from_nanos(ticks.saturating_mul(self.tick))),
        }
    }
}
