//! Fleets: servers that do work. One file each for the server, processor sharing, what faults do to servers, what is
//! recorded and the words of the language; a folder for queues that are more than a FIFO, and a file for when they are
//! used.
//!
//! Which server a request goes to is decided before it comes here; that belongs in `balancer`.

mod describe;
mod flow;
pub mod queue;
pub mod record;
mod remembered;
mod seen;
mod server;
pub mod signals;
pub mod spec;
#[cfg(test)]
mod tests;
mod trouble;
pub mod underway;
mod waiting;

pub use queue::{Classes, Discipline};
pub use record::FleetRecord;
pub use spec::FleetSpec;

use super::kit::books::Account;
use super::kit::faults::{Fault, Timetable};
use super::kit::link::Endpoint;
use super::kit::message::{CHECK_CLASS, Core, Message, Passed, reply};
use super::kit::node::Node;
use super::kit::outage::Outage;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use super::kit::signals::{Signal, Subscriber};
use super::resources::{Processors, Station};
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{ActorId, Duration, Frame, Left, Outcome, RequestId, Requests, Time};
use crate::measure::Begin;
use queue::Queues;
use server::{Condition, Server};
use signals::Signals;
use underway::{Service, Underway};

/// Rows of the utilization heat map at most; a larger fleet puts several servers in a row.
pub const MAX_ROWS: usize = 64;

/// A fleet at work.
#[derive(Debug)]
pub struct Fleet {
    me: ActorId,
    servers: Vec<Server>,
    conditions: Vec<Condition>,
    /// The processor-sharing state of each server; empty if servers work first come, first served.
    shared: Vec<Processors>,
    /// Queues of its servers under other rules than first in, first out; `None` for plain ones.
    queues: Option<Box<Queues>>,
    /// True if requests only stand in line for a worker of their own: neither shared nor with queues.
    is_plain: bool,
    /// Workers of each server, or its processors where they are shared.
    workers: u32,
    /// Requests that may wait at one server.
    capacity: u32,
    service: Sampler,
    /// True if some requests need other work than what is sampled.
    special: bool,
    /// Seconds of work for each unit of a request's size, beside the sampled time.
    per_unit: f64,
    /// Work that belongs to the call, beside the sampled time.
    call_work: Option<(Sampler, StreamKey)>,
    /// How many times longer a visit takes.
    slowness: Option<(Sampler, StreamKey)>,
    /// True if balancers send it health checks.
    is_checked: bool,
    /// True if it notes on requests that their work was done; then no server is usual.
    notes_work: bool,
    work: StreamKey,
    errors: StreamKey,
    faults: Timetable,
    subscribers: Vec<Subscriber>,
    /// The signals that servers send to balancers; `None` if no balancer subscribes.
    signals: Option<Box<Signals>>,
    /// Records of the fleet.
    pub record: FleetRecord,
}

impl Fleet {
    /// A fleet as described by `spec`; `key` names its random streams, and `classes` are those of the system.
    #[must_use]
    pub fn new(me: ActorId, spec: &FleetSpec, classes: &Classes<'_>, key: StreamKey, faults: Timetable) -> Self {
        let shared = spec.discipline.shares();
        let queues = Queues::are_needed(spec).then(|| Box::new(Queues::new(spec, classes, key)));
        let conditions: Vec<Condition> =
            (0..spec.servers).map(|i| Condition::new(spec.speeds.get(i).copied().unwrap_or(1.0))).collect();
        let servers = conditions.iter().map(|condition| Server::new(condition.is_usual())).collect();
        Self {
            me,
            servers,
            conditions,
            shared: (0..spec.servers).filter(|_| shared).map(|_| Processors::default()).collect(),
            is_plain: !shared && queues.is_none(),
            queues,
            workers: spec.workers,
            capacity: spec.queue.map_or(u32::MAX, |places| places.min(u32::MAX as usize) as u32),
            service: spec.service.sampler(),
            special: spec.service_per_unit.seconds() > 0.0 || spec.demand.is_some() || spec.slowness.is_some(),
            per_unit: spec.service_per_unit.seconds(),
            call_work: spec.demand.as_ref().map(|law| (law.sampler(), key.named("demand"))),
            slowness: spec.slowness.as_ref().map(|law| (law.sampler(), key.named("slowness"))),
            is_checked: false,
            notes_work: false,
            work: key.named("service"),
            errors: key.named("errors"),
            faults,
            subscribers: Vec::new(),
            signals: None,
            record: FleetRecord::default(),
        }
    }

    /// Prepares it for health checks, which bring their own work along.
    pub fn expect_checks(&mut self) {
        (self.special, self.is_checked) = (true, true);
    }

