//! The generic cell rate algorithm.

use super::MOST;
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::actors::limiter::tokens::{Drip, Tokens};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Rate;
use crate::schema::record;

record! {
    /// The generic cell rate algorithm: each request moves a theoretical arrival time on by `1 / rate`; a request that
    /// arrives too long before it is rejected. Decides like a token bucket and keeps only one number for each account.
    ///
    /// ITU-T I.371 (2004), the virtual scheduling algorithm; redis-cell `CL.THROTTLE`, whose `max_burst` is one less
    /// than `burst` here.
    pub struct Gcra {
        /// The long-run rate. It is exact: requests that arrive exactly at this rate all pass.
        pub rate: Rate,
        /// Requests that may arrive at once; 1 to 1,000,000.
        pub burst: u32,
    }
    check(self, at) {
        if self.burst == 0 || self.burst > MOST {
            at.field("burst").error("1 to 1,000,000 requests");
        }
    }
}

/// The theoretical arrival time of a key, measured in the tokens that drip until then.
#[derive(Clone, Copy, Debug)]
pub struct Arrival(Tokens);

/// The rule at work.
#[derive(Clone, Copy, Debug)]
pub struct Cells {
    rate: Drip,
    /// Including the tokens that drip within the nanosecond of a request.
    burst: Tokens,
}

impl Describes for Gcra {
    type State = Cells;

    fn build(&self) -> Cells {
        let rate = Drip::new(self.rate);
        Cells { rate, burst: rate.whole(self.burst) + rate.within_a_nanosecond() }
    }

    fn most(&self) -> u32 {
        self.burst
    }
}

impl Admit for Cells {
    type Account = Arrival;

    fn open(&self, _now: Time) -> Arrival {
        Arrival(Tokens::default())
    }

    #[inline]
    fn admit(&mut self, arrival: &mut Arrival, now: Time, cost: u32) -> Verdict {
        let now = self.rate.until(now);
        let next = arrival.0.max(now) + self.rate.whole(cost);
        let latest = now + self.burst;
        if next <= latest {
            arrival.0 = next;
            Verdict::Admitted
        } else {
            let never = self.rate.whole(cost) > self.burst;
            let retry_after = if never { Duration::ZERO } else { self.rate.time_for(next.without(latest)) };
            Verdict::Rejected { retry_after }
        }
    }
}
