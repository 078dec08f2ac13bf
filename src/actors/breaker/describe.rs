//! The descriptions of breakers: what a system finds out about them before a run.

use super::{Breaker, BreakerSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Held, Server};
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{KEPT, WAIT_TOKEN, WINDOW, WINDOWS};
use crate::actors::kit::passage::{EachServer, Per};
use crate::actors::kit::route::Spread;
use crate::actors::kit::site::Site;

impl Describe for BreakerSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        vec![Edge::passes(&self.to, Server::Same)]
    }

    fn of_each_server(&self) -> Option<&'static str> {
        (self.per == Per::Server(EachServer {})).then_some("a circuit")
    }

    fn asks(&self) -> Asks {
        Asks { identity: matches!(self.to.spread, Spread::ByClient(_)), ..Asks::default() }
    }

    fn rejects(&self, _site: &Site<'_>) -> bool {
        true
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        visit.send(&self.to, flows.into_iter().map(Flow::at_most));
    }

    /// One that lets one call through at a time has a line before it.
    fn holds_back(&self) -> Vec<Held> {
        let line = Held { without_end: true, ..Held::passing("in_system") };
        self.serial.then_some(line).into_iter().collect()
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        // The circuits, and the locks of a serial breaker.
        WINDOWS * WINDOW * (1 + u64::from(self.serial))
    }

    fn kept_of_a_request(&self) -> u64 {
        (if self.timeout.is_some() { KEPT } else { 0 }) + (if self.serial { WAIT_TOKEN } else { 0 })
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let passage = building.passage(&self.to);
        let timeout = self.timeout.map(|timeout| building.lane(timeout));
        Ok(Actor::Breaker(Box::new(Breaker::new(self, building.servers_behind(), passage, timeout))))
    }
}
