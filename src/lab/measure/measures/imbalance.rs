//! Imbalance: the utilization of the busiest server over the mean of its fleet.

use crate::actors::kit::seen::ratio;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::places::Gives;
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_stations, term_of_stations};
use crate::lab::results::Unit;

measure_of_stations! {
    /// Utilization of the busiest server of each fleet divided by the mean of its servers: 1 if all are equally busy.
    pub struct Imbalance => Number
}

term_of_stations! {
    /// Utilization of the busiest server of a fleet over the mean of its servers.
    pub struct ImbalanceOf => Number
}

/// Utilization of the busiest server of a fleet over their mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("imbalance", "imbalance", Unit::Count)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Stations(&[Gives::Servers])
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Whole(Box::new(|view, told| {
            let servers = view.busy_by_server(told.station?);
            let most = servers.iter().max()?;
            ratio(*most as f64 * servers.len() as f64, servers.iter().sum::<u128>() as f64)
        }))
    }
}
