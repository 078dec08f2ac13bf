//! How a station (a resource with a queue) is measured, whatever kind of node it belongs to.

use crate::engine::Time;
use crate::measure::Latency;

/// Cumulative figures at the end of a window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Requests that came.
    pub arrivals: u64,
    /// Worker-nanoseconds of work.
    pub busy: u128,
    /// Worker-nanoseconds of wasted work.
    pub wasted: u128,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
}

/// A station: servers, a proxy, a store, or requests that wait for a place at a server.
pub trait Station {
    /// Workers.
    fn workers(&self) -> u64;

    /// Worker-nanoseconds of work from the end of the warm-up until `now`.
    fn busy(&self, now: Time) -> u128;

    /// Worker-nanoseconds of work from the end of the warm-up on that was for nobody: it may have begun before. Zero where
    /// that is not known.
    fn wasted(&self) -> u128 {
        0
    }

    /// Worker-nanoseconds of work by server from the end of the warm-up until `now`.
    fn busy_by_server(&self, now: Time) -> Vec<u128> {
        vec![self.busy(now)]
    }

    /// Adds the waiting times after the warm-up to `all`, where they are recorded.
    fn add_waiting(&self, _all: &mut Latency) {}

    /// Cumulative figures by window.
    fn windows(&self) -> Vec<Window>;
}
