//! A concurrency limiter in the words of the language.

use super::rules::Rule;
use crate::actors::kit::passage::{Per, WholeService};
use crate::actors::kit::route::RouteField;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Map, Name, record};

record! {
    /// A concurrency limiter: counts the requests that are under way to what stands behind it, and turns away (503) those
    /// that would be too many.
    ///
    /// It may stand before any node. Before a fleet it has as many servers as the fleet, so a balancer may stand before it;
    /// with `per: Server` each has a limit of its own. A rule learns from what comes back: how long it took, and whether it
    /// was a drop. Drops are rejections by whoever stands behind, refused connections, crashes, and requests that their
    /// client has stopped waiting for since they went on; an error and a request that its client took back say nothing and
    /// move no limit. A request whose deadline has passed while it waited gets no permit.
    pub struct ConcurrencyLimiterSpec {
        /// How many requests may be under way at once.
        pub limit: Rule,
        /// How long answers are gathered before the rule hears of them: of their mean round trip, the most in flight and
        /// whether any was a drop; at least ten at a time. After `WindowedLimit` of Netflix concurrency-limits (1 s there), but a
        /// window with too few goes on until it has them. Drops count in the mean only
        /// where there is nothing else.
        /// Without it the rule hears of each by itself, which misleads those that compare round trips where services are
        /// long and short by chance.
        pub window: Option<Span> = None,
        /// What has a limit of its own.
        pub per: Per = Per::Service(WholeService {}),
        /// The parts of the limit that are kept for nodes of `Clients`, by name; together 100 % at most. Who has a part may
        /// take more as long as the limit is not reached. When it is, only those get through that have not used up their
        /// part (partitions of Netflix concurrency-limits): who has none is shed first, and for a while more than the limit
        /// may be under way.
        pub shares: Map<Percent> = Map::default(),
        /// How long a request may wait here until it may go on; with zero it is turned away at once. Who comes first goes
        /// first, of those that may. Who goes on with little time left is soon a drop, so this is best well below what
        /// clients wait for.
        pub wait: Span = Span::ZERO,
        /// Requests that may wait at once under each limit; 1 to 1,000,000.
        pub queue: u32 = 1000,
        /// What it stands before.
        pub to: RouteField,
        /// How many such limiters, each with limits of its own; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
        let fractions = self.shares.entries.iter().map(|(_, share)| share.fraction());
        if fractions.clone().any(|fraction| fraction <= 0.0) || fractions.sum::<f64>() > 1.0 + 1e-9 {
            at.field("shares").error("shares are above 0 %, and 100 % together at most");
        }
        if self.window == Some(Span::ZERO) {
            at.field("window").error("a window is longer than nothing");
        }
        if self.queue == 0 || self.queue > 1_000_000 {
            at.field("queue").error("1 to 1,000,000 requests; without `wait` none waits");
        }
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("a limiter stands before one node; put a Balancer before several");
        }
    }
}

impl ConcurrencyLimiterSpec {
    /// The clients it speaks of.
    pub fn clients(&self) -> impl Iterator<Item = &Name> {
        self.shares.entries.iter().map(|(name, _)| name)
    }
}
