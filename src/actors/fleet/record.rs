//! Records of a fleet beyond those of requests at any resource.

use crate::actors::kit::message::CHECK_CLASS;
use crate::actors::kit::outage::Outage;
use crate::actors::resources::Usage;
use crate::engine::{Duration, Outcome, Time};
use crate::measure::{Begin, Begun, Latency, LatencyCopy, Lengths, Windows};

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
    /// The requests at all servers together.
    pub usage: Usage,
    /// Times by class, measured after the warm-up.
    pub classes: Vec<ClassTimes>,
    /// Requests by how they ended here, from time zero on.
    pub outcomes: [u64; Outcome::ALL.len()],
    /// Health checks, measured after the warm-up; they are of no class.
    pub checks: ChecksServed,
    /// When servers were down.
    pub outages: Vec<Outage>,
    /// Busy worker-nanoseconds of each server at the end of the warm-up; empty if measuring began with the run.
    pub at_warm_up: Begun<Vec<u128>, TimesCopy>,
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
        self.usage.left(entered, now);
        self.outcomes[outcome as usize] += 1;
    }

    /// Called when measuring begins; `busy_by_server` are the worker-nanoseconds of each server until now.
    pub fn measure(&mut self, now: Time, begin: Begin, busy_by_server: Vec<u128>) {
        self.usage.measure(now, busy_by_server.iter().sum(), begin);
        let times = Times { classes: &mut self.classes, checks: &mut self.checks };
        self.at_warm_up.begin(begin, busy_by_server, times);
    }
}
