//! The nodes for which numbers can be measured, and which numbers each has.

use std::collections::BTreeSet;

use super::measured::{GivenBy, Measured};
pub use crate::actors::kit::facts::{Gives, Takes};
use crate::model::System;

/// A node that requests come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The kind of the node.
    pub kind: &'static str,
    /// What is measured there in addition to traffic.
    pub gives: Gives,
}

/// The nodes of `systems` beside clients, each name and kind once.
pub fn places<'a>(systems: impl Iterator<Item = &'a System>) -> Vec<Place> {
    let (mut places, mut seen) = (Vec::new(), BTreeSet::new());
    for (name, node) in systems.flat_map(|system| &system.nodes.entries) {
        if node.takes() == Takes::Nothing {
            continue;
        }
        let place = Place { name: name.text.clone(), kind: node.kind(), gives: node.gives() };
        if seen.insert((&name.text, place.kind, place.gives)) {
            places.push(place);
        }
    }
    places
}

impl Place {
    /// True for a balancer at which requests wait for a place at a server, and which does no work itself.
    #[must_use]
    pub fn is_queue(&self) -> bool {
        self.gives == Gives::Queue
    }

    /// True if the node gives this number.
    #[must_use]
    pub fn gives(&self, number: &dyn Measured) -> bool {
        match number.given_by() {
            GivenBy::Clients => false,
            GivenBy::Nodes => true,
            GivenBy::Stations(those) => those.contains(&self.gives),
        }
    }
}
