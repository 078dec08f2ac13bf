//! How a measure is requested: its record in a file, and the records with which claims refer to its numbers.

use super::{Answers, Quantity, Scope};
use crate::lab::label::Label;

/// A measure, as requested in a file.
pub trait Asked {
    /// The quantities that it measures in `scope`.
    fn quantities(&self, scope: &Scope) -> Vec<Quantity>;

    /// The node that it names, if any.
    fn node(&self) -> Option<&Label>;
}

/// A number of a measure, as a claim refers to it.
pub trait Claimed {
    /// The arm it names.
    fn arm(&self) -> Option<&Label>;

    /// The node it names with `node`.
    fn node(&self) -> Option<&Label>;

    /// The node of clients it names.
    fn of(&self) -> Option<&Label>;

    /// For a latency: for which calls it is measured, if given.
    fn answers(&self) -> Option<Answers>;

    /// The number in `scope`, before clients and arm are chosen.
    fn number(&self, scope: &Scope) -> Quantity;
}
