//! Answered: the share of calls answered in time and as asked.

use crate::lab::measure::Quantity;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_nodes, term_of_nodes};
use crate::lab::results::Unit;

measure_of_nodes! {
    /// Share of calls that were answered in time and as asked; only these have a latency. At a node other than clients:
    /// the share of the requests that left it that were answered as asked.
    pub struct Answered => Number
}

term_of_nodes! {
    /// Share of calls answered in time and as asked; at a node, share of the requests that left it.
    pub struct AnsweredOf => Number
}

/// Share of calls answered in time and as asked; those are the calls whose latency is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("answered", "answered", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Answered { within: None }
    }

    fn in_claims(&self, name: String) -> String {
        format!("share {name}")
    }
}

impl Quantity {
    /// Share of calls answered in time and as asked.
    #[must_use]
    pub fn answered() -> Self {
        Self::new(Number)
    }

    /// Of a latency of served calls: how many of all calls these are.
    #[must_use]
    pub fn answered_like(&self) -> Self {
        let plain = Self::answered();
        match (&self.of, self.id.split_once(':')) {
            (Some(of), Some(_)) => {
                let (name, id) = (format!("{} of {of}", plain.name), format!("{}:{of}", plain.id));
                Self { of: self.of.clone(), name, id, ..plain }
            }
            _ => plain,
        }
    }
}
