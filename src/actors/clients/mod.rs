//! Clients: where requests start and end. One file each for the arrival processes, users in a closed loop, sessions,
//! replay, and the words of the language.
//!
//! How a call is made and what is recorded of it belongs in `calls`.

pub mod arrivals;
mod describe;
mod flow;
pub mod source;
pub mod spec;

pub use source::Source;
pub use spec::{ClientsSpec, Keys, Traffic};

use super::calls::{Caller, Origin, Over, Upstream, books, seen};
use super::kit::books::Account;
use super::kit::copies::Copies;
use super::kit::link::{self, Endpoint, Link};
use super::kit::made::Made;
use super::kit::message::{Core, Message, Passed};
use super::kit::node::Node;
use super::kit::route::Spread;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::random::zipf::Zipf;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{ActorId, Details, Duration, Frame, LaneId, Outcome, RequestId, Requests, Time};
use crate::measure::{Begin, Within};
use source::Next;

/// Draws of the keys of requests.
#[derive(Clone, Debug)]
enum KeySampler {
    One,
    Uniform(u64),
    Zipf(Zipf),
}

impl KeySampler {
    /// The key of request `number`.
    #[inline(never)]
    fn sample(&self, stream: StreamKey, number: u64) -> u32 {
        match self {
            Self::One => 0,
            Self::Uniform(n) => stream.draws(number).below(*n) as u32,
            Self::Zipf(zipf) => (zipf.sample(&mut stream.draws(number)) - 1) as u32,
        }
    }
}

/// Clients at work.
#[derive(Debug)]
pub struct Clients {
    source: Source,
    timeout: Option<LaneId>,
    size: u64,
    keys: KeySampler,
    /// Distinct clients of open arrivals; 0 if no node uses them.
    population: u64,
    key_stream: StreamKey,
    client_stream: StreamKey,
    /// The link to the node behind, with the records of calls.
    pub upstream: Upstream,
    /// Makes calls of several attempts; `None` if each is one request.
    pub caller: Option<Box<Caller>>,
}

/// The parts of clients, beside their description.
#[derive(Debug)]
pub struct ClientsParts {
    /// The actor's own address.
    pub me: ActorId,
    /// The class of their requests.
    pub class: u16,
    /// Where requests come from.
    pub source: Source,
    /// Where they go to: one node or its copies.
    pub targets: Vec<Endpoint>,
    /// The way there.
    pub link: Link,
    /// The lane of their timeouts, if they have one.
    pub timeout: Option<LaneId>,
    /// True if some policy of the system looks at clients.
    pub identity_matters: bool,
    /// Names the random streams.
    pub key: StreamKey,
}

impl Clients {
    /// Clients as described by `spec`.
    #[must_use]
    pub fn new(spec: &ClientsSpec, parts: ClientsParts) -> Self {
        let ClientsParts { me, class, source, targets, link, timeout, identity_matters, key } = parts;
        let keys = match &spec.keys {
            Keys::One(_) => KeySampler::One,
            Keys::Uniform(keys) => KeySampler::Uniform(u64::from(keys.n)),
            Keys::Zipf(keys) => KeySampler::Zipf(Zipf::new(u64::from(keys.n), keys.s)),
        };
        let copies = Copies::new(targets, spec.to.spread.clone(), key.named("spread"));
        Self {
            source,
            timeout,
            size: spec.size.bytes(),
            keys,
            population: if identity_matters || matches!(spec.to.spread, Spread::ByClient(_)) {
                u64::from(spec.clients)
            } else {
                0
            },
            key_stream: key.named("key"),
            client_stream: key.named("client"),
            upstream: Upstream::new(me, class, copies, link),
            caller: None,
        }
    }

    #[inline(always)]
    fn plan(&self, core: &mut Core, at: Time, next: Next) {
        match next {
            Next::Arrival => core.set_alarm(at, self.upstream.me),
            Next::User(user) => {
                core.send_at(at, self.upstream.me, Message::User { user });
            }
        }
    }

