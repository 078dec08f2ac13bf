//! The descriptions of stores: what a system finds out about them before a run.

use super::{Store, StoreSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Describe, Edge, Gives, Held, Takes, fails_as_a_whole};
use crate::actors::kit::faults::FaultSpec;
use crate::actors::kit::flow::{Flow, StationLoad, Visit};
use crate::actors::kit::footprint::{MOST_ACCOUNTS, WINDOW, WINDOWS};
use crate::actors::kit::site::Site;

impl Describe for StoreSpec {
    fn edges(&self) -> Vec<Edge<'_>> {
        Vec::new()
    }

    fn takes(&self) -> Takes {
        Takes::Commands(["is a store: it serves limiters, not requests", "name it as `store` of a `distributed` limit"])
    }

    /// Its faults are its own: it does work that may take longer.
    fn has_host(&self) -> bool {
        false
    }

    fn check_fault(&self, name: &str, fault: &FaultSpec) -> Vec<(String, Option<&'static str>)> {
        fails_as_a_whole(name, fault, true)
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, commands: Vec<Flow>) {
        visit.station(StationLoad::of_one_worker(visit.name, &commands, &self.service));
    }

    fn gives(&self) -> Gives {
        Gives::Work
    }

    fn holds_back(&self) -> Vec<Held> {
        vec![Held::passing("in_system")]
    }

    fn footprint(&self, site: &Site<'_>, _classes: u64) -> u64 {
        // The sets of several limiters; each says how much it needs for an account.
        let sets = site.nodes.entries.iter().map(|(_, node)| node.stored(u64::from(self.keys)));
        sets.sum::<u64>().min(MOST_ACCOUNTS) + WINDOWS * WINDOW
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let timetable = building.timetable(1, |_| true);
        Ok(Actor::Store(Box::new(Store::new(building.me, self, building.key(), timetable))))
    }
}
