//! The parameters that many measures have in common, and those of their terms in claims: each shape is written once
//! here.
//!
//! A measure with parameters of its own declares its records itself; see `measures/latency.rs`.

use super::measured::Measured;
use super::{Answers, Grouping, Quantity, Scope};
use crate::lab::label::Label;
use crate::schema::Check;
use std::collections::BTreeSet;

/// Error: a measure of one node and of each.
const ONE_OR_EACH: &str = "a measure is of one `node`, or told apart `by` nodes: not both";
/// Error: a number of clients and of another node at once.
const ONE_PLACE: &str = "a number is `of` clients or of a `node`: not both";
/// Error: a number of other nodes that only clients have.
const ONLY_SERVED: &str = "only clients know answers that are late, degraded or failed";

/// Reports a measure of one node that is told apart as well.
pub fn check_one_or_each(by: &Grouping, node: Option<&Label>, at: &mut Check<'_>) {
    if node.is_some() && *by != Grouping::default() {
        at.field("node").error(ONE_OR_EACH);
    }
}

/// Reports a measure of clients that is told apart by other nodes.
pub fn check_by_clients(by: &Grouping, at: &mut Check<'_>) {
    if matches!(by, Grouping::Nodes(_)) {
        at.field("by").error("only clients can tell: `by: Clients`");
    }
}

/// Reports a latency of calls other than served ones that is split by nodes other than clients.
pub fn check_answers_by(answers: Answers, by: &Grouping, at: &mut Check<'_>) {
    if answers != Answers::Served && matches!(by, Grouping::Nodes(_)) {
        at.field("answers").error(ONLY_SERVED);
    }
}

/// Reports a term of clients and of another node at once.
pub fn check_one_place(of: Option<&Label>, node: Option<&Label>, at: &mut Check<'_>) {
    if of.is_some() && node.is_some() {
        at.field("node").error(ONE_PLACE);
    }
}

/// Reports a term for calls other than served ones at a node other than clients.
pub fn check_answers_of(answers: Option<Answers>, node: Option<&Label>, at: &mut Check<'_>) {
    if node.is_some() && answers.is_some_and(|answers| answers != Answers::Served) {
        at.field("answers").error(ONLY_SERVED);
    }
}

/// `quantities` of all clients together, of one node, or of each node that `by` says.
pub fn told_apart(quantities: Vec<Quantity>, by: &Grouping, node: Option<&Label>, scope: &Scope) -> Vec<Quantity> {
    let each = |names: Vec<&str>| -> Vec<Quantity> {
        let of = |quantity: &Quantity| -> Vec<Quantity> {
            names.iter().map(|name| quantity.clone().at(name, scope)).collect()
        };
        quantities.iter().flat_map(of).collect()
    };
    match (by, node) {
        (_, Some(node)) => each(vec![&node.0.text]),
        (Grouping::All(_), None) => quantities,
        (Grouping::Clients(_), None) => each(scope.clients.iter().map(String::as_str).collect()),
        (Grouping::Nodes(_), None) => {
            let mut seen = BTreeSet::new();
            each(scope.places.iter().map(|place| &*place.name).filter(|name| seen.insert(*name)).collect())
        }
    }
}

/// A number of one station, or of each fleet.
pub fn of_stations(number: impl Measured + Clone + 'static, node: Option<&Label>, scope: &Scope) -> Vec<Quantity> {
    match node {
        Some(node) => vec![Quantity::of_station(number, &node.0.text, scope)],
        None => scope.fleets.iter().map(|fleet| Quantity::of_station(number.clone(), fleet, scope)).collect(),
    }
}

/// A number of one station; of the only fleet where none is named.
pub fn of_station(number: impl Measured + 'static, node: Option<&Label>, scope: &Scope) -> Quantity {
    let station = node.map(|node| &node.0.text).or(scope.fleets.first()).map_or("", String::as_str);
    Quantity::of_station(number, station, scope)
}

/// A measure that clients give, and any other node of the requests that come to it: the record, and its number.
macro_rules! measure_of_nodes {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// For all clients together by default, for each node of clients, or for each other node.
                pub by: $crate::lab::measure::Grouping = Default::default(),
                /// For one node.
                pub node: Option<$crate::lab::label::Label> = None,
            }
            check(self, at) {
                $crate::lab::measure::shape::check_one_or_each(&self.by, self.node.as_ref(), at);
            }
        }

        impl $crate::lab::measure::asked::Asked for $name {
            fn quantities(&self, scope: &$crate::lab::measure::Scope) -> Vec<$crate::lab::measure::Quantity> {
                let all = vec![$crate::lab::measure::Quantity::new($number)];
                $crate::lab::measure::shape::told_apart(all, &self.by, self.node.as_ref(), scope)
            }

            fn node(&self) -> Option<&$crate::lab::label::Label> {
                self.node.as_ref()
            }
        }
    };
}

/// A measure that only clients give.
macro_rules! measure_of_clients {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// For all clients together by default, or for each node of clients.
                pub by: $crate::lab::measure::Grouping = Default::default(),
            }
            check(self, at) {
                $crate::lab::measure::shape::check_by_clients(&self.by, at);
            }
        }

        impl $crate::lab::measure::asked::Asked for $name {
            fn quantities(&self, scope: &$crate::lab::measure::Scope) -> Vec<$crate::lab::measure::Quantity> {
                let all = vec![$crate::lab::measure::Quantity::new($number)];
                $crate::lab::measure::shape::told_apart(all, &self.by, None, scope)
            }

            fn node(&self) -> Option<&$crate::lab::label::Label> {
                None
            }
        }
    };
}

