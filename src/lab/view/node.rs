//! Measurements at a node other than clients, of any kind, from the requests that arrived there.

use super::View;
use crate::actors::kit::watch::{Snapshot, Stays};
use crate::engine::Duration;
use crate::lab::measure::Quantity;
use crate::lab::measure::reading::Count;

/// The count of requests within a limit.
pub(super) fn within(stays: &Stays, limit: Duration) -> Count<Snapshot> {
    let place = stays.within.place(limit).unwrap_or(usize::MAX);
    Box::new(move |s| s.within.get(place).copied().unwrap_or(0))
}

impl View<'_> {
    /// The record of the node that a quantity is about, unless that is a node of clients.
    pub(super) fn stays(&self, quantity: &Quantity) -> Option<&Stays> {
        self.watch.node(quantity.of.as_deref()?)
    }

    /// A count of the requests of a node after the warm-up.
    pub(super) fn since_warm_up(&self, stays: &Stays, count: &Count<Snapshot>) -> u64 {
        count(&stays.snapshot(self.over)) - count(&stays.at_warm_up)
    }

    /// The same by window, from time zero on.
    pub(super) fn windows_of_stays(&self, stays: &Stays, count: &Count<Snapshot>) -> Vec<f64> {
        self.steps(std::iter::once(stays.windows.values().iter().map(|window| u128::from(count(window)))))
    }

    /// Requests that are at a node at the end for longer than `limit`.
    pub(super) fn overdue_at(&self, stays: &Stays, limit: Duration) -> u64 {
        self.measured_of(&stays.ages).filter(|age| *age > limit).count() as u64
    }
}
