//! Calls in the words of the language.

use super::backoff::{Backoff, Exponential, FullJitter, Jitter};
use super::budget::Budget;
use crate::actors::kit::failure::{CrashedFailure, ErrorFailure, RefusedFailure, UnavailableFailure};
use crate::engine::Outcome;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Kind, Node, Reader, choice, record};

record! {
    /// It took longer than `attempt_timeout`, or than a balancer on the way waits (504).
    pub struct TimedOutFailure {}
}

record! {
    /// A rate limit turned it away (429).
    pub struct RateLimitedFailure {}
}

choice! {
    /// Which attempts are worth another.
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
    /// True if an attempt that ended so is worth another.
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

    /// All of them, as the standard mode of the AWS SDKs has it: timeouts, connections that fail, 500, 503 and 429.
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
    /// A call whose attempt fails is tried again after a while. Its outcome is that of its last attempt. While another
    /// attempt of the call is waited for, a failure ends nothing. A retry that is due after the `timeout` of the call is
    /// never sent.
    pub struct Retry {
        /// Attempts of a call in all, without hedges; 1 to 1000. The default is that of the standard mode of the AWS SDKs.
        pub attempts: u32 = 3,
        /// How long the client waits before each.
        pub backoff: Backoff = Backoff::Exponential(Exponential {
            base: Span::from_seconds(0.1).unwrap_or(Span::ZERO),
            factor: 2.0,
            cap: Span::whole(20),
            jitter: Jitter::Full(FullJitter {}),
        }),
        /// Which failures are tried again.
        pub on: Vec<RetryOn> = RetryOn::all(),
        /// How many retries and hedges all calls of the node together may have; without it, as many as they like.
        pub budget: Option<Budget> = None,
        /// True if the client waits at least as long as who turned the attempt away asked it to (`Retry-After`, RFC 9110,
        /// section 10.2.3).
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
    /// True if an attempt that ended so is worth another.
    #[must_use]
    pub fn covers(&self, outcome: Outcome) -> bool {
        self.on.iter().any(|on| on.covers(outcome))
    }
}

record! {
    /// After a fixed time.
    pub struct FixedDelay {
        /// How long.
        pub delay: Span,
    }
}

record! {
    /// After a quantile of the latencies that the node has seen lately (the last 1000 to 2000 calls); before it has seen
    /// 100 there are no hedges. Dean and Barroso wait for the 95th percentile, which limits the additional load to 5 %.
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
    /// Hedged requests: a call that is not answered in time is sent once more while the first attempt is still waited
    /// for; the first answer wins, and the others are given up. Dean and Barroso, "The Tail at Scale", 2013.
    pub struct Hedge {
        /// How long after an attempt, or after the hedge before: a length of time, or `Quantile(0.95)`.
        pub after: HedgeAfter = HedgeAfter(HedgeDelay::Quantile(ObservedQuantile { p: 0.95 })),
        /// Hedges of a call at most; 1 to 100.
        pub most: u32 = 1,
    }
    check(self, at) {
        if self.most == 0 || self.most > 100 {
            at.field("most").error("1 to 100 hedges; without any, leave `hedge` away");
        }
    }
}

record! {
    /// Clients that are turned away hold requests back themselves, each with the chance
    /// max(0, (requests - k x accepts) / (requests + 1)) over a trailing window. Attempts that are held back count as
    /// requests; accepted is what was answered, if only with an error. What all clients of the node have seen counts as
    /// one. Beyer et al., "Site Reliability Engineering", 2016, chapter 21.
    pub struct AdaptiveThrottling {
        /// How many times more requests than are accepted may be sent; 1 to 1000.
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
    /// Users ask anew after a call that took too long: after one they gave up, and after one that timed out. What they ask
    /// for stays the same; it is a call of its own, and counts as one.
    pub struct Reload {
        /// How many of them do.
        pub chance: Percent = Percent::of(70.0),
        /// How long they take to.
        pub after: Span = Span::whole(1),
        /// How often in a row; 1 to 1000.
        pub most: u32 = 3,
    }
    check(self, at) {
        if self.most == 0 || self.most > 1000 {
            at.field("most").error("1 to 1000 times; for never, leave `reload` away");
        }
    }
}
