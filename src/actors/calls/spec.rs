//! Calls, as written in the language.

use super::backoff::{Backoff, Exponential, FullJitter, Jitter};
use super::budget::Budget;
use crate::actors::kit::failure::{CrashedFailure, ErrorFailure, RefusedFailure, UnavailableFailure};
use crate::engine::Outcome;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Kind, Node, Reader, choice, record};

record! {
    /// It took longer than `attempt_timeout`, or than the timeout of a balancer on the way (504).
    pub struct TimedOutFailure {}
}

record! {
    /// A rate limit rejected it (429).
    pub struct RateLimitedFailure {}
}

choice! {
    /// Which failures are retried.
    pub enum RetryOn {
        TimedOut(TimedOutFailure),
        Refused(RefusedFailure),
        Crashed(CrashedFailure),
        Error(ErrorFailure),
        Unavailable(UnavailableFailure),
        RateLimited(RateLimitedFailure),
    }
}

impl RetryOn {
    /// True if an attempt with this outcome is retried.
    #[must_use]
    pub fn covers(&self, outcome: Outcome) -> bool {
        match self {
            Self::TimedOut(_) => matches!(outcome, Outcome::TimedOut | Outcome::GatewayTimeout),
            Self::Refused(_) => outcome == Outcome::Refused,
            Self::Crashed(_) => outcome == Outcome::Crashed,
            Self::Error(_) => outcome == Outcome::Error,
            Self::RateLimited(_) => outcome == Outcome::RateLimited,
            Self::Unavailable(_) => {
                outcome.is_rejection()
                    && !matches!(outcome, Outcome::RateLimited | Outcome::Throttled | Outcome::DeadlinePassed)
            }
        }
    }

    /// All failures, as in the standard mode of the AWS SDKs: timeouts, failed connections, 500, 503 and 429.
    #[must_use]
    pub fn all() -> Vec<Self> {
        vec![
            Self::TimedOut(TimedOutFailure {}),
            Self::Refused(RefusedFailure {}),
            Self::Crashed(CrashedFailure {}),
            Self::Error(ErrorFailure {}),
            Self::Unavailable(UnavailableFailure {}),
            Self::RateLimited(RateLimitedFailure {}),
        ]
    }
}

record! {
    /// A failed attempt of a call is retried after a backoff. The outcome of the call is that of its last attempt.
    /// While another attempt of the call is in flight, a failure does not end the call. A retry that would be due after
    /// the timeout of the call is not sent.
    pub struct Retry {
        /// Total attempts of a call, not counting hedges; 1 to 1000. The default is that of the standard mode of the
        /// AWS SDKs.
        pub attempts: u32 = 3,
        /// How long the client waits before each retry.
        pub backoff: Backoff = Backoff::Exponential(Exponential {
            base: Span::from_seconds(0.1).unwrap_or(Span::ZERO),
            factor: 2.0,
            cap: Span::whole(20),
            jitter: Jitter::Full(FullJitter {}),
        }),
        /// Which failures are retried.
        pub on: Vec<RetryOn> = RetryOn::all(),
        /// The budget for retries and hedges of all calls of the node together; without it, unlimited.
        pub budget: Option<Budget> = None,
        /// True if the client waits at least as long as a rejection asked it to (`Retry-After`, RFC 9110, section
        /// 10.2.3).
        pub honours_retry_after: bool = true,
    }
    check(self, at) {
        if self.attempts == 0 || self.attempts > 1000 {
            at.field("attempts").error("1 to 1000 attempts");
        }
        if self.on.is_empty() {
            at.field("on").error("at least one kind of failure; without any, leave `retry` away");
        }
    }
}

impl Retry {
    /// True if an attempt with this outcome is retried.
    #[must_use]
    pub fn covers(&self, outcome: Outcome) -> bool {
        self.on.iter().any(|on| on.covers(outcome))
    }
}

record! {
    /// Hedges after a fixed time.
    pub struct FixedDelay {
        /// How long.
        pub delay: Span,
    }
}

record! {
    /// Hedges after a quantile of the recent latencies of the node (the last 1000 to 2000 calls). There are no hedges
    /// before it has seen 100 latencies. Dean and Barroso wait for the 95th percentile, which limits the additional
    /// load to 5 %.
    pub struct ObservedQuantile {
        /// Which quantile; above 0 and below 1.
        pub p: f64 = 0.95,
    }
    check(self, at) {
        if !(self.p > 0.0 && self.p < 1.0) {
            at.field("p").error("a quantile above 0 and below 1");
        }
    }
}

choice! {
    /// When a call is hedged.
    pub enum HedgeDelay {
        Fixed(FixedDelay),
        Quantile(ObservedQuantile),
    }
}

/// When a call is hedged; a fixed time may be written by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct HedgeAfter(pub HedgeDelay);

impl Decode for HedgeAfter {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::Text(_) => Span::decode(node, reader).map(|delay| Self(HedgeDelay::Fixed(FixedDelay { delay }))),
            _ => HedgeDelay::decode(node, reader).map(Self),
        }
    }
}

impl Encode for HedgeAfter {
    fn encode(&self) -> Node {
        self.0.encode()
    }
}

record! {
    /// Hedged requests: if a call is not answered in time, a second request is sent while the first is still in flight.
    /// The first answer wins, and the other attempts are given up. Dean and Barroso, "The Tail at Scale", 2013.
    pub struct Hedge {
        /// How long after the attempt, or after the previous hedge: a time, or `Quantile(0.95)`.
        pub after: HedgeAfter = HedgeAfter(HedgeDelay::Quantile(ObservedQuantile { p: 0.95 })),
        /// The most hedges of a call; 1 to 100.
        pub most: u32 = 1,
    }
    check(self, at) {
        if self.most == 0 || self.most > 100 {
            at.field("most").error("1 to 100 hedges; without any, leave `hedge` away");
        }
    }
}

record! {
    /// Clients whose requests are rejected hold requests back themselves, each with the probability `max(0, (requests -
    /// k x accepts) / (requests + 1))` over a trailing window. Attempts that are held back count as requests; an
    /// attempt is accepted if it was answered, even with an error. All clients of the node share one count. Beyer et
    /// al., "Site Reliability Engineering", 2016, chapter 21.
    pub struct AdaptiveThrottling {
        /// How many requests may be sent for each accepted one; 1 to 1000.
        pub k: f64 = 2.0,
        /// The trailing window.
        pub window: Span = Span::whole(120),
    }
    check(self, at) {
        if !(1.0..=1000.0).contains(&self.k) {
            at.field("k").error("a factor from 1 to 1000");
        }
        if self.window.seconds() < 1e-3 {
            at.field("window").error("a window of at least a millisecond");
        }
    }
}

record! {
    /// Users reload after a call that took too long, that is, one that they gave up on or that timed out. A reload asks
    /// for the same key and size, and counts as a new call.
    pub struct Reload {
        /// Probability of a reload.
        pub chance: Percent = Percent::of(70.0),
        /// How long after the end of the call.
        pub after: Span = Span::whole(1),
        /// The most reloads in a row; 1 to 1000.
        pub most: u32 = 3,
    }
    check(self, at) {
        if self.most == 0 || self.most > 1000 {
            at.field("most").error("1 to 1000 times; for never, leave `reload` away");
        }
    }
}
