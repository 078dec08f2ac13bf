//! Client-side adaptive throttling: clients whose requests are rejected too often hold requests back themselves.

use super::recent::Recent;
use super::spec::AdaptiveThrottling;
use crate::engine::{Outcome, Time};

/// Parts of the window, of which the oldest is forgotten as a whole.
const PARTS: usize = 60;

/// Throttling at work: one for all clients of a node.
#[derive(Clone, Debug)]
pub struct Throttle {
    k: f64,
    /// Requests and accepted ones.
    seen: Recent<PARTS, 2>,
}

impl Throttle {
    /// Throttling without any observations.
    #[must_use]
    pub fn new(spec: &AdaptiveThrottling) -> Self {
        Self { k: spec.k, seen: Recent::new(spec.window.duration()) }
    }

    /// The chance that the next request is held back: max(0, (requests - k accepts) / (requests + 1)).
    #[must_use]
    pub fn rejects(&self) -> f64 {
        let [requests, accepts] = self.seen.sums().map(|sum| sum as f64);
        ((requests - self.k * accepts) / (requests + 1.0)).max(0.0)
    }

    /// A request is about to be sent; false if it is held back. `uniform` is from 0 to 1. Either way it counts as one.
    pub fn admits(&mut self, now: Time, uniform: f64) -> bool {
        self.seen.add(now, [0, 0]);
        let admits = uniform >= self.rejects();
        self.seen.add(now, [1, 0]);
        admits
    }

    /// A request that was sent has ended. It counts as accepted unless it was rejected, the server was down or it took
    /// too long. A request that was cancelled because another was answered counts as accepted.
    pub fn ended(&mut self, now: Time, outcome: Outcome) {
        if outcome.is_answer() || matches!(outcome, Outcome::Error | Outcome::Cancelled) {
            self.seen.add(now, [0, 1]);
        }
    }

    /// Requests and accepted ones in the window, for tests.
    #[must_use]
    #[cfg(test)]
    pub fn seen(&self) -> (u64, u64) {
        let [requests, accepts] = self.seen.sums();
        (requests as u64, accepts as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quantity::Span;

    fn throttle() -> Throttle {
        Throttle::new(&AdaptiveThrottling { k: 2.0, window: Span::whole(120) })
    }

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn nothing_is_held_back_while_half_is_accepted() {
        let mut throttle = throttle();
        for request in 0..1000 {
            assert!(throttle.admits(at(request / 10), 0.0), "request {request}");
            throttle.ended(at(request / 10), if request % 2 == 0 { Outcome::Served } else { Outcome::Shed });
        }
    }

    #[test]
    fn the_chance_is_that_of_the_book() {
        // Beyer et al. 2016, equation 21-1.
        let mut throttle = throttle();
        for request in 0..100 {
            throttle.admits(at(1), 1.0);
            if request < 20 {
                throttle.ended(at(1), Outcome::Served);
            }
        }
        assert_eq!(throttle.seen(), (100, 20));
        assert_eq!(throttle.rejects(), 60.0 / 101.0);
        assert!(!throttle.admits(at(1), 0.59));
        assert_eq!(throttle.rejects(), 61.0 / 102.0, "one that is held back counts as a request");
        assert!(throttle.admits(at(1), 0.60));
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut throttle = throttle();
        for _ in 0..100 {
            throttle.admits(at(1), 1.0);
        }
        throttle.admits(at(119), 1.0);
        assert_eq!(throttle.seen().0, 101);
        throttle.admits(at(121), 1.0);
        assert_eq!(throttle.seen().0, 2);
        throttle.admits(at(100_000), 1.0);
        assert_eq!(throttle.seen().0, 1);
    }
}
