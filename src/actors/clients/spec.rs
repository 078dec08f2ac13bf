//! Clients, as written in the language.

pub use super::arrivals::Traffic;
use crate::actors::calls::connections::spec::{NoHandshake, PerRequest};
use crate::actors::calls::{AdaptiveThrottling, Connections, Handshake, Hedge, Reload, Retry, Rules};
use crate::actors::kit::route::RouteField;
use crate::distributions::Distribution;
use crate::schema::quantity::{Bytes, Percent, Span};
use crate::schema::{choice, record};

record! {
    /// All requests ask for the same key.
    pub struct OneKey {}
}

record! {
    /// One of `n` keys, all equally likely.
    pub struct UniformKeys {
        /// How many keys; at least 1.
        pub n: u32,
    }
    check(self, at) {
        if self.n == 0 {
            at.field("n").error("at least one key");
        }
    }
}

record! {
    /// Zipf popularity: the probability of the k-th key is proportional to `k^-s`, so a few keys are popular and most
    /// are not.
    pub struct ZipfKeys {
        /// How many keys; at least 1.
        pub n: u32,
        /// The exponent; 0 (all equally likely) to 5. Web pages have about 0.6 to 1.1.
        pub s: f64,
    }
    check(self, at) {
        if self.n == 0 {
            at.field("n").error("at least one key");
        }
        if !(0.0..=5.0).contains(&self.s) {
            at.field("s").error("an exponent from 0 to 5");
        }
    }
}

choice! {
    /// The keys that requests ask for.
    pub enum Keys {
        One(OneKey),
        Uniform(UniformKeys),
        Zipf(ZipfKeys),
    }
}

record! {
    /// Clients: users and programs that send requests.
    pub struct ClientsSpec {
        /// The arrival process.
        pub arrivals: Traffic,
        /// Where requests are sent.
        pub to: RouteField,
        /// How long a client waits for the answer, over all attempts; without it, indefinitely. The server goes on
        /// working after that unless the client `cancels`.
        pub timeout: Option<Span> = None,
        /// Number of distinct clients, each with its own address, for policies that use addresses; at least 1.
        pub clients: u32 = 10_000,
        /// The keys that requests ask for.
        pub keys: Keys = Keys::One(OneKey {}),
        /// Size of a request in bytes.
        pub size: Bytes = Bytes::ZERO,
        /// How clients hold connections.
        pub connections: Connections = Connections::PerRequest(PerRequest {}),
        /// The round trips that opening a connection takes, over the delay of the route, before the request is sent.
        pub handshake: Handshake = Handshake::Free(NoHandshake {}),
        /// How long a client waits for the answer to one attempt; without it, until `timeout`.
        pub attempt_timeout: Option<Span> = None,
        /// Whether and when a failed attempt is retried.
        pub retry: Option<Retry> = None,
        /// Whether and when a second request is sent while the first is still unanswered.
        pub hedge: Option<Hedge> = None,
        /// True if an attempt that is given up is cancelled: a cancellation follows it over the same links and stops
        /// its work.
        pub cancels: bool = false,
        /// True if requests carry a deadline: the end of `attempt_timeout` or of `timeout`, whichever comes first.
        pub propagates_deadline: bool = false,
        /// Whether clients throttle themselves when their requests are rejected.
        pub throttle: Option<AdaptiveThrottling> = None,
        /// How long a user waits before giving up, over all attempts; without it, indefinitely. Unlike `timeout` it is
        /// drawn for each call and is not known to the program, so it sets no deadline.
        pub patience: Option<Distribution> = None,
        /// Share of calls that write and are not idempotent (RFC 9110, section 9.2.2): their work must be done exactly
        /// once. The measure `DuplicateWrites` is the share of them whose work was done more than once.
        pub writes: Percent = Percent::ZERO,
        /// True if calls that write are retried and hedged like others. If false, such a call is retried only if it was
        /// rejected before any work was done, as nginx does without `non_idempotent`.
        pub repeats_writes: bool = true,
        /// Whether users reload after a call that took too long.
        pub reload: Option<Reload> = None,
    }
    check(self, at) {
        if self.clients == 0 {
            at.field("clients").error("at least one client");
        }
        if self.timeout == Some(Span::ZERO) {
            at.field("timeout").error("a timeout is above zero");
        }
        if self.attempt_timeout == Some(Span::ZERO) {
            at.field("attempt_timeout").error("a timeout is above zero");
        }
        if self.propagates_deadline && self.timeout.is_none() && self.attempt_timeout.is_none() {
            at.field("propagates_deadline").error("there is no deadline to tell of: set `timeout` or `attempt_timeout`");
        }
        if self.cancels && !self.gives_up() && self.hedge.is_none() {
            at.field("cancels").error(
                "nothing is ever given up: set `timeout`, `attempt_timeout`, `patience` or `hedge`"
            );
        }
        if self.reload.is_some() && !self.gives_up() {
            at.field("reload").error("no call ever takes too long: set `timeout`, `attempt_timeout` or `patience`");
        }
        if !self.repeats_writes && self.writes == Percent::ZERO {
            at.field("repeats_writes").error("no call writes: set `writes`, as in `writes: \"20 %\"`");
        }
        if self.handshake.round_trips() > 0 && self.to.delay.is_none() {
            at.field("handshake").error("a handshake takes round trips, and this route has no `delay`");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("clients send to one node; put a Balancer before several");
        }
    }
}

impl ClientsSpec {
    /// True if a client may stop waiting for a single attempt.
    #[must_use]
    pub fn gives_up(&self) -> bool {
        self.timeout.is_some() || self.attempt_timeout.is_some() || self.patience.is_some()
    }

    /// True if a call may be more than a single request with a timeout.
    #[must_use]
    pub fn makes_calls(&self) -> bool {
        self.attempt_timeout.is_some()
            || self.retry.is_some()
            || self.hedge.is_some()
            || self.cancels
            || self.propagates_deadline
            || self.throttle.is_some()
            || self.patience.is_some()
            || self.reload.is_some()
            || self.writes != Percent::ZERO
    }

    /// How calls are made; `None` if each call is a single request with a timeout.
    #[must_use]
    pub fn rules(&self) -> Option<Rules<'_>> {
        self.makes_calls().then_some(Rules {
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            retry: self.retry.as_ref(),
            hedge: self.hedge.as_ref(),
            throttle: self.throttle.as_ref(),
            cancels: self.cancels,
            propagates_deadline: self.propagates_deadline,
            writes: self.writes,
            repeats_writes: self.repeats_writes,
            patience: self.patience.as_ref(),
            reload: self.reload.as_ref(),
        })
    }
}
