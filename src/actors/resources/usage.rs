//! How the requests at a resource are counted: arrivals, departures, those there and those that wait, and times. One record may
//! cover many resources, such as all servers of a fleet.
//!
//! What is held and for how long is counted by the resource itself, which says so where a warm-up ends or a window closes.
//! Distributions of waiting times belong to nodes where they are read, because they take memory.

use crate::engine::{Duration, Time};
use crate::measure::{Begin, Begun, CountIntegral, Sum, Windows};

/// Cumulative figures at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that left, however they ended.
    pub departures: u64,
    /// Requests that were rejected.
    pub rejected: u64,
    /// Request-nanoseconds between coming and leaving.
    pub population: u128,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
    /// Unit-nanoseconds that units were held: work, of workers.
    pub held: u128,
    /// Unit-nanoseconds of it for requests whose client had stopped waiting.
    pub wasted: u128,
}

impl Figures {
    /// What was added since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            arrivals: self.arrivals - before.arrivals,
            departures: self.departures - before.departures,
            rejected: self.rejected - before.rejected,
            population: self.population - before.population,
            waiting: self.waiting - before.waiting,
            held: self.held - before.held,
            wasted: self.wasted - before.wasted,
        }
    }
}

/// What is recorded in one run of the requests at one or more resources. Of a line before the resources of others, these are
/// the requests that wait.
///
/// In the order of its fields: those that every request touches stand together, in two lines of the processor's cache.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Usage {
    /// Requests that are there: they hold units or wait for them.
    pub population: CountIntegral,
    /// Requests that wait.
    pub waiting: CountIntegral,
    /// Sum of the times in nanoseconds from coming until leaving, from time zero on.
    pub sojourn: Sum,
    /// Unit-nanoseconds, from time zero on, spent on requests whose client had stopped waiting when their service ended or
    /// was cut short; it may have begun before. Zero where that is not known.
    pub wasted: u128,
    /// Requests that came, from time zero on.
    pub arrivals: u64,
    /// Requests that left, served or not, from time zero on.
    pub departures: u64,
    /// Requests that were rejected, from time zero on: they found no place, or had waited too long.
    pub rejected: u64,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Figures>,
    /// Figures at each boundary of windows.
    pub windows: Windows<Figures>,
}

impl Usage {
    /// Another request has come.
    #[inline]
    pub fn came(&mut self, now: Time) {
        self.arrivals += 1;
        self.population.up(now);
    }

    /// A request that came at `entered` is gone, served or not.
    #[inline]
    pub fn left(&mut self, entered: Time, now: Time) {
        self.population.down(now);
        self.departures += 1;
        self.sojourn.add(now.since(entered).as_nanos());
    }

    /// Work on a request came to nothing: its client had gone before it ended.
    #[cold]
    #[inline(never)]
    pub fn waste(&mut self, work: Duration) {
        self.wasted += u128::from(work.as_nanos());
    }

    /// The cumulative figures now; `held` are the unit-nanoseconds until now.
    #[must_use]
    pub fn figures(&self, now: Time, held: u128) -> Figures {
        Figures {
            arrivals: self.arrivals,
            departures: self.departures,
            rejected: self.rejected,
            population: self.population.area(now),
            waiting: self.waiting.area(now),
            held,
            wasted: self.wasted,
        }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, held: u128, begin: Begin) {
        let figures = self.figures(now, held);
        self.at_warm_up.begin(begin, figures, ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, held: u128, halve: bool) {
        let figures = self.figures(now, held);
        self.windows.close(figures, halve);
    }
}
