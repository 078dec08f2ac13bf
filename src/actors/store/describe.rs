//! What a system knows of stores.

use super::{Store, StoreSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Describe, Edge, Takes, fails_as_a_whole};
use crate::actors::kit::faults::FaultSpec;

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

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let timetable = building.timetable(1, |_| true);
        Ok(Actor::Store(Box::new(Store::new(building.me, self, building.key(), timetable))))
    }
}
