//! Attempts for each call.

use crate::lab::measure::Quantity;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_clients, term_of_clients};
use crate::lab::results::Unit;

measure_of_clients! {
    /// Attempts per call: by what factor retries and hedges amplify the load. 1 without retries and hedges.
    pub struct Attempts => Number
}

term_of_clients! {
    /// Attempts per call.
    pub struct AttemptsOf => Number
}

/// Attempts for each call.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("attempts per call", "attempts", Unit::Count)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::share(|calls| calls.attempts, |calls| calls.offered)
    }
}

impl Quantity {
    /// Attempts for each call.
    #[must_use]
    pub fn attempts() -> Self {
        Self::new(Number)
    }
}