/// A measure of stations, which work or wait: of each fleet, or of one node.
macro_rules! measure_of_stations {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// For one node; without it, for each.
                pub node: Option<$crate::lab::label::Label> = None,
            }
        }

        impl $crate::lab::measure::asked::Asked for $name {
            fn quantities(&self, scope: &$crate::lab::measure::Scope) -> Vec<$crate::lab::measure::Quantity> {
                $crate::lab::measure::shape::of_stations($number, self.node.as_ref(), scope)
            }

            fn node(&self) -> Option<&$crate::lab::label::Label> {
                self.node.as_ref()
            }
        }
    };
}

/// A measure of the whole system, with one number or several.
macro_rules! measure_of_the_system {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $($number:expr),+) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {}
        }

        impl $crate::lab::measure::asked::Asked for $name {
            fn quantities(&self, _scope: &$crate::lab::measure::Scope) -> Vec<$crate::lab::measure::Quantity> {
                vec![$( $crate::lab::measure::Quantity::new($number) ),+]
            }

            fn node(&self) -> Option<&$crate::lab::label::Label> {
                None
            }
        }
    };
}

/// The parts of a term that claims need: the arm, the node and the node of clients that it names, and its set of calls.
macro_rules! claimed {
    ($name:ident, $self_:ident, $scope:ident, $number:expr, node: $node:expr, of: $of:expr, answers: $answers:expr) => {
        impl $crate::lab::measure::asked::Claimed for $name {
            fn arm(&$self_) -> Option<&$crate::lab::label::Label> {
                $self_.arm.as_ref()
            }

            fn node(&$self_) -> Option<&$crate::lab::label::Label> {
                $node
            }

            fn of(&$self_) -> Option<&$crate::lab::label::Label> {
                $of
            }

            fn answers(&$self_) -> Option<$crate::lab::measure::Answers> {
                $answers
            }

            fn number(&$self_, $scope: &$crate::lab::measure::Scope) -> $crate::lab::measure::Quantity {
                $number
            }
        }
    };
}

/// A number that clients give, and any other node of the requests that come to it.
macro_rules! term_of_nodes {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// The arm; without it, the only one or the baseline.
                pub arm: Option<$crate::lab::label::Label> = None,
                /// The node of clients; without it, all together.
                pub of: Option<$crate::lab::label::Label> = None,
                /// A node other than clients: for the requests that arrive there.
                pub node: Option<$crate::lab::label::Label> = None,
            }
            check(self, at) {
                $crate::lab::measure::shape::check_one_place(self.of.as_ref(), self.node.as_ref(), at);
            }
        }

        $crate::lab::measure::shape::claimed! {
            $name, self, _scope, $crate::lab::measure::Quantity::new($number),
            node: self.node.as_ref(), of: self.of.as_ref(), answers: None
        }
    };
}

/// A latency, which may be told of any node.
macro_rules! term_of_latency {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// The arm; without it, the only one or the baseline.
                pub arm: Option<$crate::lab::label::Label> = None,
                /// The node of clients; without it, all together.
                pub of: Option<$crate::lab::label::Label> = None,
                /// A node other than clients: from the arrival of requests there until their answers leave it.
                pub node: Option<$crate::lab::label::Label> = None,
                /// For which calls: `Served`, `Degraded`, `Late` or `Failed`. Without it, for all calls: a call that
                /// was not answered counts as infinitely long.
                pub answers: Option<$crate::lab::measure::Answers> = None,
            }
            check(self, at) {
                $crate::lab::measure::shape::check_one_place(self.of.as_ref(), self.node.as_ref(), at);
                $crate::lab::measure::shape::check_answers_of(self.answers, self.node.as_ref(), at);
            }
        }

        $crate::lab::measure::shape::claimed! {
            $name, self, _scope, $crate::lab::measure::Quantity::new($number),
            node: self.node.as_ref(), of: self.of.as_ref(), answers: self.answers
        }
    };
}

/// A number that only clients give; one that depends on the scope is a function of it.
macro_rules! term_of_clients {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => |$scope:ident| $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// The arm; without it, the only one or the baseline.
                pub arm: Option<$crate::lab::label::Label> = None,
                /// The node of clients; without it, all together.
                pub of: Option<$crate::lab::label::Label> = None,
            }
        }

        $crate::lab::measure::shape::claimed! {
            $name, self, $scope, $crate::lab::measure::Quantity::new($number),
            node: None, of: self.of.as_ref(), answers: None
        }
    };
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::lab::measure::shape::term_of_clients! { $(#[doc = $doc])+ pub struct $name => |_scope| $number }
    };
}

/// A number of stations, which work or wait.
macro_rules! term_of_stations {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// The arm; without it, the only one or the baseline.
                pub arm: Option<$crate::lab::label::Label> = None,
                /// The fleet; optional if there is only one.
                pub node: Option<$crate::lab::label::Label> = None,
            }
        }

        $crate::lab::measure::shape::claimed! {
            $name, self, scope, $crate::lab::measure::shape::of_station($number, self.node.as_ref(), scope),
            node: self.node.as_ref(), of: None, answers: None
        }
    };
}

/// A number of the whole system.
macro_rules! term_of_the_system {
    ($(#[doc = $doc:literal])+ pub struct $name:ident => $number:expr) => {
        $crate::schema::record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// The arm; without it, the only one or the baseline.
                pub arm: Option<$crate::lab::label::Label> = None,
            }
        }

        $crate::lab::measure::shape::claimed! {
            $name, self, _scope, $crate::lab::measure::Quantity::new($number), node: None, of: None, answers: None
        }
    };
}

pub(super) use {
    claimed, measure_of_clients, measure_of_nodes, measure_of_stations, measure_of_the_system, term_of_clients,
    term_of_latency, term_of_nodes, term_of_stations, term_of_the_system,
};
