//! A balancer in the words of the language.

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
    /// While it is down itself it checks nobody. What it holds of its members it holds again when it is back.
    pub struct BalancerSpec {
        /// How it chooses.
        pub policy: Policy = Policy::RoundRobin(RoundRobin::default()),
        /// Where it sends requests: a fleet, whose servers are then the members, or several nodes.
        pub to: RouteField,
        /// How it learns that a server is down or up again.
        pub health: Health = Health::Notified(Notified { after: Span::ZERO }),
        /// Whether failed requests take their member out for a while, as in nginx.
        pub passive: Option<Passive> = None,
        /// Whether members that fail more than others are ejected for a while, as in Envoy.
        pub outliers: Option<OutlierEjection> = None,
        /// After a member has come back, how long its weight takes to rise to the full, from a tenth of it in ten steps, as in
        /// Envoy; `slowstart` of HAProxy begins with a sixteenth and takes a step a second. For policies
        /// that follow weights: `IpHash` and `First` do not, and where members are idle, neither do `JoinIdleQueue` nor
        /// `LeastConnections`, unless its `ties` go by weight.
        pub slow_start: Span = Span::ZERO,
        /// Whether a failed attempt goes to another member.
        pub retry: Option<RetryElsewhere> = None,
        /// How long it waits for the answer to an attempt (`proxy_read_timeout` of nginx, `timeout server` of HAProxy). Then
        /// the attempt has failed: it counts for `passive` and `outliers`, may be tried elsewhere, and is answered with 504
        /// otherwise. The server goes on with its work, which is for nobody. Without it, the balancer waits for any time.
        ///
        /// An answer comes as a whole here. Those of the programs are times between two parts of it: an answer of three
        /// seconds that trickles in pieces is in time for a `proxy_read_timeout` of one, and too late here.
        pub timeout: Option<Span> = None,
        /// Whether requests wait while servers have as many as they may have.
        pub queue: Option<Queue> = None,
        /// What it chooses a member for: each request, or each connection.
        pub layer: Layer = Layer::Layer7(Layer7 {}),
        /// What it can do itself; without it, it takes no time for anything.
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
