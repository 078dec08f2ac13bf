//! The numbers of a measure: their names, the nodes that have them, and how they are read. The list of measures belongs
//! in `measures`.

use std::fmt::Debug;

use super::reading::Reading;
use crate::actors::kit::facts::Gives;
use crate::lab::results::Unit;

/// A number of a measure.
pub trait Measured: Debug + Send + Sync {
    /// Identifiers of its numbers that do not describe a steady state, such as the offered rate and the effects of a
    /// disturbance. They are decided even if a run was too short for a steady state.
    fn without_steady_state() -> &'static [&'static str]
    where
        Self: Sized,
    {
        &[]
    }

    /// Identifiers of its numbers that are shares but may exceed one.
    fn may_pass_one() -> &'static [&'static str]
    where
        Self: Sized,
    {
        &[]
    }

    /// Its names and its unit.
    fn called(&self) -> Called;

    /// Which nodes have it.
    fn given_by(&self) -> GivenBy;

    /// True if it is unbounded where a queue grows without end; it is left out there.
    fn grows_with_queues(&self) -> bool;

    /// How it is read from a replication that has ended.
    fn reading(&self) -> Reading;

    /// Its name in claims, if its name alone would be unclear.
    fn in_claims(&self, name: String) -> String {
        name
    }

    /// What the system must have for the number to exist.
    fn needs(&self) -> Option<Needs> {
        None
    }

    /// For a time that some replications do not have, because an event never happened: that event. If few have one,
    /// claims treat it as unbounded.
    fn without_bound(&self) -> Option<&'static str> {
        None
    }
}

/// The names and the unit of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Name for people.
    pub name: String,
    /// Name for machines.
    pub id: String,
    /// Its unit.
    pub unit: Unit,
}

impl Called {
    /// The names of a number.
    #[must_use]
    pub fn new(name: impl Into<String>, id: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), id: id.into(), unit }
    }
}

/// Which nodes have a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBy {
    /// Clients.
    Clients,
    /// Clients, and any other node for the requests that arrive there.
    Nodes,
    /// Nodes other than clients with this.
    Stations(&'static [Gives]),
}

/// What a system must have for a number to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A disturbance that ends.
    Trouble,
    /// Calls that write.
    Writes,
}
