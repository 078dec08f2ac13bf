//! Waiting: the mean time from arrival at a server to the start of service.

use crate::lab::label::Label;
use crate::lab::measure::asked::Asked;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::places::Gives;
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{of_stations, term_of_stations};
use crate::lab::measure::{Quantity, Scope};
use crate::lab::results::Unit;
use crate::schema::record;

record! {
    /// Mean time from arrival at a server to the start of service, for each fleet.
    pub struct Waiting {
        /// For one node; without it, for each.
        pub node: Option<Label> = None,
    }
}

impl Asked for Waiting {
    /// Beside fleets, balancers at which requests wait for a place at a server.
    fn quantities(&self, scope: &Scope) -> Vec<Quantity> {
        let mut all = of_stations(Number, self.node.as_ref(), scope);
        let queues = scope.places.iter().filter(|place| place.is_queue() && self.node.is_none());
        all.extend(queues.map(|place| Quantity::of_station(Number, &place.name, scope)));
        all
    }

    fn node(&self) -> Option<&Label> {
        self.node.as_ref()
    }
}

term_of_stations! {
    /// Mean waiting time at the servers of a fleet.
    pub struct WaitingOf => Number
}

/// Mean time from reaching a server until service begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("mean waiting", "waiting_mean", Unit::Seconds)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Stations(&[Gives::Servers, Gives::Queue])
    }

    fn grows_with_queues(&self) -> bool {
        true
    }

    fn reading(&self) -> Reading {
        Reading::Waiting
    }
}
