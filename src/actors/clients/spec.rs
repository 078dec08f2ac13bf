//! Clients in the words of the language.

pub use super::arrivals::Traffic;
use crate::actors::calls::connections::spec::{NoHandshake, PerRequest};
use crate::actors::calls::{AdaptiveThrottling, Connections, Handshake, Hedge, Reload, Retry, Rules};
use crate::actors::kit::route::RouteField;
use crate::distributions::Distribution;
use crate::schema::quantity::{Bytes, Percent, Span};
use crate::schema::{choice, record};

record! {
    /// All requests ask for the same.
    pub struct OneKey {}
}

record! {
    /// Any of `n` keys, all alike.
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
    /// Few keys are popular, many are not: the chance of the k-th is in proportion to k^-s.
    pub struct ZipfKeys {
        /// How many keys; at least 1.
        pub n: u32,
        /// The exponent; 0 (all alike) to 5. Web pages have about 0.6 to 1.1.
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
    /// What requests ask for.
    pub enum Keys {
        One(OneKey),
        Uniform(UniformKeys),
        Zipf(ZipfKeys),
    }
}

record! {
    /// People and programs that make requests.
    pub struct ClientsSpec {
        /// When requests come.
        pub arrivals: Traffic,
        /// Where they go.
        pub to: RouteField,
        /// How long a client waits for the answer, all attempts together; without it, for ever. The work goes on all the same
        /// unless it `cancels`.
        pub timeout: Option<Span> = None,
        /// Distinct clients, each with an address of its own, for policies that look at them; at least 1.
        pub clients: u32 = 10_000,
        /// What requests ask for.
        pub keys: Keys = Keys::One(OneKey {}),
        /// Size of what is asked for.
        pub size: Bytes = Bytes::ZERO,
        /// How clients hold connections.
        pub connections: Connections = Connections::PerRequest(PerRequest {}),
        /// What it costs to open a connection: round trips over the delay of the route, before the request leaves.
        pub handshake: Handshake = Handshake::Free(NoHandshake {}),
        /// How long a client waits for the answer to each attempt; without it, as long as for the whole.
        pub attempt_timeout: Option<Span> = None,
        /// Whether and when an attempt that failed is followed by another.
        pub retry: Option<Retry> = None,
        /// Whether and when a second request goes out while the first is still waited for.
        pub hedge: Option<Hedge> = None,
        /// True if word goes after an attempt that is given up, over the same links, so that no work is done for nobody.
        pub cancels: bool = false,
        /// True if requests say until when their answer is of use: until the `attempt_timeout` or the `timeout`, whichever
        /// comes first.
        pub propagates_deadline: bool = false,
        /// Whether clients that are turned away hold requests back themselves.
        pub throttle: Option<AdaptiveThrottling> = None,
        /// How long a user waits before giving up, all attempts together; without it, for ever. Unlike the `timeout` it is
        /// drawn for each call, and programs do not know it.
        pub patience: Option<Distribution> = None,
        /// Share of calls that write: their work must be done once and not more (they are not idempotent, RFC 9110, section
        /// 9.2.2). The measure `DuplicateWrites` says of how many it was done more often.
        pub writes: Percent = Percent::ZERO,
        /// True if calls that write are tried again and hedged as others are. False of clients that know better: such a call
        /// is tried again only if it was turned away before any work, as nginx does without `non_idempotent`.
        pub repeats_writes: bool = true,
        /// Whether users ask anew after a call that took too long.
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
    /// True if a client may stop waiting for an attempt, whatever becomes of others.
    #[must_use]
    pub fn gives_up(&self) -> bool {
        self.timeout.is_some() || self.attempt_timeout.is_some() || self.patience.is_some()
    }

    /// True if a call may be something else than one request that is waited for until its timeout.
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

    /// How calls are made; `None` if each is one request that is waited for until its timeout.
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
