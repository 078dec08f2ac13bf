//! The leaky bucket of nginx.

use super::MOST;
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;
use crate::schema::{choice, record};

record! {
    /// Requests above the rate wait until it is their turn.
    pub struct Delay {
        /// Requests of the burst that need not wait.
        pub after: u32 = 0,
    }
}

record! {
    /// Requests of the burst pass at once.
    pub struct NoDelay {}
}

choice! {
    /// What becomes of requests above the rate that the burst has room for.
    pub enum Excess {
        Delay(Delay),
        NoDelay(NoDelay),
    }
}

record! {
    /// A bucket that leaks at a constant rate: a request that it has room for passes, at once or when it leaks out; one
    /// that would overflow it is turned away.
    ///
    /// nginx `limit_req zone=... rate=... burst=... [nodelay | delay=...]`, with its arithmetic: milliseconds, and
    /// thousandths of a request.
    pub struct LeakyBucket {
        /// Requests let through, by time.
        pub rate: Rate,
        /// Requests above the rate that are let in; 0 to 1,000,000.
        pub burst: u32 = 0,
        /// What becomes of those.
        pub excess: Excess = Excess::Delay(Delay { after: 0 }),
    }
    check(self, at) {
        if self.burst > MOST {
            at.field("burst").error("0 to 1,000,000 requests");
        }
        if self.rate.per_second() < 0.001 {
            at.field("rate").error("at least one request in 1000 seconds");
        }
    }
}

/// What stands in the bucket of a key.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// In thousandths of a request; `None` before the first.
    excess: Option<u64>,
    /// In milliseconds.
    last: u64,
}

/// Buckets of one size.
#[derive(Clone, Copy, Debug)]
pub struct Buckets {
    /// Thousandths of a request a second, as all that follows.
    rate: u64,
    burst: u64,
    undelayed: u64,
}

impl Describes for LeakyBucket {
    type State = Buckets;

    fn build(&self) -> Buckets {
        let burst = u64::from(self.burst) * 1000;
        Buckets {
            // nginx divides whole numbers: a thousand a minute is 16. What is added makes up for rounding.
            rate: ((self.rate.per_second() * 1000.0 + 1e-6) as u64).max(1),
            burst,
            undelayed: match &self.excess {
                Excess::Delay(delay) => u64::from(delay.after) * 1000,
                Excess::NoDelay(_) => burst,
            },
        }
    }
}

impl Admit for Buckets {
    type Account = Level;

    fn open(&self, _now: Time) -> Level {
        Level { excess: None, last: 0 }
    }

    #[inline]
    fn admit(&mut self, level: &mut Level, now: Time, cost: u32) -> Verdict {
        let now = now.as_nanos() / 1_000_000;
        let wanted = 1000 * u64::from(cost);
        let elapsed = now - level.last;
        let excess = match level.excess {
            // The first request of a key finds an empty bucket and costs nothing of the burst.
            None => wanted - 1000,
            Some(excess) => {
                let leaked = u64::try_from(u128::from(self.rate) * u128::from(elapsed) / 1000).unwrap_or(u64::MAX);
                (excess + wanted).saturating_sub(leaked)
            }
        };
        if excess > self.burst {
            let wait = (excess - self.burst) * 1000 / self.rate;
            return Verdict::Rejected { retry_after: Duration::from_nanos((wait + 1) * 1_000_000) };
        }
        if elapsed > 0 || level.excess.is_none() {
            level.last = now;
        }
        level.excess = Some(excess);
        match excess.saturating_sub(self.undelayed) * 1000 / self.rate {
            0 => Verdict::Admitted,
            delay => Verdict::Delayed(Duration::from_nanos(delay * 1_000_000)),
        }
    }
}
