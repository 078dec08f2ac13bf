//! The descriptions of delays: what a system finds out about them before a run.

use super::{Delay, DelaySpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Server};
use crate::actors::kit::faults::spec::{BothWays, Loss};
use crate::actors::kit::faults::{Fault, FaultEvent, Way};
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{WINDOW, WINDOWS};
use crate::actors::kit::link::Link;
use crate::actors::kit::passage::Passage;
use crate::actors::kit::route::Spread;
use crate::actors::kit::site::Site;
use crate::engine::Time;
use crate::schema::quantity::Percent;

impl Describe for DelaySpec {
    fn edges(&self) -> Vec<Edge<'_>> {
        vec![Edge::passes(&self.to, Server::Same)]
    }

    fn asks(&self) -> Asks {
        Asks { identity: matches!(self.to.spread, Spread::ByClient(_)), ..Asks::default() }
    }

    fn rejects(&self, _site: &Site<'_>) -> bool {
        self.loss != Percent::ZERO
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        visit.delay(self.there.mean() + self.back.mean());
        let loses = self.loss != Percent::ZERO;
        visit.send(&self.to, flows.into_iter().map(|flow| if loses { flow.at_most() } else { flow }));
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        WINDOWS * WINDOW
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let key = building.key();
        let mut troubles = building.troubles(&self.to);
        if self.loss != Percent::ZERO {
            let fault = Fault::Loss(Loss { rate: self.loss, way: Way::Both(BothWays {}) });
            let always = FaultEvent { at: Time::ZERO, lasts: None, servers: None, fault, recurs: None };
            troubles.add(&always, None, key.named("loss"));
        }
        let link = Link::of(&self.there, &self.back, building.core, key).with(troubles);
        let passage = Passage::new(building.me, building.copies(&self.to, key), link);
        Ok(Actor::Delay(Box::new(Delay::new(passage))))
    }
}
