//! Fleets: servers that do work. One file each for the server, processor sharing, faults, what is recorded and the words
//! of the language.
//!
//! Which server a request goes to is decided before it comes here; that belongs in `balancer`.

pub mod fault;
pub mod record;
pub mod server;
pub mod shared;
pub mod spec;

pub use fault::{Fault, FaultEvent};
pub use record::FleetRecord;
pub use spec::{Discipline, FleetSpec};

use super::link::{Endpoint, reply};
use super::message::{Core, Message};
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{ActorId, Duration, Handle, Outcome, RequestId, Time};
use server::Server;

/// Rows of the utilization heat map at most; a larger fleet puts several servers in a row.
pub const MAX_ROWS: usize = 64;

/// Who wants to know of servers that go down or come up, and how late they learn it.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber {
    /// The balancer.
    pub balancer: ActorId,
    /// What the balancer calls the first server of this fleet.
    pub first_member: u32,
    /// How long the news takes.
    pub delay: Duration,
}

/// A fleet at work.
#[derive(Debug)]
pub struct Fleet {
    me: ActorId,
    servers: Vec<Server>,
    discipline: Discipline,
    /// Requests that may wait at one server.
    capacity: u32,
    service: Sampler,
    /// Seconds of work for each unit of a request's size, beside the sampled time.
    per_unit: f64,
    work: StreamKey,
    errors: StreamKey,
    faults: Vec<FaultEvent>,
    subscribers: Vec<Subscriber>,
    /// What has been recorded.
    pub record: FleetRecord,
}

impl Fleet {
    /// A fleet as described by `spec`; `key` names its random streams.
    #[must_use]
    pub fn new(me: ActorId, spec: &FleetSpec, key: StreamKey, faults: Vec<FaultEvent>) -> Self {
        let shared = matches!(spec.discipline, Discipline::ProcessorSharing(_));
        let servers = (0..spec.servers)
            .map(|i| Server::new(spec.workers, spec.speeds.get(i).copied().unwrap_or(1.0), shared))
            .collect();
        Self {
            me,
            servers,
            discipline: spec.discipline.clone(),
            capacity: spec.queue.map_or(u32::MAX, |places| places.min(u32::MAX as usize) as u32),
            service: spec.service.sampler(),
            per_unit: spec.service_per_unit.seconds(),
            work: key.named("service"),
            errors: key.named("errors"),
            faults,
            subscribers: Vec::new(),
            record: FleetRecord::default(),
        }
    }

    /// Tells `subscriber` of servers that go down or come up.
    pub fn subscribe(&mut self, subscriber: Subscriber) {
        self.subscribers.push(subscriber);
    }

