//! Fairness: how evenly goodput is shared among the nodes of clients.

use crate::actors::kit::seen::ratio;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_the_system, term_of_the_system};
use crate::lab::results::Unit;

measure_of_the_system! {
    /// Fairness of the goodput of the nodes of clients by Jain's index: 1 if all have the same, 1/n if one of n has all
    /// (Jain, Chiu and Hawe 1984).
    pub struct Fairness => Number
}

term_of_the_system! {
    /// Jain's index of the goodput of the nodes of clients: 1 if all have the same.
    pub struct FairnessOf => Number
}

/// Jain's index of the goodput of the nodes of clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("fairness", "fairness", Unit::Count)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Whole(Box::new(|view, _| {
            let each: Vec<f64> = view.served_by_clients().iter().map(|&served| served as f64).collect();
            let sum: f64 = each.iter().sum();
            ratio(sum * sum, each.len() as f64 * each.iter().map(|x| x * x).sum::<f64>())
        }))
    }
}
