//! Writes done twice: calls that write whose work servers finished more than once.

use crate::lab::measure::measured::{Called, GivenBy, Measured, Needs};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_clients, term_of_clients};
use crate::lab::results::Unit;

measure_of_clients! {
    /// Share of the calls that write (`writes` of `Clients`) whose work was finished more than once, because of retries
    /// and hedges: counted when the answers return, in time or late. Work that was cancelled before its end, or that
    /// ended in an error, does not count.
    pub struct DuplicateWrites => Number
}

term_of_clients! {
    /// Share of the calls that write whose work was done more than once.
    pub struct DuplicateWritesOf => Number
}

/// Share of calls that write whose work was done more than once.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("writes done twice", "duplicate_writes", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Calling { part: |counts| counts.writes_twice, whole: |counts| counts.writes }
    }

    fn needs(&self) -> Option<Needs> {
        Some(Needs::Writes)
    }
}
