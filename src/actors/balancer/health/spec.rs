//! How a balancer watches its members, as written in the language.

use crate::actors::calls::budget::ActiveBudget;
pub use crate::actors::kit::failure::Failure;
use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Kind, Node, Reader, choice, record};

record! {
    /// The balancer is told when a server goes down or comes up, after a delay.
    pub struct Notified {
        /// The delay.
        pub after: Span = Span::ZERO,
    }
}

record! {
    /// The balancer is never told, and goes on sending requests to servers that are down, unless `passive` or
    /// `outliers` detects them.
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
    /// Active health checks: each balancer regularly checks each member. A check is a request like any other: it
    /// travels over the balancer's link, waits in the member's queue and occupies a worker. It fails if it is refused,
    /// answered with an error, lost in a crash or not answered in time.
    ///
    /// `fall` and `rise` are those of HAProxy (`inter` 2 s, `fall` 3, `rise` 2 there); nginx Plus `health_check` has an
    /// interval of 5 s and 1 for both. All members are up at first, and their first checks are spread evenly over the
    /// first interval.
    pub struct Active {
        /// Time from one check of a member to the next.
        pub interval: Span = Span::from_seconds(5.0).unwrap_or(Span::ZERO),
        /// How long a check may take; at most the interval.
        pub timeout: Span = Span::from_seconds(1.0).unwrap_or(Span::ZERO),
        /// Failed checks in a row after which a member is taken out; 1 to 1000.
        pub fall: u32 = 3,
        /// Passed checks in a row after which it is brought back; 1 to 1000.
        pub rise: u32 = 2,
        /// Service time of a check on a server of speed 1, as a time or a distribution. A server without a free worker
        /// answers late.
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
    /// Passive health checks: a member whose requests fail is taken out for a while; then one request is sent to probe
    /// it.
    ///
    /// `max_fails` and `fail_timeout` of an nginx `server`. As there, failures add up while each comes within
    /// `fail_timeout` of the one before, and a balancer with a single member ignores failures. If the probe is answered
    /// the member is back; if it fails the member is out for another `fail_timeout`. Use it with `health: Unaware`:
    /// with `Notified` there is nothing left to detect.
    pub struct Passive {
        /// Number of failures after which a member is taken out; 0 for never.
        pub max_fails: u32 = 1,
        /// How long a failure counts, and how long a member stays out.
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
    /// Ejects members whose success rate is far below that of the others, once per interval.
    pub struct SuccessRate {
        /// The number of members that must have had `request_volume` requests in the interval.
        pub minimum_hosts: u32 = 5,
        /// The number of requests in an interval that a member needs to be judged.
        pub request_volume: u32 = 100,
        /// A member is ejected if its success rate is this many standard deviations below the mean.
        pub stdev_factor: f64 = 1.9,
    }
    check(self, at) {
        if !(self.stdev_factor >= 0.0 && self.stdev_factor <= 1000.0) {
            at.field("stdev_factor").error("a factor is from 0 to 1000");
        }
    }
}

record! {
    /// Outlier detection: ejects members that fail when others do not, for longer each time. If too few are left, all
    /// are used (panic mode).
    ///
    /// Envoy's outlier detection with its defaults. An answer other than success is a 5xx: errors are 500, refused and
    /// lost connections, full queues and missing servers are 503. A member is ejected for `base_ejection` times the
    /// number of its ejections so far; that number falls by one for each interval in which it is in rotation and
    /// healthy. Members come back only at sweeps, which are an interval apart. With `health: Active`, a passed check
    /// ends an ejection at once, as in Envoy.
    pub struct OutlierEjection {
        /// Consecutive 5xx answers after which a member is ejected; 0 for never.
        pub consecutive_5xx: u32 = 5,
        /// Consecutive 502, 503 or 504 answers after which a member is ejected; 0 for never, as with Envoy's default
        /// `enforcing` of 0 %.
        pub consecutive_gateway_failure: u32 = 0,
        /// Time from one sweep to the next.
        pub interval: Span = Span::from_seconds(10.0).unwrap_or(Span::ZERO),
        /// Minimum length of the first ejection; it ends at a sweep.
        pub base_ejection: Span = Span::from_seconds(30.0).unwrap_or(Span::ZERO),
        /// Maximum length of an ejection; at least `base_ejection`.
        pub max_ejection_time: Span = Span::from_seconds(300.0).unwrap_or(Span::ZERO),
        /// Maximum share of the members that may be ejected at once, rounded down: a tenth of fewer than ten members is
        /// none.
        pub max_ejection: Percent = Percent::of(10.0),
        /// Whether one member may be ejected even if `max_ejection` allows none: `always_eject_one_host` of Envoy,
        /// which always did so before 1.31.
        pub always_eject_one: bool = false,
        /// Panic threshold: below this share of healthy members (not counting backups) all members are used.
        pub panic: Percent = Percent::of(50.0),
        /// Ejection of members with a success rate far below that of the others; `None` for never.
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
    /// A member that this request has not tried yet; if there is none, the failure is passed on. As in nginx, and in
    /// Envoy with the retry host predicate `previous_hosts`.
    pub struct UntriedMembers {}
}

record! {
    /// Any member except the one that has just failed, unless it is the only one. As in HAProxy with `option redispatch
    /// 1`.
    pub struct AllButLast {}
}

record! {
    /// Any member that the policy chooses, even one that was tried before. As in Envoy without a retry host predicate.
    pub struct AnyMember {}
}

choice! {
    /// Which members a retry may be sent to.
    pub enum Among {
        Untried(UntriedMembers),
        NotLast(AllButLast),
        Any(AnyMember),
    }
}

record! {
    /// Retries a failed attempt at another member.
    ///
    /// `proxy_next_upstream` of nginx with its `_tries` and `_timeout`; `retries`, `retry-on` and `option redispatch 1`
    /// of HAProxy with `among: NotLast` and `tries` one more than `retries`. A request that its client has given up on
    /// is not retried. Retries are sent at once. For retries at the same server after a pause, as HAProxy's without
    /// `option redispatch` (one second), use `retry` of `Clients` with a fixed backoff.
    pub struct RetryElsewhere {
        /// The most attempts, including the first; 0 for as many as there are members.
        pub tries: u32 = 0,
        /// How long after its arrival a request may still be sent to another member; 0 for no limit.
        pub timeout: Span = Span::ZERO,
        /// A bound on concurrent retries; without it, unlimited. Budgets that count the calls of the last seconds exist
        /// only at clients.
        pub budget: Option<ActiveBudget> = None,
        /// What counts as a failure.
        pub on: Vec<Failure> = Failure::usual(),
        /// Which members it may be sent to.
        pub among: Among = Among::Untried(UntriedMembers {}),
    }
}
