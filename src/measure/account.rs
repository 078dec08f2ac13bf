//! The ledger of a part of a system in one run: requests that came, that left and that are there, and two independent sums of
//! the time that they spent there. Checking it belongs in `lab`.

use super::integral::CountIntegral;
use super::sum::Sum;
use crate::engine::Time;

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
    /// The account of a part at which `came` requests arrived and `left` left, and `population` are there.
    #[must_use]
    pub fn of(came: u64, left: u64, population: &CountIntegral, sojourn: Sum, over: Time) -> Self {
        Self { came, left, inside: population.count(), area: population.area(over), sojourn: sojourn.total() }
    }
}