    /// One event.
    #[inline(always)]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Reply { id } => self.replied(core, id),
            other => self.handle_rare(core, other),
        }
        None
    }

    /// The next arrival is due.
    #[inline(always)]
    pub fn arrival(&mut self, core: &mut Core) -> Passed {
        if let Source::Open { base, made, arrivals } = &mut self.source {
            let origin = Origin::open(*base, made);
            if let Some(at) = arrivals.next() {
                self.plan(core, at, Next::Arrival);
            }
            return self.make(core, origin);
        }
        self.arrive(core);
        None
    }

    #[inline(never)]
    fn handle_rare(&mut self, core: &mut Core, message: Message) {
        match message {
            Message::User { user } => self.act(core, user),
            Message::Returned { id } => self.returned(core, id),
            Message::Timeout { id } => self.timed_out(core, id),
            message if self.upstream.take(core, message) => {}
            message => {
                let step = self.caller.as_deref_mut().and_then(|caller| caller.take(core, &mut self.upstream, message));
                if let Some(step) = step {
                    core.send_passed(step.passed);
                    self.call_over(core, step.over);
                }
            }
        }
    }

    /// A call is over: its user continues.
    fn call_over(&mut self, core: &mut Core, over: Option<Over>) {
        let Some(Over { place, anew, .. }) = over else { return };
        core.complete();
        if !anew && let Some(at) = self.source.ended(core.now(), place) {
            self.plan(core, at, Next::User(place));
        }
    }

    /// An arrival from another source than an open process.
    #[inline(never)]
    fn arrive(&mut self, core: &mut Core) {
        let origin = self.source.arrive();
        if let Some(at) = self.source.next_arrival() {
            self.plan(core, at, Next::Arrival);
        }
        if let Some(origin) = origin {
            let passed = self.make(core, origin);
            core.send_passed(passed);
        }
    }

    /// A user or session makes a request.
    fn act(&mut self, core: &mut Core, user: u32) {
        let origin = self.source.act(user);
        let passed = self.make(core, origin);
        core.send_passed(passed);
    }

    #[inline(always)]
    fn make(&mut self, core: &mut Core, origin: Origin) -> Passed {
        if self.caller.is_some() | self.upstream.connections.is_some() {
            return self.make_unusual(core, origin);
        }
        let now = core.now();
        let number = origin.number;
        let client = origin.client.unwrap_or_else(|| self.client_of(number));
        let target = self.upstream.copies.choose(number, client);
        let (id, request) = core.create_request(number, self.upstream.class);
        request.set_out(self.upstream.me, origin.place, now);
        request.set_port(target.port);
        let size = origin.size.unwrap_or(self.size);
        let key = match (origin.key, &self.keys) {
            (Some(key), _) => key,
            (None, KeySampler::One) => 0,
            (None, keys) => keys.sample(self.key_stream, number),
        };
        // Most clients set no details.
        if client != 0 || key != 0 || size != 0 {
            *core.requests.describe(id) = Details { size, key, client, ..Details::NONE };
        }
        if let Some(lane) = self.timeout {
            core.set_timeout(lane, id, self.upstream.me, Message::Timeout { id });
        }
        self.upstream.record.made(now);
        self.upstream.link.send(core, id, target.actor)
    }

    /// The address of the client of request `number`; 0 if no node uses it.
    #[inline]
    fn client_of(&self, number: u64) -> u32 {
        match self.population {
            0 => 0,
            population => address_of(self.client_stream.draws(number).below(population)),
        }
    }

    /// The same where a call may be more than one request, or a request needs a connection first.
    #[inline(never)]
    fn make_unusual(&mut self, core: &mut Core, origin: Origin) -> Passed {
        let number = origin.number;
        let client = origin.client.unwrap_or_else(|| self.client_of(number));
        let key = origin.key.unwrap_or_else(|| self.keys.sample(self.key_stream, number));
        let size = origin.size.unwrap_or(self.size);
        let origin = Origin { client: Some(client), key: Some(key), size: Some(size), ..origin };
        if let Some(caller) = self.caller.as_deref_mut() {
            let step = caller.begin(core, &mut self.upstream, origin);
            self.call_over(core, step.over);
            if self.source.is_over() {
                self.upstream.last_call(core);
            }
            return step.passed;
        }
        let now = core.now();
        let taken = self.upstream.connect(core, number, client);
        let (id, request) = core.create_request(number, self.upstream.class);
        request.set_out(self.upstream.me, origin.place, now);
        let connection = taken.connection;
        *core.requests.describe(id) = Details { size, key, client, connection, ..Details::NONE };
        if let Some(lane) = self.timeout {
            core.set_timeout(lane, id, self.upstream.me, Message::Timeout { id });
        }
        self.upstream.record.made(now);
        if self.source.is_over() {
            self.upstream.last_call(core);
        }
        self.upstream.depart(core, id, taken.target, taken.established)
    }

    /// An answer sets out to these clients.
    #[inline(always)]
    fn replied(&mut self, core: &mut Core, id: RequestId) {
        if self.caller.is_some() {
            self.attempt_replied(core, id);
        } else if self.upstream.link.arrives_at_once(core, id, self.upstream.me) {
            self.answered(core, id);
        }
    }

    #[inline(never)]
    fn attempt_replied(&mut self, core: &mut Core, id: RequestId) {
        let Some(caller) = self.caller.as_deref_mut() else { return };
        let step = caller.replied(core, &mut self.upstream, id);
        self.call_over(core, step.over);
    }

    /// An answer has travelled the link.
    #[inline(never)]
    fn returned(&mut self, core: &mut Core, id: RequestId) {
        let Some(caller) = self.caller.as_deref_mut() else { return self.answered(core, id) };
        let step = caller.answered(core, &mut self.upstream, id);
        self.call_over(core, step.over);
    }

    #[inline(always)]
    fn answered(&mut self, core: &mut Core, id: RequestId) {
        if self.upstream.connections.is_some() {
            self.upstream.hang_up(core, id);
        }
        let (frame, request) = core.requests.take_reply(id);
        if !request.is_abandoned() {
            let outcome = request.outcome;
            let by = if outcome == Outcome::Served { self.upstream.me } else { core.requests.details(id).decided_by };
            if self.timeout.is_some() {
                core.clear_timeout(id);
            }
            self.ended(core, frame, outcome, by);
        } else {
            let outcome = request.outcome;
            self.upstream.record.came_late(core.now(), frame.entered, outcome);
        }
    }

    #[inline(never)]
    fn timed_out(&mut self, core: &mut Core, id: RequestId) {
        // The first stop of the return path is the client itself; the request may be anywhere beyond it.
        let Some(frame) = core.requests.first(id) else { return };
        core.requests.abandon(id, Outcome::TimedOut, core.now());
        self.upstream.abandon(core, id);
        link::let_go(core, id);
        self.ended(core, frame, Outcome::TimedOut, self.upstream.me);
    }

    /// The outcome of a request is known to its client, whose own stop is `frame`.
    #[inline(always)]
    fn ended(&mut self, core: &mut Core, frame: Frame, outcome: Outcome, by: ActorId) {
        let now = core.now();
        self.upstream.record.ended(now, frame.entered, outcome, by);
        core.complete();
        if !self.source.is_open()
            && let Some(at) = self.source.ended(now, frame.tag)
        {
            self.plan(core, at, Next::User(frame.tag));
        }
    }
}

