//! Goodput: calls answered per second in time and as asked.

use crate::lab::measure::Quantity;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::{Reading, served};
use crate::lab::measure::shape::{measure_of_clients, term_of_clients};
use crate::lab::results::Unit;

measure_of_clients! {
    /// Calls per second that were answered in time and as asked: the useful part of the throughput.
    pub struct Goodput => Number
}

term_of_clients! {
    /// Calls answered per second in time and as asked.
    pub struct GoodputOf => Number
}

/// Calls answered per second in time and as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("goodput", "goodput", Unit::PerSecond)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::rate(served)
    }
}

impl Quantity {
    /// Calls answered per second in time and as asked.
    #[must_use]
    pub fn goodput() -> Self {
        Self::new(Number)
    }
}
