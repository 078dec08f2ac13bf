//! Sheds the least important classes first as the queue fills.

use std::sync::Arc;

use super::{Arrival, Classes, Describes, Name, Sheds};
use crate::schema::quantity::{Percent, Share};
use crate::schema::{Map, record};

record! {
    /// Rejects requests of a class while the queue is filled to the level of that class or above, by count or by bytes,
    /// whichever is more. Give the lowest level to the least important class (criticality in Google's Site Reliability
    /// Engineering, chapter 21). Classes not named, and health checks, are never rejected this way.
    pub struct ByClass {
        /// For each node of `Clients`, how full the queue is when its requests begin to be rejected; above 0.
        pub levels: Map<Percent>,
    }
    check(self, at) {
        if self.levels.entries.is_empty() {
            at.field("levels").error("name the clients that are shed");
        }
        if self.levels.entries.iter().any(|(_, level)| *level == Percent::ZERO) {
            at.field("levels").error("a class with a level of 0 % would never be served");
        }
    }
}

/// The level of each class; none for classes that are never shed.
#[derive(Clone, Debug)]
pub struct Levels(Arc<[Option<Share>]>);

impl Sheds for Levels {
    fn rejects(&mut self, arrival: &Arrival) -> bool {
        let level = self.0.get(usize::from(arrival.class)).copied().flatten();
        !arrival.worker_free && level.is_some_and(|level| arrival.fill.reaches(level))
    }
}

impl Describes for ByClass {
    type State = Levels;

    fn build(&self, classes: &Classes<'_>) -> Levels {
        let named = self.levels.entries.iter().map(|(name, level)| (name, Some(level.exact())));
        Levels(classes.table(None, named).into())
    }

    fn clients(&self) -> Vec<&Name> {
        self.levels.entries.iter().map(|(name, _)| name).collect()
    }

    fn needs_bound(&self) -> bool {
        true
    }
}