/// The IPv4 address of client number `n`: spread over all networks, always the same.
fn address_of(n: u64) -> u32 {
    (crate::engine::random::mix(n) >> 32) as u32
}

impl Node for Clients {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    #[inline(always)]
    fn wake(&mut self, core: &mut Core) -> Passed {
        self.arrival(core)
    }

    fn start(&mut self, core: &mut Core) {
        for (at, next) in self.source.first() {
            self.plan(core, at, next);
        }
    }

    fn account(&self, over: Time) -> Account {
        let record = &self.upstream.record;
        Account::of(record.offered, record.outcomes.iter().sum(), &record.population, record.sojourn, over)
    }

    /// Clients that make calls count calls and not attempts.
    fn counts_its_own(&self) -> bool {
        self.caller.is_none()
    }

    fn spent(&self, over: Time) -> u128 {
        let Some(caller) = &self.caller else { return 0 };
        caller.begun().map(|begun| u128::from(over.since(begun).as_nanos())).sum()
    }

    fn ages_of_calls(&self, over: Time) -> Vec<Duration> {
        let Some(caller) = &self.caller else { return Vec::new() };
        caller.begun().map(|begun| over.since(begun)).collect()
    }

    fn count_within(&mut self, limits: &[Duration]) {
        self.upstream.record.within = Within::new(limits);
    }

    fn waits_for(&self) -> Option<u64> {
        Some(self.caller.as_ref().map_or(self.upstream.record.population.count(), |caller| caller.waits_for()))
    }

    fn check_books(&self, _me: ActorId, name: &str, _requests: &Requests) -> Result<(), String> {
        books::check(&self.upstream, self.caller.as_deref(), name)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(&self.upstream, self.caller.as_deref(), covered, info)
    }

    fn made(&self) -> Option<Made<'_>> {
        let attempts = self.caller.as_ref().map(|caller| &caller.record);
        Some(Made { calls: &self.upstream.record, attempts })
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.upstream.window(now, halve);
        if let Some(caller) = &mut self.caller {
            caller.record.window(halve);
        }
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.upstream.measure(now, begin);
        if let Some(caller) = &mut self.caller {
            caller.record.measure(begin);
        }
    }
}