    /// Servers of the fleet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.servers.len()
    }

    /// True of a fleet without servers, which cannot be built from a valid description.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// The addresses of its servers.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> + '_ {
        (0..self.servers.len()).map(|port| Endpoint { actor: self.me, port: port as u32 })
    }

    /// Workers of all servers together.
    #[must_use]
    pub fn workers(&self) -> u64 {
        self.servers.iter().map(|server| u64::from(server.workers)).sum()
    }

    /// Worker-nanoseconds of work by server until `now`.
    #[must_use]
    pub fn busy_by_server(&self, now: Time) -> Vec<u64> {
        self.servers.iter().map(|server| server.busy.area(now)).collect()
    }

    /// Puts the fault timetable into the calendar.
    pub fn start(&mut self, core: &mut Core) {
        for (index, fault) in self.faults.iter().enumerate() {
            core.calendar.schedule(fault.at, (self.me, Message::Fault { index: index as u32 }));
        }
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) {
        match message {
            Message::Request { id, port } => self.arrive(core, id, port as usize),
            Message::ServiceEnd { id } => self.service_end(core, id),
            Message::SharedEnd { server } => {
                self.servers[server as usize].shared.as_mut().expect("only shared servers set this timer").timer = None;
                self.turn(core, server as usize);
            }
            Message::Fault { index } => self.fault(core, index as usize),
            Message::WarmUpOver => self.warm_up_over(core.now()),
            _ => {}
        }
    }

    #[inline]
    fn arrive(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let now = core.now();
        core.requests.enter(id, self.me, port as u32, now);
        self.record.arrivals += 1;
        self.record.population.up(now);
        let server = &mut self.servers[port];
        if !server.up {
            self.answer(core, id, Outcome::Refused);
        } else if server.shared.is_some() {
            self.arrive_shared(core, id, port);
        } else if server.busy.count() < server.workers {
            self.begin(core, id, port);
        } else if server.queued < self.capacity {
            server.enqueue(&mut core.requests, id);
            self.record.waiting.up(now);
        } else {
            self.answer(core, id, Outcome::QueueFull);
        }
    }

    /// Seconds of work that a request needs here: its own, whichever server does it and when.
    #[inline]
    fn demand(&self, core: &Core, id: RequestId) -> f64 {
        let request = &core.requests[id];
        self.service.sample(&mut self.work.draws(request.number)) + self.per_unit * request.size as f64
    }

    #[inline]
    fn begin(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let now = core.now();
        let server = &mut self.servers[port];
        server.busy.up(now);
        let speed = server.speed;
        let length = Duration::from_secs_f64(self.demand(core, id) / speed);
        let handle = core.send_after(length, self.me, Message::ServiceEnd { id });
        let request = &mut core.requests[id];
        request.started = now;
        request.ends = now + length;
        request.service = handle;
    }

    #[inline]
    fn service_end(&mut self, core: &mut Core, id: RequestId) {
        let now = core.now();
        let Some(&frame) = core.requests.last(id) else { return };
        let port = frame.tag as usize;
        let request = &mut core.requests[id];
        request.service = Handle::NONE;
        let (waiting, service) = (request.started.since(frame.entered), now.since(request.started));
        self.record.served(request.class, waiting, service);
        self.servers[port].busy.down(now);
        self.answer_served(core, id, port);
        if let Some(next) = self.servers[port].dequeue(&core.requests) {
            self.record.waiting.down(now);
            self.begin(core, next, port);
        }
    }

    #[inline]
    fn answer_served(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let error_rate = self.servers[port].error_rate;
        let failed = error_rate > 0.0 && self.errors.draws(core.requests[id].number).uniform() < error_rate;
        self.answer(core, id, if failed { Outcome::Error } else { Outcome::Served });
    }

    #[inline]
    fn answer(&mut self, core: &mut Core, id: RequestId, outcome: Outcome) {
        let now = core.now();
        let frame = core.requests.leave(id);
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.outcomes[outcome as usize] += 1;
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        let request = &mut core.requests[id];
        request.outcome = outcome;
        request.decided_by = self.me;
        reply(core, id);
    }

    fn arrive_shared(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let now = core.now();
        let demand = self.demand(core, id);
        let server = &mut self.servers[port];
        let shared = server.shared.as_mut().expect("the fleet shares its processors");
        let places = u64::from(server.workers) + u64::from(self.capacity);
        if shared.len() as u64 >= places {
            self.answer(core, id, Outcome::QueueFull);
            return;
        }
        shared.advance(now, server.workers, server.speed);
        shared.join(id, demand);
        if shared.len() <= server.workers as usize {
            server.busy.up(now);
        } else {
            self.record.waiting.up(now);
        }
        self.turn(core, port);
    }

    /// Answers what is finished on a shared server and sets its timer for the next.
    fn turn(&mut self, core: &mut Core, port: usize) {
        let now = core.now();
        loop {
            let server = &mut self.servers[port];
            let (workers, speed) = (server.workers, server.speed);
            let shared = server.shared.as_mut().expect("the fleet shares its processors");
            shared.advance(now, workers, speed);
            let Some(job) = shared.take_finished(workers, speed) else { break };
            if shared.len() < workers as usize {
                server.busy.down(now);
            } else {
                self.record.waiting.down(now);
            }
            if let Some(&frame) = core.requests.last(job.id) {
                let sojourn = now.since(frame.entered);
                let alone = Duration::from_secs_f64(job.demand / speed).min(sojourn);
                let waiting = Duration::from_nanos(sojourn.as_nanos() - alone.as_nanos());
                self.record.served(core.requests[job.id].class, waiting, alone);
            }
            self.answer_served(core, job.id, port);
        }
        self.set_timer(core, port);
    }

    fn set_timer(&mut self, core: &mut Core, port: usize) {
        let server = &mut self.servers[port];
        let shared = server.shared.as_mut().expect("the fleet shares its processors");
        let Some(length) = shared.until_next(server.workers, server.speed) else { return };
        let at = core.now() + length;
        if let Some((handle, set_for)) = shared.timer {
            // A timer that rings too early only looks and is set again; that is cheaper than moving it each time.
            if set_for <= at {
                return;
            }
            core.calendar.cancel(handle);
        }
        let handle = core.calendar.schedule(at, (self.me, Message::SharedEnd { server: port as u32 }));
        shared.timer = Some((handle, at));
    }

    fn fault(&mut self, core: &mut Core, index: usize) {
        let event = self.faults[index].clone();
        let ports: Vec<usize> = match &event.servers {
            Some(servers) => servers.clone(),
            None => (0..self.servers.len()).collect(),
        };
        for port in ports {
            match event.fault {
                Fault::Crash(_) => self.crash(core, port),
                Fault::Restart(_) => self.restart(core, port),
                Fault::SlowDown(ref slow) => self.change_speed(core, port, 1.0 / slow.factor),
                Fault::Errors(ref errors) => self.servers[port].error_rate = errors.rate.fraction(),
            }
        }
    }

    fn crash(&mut self, core: &mut Core, port: usize) {
        if !self.servers[port].up {
            return;
        }
        let now = core.now();
        self.servers[port].up = false;
        let mut lost = Vec::new();
        if self.servers[port].shared.is_some() {
            let server = &mut self.servers[port];
            let shared = server.shared.as_mut().expect("just seen");
            let jobs = shared.take_all();
            if let Some((handle, _)) = shared.timer.take() {
                core.calendar.cancel(handle);
            }
            let waiting = jobs.len().saturating_sub(server.workers as usize);
            (0..waiting).for_each(|_| self.record.waiting.down(now));
            (waiting..jobs.len()).for_each(|_| server.busy.down(now));
            lost.extend(jobs.iter().map(|job| job.id));
        } else {
            for id in self.in_service(core, port) {
                core.calendar.cancel(core.requests[id].service);
                core.requests[id].service = Handle::NONE;
                self.servers[port].busy.down(now);
                lost.push(id);
            }
            while let Some(id) = self.servers[port].dequeue(&core.requests) {
                self.record.waiting.down(now);
                lost.push(id);
            }
        }
        for id in lost {
            self.answer(core, id, Outcome::Crashed);
        }
        self.announce(core, port, false);
    }

    fn restart(&mut self, core: &mut Core, port: usize) {
        if !self.servers[port].up {
            self.servers[port].up = true;
            self.announce(core, port, true);
        }
    }

    /// The requests that are being served first come, first served at a server, in the order they began.
    fn in_service(&self, core: &Core, port: usize) -> Vec<RequestId> {
        let here = |id: RequestId| {
            core.requests.last(id).is_some_and(|frame| frame.actor == self.me && frame.tag as usize == port)
        };
        let mut ids: Vec<(Time, u64, RequestId)> = core
            .requests
            .iter()
            .filter(|&(id, request)| request.service != Handle::NONE && here(id))
            .map(|(id, request)| (request.started, request.number, id))
            .collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, _, id)| id).collect()
    }

    /// From now on the server works at `factor` times its own speed; what it is doing is stretched or shortened.
    fn change_speed(&mut self, core: &mut Core, port: usize, factor: f64) {
        let now = core.now();
        let server = &mut self.servers[port];
        let (workers, before, after) = (server.workers, server.speed, server.nominal_speed * factor);
        if let Some(shared) = server.shared.as_mut() {
            shared.advance(now, workers, before);
            if let Some((handle, _)) = shared.timer.take() {
                core.calendar.cancel(handle);
            }
            server.speed = after;
            self.turn(core, port);
            return;
        }
        server.speed = after;
        for id in self.in_service(core, port) {
            core.calendar.cancel(core.requests[id].service);
            let left = core.requests[id].ends.since(now).as_secs_f64() * before / after;
            let length = Duration::from_secs_f64(left);
            let handle = core.send_after(length, self.me, Message::ServiceEnd { id });
            let request = &mut core.requests[id];
            request.ends = now + length;
            request.service = handle;
        }
    }

    fn announce(&self, core: &mut Core, port: usize, up: bool) {
        for subscriber in &self.subscribers {
            let message = Message::Health { member: subscriber.first_member + port as u32, up };
            if subscriber.delay.is_zero() {
                core.send(subscriber.balancer, message);
            } else {
                core.send_after(subscriber.delay, subscriber.balancer, message);
            }
        }
    }

    fn warm_up_over(&mut self, now: Time) {
        let by_server = self.busy_by_server(now);
        self.record.at_warm_up = self.record.snapshot(now, by_server.iter().map(|&busy| u128::from(busy)).sum());
        self.record.server_busy_at_warm_up = by_server;
        self.record.classes.clear();
        self.record.sojourn = 0;
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        let by_server = self.busy_by_server(now);
        let snapshot = self.record.snapshot(now, by_server.iter().map(|&busy| u128::from(busy)).sum());
        self.record.windows.push(snapshot);
        let per_row = by_server.len().div_ceil(MAX_ROWS);
        self.record.rows.push(by_server.chunks(per_row).map(|row| row.iter().sum()).collect());
        if halve {
            // Figures are cumulative, so the later of each pair stands for both.
            self.record.windows.halve(|first, second| *first = second);
            self.record.rows.halve(|first, second| *first = second);
        }
    }
}
