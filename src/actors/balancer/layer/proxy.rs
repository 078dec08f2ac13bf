//! A proxy at work: a queue and workers before the choice of a member.

use super::outage::SlowDowns;
use super::spec::ProxySpec;
use crate::actors::kit::books::Account;
use crate::actors::kit::message::{Core, size_of};
use crate::actors::resources::{Asked, Units, Usage};
use crate::engine::{Duration, Frame, RequestId, Time};
use crate::measure::{Begin, Begun};

/// A proxy at work.
#[derive(Debug)]
pub struct Proxy {
    count: u32,
    per_request: f64,
    per_connection: f64,
    per_byte: f64,
    workers: Units,
    /// How many times longer its work takes, by what slows it down.
    pub(super) factor: f64,
    pub(super) slow_downs: Option<Box<SlowDowns>>,
    /// How its workers were used.
    pub usage: Usage,
    /// Connections that were opened, from time zero on.
    pub connections: u64,
    /// Those at the end of the warm-up.
    pub connections_at_warm_up: Begun<u64>,
}

impl Proxy {
    /// An idle proxy.
    #[must_use]
    pub fn new(spec: &ProxySpec) -> Self {
        Self {
            count: spec.workers,
            per_request: spec.per_request.seconds(),
            per_connection: spec.per_connection.seconds(),
            per_byte: spec.per_byte.seconds(),
            workers: Units::new(u64::from(spec.workers), spec.queue.unwrap_or(usize::MAX)),
            factor: 1.0,
            slow_downs: None,
            usage: Usage::new(u64::from(spec.workers)),
            connections: 0,
            connections_at_warm_up: Begun::default(),
        }
    }

    /// Requests it works on at once.
    #[must_use]
    pub fn workers(&self) -> u32 {
        self.count
    }

    /// True if another request can be let in.
    #[must_use]
    pub fn has_place(&self) -> bool {
        self.workers.has_place()
    }

    /// A request is let in, whose stop is the last on its return path. Its timer rings when it is done.
    pub fn arrive(&mut self, core: &mut Core, id: RequestId) {
        if self.workers.ask(&mut self.usage, id, 1, core.now()) == Asked::Held {
            self.begin(core, id);
        }
    }

    fn begin(&mut self, core: &mut Core, id: RequestId) {
        let now = core.now();
        core.requests[id].start(now);
        let details = core.requests.details(id);
        let mut seconds = self.per_request + self.per_byte * size_of(&core.requests, id) as f64;
        if details.connection.is_new() {
            self.connections += 1;
            seconds += self.per_connection;
        }
        core.set_timer(now + Duration::from_secs_f64(seconds * self.factor), id);
    }

    /// A request is done, whose own stop is `frame`; its worker takes up the next.
    pub fn done(&mut self, core: &mut Core, id: RequestId, frame: Frame) {
        let now = core.now();
        self.usage.served(frame.entered, core.requests[id].started(), now);
        self.workers.give_back(&mut self.usage, 1, now);
        if let Some(next) = self.workers.next(&mut self.usage, now) {
            self.begin(core, next);
        }
    }

    /// Everything in it is lost: what it works on, which is `begun` and has no timers any more, and what waits.
    pub(super) fn empty(&mut self, core: &Core, begun: &[RequestId]) -> Vec<RequestId> {
        let now = core.now();
        let mut lost = begun.to_vec();
        begun.iter().for_each(|_| self.workers.give_back(&mut self.usage, 1, now));
        lost.extend(self.workers.empty(&mut self.usage, now));
        for &id in &lost {
            let came = core.requests.last(id).map_or(now, |stop| stop.entered);
            self.usage.left(came, now);
        }
        lost
    }

    /// What came, what left, and what is there at the end of a run.
    #[must_use]
    pub fn account(&self, over: Time) -> Account {
        let usage = &self.usage;
        Account::of(usage.arrivals, usage.departures, &usage.population, usage.sojourn, over)
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.usage.measure(now, begin);
        self.connections_at_warm_up.begin(begin, self.connections, ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.usage.window(now, halve);
    }
}