    /// Lets it note on requests that their work was done, for clients whose calls write.
    pub fn note_work(&mut self) {
        self.notes_work = true;
        self.servers.iter_mut().for_each(|server| server.usual = false);
    }

    /// Prepares it for clients that take requests back or set them deadlines; `spec` is its description.
    pub fn expect_impatience(&mut self, spec: &FleetSpec, classes: &Classes<'_>, key: StreamKey) {
        if self.queues.is_none() {
            self.queues = Some(Box::new(Queues::new(spec, classes, key)));
        }
        self.is_plain = false;
    }

    /// True if balancers send it health checks.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.is_checked
    }

    /// True if its timetable has a crash.
    #[must_use]
    pub fn may_crash(&self) -> bool {
        self.faults.faults().any(|fault| matches!(fault, Fault::Crash(_)))
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
        u64::from(self.workers) * self.servers.len() as u64
    }

    /// Worker-nanoseconds of work by server from time zero until `now`.
    fn busy_by_server(&self, now: Time) -> Vec<u128> {
        self.servers.iter().map(|server| server.busy.area(now)).collect()
    }

    /// One event.
    #[inline(always)]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        if let Message::Request { id } = message {
            return self.arrive(core, id);
        }
        self.handle_rare(core, message);
        None
    }

    #[inline(never)]
    fn handle_rare(&mut self, core: &mut Core, message: Message) {
        match message {
            Message::SharedEnd { server } => {
                self.shared[server as usize].timer = None;
                self.turn(core, server as usize);
            }
            Message::Fault { index } => self.fault(core, index),
            Message::Probe { id } => self.answer_probe(core, id),
            Message::WaitedOut { id } => self.waited_out(core, id),
            Message::Cancel { id } => self.cancelled(core, id),
            _ => {}
        }
    }

    #[inline(always)]
    fn arrive(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        self.record.usage.came(now);
        let port = core.requests[id].port();
        if self.signals.is_some() {
            self.signal_arrival(id, port as usize);
        }
        core.requests.enter(id, self.me, port, now);
        let port = port as usize;
        let server = &mut self.servers[port];
        if !server.up {
            self.refuse(core, id, port);
        } else if !self.is_plain {
            self.arrive_at_queues(core, id, port);
        } else if server.busy.count() < self.workers {
            server.busy.up(now);
            let usual = server.usual;
            let length = self.begin(&mut core.requests, id, port, usual, now);
            core.set_timer(now + length, id);
        } else if server.queued < self.capacity {
            server.enqueue(&mut core.requests, id);
            self.record.usage.waiting.up(now);
        } else {
            self.reject(core, id, Outcome::QueueFull);
        }
        None
    }

    /// Seconds of work that a request needs at this visit, whichever server does it and when.
    #[inline(always)]
    fn demand(&self, requests: &Requests, id: RequestId) -> f64 {
        let seconds = self.service.sample(&mut self.work.draws(requests[id].number));
        if self.special { self.special_demand(requests, id, seconds) } else { seconds }
    }

    #[cold]
    #[inline(never)]
    fn special_demand(&self, requests: &Requests, id: RequestId, seconds: f64) -> f64 {
        let size = requests.details(id).size;
        let work = match requests[id].class {
            CHECK_CLASS => Duration::from_nanos(size).as_secs_f64(),
            _ => {
                let own = |(law, key): &(Sampler, StreamKey)| law.sample(&mut key.draws(requests.call_number(id)));
                seconds + self.per_unit * size as f64 + self.call_work.as_ref().map_or(0.0, own)
            }
        };
        let factor = |(law, key): &(Sampler, StreamKey)| law.sample(&mut key.draws(requests[id].number));
        work * self.slowness.as_ref().map_or(1.0, factor)
    }

    /// A worker begins to serve a request; gives the length of the service.
    #[inline(always)]
    fn begin(&self, requests: &mut Requests, id: RequestId, port: usize, usual: bool, now: Time) -> Duration {
        requests[id].start(now);
        let demand = self.demand(requests, id);
        Duration::from_secs_f64(if usual {
            demand
        } else {
            self.unusual_demand(requests, id, port, demand) / self.conditions[port].speed
        })
    }

    /// Seconds of work of a request at a server whose errors may have a length of their own: whether it fails is then
    /// decided before the work and not after it.
    #[inline(never)]
    fn unusual_demand(&self, requests: &mut Requests, id: RequestId, port: usize, demand: f64) -> f64 {
        let quick = &self.conditions[port].quick_errors;
        if quick.is_empty() {
            return demand;
        }
        let at = self.errors.draws(requests[id].number).uniform();
        match quick.iter().find(|(up_to, _)| at < *up_to) {
            Some(&(_, after)) => {
                requests.decide(id, Outcome::Error, self.me);
                after
            }
            None => demand,
        }
    }

    /// True if the server answers this request with an error after its usual work, at its present rate.
    fn fails(&self, requests: &Requests, id: RequestId, port: usize) -> bool {
        let condition = &self.conditions[port];
        if condition.error_rate == 0.0 {
            return false;
        }
        let mut draws = self.errors.draws(requests[id].number);
        if condition.fails_early {
            // The first draw says whether it failed before the work.
            draws.bits();
        }
        draws.uniform() < condition.error_rate
    }

    /// The service of a request ends; its worker takes up the next.
    #[inline(always)]
    pub fn service_end(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if !self.is_plain {
            return self.service_end_with_queues(core, id);
        }
        let now = core.now();
        let (frame, back, _) = self.leave_served(core, id);
        let port = frame.tag as usize;
        let server = &mut self.servers[port];
        let usual = server.usual;
        match server.dequeue(&core.requests) {
            Some(next) => {
                self.record.usage.waiting.down(now);
                let length = self.begin(&mut core.requests, next, port, usual, now);
                core.set_timer(now + length, next);
            }
            None => server.busy.down(now),
        }
        if usual {
            self.record.left(now, frame.entered, Outcome::Served);
        } else {
            self.answer_unusual(core, id, port, frame.entered);
        }
        reply(back, id)
    }

    /// A request whose service has ended leaves: gives its stop here, where it goes back to and how long the service was.
    #[inline(always)]
    fn leave_served(&mut self, core: &mut Core, id: RequestId) -> (Frame, Option<ActorId>, Duration) {
        let now = core.now();
        let Left { frame, back, request } = core.requests.leave(id);
        let started = request.started();
        let (waiting, service) = (started.since(frame.entered), now.since(started));
        self.record.served(request.class, waiting, service);
        if request.is_abandoned() {
            self.record.usage.waste(service);
        }
        (frame, back, service)
    }

    /// Requests at a server, waiting and in service.
    fn in_flight(&self, port: usize) -> u32 {
        let server = &self.servers[port];
        self.shared.get(port).map_or(server.busy.count() + server.queued, |shared| shared.len() as u32)
    }

    #[cold]
    #[inline(never)]
    fn signal_arrival(&mut self, id: RequestId, port: usize) {
        let in_flight = self.in_flight(port);
        if let Some(signals) = &mut self.signals {
            signals.came(id, in_flight);
        }
    }

    /// The load of a server, for a balancer that asks; a server that is down refuses the connection.
    fn answer_probe(&mut self, core: &mut Core, id: RequestId) {
        let port = core.requests[id].port() as usize;
        let in_flight = self.in_flight(port);
        let latency =
            self.signals.as_ref().map_or(Duration::ZERO, |signals| signals.estimate(port, in_flight, core.now()));
        let details = core.requests.describe(id);
        (details.key, details.size) = (in_flight, latency.as_nanos());
        core.requests[id].outcome = if self.servers[port].up { Outcome::Served } else { Outcome::Refused };
        let back = core.requests.last(id).map(|stop| stop.actor);
        core.send_passed(back.map(|balancer| (balancer, Message::ProbeAnswer { id })));
    }

    /// The answer of a server that may make errors or tells balancers of itself.
    #[inline(never)]
    fn answer_unusual(&mut self, core: &mut Core, id: RequestId, port: usize, entered: Time) {
        let is_idle = self.in_flight(port) == 0;
        if let Some(signals) = &mut self.signals {
            signals.answered(id, port, core.now().since(entered), core.now());
            if is_idle {
                signals.idle(core, port, id);
            }
        }
        let decided = core.requests[id].outcome == Outcome::Error;
        let failed = decided || self.fails(&core.requests, id, port);
        if self.notes_work && !failed {
            core.requests[id].work_done();
        }
        self.answer(core, id, entered, if failed { Outcome::Error } else { Outcome::Served });
    }

    /// Notes how a request that came at `entered` leaves.
    fn answer(&mut self, core: &mut Core, id: RequestId, entered: Time, outcome: Outcome) {
        self.record.left(core.now(), entered, outcome);
        if outcome != Outcome::Served {
            core.requests.decide(id, outcome, self.me);
        }
    }

    /// Rejects a request that comes to a server that is down, and notes from which node it comes and when it was sent.
    #[cold]
    #[inline(never)]
    fn refuse(&mut self, core: &mut Core, id: RequestId, port: usize) {
        if core.requests[id].outcome == Outcome::Cancelled {
            // Its client had given it up before it came here.
            self.reject(core, id, Outcome::Cancelled);
            return;
        }
        self.reject(core, id, Outcome::Refused);
        let outage = self.record.outages.get_mut(self.conditions[port].outage);
        let (Some(outage), Some(sender)) = (outage, core.requests.last(id)) else { return };
        if core.requests[id].class == CHECK_CLASS {
            return;
        }
        outage.sent(sender.actor, sender.entered);
    }

    /// Answers a request that is not served.
    #[cold]
    #[inline(never)]
    fn reject(&mut self, core: &mut Core, id: RequestId, outcome: Outcome) {
        let Left { frame, back, .. } = core.requests.leave(id);
        self.record.usage.rejected += u64::from(!matches!(outcome, Outcome::Cancelled | Outcome::Crashed));
        self.answer(core, id, frame.entered, outcome);
        core.send_passed(reply(back, id));
    }

    #[inline(never)]
    fn arrive_shared(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let now = core.now();
        let demand = self.demand(&core.requests, id);
        let demand = self.unusual_demand(&mut core.requests, id, port, demand);
        let (shared, speed) = (&mut self.shared[port], self.conditions[port].speed);
        let places = u64::from(self.workers) + u64::from(self.capacity);
        if shared.len() as u64 >= places {
            self.reject(core, id, Outcome::QueueFull);
            return;
        }
        shared.advance(now, self.workers, speed);
        let finish = shared.join(id, demand);
        core.requests[id].set_finish(finish);
        if shared.len() <= self.workers as usize {
            self.servers[port].busy.up(now);
        } else {
            self.record.usage.waiting.up(now);
        }
        self.turn(core, port);
    }

    /// Answers what is finished on a shared server and sets its timer for the next.
    #[inline(never)]
    fn turn(&mut self, core: &mut Core, port: usize) {
        let now = core.now();
        loop {
            let (workers, speed) = (self.workers, self.conditions[port].speed);
            let shared = &mut self.shared[port];
            shared.advance(now, workers, speed);
            let Some(job) = shared.take_finished(workers, speed) else { break };
            if shared.len() < workers as usize {
                self.servers[port].busy.down(now);
            } else {
                self.record.usage.waiting.down(now);
            }
            let Left { frame, back, request } = core.requests.leave(job.id);
            let sojourn = now.since(frame.entered);
            let alone = Duration::from_secs_f64(job.demand / speed).min(sojourn);
            let waiting = Duration::from_nanos(sojourn.as_nanos() - alone.as_nanos());
            self.record.served(request.class, waiting, alone);
            if request.is_abandoned() {
                self.record.usage.waste(alone);
            }
            self.answer_unusual(core, job.id, port, frame.entered);
            core.send_passed(reply(back, job.id));
        }
        self.set_timer(core, port);
    }

    #[inline(never)]
    fn set_timer(&mut self, core: &mut Core, port: usize) {
        let shared = &mut self.shared[port];
        let Some(length) = shared.until_next(self.workers, self.conditions[port].speed) else { return };
        let at = core.now() + length;
        if let Some((handle, set_for)) = shared.timer {
            // A timer that rings too early only looks and is set again; that is cheaper than moving it each time.
            if set_for <= at {
                return;
            }
            core.calendar.cancel(handle);
        }
        let handle = core.send_at(at, self.me, Message::SharedEnd { server: port as u32 });
        shared.timer = Some((handle, at));
    }
}

