//! The descriptions of limiters: what a system finds out about them before a run.

use super::flow;
use super::rules::Rule;
use super::{By, Limiter, LimiterSpec, Shared};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::commands::PARTS;
use crate::actors::kit::describe::{Asks, Describe, Edge, Held, Mention, Sends, Server};
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{ACCOUNT, KEPT, MOST_ACCOUNTS, WINDOW, WINDOWS};
use crate::actors::kit::passage::EachServer;
use crate::actors::kit::route::Spread;
use crate::actors::kit::site::Site;
use crate::engine::ActorId;

/// Error: a target for the commands of a limit that several limiters share is no store.
const NO_STORE: [&str; 2] = ["is no store", "a `distributed` limit is kept by a node of `Store`"];

/// Bytes of a request that an account remembers.
const LOGGED: u64 = 8;
/// Bytes of a member of a sorted set.
const MEMBER_OF_SET: u64 = 16;

impl Describe for LimiterSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        let stores =
            self.distributed.iter().map(|limit| Edge { route: &limit.store, sends: Sends::Commands(NO_STORE) });
        std::iter::once(Edge::passes(&self.to, Server::Same)).chain(stores).collect()
    }

    fn mentions(&self) -> Vec<Mention<'_>> {
        vec![
            Mention { clients: self.clients().collect(), words: ["for this tier", "this tier never fits"] },
            Mention { clients: self.charged().collect(), words: ["for this cost", "this cost never fits"] },
        ]
    }

    fn of_each_server(&self) -> Option<&'static str> {
        self.by.contains(&By::Server(EachServer {})).then_some("an account")
    }

    fn asks(&self) -> Asks {
        let identity = self.looks_at_clients() || matches!(self.to.spread, Spread::ByClient(_));
        Asks { identity, ..Asks::default() }
    }

    /// Costs that are more than every limit.
    fn advice(&self, _site: &Site<'_>) -> Vec<String> {
        let rules = self.limit.iter().chain(self.tiers.entries.iter().map(|(_, rule)| rule)).map(Rule::most);
        let most = rules.chain(self.distributed.iter().map(|shared| shared.limit)).max().unwrap_or(0);
        let never = self.costs.iter().filter(|cost| cost.tokens > most);
        never.map(|cost| format!("what costs {} never passes a limit of {most}", cost.tokens)).collect()
    }

    fn rejects(&self, _site: &Site<'_>) -> bool {
        true
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        flow::pass_on(visit, self, flows);
    }

    fn holds_back(&self) -> Vec<Held> {
        vec![Held::passing("in_system")]
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        let keys = if self.by.is_empty() { 1 } else { u64::from(self.keys) };
        let rules = self.limit.iter().chain(self.tiers.entries.iter().map(|(_, rule)| rule));
        let accounts: u64 = rules.map(|rule| keys * (ACCOUNT + rule.logged() * LOGGED)).sum();
        accounts.min(MOST_ACCOUNTS) + WINDOWS * WINDOW
    }

    fn kept_of_a_request(&self) -> u64 {
        if self.distributed.is_some() { KEPT } else { 0 }
    }

    fn stored(&self, keys: u64) -> u64 {
        let Some(distributed) = &self.distributed else { return 0 };
        let keys = if self.by.is_empty() { 1 } else { keys };
        keys * (ACCOUNT + (u64::from(distributed.limit) + PARTS) * MEMBER_OF_SET)
    }

    fn asks_for_others(&self) -> bool {
        self.distributed.is_some()
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let passage = building.passage(&self.to);
        let site = building.kit.site;
        let mut limiter = Limiter::new(self, passage, |name| site.class_of(name));
        if let Some(distributed) = &self.distributed {
            let key = building.key().named("store");
            let store = distributed.store.to.0.first().map_or(0, |store| building.kit.actors_of(&store.text).start);
            let link = building.link(&distributed.store, key);
            let lane = building.lane(distributed.timeout);
            limiter.share(Shared::new(distributed, building.me, ActorId(store), link, lane));
        }
        if building.has_host() {
            limiter.expect_crashes(self, |name| site.class_of(name));
        }
        Ok(Actor::Limiter(Box::new(limiter)))
    }

    fn connect(&self, building: &Building<'_, '_>, actors: &mut [Actor]) {
        // All copies keep their limit together, so the first speaks for them.
        let Some(distributed) = self.distributed.as_ref().filter(|_| building.copy == 0) else { return };
        let Some(store) = distributed.store.to.0.first() else { return };
        let store = building.kit.actors_of(&store.text).start as usize;
        if let Some(store) = actors.get_mut(store) {
            store.node_mut().share(building.kit.actors_of(building.name), distributed);
        }
    }
}
