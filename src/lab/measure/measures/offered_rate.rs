//! Offered rate: calls that users made per second.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_nodes, term_of_nodes};
use crate::lab::results::Unit;

measure_of_nodes! {
    /// Calls made per second, not counting retries and hedges. At a node other than clients: requests that arrive there
    /// per second.
    pub struct OfferedRate => Number
}

term_of_nodes! {
    /// Calls made per second; at a node, requests that arrive there per second.
    pub struct OfferedRateOf => Number
}

/// Calls that users made per second.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn without_steady_state() -> &'static [&'static str] {
        &["offered"]
    }

    fn called(&self) -> Called {
        Called::new("offered", "offered", Unit::PerSecond)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::rate(|calls| calls.offered).or_rate(|requests| requests.came)
    }
}
