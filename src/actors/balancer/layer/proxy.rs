//! A proxy at work: a queue and workers before the choice of a member.

use super::outage::SlowDowns;
use super::spec::ProxySpec;
use crate::actors::kit::message::{Core, size_of};
use crate::actors::resources::{Asked, Station, Units, Usage};
use crate::engine::{Duration, Frame, RequestId, Time};
use crate::measure::{Begin, Begun, Latency, LatencyCopy};

/// A proxy at work.
#[derive(Debug)]
pub struct Proxy {
    per_request: f64,
    per_connection: f64,
    per_byte: f64,
    workers: Units,
    /// How many times longer its work takes, by what slows it down.
    pub(super) factor: f64,
    pub(super) slow_downs: Option<Box<SlowDowns>>,
    /// The requests in it.
    pub usage: Usage,
    /// How long requests waited for a worker, measured after the warm-up, of those that were served.
    pub waits: Latency,
    /// Connections that were opened, from time zero on.
    pub connections: u64,
    /// The count of connections at the end of the warm-up, with the waits up to then.
    pub connections_at_warm_up: Begun<u64, LatencyCopy>,
}

impl Proxy {
    /// An idle proxy.
    #[must_use]
    pub fn new(spec: &ProxySpec) -> Self {
        Self {
            per_request: spec.per_request.seconds(),
            per_connection: spec.per_connection.seconds(),
            per_byte: spec.per_byte.seconds(),
            workers: Units::new(spec.workers, spec.queue.unwrap_or(usize::MAX)),
            factor: 1.0,
            slow_downs: None,
            usage: Usage::default(),
            waits: Latency::default(),
            connections: 0,
            connections_at_warm_up: Begun::default(),
        }
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
        self.waits.record(core.requests[id].started().since(frame.entered));
        self.usage.left(frame.entered, now);
        self.workers.give_back(1, now);
        if let Some(next) = self.workers.next(&mut self.usage, now) {
            self.begin(core, next);
        }
    }

    /// Everything in it is lost: the requests that it works on, which are `begun` and whose timers are gone, and the
    /// requests that wait.
    pub(super) fn empty(&mut self, core: &Core, begun: &[RequestId]) -> Vec<RequestId> {
        let now = core.now();
        let mut lost = begun.to_vec();
        begun.iter().for_each(|_| self.workers.give_back(1, now));
        lost.extend(self.workers.empty(&mut self.usage, now));
        for &id in &lost {
            let came = core.requests.last(id).map_or(now, |stop| stop.entered);
            self.usage.left(came, now);
        }
        lost
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.usage.measure(now, self.workers.held(now), begin);
        self.connections_at_warm_up.begin(begin, self.connections, &mut self.waits);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.usage.window(now, self.workers.held(now), halve);
    }
}

impl Station for Proxy {
    fn capacity(&self) -> u64 {
        u64::from(self.workers.count())
    }

    fn held(&self, now: Time) -> u128 {
        self.workers.held(now)
    }

    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn add_waiting(&self, all: &mut Latency) {
        all.merge(&self.waits);
    }
}
