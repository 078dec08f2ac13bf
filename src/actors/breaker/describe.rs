//! What a system knows of breakers.

use super::{Breaker, BreakerSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Server};
use crate::actors::kit::passage::{EachServer, Per};
use crate::actors::kit::route::Spread;

impl Describe for BreakerSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        vec![Edge::requests(&self.to, Server::Same)]
    }

    fn of_each_server(&self) -> Option<&'static str> {
        (self.per == Per::Server(EachServer {})).then_some("a circuit")
    }

    fn asks(&self) -> Asks {
        Asks { identity: matches!(self.to.spread, Spread::ByClient(_)), ..Asks::default() }
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let passage = building.passage(&self.to);
        let timeout = self.timeout.map(|timeout| building.lane(timeout));
        Ok(Actor::Breaker(Box::new(Breaker::new(self, building.servers_behind(), passage, timeout))))
    }
}
