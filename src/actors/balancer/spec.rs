//! A balancer, as written in the language.

use super::health::{Health, Notified, OutlierEjection, Passive, RetryElsewhere};
use super::layer::spec::{Layer, Layer7, ProxySpec};
use super::policies::Policy;
use super::policies::round_robin::RoundRobin;
use super::queue::Queue;
use crate::actors::kit::route::RouteField;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Chooses a member for each request: a server of a fleet, or one of several nodes.
    ///
    /// While the balancer itself is down it sends no health checks. When it is back, it still knows what it knew about
    /// its members.
    pub struct BalancerSpec {
        /// How it chooses a member.
        pub policy: Policy = Policy::RoundRobin(RoundRobin::default()),
        /// Where it sends requests: a fleet, whose servers are then the members, or several nodes.
        pub to: RouteField,
        /// How it learns that a server is down or up again.
        pub health: Health = Health::Notified(Notified { after: Span::ZERO }),
        /// Whether failed requests take their member out for a while, as in nginx.
        pub passive: Option<Passive> = None,
        /// Whether members that fail more than others are ejected for a while, as in Envoy.
        pub outliers: Option<OutlierEjection> = None,
        /// How long the weight of a member takes to rise to its full value after the member has come back: from a tenth
        /// in ten steps, as in Envoy (`slowstart` of HAProxy begins with a sixteenth and takes a step each second). It
        /// affects policies that use weights. `IpHash` and `First` ignore it; `JoinIdleQueue` and `LeastConnections`
        /// ignore it among idle members, unless ties go by weight.
        pub slow_start: Span = Span::ZERO,
        /// Whether a failed attempt is retried at another member.
        pub retry: Option<RetryElsewhere> = None,
        /// How long it waits for the answer to an attempt (`proxy_read_timeout` of nginx, `timeout server` of HAProxy).
        /// An attempt that takes longer has failed: it counts for `passive` and `outliers`, and is retried at another
        /// member or answered with 504. The server finishes the work in vain. Without a timeout the balancer waits
        /// indefinitely.
        ///
        /// Here an answer arrives as a whole. In nginx and HAProxy the timeout is the time between two reads: an answer
        /// that trickles in over three seconds passes a `proxy_read_timeout` of one second there, and is too late here.
        pub timeout: Option<Span> = None,
        /// Whether requests wait here while all servers are at their `max_connections`. Without it they are rejected.
        pub queue: Option<Queue> = None,
        /// Whether it chooses a member for each request or for each connection.
        pub layer: Layer = Layer::Layer7(Layer7 {}),
        /// Its own processing capacity; without it, the balancer itself takes no time.
        pub proxy: Option<ProxySpec> = None,
        /// How many such balancers, each with its own view; 1 to 1000.
        pub copies: usize = 1,
        /// How many members each copy sees, at least: its own subset, the same in every run (deterministic subsetting,
        /// Site Reliability Engineering, chapter 20). Without it, all of them.
        pub subset: Option<usize> = None,
    }
    check(self, at) {
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
        if self.timeout == Some(Span::ZERO) {
            at.field("timeout").error("an answer takes some time; leave it out to wait for any time");
        }
        if self.subset == Some(0) {
            at.field("subset").error("a balancer needs a member at least");
        }
    }
}
