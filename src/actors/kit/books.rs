//! The ledger of a node: requests that arrived, that left and that are there, and two independent sums of the time that
//! they spent there. It is checked after every replication.

use super::passage::PassageRecord;
use crate::engine::Time;
use crate::measure::CountIntegral;

/// Arrivals at a node, departures, requests inside, and two ways to know how long requests were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Requests that came.
    pub came: u64,
    /// Requests that left.
    pub left: u64,
    /// Requests that are there.
    pub inside: u64,
    /// Request-nanoseconds by the number inside at every moment.
    pub area: u128,
    /// Request-nanoseconds by the time each request spent that has left.
    pub sojourn: u128,
}

impl Account {
    /// The account of a node at which `came` requests arrived and `left` left, and `population` are there.
    #[must_use]
    pub fn of(came: u64, left: u64, population: &CountIntegral, sojourn: u128, over: Time) -> Self {
        Self { came, left, inside: population.count(), area: population.area(over), sojourn }
    }

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
