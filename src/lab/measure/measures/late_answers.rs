//! Late answers, which arrive after their client has stopped waiting.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::{Reading, answers};
use crate::lab::measure::shape::{measure_of_clients, term_of_clients};
use crate::lab::results::Unit;

measure_of_clients! {
    /// Share of answers that arrived after their client had stopped waiting.
    pub struct LateAnswers => Number
}

term_of_clients! {
    /// Share of answers that arrived after their client had stopped waiting.
    pub struct LateAnswersOf => Number
}

/// Share of answers that arrived after their client had stopped waiting.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn called(&self) -> Called {
        Called::new("late answers", "late_answers", Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::share(|calls| calls.late, answers)
    }
}
