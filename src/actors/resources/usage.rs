//! How the use of a resource is measured: arrivals, waiting requests and times, and units held. One record may cover
//! many resources, such as the same resource at every server of a fleet.

use super::station::{Station, Window};
use crate::engine::Time;
use crate::measure::{Begin, Begun, CountIntegral, Latency, LatencyCopy, Windows};

/// Cumulative figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Requests that came.
    pub arrivals: u64,
    /// Unit-nanoseconds that units were held.
    pub held: u128,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
}

/// What is recorded of the use of a resource in one run.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Units that can be held at once.
    capacity: u64,
    /// Requests that asked for units and got them or wait, from time zero on.
    pub arrivals: u64,
    /// Requests that gave theirs back, or left the line, from time zero on.
    pub departures: u64,
    /// Requests that were turned away because the line was full, from time zero on.
    pub rejected: u64,
    /// Requests that hold units or wait for them.
    pub population: CountIntegral,
    /// Requests that wait.
    pub waiting: CountIntegral,
    /// Units that are held.
    pub held: CountIntegral,
    /// Sum of the times in nanoseconds from asking until giving back, from time zero on.
    pub sojourn: u128,
    /// Waiting, measured after the warm-up, of requests that gave their units back.
    pub waits: Latency,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Used, LatencyCopy>,
    /// Figures at each boundary.
    pub windows: Windows<Used>,
}

impl Usage {
    /// Of resources that have so many units in all.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity,
            arrivals: 0,
            departures: 0,
            rejected: 0,
            population: CountIntegral::default(),
            waiting: CountIntegral::default(),
            held: CountIntegral::default(),
            sojourn: 0,
            waits: Latency::default(),
            at_warm_up: Begun::default(),
            windows: Windows::default(),
        }
    }

    /// Another request has come.
    #[inline]
    pub fn came(&mut self, now: Time) {
        self.arrivals += 1;
        self.population.up(now);
    }

    /// A request that asked at `entered` is served: it had its units from `started` until `now`.
    #[inline]
    pub fn served(&mut self, entered: Time, started: Time, now: Time) {
        self.waits.record(started.since(entered));
        self.left(entered, now);
    }

    /// A request that asked at `entered` is gone, served or not.
    #[inline]
    pub fn left(&mut self, entered: Time, now: Time) {
        self.departures += 1;
        self.population.down(now);
        self.sojourn += u128::from(now.since(entered).as_nanos());
    }

    fn used(&self, now: Time) -> Used {
        Used { arrivals: self.arrivals, held: self.held.area(now), waiting: self.waiting.area(now) }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        let figures = self.used(now);
        self.at_warm_up.begin(begin, figures, &mut self.waits);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        let used = self.used(now);
        self.windows.close(used, halve);
    }
}

impl Station for Usage {
    fn workers(&self) -> u64 {
        self.capacity
    }

    fn busy(&self, now: Time) -> u128 {
        self.held.area(now) - self.at_warm_up.held
    }

    fn add_waiting(&self, all: &mut Latency) {
        all.merge(&self.waits);
    }

    fn windows(&self) -> Vec<Window> {
        let window =
            |used: &Used| Window { arrivals: used.arrivals, busy: used.held, wasted: 0, waiting: used.waiting };
        self.windows.values().iter().map(window).collect()
    }
}
