//! The ledger of a node: requests that arrived, that left and that are there, and two independent sums of the time that
//! they spent there. It is checked after every replication.

use super::passage::PassageRecord;
use crate::engine::Time;

pub use crate::measure::Account;

impl Account {
    /// Of a node that stands in the way of requests.
    #[must_use]
    pub fn of_passage(record: &PassageRecord, over: Time) -> Self {
        Self::of(record.arrivals, record.departures, &record.population, record.sojourn, over)
    }
}

/// A part of a node that has an account of its own.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// A noun phrase for it, as in "the proxy of lb".
    pub what: &'static str,
    /// The node's note of requests that are there.
    pub tag: u32,
    /// Its account.
    pub account: Account,
}
