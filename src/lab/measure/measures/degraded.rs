//! Degraded answers, which are given by a fallback.

use crate::engine::Outcome;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::{Reading, ended};
use crate::lab::measure::shape::{measure_of_clients, term_of_clients};
use crate::lab::results::Unit;

measure_of_clients! {
    /// Share of calls that were answered in a degraded form, by a fallback.
    pub struct Degraded => Number
}

term_of_clients! {
    /// Share of calls that were answered in a degraded form, by a fallback.
    pub struct DegradedOf => Number
}

/// Share of calls that were answered in a degraded form, by a fallback.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("degraded", "degraded", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::share(|calls| calls.outcomes[Outcome::Degraded as usize], ended)
    }

    fn in_claims(&self, name: String) -> String {
        format!("share {name}")
    }
}
