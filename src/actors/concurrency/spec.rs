//! A concurrency limiter, as written in the language.

use super::rules::Rule;
use crate::actors::kit::passage::{Per, WholeService};
use crate::actors::kit::route::RouteField;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Map, Name, record};

record! {
    /// A concurrency limiter: bounds the requests in flight to the node behind it and rejects (503) those above the
    /// limit.
    ///
    /// It may stand before any node. Before a fleet it has as many servers as the fleet, so a balancer may stand before
    /// it; with `per: Server` each has a limit of its own. A rule learns from each answer: its round-trip time, and
    /// whether it was a drop. Drops are rejections by the nodes behind, refused connections, crashes, and requests that
    /// the client gave up on after they had passed. Errors and cancelled requests do not change a limit. A request
    /// whose deadline has passed while it waited gets no permit.
    pub struct ConcurrencyLimiterSpec {
        /// The rule for the number of requests in flight.
        pub limit: Rule,
        /// How long answers are collected, at least ten, before the rule sees them as one sample: their mean round-trip
        /// time, the most requests in flight, and whether any was a drop. As `WindowedLimit` of Netflix
        /// concurrency-limits (1 s there), but a window with fewer than ten answers goes on until it has them. Drops
        /// count in the mean only if there is nothing else. Without a window the rule sees each answer as a sample,
        /// which misleads rules that compare round-trip times where service times vary at random.
        pub window: Option<Span> = None,
        /// Whether the whole service has one limit, or each server has its own.
        pub per: Per = Per::Service(WholeService {}),
        /// Shares of the limit that are guaranteed to nodes of `Clients`, by name; together 100 % at most. While the
        /// limit is not reached, clients may use more than their share. When it is reached, only requests of clients
        /// that have not used up their share pass (partitions of Netflix concurrency-limits): clients without a share
        /// are shed first, and for a while more requests than the limit may be in flight.
        pub shares: Map<Percent> = Map::default(),
        /// How long a request may wait here for a permit; with zero it is rejected at once. Among requests that may
        /// pass, the first to arrive passes first. A request that passes with little time left soon becomes a drop, so
        /// this is best well below the timeout of the clients.
        pub wait: Span = Span::ZERO,
        /// Requests that may wait at once under each limit; 1 to 1,000,000.
        pub queue: u32 = 1000,
        /// The node that it protects.
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
    /// The names of clients that it mentions.
    pub fn clients(&self) -> impl Iterator<Item = &Name> {
        self.shares.entries.iter().map(|(name, _)| name)
    }
}
