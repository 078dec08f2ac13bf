//! A limiter, as written in the language.

use super::cost::CostSpec;
use super::rules::Rule;
use crate::actors::kit::commands::{Distributed, Members, TheTime};
use crate::actors::kit::passage::EachServer;
use crate::actors::kit::route::RouteField;
use crate::schema::{Map, Name, choice, record};

record! {
    /// Each client, by its address.
    pub struct EachClient {}
}

record! {
    /// Each key that is requested, such as a path.
    pub struct EachRoute {}
}

record! {
    /// The requests of each node of `Clients`.
    pub struct EachTier {}
}

choice! {
    /// Which requests share an account.
    pub enum By {
        Client(EachClient),
        Route(EachRoute),
        Tier(EachTier),
        Server(EachServer),
    }
}

record! {
    /// A rate limiter: passes requests, delays them, or rejects them (429) with the time after which they may be
    /// retried.
    ///
    /// It may stand before any node. Before a fleet it has as many servers as the fleet, so a balancer may stand before it.
    pub struct LimiterSpec {
        /// The rule for requests whose tier is not in `tiers`; without it, such requests are rejected.
        pub limit: Option<Rule> = None,
        /// A rule for each tier: a node of `Clients`, by its name.
        pub tiers: Map<Rule> = Map::default(),
        /// Instead of `limit` and `tiers`: a limit that all copies share, kept in a store.
        pub distributed: Option<Distributed> = None,
        /// The cost of requests, in tokens: the first entry that matches a request decides. A request that matches none
        /// costs one token. A request that costs more than the limit never passes.
        pub costs: Vec<CostSpec> = Vec::new(),
        /// Which requests share an account, that is, a bucket or a counter of their own: with `[Client, Route]` the
        /// requests of one client on one route. Without it, all requests under a limit share one account.
        pub by: Vec<By> = Vec::new(),
        /// The most accounts kept for each limit; the least recently used is evicted for a new one (nginx
        /// `limit_req_zone`). 1 to 10,000,000. For a `distributed` limit, the store sets this number.
        pub keys: u32 = 10_000,
        /// The node that it protects.
        pub to: RouteField,
        /// How many such limiters, each with its own accounts; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
        let is_local = self.limit.is_some() || !self.tiers.entries.is_empty();
        if self.distributed.is_none() && !is_local {
            at.field("limit").error("a limiter needs a `limit`, `tiers` with one for each, or a `distributed` one");
        }
        if self.distributed.is_some() && is_local {
            at.field("distributed").error("a distributed limit is the only one; put another limiter before or behind it");
        }
        let counts_times = |limit: &Distributed| *limit.members() == Members::Times(TheTime {});
        if !self.costs.is_empty() && self.distributed.as_ref().is_some_and(counts_times) {
            at.field("costs").error("a member that is the time of a request counts once, whatever the request costs: give the \
                `commands` of the distributed limit `members: Requests`");
        }
        if self.keys == 0 || self.keys > 10_000_000 {
            at.field("keys").error("1 to 10,000,000 accounts");
        }
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("a limiter stands before one node; put a Balancer before several");
        }
    }
}

impl LimiterSpec {
    /// True if it distinguishes clients by address.
    #[must_use]
    pub fn looks_at_clients(&self) -> bool {
        self.by.contains(&By::Client(EachClient {}))
    }

    /// The clients it has tiers for.
    pub fn clients(&self) -> impl Iterator<Item = &Name> {
        self.tiers.entries.iter().map(|(name, _)| name)
    }

    /// The clients whose requests it has costs for.
    pub fn charged(&self) -> impl Iterator<Item = &Name> {
        self.costs.iter().filter_map(|cost| cost.clients.as_ref()).flat_map(|clients| &clients.0)
    }
}
