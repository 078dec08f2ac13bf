//! The numbers of a measure: their names, the nodes that have them, and how they are read. The list of measures belongs
//! in `measures`.

use std::fmt::Debug;

use super::reading::Reading;
use crate::actors::kit::facts::Gives;
use crate::lab::results::Unit;

/// A number that a measure gives.
pub trait Measured: Debug + Send + Sync {
    /// Identifiers of those of its kind that speak of no steady state: what is asked for, and what a trouble does. A run that
    /// was too short for one decides them all the same.
    fn without_steady_state() -> &'static [&'static str]
    where
        Self: Sized,
    {
        &[]
    }

    /// Identifiers of those of its kind that are counted as shares and may pass one.
    fn may_pass_one() -> &'static [&'static str]
    where
        Self: Sized,
    {
        &[]
    }

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
