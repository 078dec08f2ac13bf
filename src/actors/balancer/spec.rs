//! A balancer in the words of the language.

use super::layer::spec::{Layer, Layer7, ProxySpec};
use super::policies::round_robin::RoundRobin;
use super::policy::Policy;
use crate::actors::route::RouteField;
use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// The balancer hears of a server that goes down or comes up, after a while.
    pub struct Notified {
        /// How long the news takes.
        pub after: Span = Span::ZERO,
    }
}

record! {
    /// The balancer never hears of it and goes on sending requests to servers that are down.
    pub struct Unaware {}
}

choice! {
    /// How a balancer learns that a server is down or up again.
    pub enum Health {
        Notified(Notified),
        Unaware(Unaware),
    }
}

record! {
    /// Chooses a member for each request: a server of a fleet, or one of several nodes.
    pub struct BalancerSpec {
        /// How it chooses.
        pub policy: Policy = Policy::RoundRobin(RoundRobin {}),
        /// Where it sends requests: a fleet, whose servers are then the members, or several nodes.
        pub to: RouteField,
        /// How it learns that a server is down or up again.
        pub health: Health = Health::Notified(Notified { after: Span::ZERO }),
        /// What it chooses a member for: each request, or each connection.
        pub layer: Layer = Layer::Layer7(Layer7 {}),
        /// What it can do itself; without it, it takes no time for anything.
        pub proxy: Option<ProxySpec> = None,
        /// How many such balancers, each with its own view; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
    }
}
