//! Within: the share of calls answered in time and as asked within a limit, as in service level objectives.

use crate::lab::label::Label;
use crate::lab::measure::asked::Asked;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{check_one_or_each, check_one_place, claimed, told_apart};
use crate::lab::measure::{Grouping, Quantity, Scope};
use crate::lab::results::Unit;
use crate::schema::quantity::Span;
use crate::schema::{Check, record};

record! {
    /// Share of all calls that were answered in time and as asked within `time`, as in service level objectives. A call
    /// that was not answered is never within it; a call that is still in flight at the end of the run counts as a miss
    /// once it has taken longer. At a node other than clients: of the requests that left it, measured from their
    /// arrival there.
    pub struct Within {
        /// The time limit; above zero.
        pub time: Span,
        /// For all clients together, for each node of clients, or for each other node.
        pub by: Grouping = Grouping::default(),
        /// For one node.
        pub node: Option<Label> = None,
    }
    check(self, at) {
        check_time(self.time, at);
        check_one_or_each(&self.by, self.node.as_ref(), at);
    }
}

record! {
    /// Share of all calls answered in time and as asked within `time`.
    pub struct WithinOf {
        /// The time limit; above zero.
        pub time: Span,
        /// The arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// The node of clients; without it, all together.
        pub of: Option<Label> = None,
        /// A node other than clients: for the requests that left it, measured from their arrival there.
        pub node: Option<Label> = None,
    }
    check(self, at) {
        check_time(self.time, at);
        check_one_place(self.of.as_ref(), self.node.as_ref(), at);
    }
}

fn check_time(time: Span, at: &mut Check<'_>) {
    if time == Span::ZERO {
        at.field("time").error("a time above zero: write \"300 ms\"");
    }
}

impl Asked for Within {
    fn quantities(&self, scope: &Scope) -> Vec<Quantity> {
        told_apart(vec![Quantity::within(self.time)], &self.by, self.node.as_ref(), scope)
    }

    fn node(&self) -> Option<&Label> {
        self.node.as_ref()
    }
}

claimed! {
    WithinOf, self, _scope, Quantity::within(self.time),
    node: self.node.as_ref(), of: self.of.as_ref(), answers: None
}

/// Share of calls answered in time and as asked within a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Number(Span);

impl Measured for Number {
    fn called(&self) -> Called {
        let text = self.0.to_string();
        let id = format!("within_{}", text.replace(' ', ""));
        Called::new(format!("within {text}"), id, Unit::Fraction)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Answered { within: Some(self.0) }
    }

    fn in_claims(&self, name: String) -> String {
        format!("share answered {name}")
    }
}

impl Quantity {
    /// Share of calls answered in time and as asked within `time`.
    #[must_use]
    pub fn within(time: Span) -> Self {
        Self::new(Number(time))
    }
}
