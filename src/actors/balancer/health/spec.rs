//! How a balancer watches its members, in the words of the language.

use crate::actors::calls::budget::ActiveBudget;
pub use crate::actors::kit::failure::Failure;
use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Kind, Node, Reader, choice, record};

record! {
    /// The balancer hears of a server that goes down or comes up, after a while.
    pub struct Notified {
        /// How long the news takes.
        pub after: Span = Span::ZERO,
    }
}

record! {
    /// The balancer never hears of it and goes on sending requests to servers that are down, unless `passive` or
    /// `outliers` teach it better.
    pub struct Unaware {}
}

/// Work of a check: a length of time, or a distribution of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Work(pub Distribution);

impl Decode for Work {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::Text(_) => Span::decode(node, reader).map(|value| Self(Distribution::Constant(Constant { value }))),
            _ => Distribution::decode(node, reader).map(Self),
        }
    }
}

impl Encode for Work {
    fn encode(&self) -> Node {
        self.0.encode()
    }
}

record! {
    /// Each balancer asks each member regularly whether it is well. A check is a request like any other: it travels the
    /// balancer's link, waits in the member's queue and occupies a worker. One that is refused, answered with an error,
    /// lost in a crash or not answered in time has failed.
    ///
    /// `fall` and `rise` are those of HAProxy (`inter` 2 s, `fall` 3, `rise` 2 there); nginx Plus `health_check` has an
    /// interval of 5 s and 1 for both. All members begin as up, and the first check of each is somewhere in the first
    /// interval, evenly spread over the members.
    pub struct Active {
        /// From one check of a member to the next.
        pub interval: Span = Span::from_seconds(5.0).unwrap_or(Span::ZERO),
        /// How long a check may take; at most the interval.
        pub timeout: Span = Span::from_seconds(1.0).unwrap_or(Span::ZERO),
        /// Failed checks in a row that take a member out; 1 to 1000.
        pub fall: u32 = 3,
        /// Passed checks in a row that bring it back; 1 to 1000.
        pub rise: u32 = 2,
        /// What a check costs a server of speed 1, as a length of time or a distribution. A server without workers to
        /// spare answers late.
        pub work: Work = Work(Distribution::Constant(Constant { value: Span::from_seconds(0.001).unwrap_or(Span::ZERO) })),
    }
    check(self, at) {
        if self.interval.seconds() < 1e-3 {
            at.field("interval").error("a member is checked every millisecond at most");
        }
        if self.timeout == Span::ZERO || self.timeout > self.interval {
            at.field("timeout").error("a check may take some time, and at most until the next one");
        }
        if self.fall == 0 || self.fall > 1000 {
            at.field("fall").error("1 to 1000 checks");
        }
        if self.rise == 0 || self.rise > 1000 {
            at.field("rise").error("1 to 1000 checks");
        }
    }
}

choice! {
    /// How a balancer learns that a server is down or up again.
    pub enum Health {
        Notified(Notified),
        Unaware(Unaware),
        Active(Active),
    }
}

record! {
    /// Requests that fail take their member out for a while; then one request is let through to probe it.
    ///
    /// `max_fails` and `fail_timeout` of an nginx `server`. As there, a failure is counted on while the next comes within
    /// `fail_timeout`, a balancer with a single member pays no heed, and the probe decides: if it is answered the member
    /// is back, if it fails the member is out for another `fail_timeout`. Goes with `health: Unaware`: news of a crash
    /// would leave nothing to find out.
    pub struct Passive {
        /// Failures that take a member out; 0 for never.
        pub max_fails: u32 = 1,
        /// How long failures count, and how long a member is out.
        pub fail_timeout: Span = Span::from_seconds(10.0).unwrap_or(Span::ZERO),
        /// What counts as a failure.
        pub on: Vec<Failure> = Failure::usual(),
    }
    check(self, at) {
        if self.fail_timeout == Span::ZERO {
            at.field("fail_timeout").error("a member is out for some time; for never, set `max_fails` to 0");
        }
    }
}

record! {
    /// Ejects members whose share of answered requests is far below that of the others, once an interval.
    pub struct SuccessRate {
        /// Members that must have had enough requests in the interval.
        pub minimum_hosts: u32 = 5,
        /// Requests of a member in an interval that are enough.
        pub request_volume: u32 = 100,
        /// Standard deviations below the mean that are too far.
        pub stdev_factor: f64 = 1.9,
    }
    check(self, at) {
        if !(self.stdev_factor >= 0.0 && self.stdev_factor <= 1000.0) {
            at.field("stdev_factor").error("a factor is from 0 to 1000");
        }
    }
}

