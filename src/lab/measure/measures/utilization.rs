//! Utilization: the share of time workers are busy.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::places::Gives;
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_stations, term_of_stations};
use crate::lab::results::Unit;

measure_of_stations! {
    /// Share of time that the workers of each fleet are busy, or those of one node: a fleet, a balancer with a `proxy`,
    /// a store.
    pub struct Utilization => Number
}

term_of_stations! {
    /// Share of time that the workers of a fleet are busy.
    pub struct UtilizationOf => Number
}

/// Share of time workers are busy.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("utilization", "utilization", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Stations(&[Gives::Work, Gives::Servers])
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Work { part: |station| station.held, whole: None }
    }
}
