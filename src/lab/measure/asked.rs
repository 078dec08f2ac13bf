//! How a measure is asked for: the record that a file asks with, and the records with which claims speak of its numbers.

use super::{Answers, Quantity, Scope};
use crate::lab::label::Label;

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
