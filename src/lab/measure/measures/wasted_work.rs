//! Wasted work: the share of the busy time of workers that was spent on requests whose client had stopped waiting.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::places::Gives;
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_stations, term_of_stations};
use crate::lab::results::Unit;

measure_of_stations! {
    /// Share of the busy time of the workers of each fleet that was spent on requests whose client had stopped waiting
    /// before the work ended.
    pub struct WastedWork => Number
}

term_of_stations! {
    /// Share of the busy time of the workers of a fleet that was spent on requests whose client had stopped waiting.
    pub struct WastedWorkOf => Number
}

/// Share of the busy time of workers that was spent on requests whose client had stopped waiting.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("wasted work", "wasted_work", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Stations(&[Gives::Servers])
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Work { part: |station| station.wasted, whole: Some(|station| station.held) }
    }
}