record! {
    /// Ejects members that fail where others do not, for longer each time; if too few are left, uses all.
    ///
    /// Envoy's outlier detection with its defaults. An answer other than success is a 5xx: errors are 500, refused and
    /// lost connections, full queues and missing servers are 503. A member is ejected for `base_ejection` times the
    /// number of times it was, which falls by one for each interval that it is in and well. Members come back at sweeps,
    /// which are an interval apart. With `health: Active`, a check that is passed ends an ejection at once, as in Envoy.
    pub struct OutlierEjection {
        /// Answers with 5xx in a row that eject a member; 0 for never.
        pub consecutive_5xx: u32 = 5,
        /// Answers with 502 to 504 in a row that eject a member; 0 for never, as where Envoy's enforcing is left at 0 %.
        pub consecutive_gateway_failure: u32 = 0,
        /// From one sweep to the next.
        pub interval: Span = Span::from_seconds(10.0).unwrap_or(Span::ZERO),
        /// How long the first ejection lasts, at least; it ends at a sweep.
        pub base_ejection: Span = Span::from_seconds(30.0).unwrap_or(Span::ZERO),
        /// How long any ejection lasts at most; not less than the first.
        pub max_ejection_time: Span = Span::from_seconds(300.0).unwrap_or(Span::ZERO),
        /// Share of the members that may be ejected at once: of fewer than ten members, a tenth is none.
        pub max_ejection: Percent = Percent::of(10.0),
        /// Whether one member may always be ejected, whatever its share: `always_eject_one_host` of Envoy, which had it so
        /// without asking before 1.31.
        pub always_eject_one: bool = false,
        /// Share of the members (backups aside) below which those that are well do not suffice, and all are used.
        pub panic: Percent = Percent::of(50.0),
        /// Ejection of those whose success rate is far from the others'; `None` for never.
        pub success_rate: Option<SuccessRate> =
            Some(SuccessRate { minimum_hosts: 5, request_volume: 100, stdev_factor: 1.9 }),
    }
    check(self, at) {
        if self.interval == Span::ZERO {
            at.field("interval").error("sweeps are some time apart");
        }
        if self.base_ejection == Span::ZERO {
            at.field("base_ejection").error("an ejection lasts some time");
        }
    }
}

record! {
    /// A member that this request has not tried yet; if there is none, the failure is passed on. As in nginx, and in Envoy
    /// with the predicate `previous_hosts`.
    pub struct UntriedMembers {}
}

record! {
    /// Any but the one that has just failed, unless it is the only one. As in HAProxy with `option redispatch 1`.
    pub struct AllButLast {}
}

record! {
    /// The member that the policy chooses, tried or not. As in Envoy without a predicate.
    pub struct AnyMember {}
}

choice! {
    /// Which members a failed attempt may go to.
    pub enum Among {
        Untried(UntriedMembers),
        NotLast(AllButLast),
        Any(AnyMember),
    }
}

record! {
    /// A failed attempt goes to another member.
    ///
    /// `proxy_next_upstream` of nginx with its `_tries` and `_timeout`; `retries`, `retry-on` and `option redispatch 1` of
    /// HAProxy with `among: NotLast` and `tries` one more than `retries`. A request whose client has stopped waiting is not tried
    /// again. It is sent again at once: a retry on the same server after a pause, as HAProxy's without `option redispatch`
    /// (a second), is one of clients (`Retry` with a constant backoff).
    pub struct RetryElsewhere {
        /// Attempts at most, the first included; 0 for as many as there are members.
        pub tries: u32 = 0,
        /// How long after it came a request may be sent to another member; 0 for no limit.
        pub timeout: Span = Span::ZERO,
        /// How many requests may be on another attempt at once; without it, any number. Retry budgets by calls of the last
        /// seconds are those of clients.
        pub budget: Option<ActiveBudget> = None,
        /// What counts as a failure.
        pub on: Vec<Failure> = Failure::usual(),
        /// Which members it may go to.
        pub among: Among = Among::Untried(UntriedMembers {}),
    }
}
