//! In system: the mean number of calls in flight.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_nodes, term_of_nodes};
use crate::lab::results::Unit;

measure_of_nodes! {
    /// Mean number of calls in flight. At a node other than clients: mean number of requests that have arrived there
    /// and whose answers have not left it.
    pub struct InSystem => Number
}

term_of_nodes! {
    /// Mean number of calls in flight; at a node, of requests there.
    pub struct InSystemOf => Number
}

/// Mean number of calls in flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("in system", "in_system", Unit::Count)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        true
    }

    fn reading(&self) -> Reading {
        Reading::Population
    }
}
