//! The descriptions of fallbacks: what a system finds out about them before a run.

use super::{Fallback, FallbackSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Server};
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{ACCOUNT, KEPT, WINDOW, WINDOWS};
use crate::actors::kit::route::Spread;
use crate::actors::kit::site::Site;

impl Describe for FallbackSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        let others = self.smaller().map(|route| Edge::calls(route, Server::Only));
        std::iter::once(Edge::calls(&self.to, Server::Same)).chain(others).collect()
    }

    fn asks(&self) -> Asks {
        let mut routes = std::iter::once(&self.to).chain(self.smaller());
        Asks { identity: routes.any(|to| matches!(to.spread, Spread::ByClient(_))), ..Asks::default() }
    }

    fn rejects(&self, _site: &Site<'_>) -> bool {
        true
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        let flows: Vec<Flow> = flows.into_iter().map(Flow::at_most).collect();
        for route in std::iter::once(&self.to).chain(self.smaller()) {
            visit.send(route, flows.iter().copied());
        }
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        u64::from(self.keys()) * ACCOUNT + WINDOWS * WINDOW
    }

    fn kept_of_a_request(&self) -> u64 {
        KEPT
    }

    fn asks_for_others(&self) -> bool {
        true
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let key = building.key();
        let passage = building.passage(&self.to);
        let ways = self.smaller().enumerate().map(|(place, route)| {
            let key = key.named(&format!("smaller {place}"));
            (building.copies(route, key), building.link(route, key))
        });
        let ways: Vec<_> = ways.collect();
        let timeout = self.timeout.map(|timeout| building.lane(timeout));
        Ok(Actor::Fallback(Box::new(Fallback::new(self, key, passage, ways, timeout))))
    }
}
