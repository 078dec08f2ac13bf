//! Throughput: answers that returned to clients per second, useful or not.

use crate::lab::measure::Quantity;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::{Reading, answers};
use crate::lab::measure::shape::{measure_of_nodes, term_of_nodes};
use crate::lab::results::Unit;

measure_of_nodes! {
    /// Answers per second that returned to clients, useful or not: as asked, degraded, and late. At a node other than
    /// clients: answers that it gave or passed back.
    pub struct Throughput => Number
}

term_of_nodes! {
    /// Answers per second that returned to clients, useful or not; at a node, answers that it gave or passed back.
    pub struct ThroughputOf => Number
}

/// Answers that returned to clients per second.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("throughput", "throughput", Unit::PerSecond)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::rate(answers).or_rate(|requests| requests.answered)
    }
}

impl Quantity {
    /// Answers that returned to clients per second.
    #[must_use]
    pub fn throughput() -> Self {
        Self::new(Number)
    }
}
