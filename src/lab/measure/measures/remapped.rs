//! Remapped: how many clients or keys get another server when servers leave, come back or change their weight.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_the_system, term_of_the_system};
use crate::lab::results::Unit;

measure_of_the_system! {
    /// The share of clients or keys that get another server when servers leave, come back or change their weight, with
    /// policies that place them by a hash; summed over the changes after the warm-up, averaged over balancers. Also the
    /// share that moved needlessly: from one server to another although neither had changed.
    pub struct Remapped => Number::All, Number::Needlessly
}

term_of_the_system! {
    /// Share of clients or keys that get another server when servers leave or come back, summed over changes.
    pub struct RemappedOf => Number::All
}

term_of_the_system! {
    /// Share of clients or keys that moved although neither the old nor the new server had changed.
    pub struct RemappedNeedlesslyOf => Number::Needlessly
}

/// Share of clients or keys that got another server, summed over changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// All that did.
    All,
    /// Moves that were not necessary.
    Needlessly,
}

impl Measured for Number {
    fn without_steady_state() -> &'static [&'static str] {
        &["remapped", "remapped_needlessly"]
    }
    // Each change counts anew. Balancers tell the last one beside it, of themselves.
    fn may_pass_one() -> &'static [&'static str] {
        &["remapped", "remapped_needlessly", "remapped_least"]
    }

    fn called(&self) -> Called {
        match self {
            Self::All => Called::new("remapped", "remapped", Unit::Fraction),
            Self::Needlessly => Called::new("remapped needlessly", "remapped_needlessly", Unit::Fraction),
        }
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Whole(match self {
            Self::All => Box::new(|view, _| view.remapped(|since| since.moved)),
            Self::Needlessly => Box::new(|view, _| view.remapped(|since| since.moved - since.least)),
        })
    }
}
