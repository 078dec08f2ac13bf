//! Outcomes: the shares of calls that ended in certain ways.

use super::degraded;
use crate::engine::Outcome;
use crate::lab::label::Label;
use crate::lab::measure::asked::Asked;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::{Reading, ended};
use crate::lab::measure::shape::{check_by_clients, claimed, told_apart};
use crate::lab::measure::{Grouping, OutcomeName, Quantity, Scope};
use crate::lab::results::Unit;
use crate::schema::record;

record! {
    /// Shares of calls with given outcomes.
    pub struct Outcomes {
        /// Which: `Served`, `RateLimited`, `TimedOut` and so on.
        pub outcomes: Vec<OutcomeName>,
        /// For all clients together, or for each node of clients.
        pub by: Grouping = Grouping::default(),
    }
    check(self, at) {
        if self.outcomes.is_empty() {
            at.field("outcomes").error("at least one outcome: `Outcomes([RateLimited, TimedOut])`");
        }
        at.each_once("outcomes", &self.outcomes, "this outcome");
        check_by_clients(&self.by, at);
    }
}

record! {
    /// Share of calls with one outcome.
    pub struct ShareOf {
        /// Which: `Served`, `RateLimited`, `TimedOut` and so on.
        pub outcome: OutcomeName,
        /// The arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// The node of clients; without it, all together.
        pub of: Option<Label> = None,
    }
}

impl Asked for Outcomes {
    fn quantities(&self, scope: &Scope) -> Vec<Quantity> {
        let shares = self.outcomes.iter().map(|outcome| Quantity::new(Number(outcome.0))).collect();
        told_apart(shares, &self.by, None, scope)
    }

    fn node(&self) -> Option<&Label> {
        None
    }
}

claimed! {
    ShareOf, self, _scope, Quantity::new(Number(self.outcome.0)), node: None, of: self.of.as_ref(), answers: None
}

/// Share of calls with one outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Number(Outcome);

impl Measured for Number {
    fn called(&self) -> Called {
        if self.0 == Outcome::Degraded {
            return degraded::Number.called();
        }
        let mut id = "share".to_owned();
        for letter in OutcomeName::of(self.0).chars() {
            if letter.is_ascii_uppercase() {
                id.push('_');
            }
            id.push(letter.to_ascii_lowercase());
        }
        Called::new(self.0.words(), id, Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        let outcome = self.0;
        Reading::share(move |calls| calls.outcomes[outcome as usize], ended)
    }

    fn in_claims(&self, name: String) -> String {
        format!("share {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_called_by_their_outcome() {
        let share = Number(Outcome::TooManyInFlight).called();
        assert_eq!((&*share.name, &*share.id), ("rejected: concurrency limit", "share_too_many_in_flight"));
        assert_eq!(Number(Outcome::Degraded).called(), degraded::Number.called());
    }
}
