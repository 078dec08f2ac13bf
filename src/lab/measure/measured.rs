//! What a measure is: the record a file asks with, the records claims speak with, and the numbers it gives. The list of
//! measures belongs in `measures`.

use super::places::Gives;
use super::reading::Reading;
use super::{Answers, Quantity, Scope};
use crate::lab::results::Unit;
use crate::lab::spec::Label;

/// A measure as a file asks for it.
pub trait Asked {
    /// The numbers it gives in `scope`.
    fn quantities(&self, scope: &Scope) -> Vec<Quantity>;

    /// The node it names.
    fn node(&self) -> Option<&Label>;
}

/// A number of a measure as a claim speaks of it.
pub trait Claimed {
    /// The arm it names.
    fn arm(&self) -> Option<&Label>;

    /// The node it names with `node`.
    fn node(&self) -> Option<&Label>;

    /// The node of clients it names.
    fn of(&self) -> Option<&Label>;

    /// Of a latency: which calls it is of, where that is said.
    fn answers(&self) -> Option<Answers>;

    /// The number in `scope`, whichever clients and arm it is told of.
    fn number(&self, scope: &Scope) -> Quantity;
}

/// A number that a measure gives.
pub trait Measured {
    /// Identifiers of those numbers that speak of no steady state: what is asked for, and what a trouble does. A run that was
    /// too short for one decides them all the same.
    const WITHOUT_STEADY_STATE: &'static [&'static str];

    /// Identifiers of those numbers that are counted as shares and may pass one.
    const MAY_PASS_ONE: &'static [&'static str] = &[];

    /// What it is called, and what it counts.
    fn called(&self) -> Called;

    /// Who gives it.
    fn given_by(&self) -> GivenBy;

    /// True if it has no bound where a queue grows without end, and is left out there.
    fn grows_with_queues(&self) -> bool;

    /// How it is read from a replication that has ended.
    fn reading(&self) -> Reading;

    /// What it is called in claims, where its name alone would not say it.
    fn in_claims(&self, name: String) -> String {
        name
    }

    /// What the system must have for the number to say anything.
    fn needs(&self) -> Option<Needs> {
        None
    }

    /// Of a length of time that some replications have none of, because something never happened: what that is. Where few
    /// have one, claims take it as a length without bound.
    fn without_bound(&self) -> Option<&'static str> {
        None
    }
}

/// What a number is called, and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Name for people.
    pub name: String,
    /// Name for machines.
    pub id: String,
    /// What it counts.
    pub unit: Unit,
}

impl Called {
    /// What a number is called.
    #[must_use]
    pub fn new(name: impl Into<String>, id: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), id: id.into(), unit }
    }
}

/// Who gives a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBy {
    /// Clients.
    Clients,
    /// Clients, and any other node, of the requests that come to it.
    Nodes,
    /// Nodes other than clients that give this.
    Stations(&'static [Gives]),
}

/// What a system must have for a number to say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A trouble that ends.
    Trouble,
    /// Calls that write.
    Writes,
}