impl Node for Fleet {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    #[inline(always)]
    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.service_end(core, id)
    }

    fn start(&mut self, core: &mut Core) {
        self.faults.start(core, self.me);
        self.prepare_limits(core);
        if let Some(signals) = &mut self.signals {
            (0..self.servers.len()).for_each(|port| signals.started(core, port));
        }
    }

    fn account(&self, over: Time) -> Account {
        Station::account(self, over)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn station(&self) -> Option<&dyn Station> {
        Some(self)
    }

    fn may_crash(&self) -> bool {
        self.may_crash()
    }

    fn outages(&self) -> &[Outage] {
        &self.record.outages
    }

    fn window(&mut self, now: Time, halve: bool) {
        let by_server = self.busy_by_server(now);
        self.record.usage.window(now, by_server.iter().sum(), halve);
        let per_row = by_server.len().div_ceil(MAX_ROWS);
        self.record.rows.close(by_server.chunks(per_row).map(|row| row.iter().sum()).collect(), halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.record.measure(now, begin, self.busy_by_server(now));
    }

    fn subscribe(&mut self, subscriber: Subscriber) {
        self.subscribers.push(subscriber);
    }

    fn signal(&mut self, key: StreamKey, signal: Signal) {
        let servers = self.servers.len();
        let signals = self.signals.get_or_insert_with(|| Box::new(Signals::new(key)));
        match signal {
            Signal::Loads => signals.remember_loads(servers),
            Signal::Idleness(dispatcher) => signals.tell_of_idleness(dispatcher),
        }
        self.servers.iter_mut().for_each(|server| server.usual = false);
    }
}
