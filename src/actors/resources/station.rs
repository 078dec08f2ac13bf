//! How a station (a resource and the requests at it, or a line before the resources of others) is read and checked, whatever
//! kind of node it belongs to.

use super::usage::{Figures, Usage};
use crate::engine::Time;
use crate::measure::{Account, Latency};

/// A station: servers, a proxy, a store, locks, or requests that wait for a slot or a permit.
pub trait Station {
    /// Units that can be held at once, such as workers; zero of a line before the resources of others.
    fn capacity(&self) -> u64;

    /// Unit-nanoseconds that units were held, from time zero until `now`.
    fn held(&self, now: Time) -> u128;

    /// The requests at it.
    fn usage(&self) -> &Usage;

    /// Cumulative figures at `now`, from time zero on.
    fn figures(&self, now: Time) -> Figures {
        self.usage().figures(now, self.held(now))
    }

    /// Figures from the end of the warm-up until `now`.
    fn since_warm_up(&self, now: Time) -> Figures {
        self.figures(now).since(&self.usage().at_warm_up)
    }

    /// Unit-nanoseconds that units were held by server, from the end of the warm-up until `now`.
    fn held_by_server(&self, now: Time) -> Vec<u128> {
        vec![self.since_warm_up(now).held]
    }

    /// Adds the waiting times after the warm-up to `all`, where they are recorded.
    fn add_waiting(&self, _all: &mut Latency) {}

    /// Requests of which the waiting is a mean, from time zero until the end of each window: all that came.
    fn waited_by_window(&self) -> Vec<u64> {
        self.usage().windows.values().iter().map(|window| window.arrivals).collect()
    }

    /// Its ledger at the end of a run.
    fn account(&self, over: Time) -> Account {
        let usage = self.usage();
        Account::of(usage.arrivals, usage.departures, &usage.population, usage.sojourn, over)
    }
}
