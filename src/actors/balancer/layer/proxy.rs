//! A proxy at work: a queue and workers before the choice of a member.

use super::outage::SlowDowns;
use super::spec::ProxySpec;
use crate::actors::kit::books::Account;
use crate::actors::kit::message::{Core, size_of};
use crate::actors::kit::server::Server;
use crate::engine::{Duration, Frame, RequestId, Time};
use crate::measure::{Begin, Begun, CountIntegral, Latency, LatencyCopy, Windows};

/// Cumulative figures of a proxy at a boundary of windows.
#[derive(Clone, Debug, Default)]
pub struct ProxySnapshot {
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that waited or were worked on to the end.
    pub departures: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// Worker-nanoseconds of work.
    pub busy: u128,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
}

/// What a proxy records.
#[derive(Clone, Debug, Default)]
pub struct ProxyRecord {
    /// Requests that were let in, from time zero on.
    pub arrivals: u64,
    /// Requests that were passed on, from time zero on.
    pub departures: u64,
    /// Connections that were opened, from time zero on.
    pub connections: u64,
    /// Requests turned away because the queue was full, from time zero on.
    pub rejected: u64,
    /// Requests that wait.
    pub waiting: CountIntegral,
    /// Sum of the times in nanoseconds from coming until being passed on, from time zero on.
    pub sojourn: u128,
    /// Waiting, measured after the warm-up.
    pub waits: Latency,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<ProxySnapshot, LatencyCopy>,
    /// Figures at each boundary.
    pub windows: Windows<ProxySnapshot>,
}

/// A proxy at work.
#[derive(Debug)]
pub struct Proxy {
    workers: u32,
    places: u32,
    per_request: f64,
    per_connection: f64,
    per_byte: f64,
    server: Server,
    /// How many times longer its work takes, by what slows it down.
    pub(super) factor: f64,
    pub(super) slow_downs: Option<Box<SlowDowns>>,
    /// What has been recorded.
    pub record: ProxyRecord,
}

impl Proxy {
    /// An idle proxy.
    #[must_use]
    pub fn new(spec: &ProxySpec) -> Self {
        Self {
            workers: spec.workers,
            places: spec.queue.map_or(u32::MAX, |places| places.min(u32::MAX as usize) as u32),
            per_request: spec.per_request.seconds(),
            per_connection: spec.per_connection.seconds(),
            per_byte: spec.per_byte.seconds(),
            server: Server::new(true),
            factor: 1.0,
            slow_downs: None,
            record: ProxyRecord::default(),
        }
    }

    /// Requests it works on at once.
    #[must_use]
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// Worker-nanoseconds of work until `now`.
    #[must_use]
    pub fn busy(&self, now: Time) -> u128 {
        self.server.busy.area(now)
    }

    /// Requests that wait or are worked on.
    #[must_use]
    pub fn inside(&self) -> u64 {
        u64::from(self.server.queued) + u64::from(self.server.busy.count())
    }

    /// True if another request can be let in.
    #[must_use]
    pub fn has_place(&self) -> bool {
        self.server.busy.count() < self.workers || self.server.queued < self.places
    }

    /// A request is let in, whose stop is the last on its return path. Its timer rings when it is done.
    pub fn arrive(&mut self, core: &mut Core, id: RequestId) {
        self.record.arrivals += 1;
        if self.server.busy.count() < self.workers {
            self.server.busy.up(core.now());
            self.begin(core, id);
        } else {
            self.server.enqueue(&mut core.requests, id);
            self.record.waiting.up(core.now());
        }
    }

    fn begin(&mut self, core: &mut Core, id: RequestId) {
        let now = core.now();
        core.requests[id].start(now);
        let details = core.requests.details(id);
        let mut seconds = self.per_request + self.per_byte * size_of(&core.requests, id) as f64;
        if details.connection.is_new() {
            self.record.connections += 1;
            seconds += self.per_connection;
        }
        core.set_timer(now + Duration::from_secs_f64(seconds * self.factor), id);
    }

    /// A request is done, whose own stop is `frame`; its worker takes up the next.
    pub fn done(&mut self, core: &mut Core, id: RequestId, frame: Frame) {
        let now = core.now();
        let started = core.requests[id].started();
        self.record.waits.record(started.since(frame.entered));
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        self.record.departures += 1;
        match self.server.dequeue(&core.requests) {
            Some(next) => {
                self.record.waiting.down(now);
                self.begin(core, next);
            }
            None => self.server.busy.down(now),
        }
    }

    /// Everything in it is lost: what it works on, which is `begun` and has no timers any more, and what waits.
    pub(super) fn empty(&mut self, core: &Core, begun: &[RequestId]) -> Vec<RequestId> {
        let now = core.now();
        let mut lost = begun.to_vec();
        begun.iter().for_each(|_| self.server.busy.down(now));
        while let Some(id) = self.server.dequeue(&core.requests) {
            self.record.waiting.down(now);
            lost.push(id);
        }
        for &id in &lost {
            let came = core.requests.last(id).map_or(now, |stop| stop.entered);
            self.record.sojourn += u128::from(now.since(came).as_nanos());
            self.record.departures += 1;
        }
        lost
    }

    /// What came, what left, and what is there at the end of a run.
    #[must_use]
    pub fn account(&self, over: Time) -> Account {
        let record = &self.record;
        let area = record.waiting.area(over) + self.busy(over);
        Account { came: record.arrivals, left: record.departures, inside: self.inside(), area, sojourn: record.sojourn }
    }

    fn snapshot(&self, now: Time) -> ProxySnapshot {
        ProxySnapshot {
            arrivals: self.record.arrivals,
            departures: self.record.departures,
            connections: self.record.connections,
            busy: self.busy(now),
            waiting: self.record.waiting.area(now),
        }
    }

    /// Is told when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        let figures = self.snapshot(now);
        self.record.at_warm_up.begin(begin, figures, &mut self.record.waits);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        let snapshot = self.snapshot(now);
        self.record.windows.close(snapshot, halve);
    }
}
