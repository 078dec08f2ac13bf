//! What a fleet records.

use crate::actors::kit::message::CHECK_CLASS;
use crate::actors::kit::outage::Outage;
use crate::engine::{Duration, Outcome, Time};
use crate::measure::{Begin, Begun, CountIntegral, Latency, LatencyCopy, Lengths, Windows};

/// Cumulative figures of a fleet at a boundary of windows.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that left, however they ended.
    pub departures: u64,
    /// Request-nanoseconds in the fleet.
    pub population: u128,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
    /// Worker-nanoseconds of work, all servers together.
    pub busy: u128,
    /// Worker-nanoseconds of it for requests whose client had stopped waiting.
    pub wasted: u128,
}

/// Figures at the end of the warm-up.
#[derive(Clone, Debug, Default)]
pub struct AtWarmUp {
    /// Those of the fleet.
    pub figures: Snapshot,
    /// Busy worker-nanoseconds of each server; empty if measuring began with the run.
    pub busy_by_server: Vec<u128>,
}

/// Waiting and service of one class of requests.
#[derive(Clone, Debug, Default)]
pub struct ClassTimes {
    /// From coming to the server until service begins.
    pub waiting: Latency,
    /// From the beginning of service until its end.
    pub service: Latency,
}

impl ClassTimes {
    #[inline(always)]
    fn record(&mut self, waiting: Duration, service: Duration) {
        self.waiting.record(waiting);
        self.service.record(service);
    }
}

/// Health checks that were served.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChecksServed {
    /// How many.
    pub count: u64,
    /// Worker-nanoseconds spent on them.
    pub busy: u128,
}

/// A copy of the times of all classes and of health checks.
#[derive(Clone, Debug)]
pub struct TimesCopy {
    classes: Vec<[LatencyCopy; 2]>,
    checks: ChecksServed,
}

/// The times that a record measures after the warm-up; there are as many classes as the last that was served needs.
struct Times<'a> {
    classes: &'a mut Vec<ClassTimes>,
    checks: &'a mut ChecksServed,
}

impl Lengths for Times<'_> {
    type Copy = TimesCopy;

    fn copy(&self) -> TimesCopy {
        let of_class = |times: &ClassTimes| [times.waiting.copy(), times.service.copy()];
        TimesCopy { classes: self.classes.iter().map(of_class).collect(), checks: *self.checks }
    }

    fn forget(&mut self, copy: &TimesCopy) {
        for (times, [waiting, service]) in self.classes.iter_mut().zip(&copy.classes) {
            times.waiting.forget(waiting);
            times.service.forget(service);
        }
        while self.classes.pop_if(|times| times.service.count() == 0).is_some() {}
        self.checks.count -= copy.checks.count;
        self.checks.busy -= copy.checks.busy;
    }

    fn clear(&mut self) {
        self.classes.clear();
        *self.checks = ChecksServed::default();
    }
}

/// Everything a fleet records in one run.
#[derive(Clone, Debug, Default)]
pub struct FleetRecord {
    /// Requests that came, from time zero on.
    pub arrivals: u64,
    /// Requests that left, from time zero on.
    pub departures: u64,
    /// Requests by how they ended here, from time zero on.
    pub outcomes: [u64; Outcome::ALL.len()],
    /// Requests in the fleet.
    pub population: CountIntegral,
    /// Requests that wait.
    pub waiting: CountIntegral,
    /// Times by class, measured after the warm-up.
    pub classes: Vec<ClassTimes>,
    /// Health checks, measured after the warm-up; they are of no class.
    pub checks: ChecksServed,
    /// When servers were down.
    pub outages: Vec<Outage>,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<AtWarmUp, TimesCopy>,
    /// Sum of sojourn times in nanoseconds of requests that left, from time zero on.
    pub sojourn: u128,
    /// Worker-nanoseconds, from time zero on, spent on requests whose client had stopped waiting when their service
    /// ended or was cut short. Of a shared server, work at the speed it then had.
    pub wasted: u128,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
    /// Busy worker-nanoseconds of each row of servers at each boundary; a row is one server or several neighbours.
    pub rows: Windows<Vec<u128>>,
}

impl FleetRecord {
    /// A request has been served.
    #[inline]
    pub fn served(&mut self, class: u16, waiting: Duration, service: Duration) {
        match self.classes.get_mut(class as usize) {
            Some(times) => times.record(waiting, service),
            None => self.add_class(class as usize, waiting, service),
        }
    }

    #[cold]
    #[inline(never)]
    fn add_class(&mut self, class: usize, waiting: Duration, service: Duration) {
        if class == usize::from(CHECK_CLASS) {
            self.checks.count += 1;
            self.checks.busy += u128::from(service.as_nanos());
            return;
        }
        self.classes.resize_with(class + 1, ClassTimes::default);
        self.classes[class].record(waiting, service);
    }

    /// A request that came at `entered` leaves.
    #[inline]
    pub fn left(&mut self, now: Time, entered: Time, outcome: Outcome) {
        self.population.down(now);
        self.departures += 1;
        self.outcomes[outcome as usize] += 1;
        self.sojourn += u128::from(now.since(entered).as_nanos());
    }

    /// Work on a request came to nothing: its client had gone before it ended.
    #[cold]
    #[inline(never)]
    pub fn waste(&mut self, work: Duration) {
        self.wasted += u128::from(work.as_nanos());
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, begin: Begin, figures: AtWarmUp) {
        self.at_warm_up.begin(begin, figures, Times { classes: &mut self.classes, checks: &mut self.checks });
    }

    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time, busy: u128) -> Snapshot {
        Snapshot {
            arrivals: self.arrivals,
            departures: self.departures,
            population: self.population.area(now),
            waiting: self.waiting.area(now),
            busy,
            wasted: self.wasted,
        }
    }
}
