//! Drop rate: the share of calls that ended without an answer.

use crate::lab::measure::Quantity;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::{Reading, ended, not_answered};
use crate::lab::measure::shape::{measure_of_nodes, term_of_nodes};
use crate::lab::results::Unit;

measure_of_nodes! {
    /// Share of calls that ended without an answer: rejected, failed, timed out or given up. At a node other than
    /// clients: the share of the requests that left it that the node itself rejected or failed.
    pub struct DropRate => Number
}

term_of_nodes! {
    /// Share of calls that ended without an answer; at a node, share of requests that the node itself rejected or
    /// failed.
    pub struct DropRateOf => Number
}

/// Share of calls that ended without an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("drop rate", "drop_rate", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::share(not_answered, ended).or_share(|requests| requests.lost, |requests| requests.left)
    }
}

impl Quantity {
    /// Share of calls that ended without an answer.
    #[must_use]
    pub fn drop_rate() -> Self {
        Self::new(Number)
    }
}
