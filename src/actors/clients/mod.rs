//! Clients: where requests come from and where their story ends. One file each for the arrival processes, users in a
//! closed loop, sessions, replay, calls of several attempts, what is recorded and the words of the language.

pub mod arrivals;
pub mod calls;
pub mod connections;
mod describe;
mod flow;
mod seen;
pub mod source;
pub mod spec;

use super::calls::CallsRecord;
pub use calls::Calling;
pub use connections::{Connections, Handshake};
pub use source::Source;
pub use spec::{ClientsSpec, Keys, Traffic};

use super::calls::Made;
use super::kit::books::Account;
use super::kit::copies::Copies;
use super::kit::link::{self, Endpoint, Link};
use super::kit::message::{Core, Message, Passed};
use super::kit::node::Node;
use super::kit::route::Spread;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::random::zipf::Zipf;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{ActorId, Details, Duration, Frame, Handle, LaneId, Outcome, RequestId, Requests, Time};
use crate::measure::{Begin, Within};
use connections::Dialing;
use source::{Next, Origin};

/// Draws of what a request asks for.
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
    me: ActorId,
    class: u16,
    source: Source,
    copies: Copies,
    link: Link,
    timeout: Option<LaneId>,
    size: u64,
    keys: KeySampler,
    /// Distinct clients of open arrivals; 0 if nobody looks at them.
    population: u64,
    key_stream: StreamKey,
    client_stream: StreamKey,
    /// Connection state; `None` if every request opens its own connection at once.
    pub dialing: Option<Box<Dialing>>,
    /// What those have whose calls may be more than one request.
    pub calling: Option<Box<Calling>>,
    /// What has been recorded.
    pub record: CallsRecord,
}

/// What clients are made of, beside their description.
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
        Self {
            me,
            class,
            source,
            copies: Copies::new(targets, spec.to.spread.clone(), key.named("spread")),
            link,
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
            dialing: None,
            calling: None,
            record: CallsRecord::default(),
        }
    }

    #[inline(always)]
    fn plan(&self, core: &mut Core, at: Time, next: Next) {
        match next {
            Next::Arrival => core.set_alarm(at, self.me),
            Next::User(user) => {
                core.send_at(at, self.me, Message::User { user });
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
            Message::Connected { id } => self.connected(core, id),
            Message::Broken { connection } => self.broken(core, connection),
            Message::Idle { place } => self.idle(core, place),
            Message::AttemptTimeout { id } => self.attempt_timed_out(core, id),
            Message::NextAttempt { call } => self.next_attempt(core, call),
            Message::Hedge { call } => self.hedge(core, call),
            Message::Overdue { call } => self.overdue(core, call),
            Message::WorkGoesOn { write } | Message::WorkDone { write } | Message::WorkOver { write } => {
                if let Some(calling) = &mut self.calling {
                    calling.late_work(message, write);
                }
            }
            _ => {}
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
        if self.calling.is_some() | self.dialing.is_some() {
            return self.make_unusual(core, origin);
        }
        let now = core.now();
        let number = origin.number;
        let client = match origin.client {
            Some(client) => client,
            None if self.population == 0 => 0,
            None => address_of(self.client_stream.draws(number).below(self.population)),
        };
        let target = self.copies.choose(number, client);
        let (id, request) = core.requests.create(number, self.class);
        request.set_out(self.me, origin.place, now);
        request.set_port(target.port);
        let size = origin.size.unwrap_or(self.size);
        let key = match (origin.key, &self.keys) {
            (Some(key), _) => key,
            (None, KeySampler::One) => 0,
            (None, keys) => keys.sample(self.key_stream, number),
        };
        // Most clients have nothing to tell.
        if client != 0 || key != 0 || size != 0 || self.timeout.is_some() {
            self.describe(core, id, Details { size, key, client, ..Details::NONE });
        }
        self.record.made(now);
        self.link.send(core, id, target.actor)
    }

    #[inline(never)]
    fn make_unusual(&mut self, core: &mut Core, origin: Origin) -> Passed {
        if self.calling.is_some() { self.make_call(core, origin) } else { self.make_on_connection(core, origin) }
    }

    #[inline(never)]
    fn describe(&self, core: &mut Core, id: RequestId, details: Details) {
        let timeout = match self.timeout {
            Some(lane) => core.send_in_lane(lane, self.me, Message::Timeout { id }),
            None => Handle::NONE,
        };
        *core.requests.describe(id) = Details { timeout, ..details };
    }

    /// An answer sets out to these clients.
    #[inline(always)]
    fn replied(&mut self, core: &mut Core, id: RequestId) {
        if self.calling.is_some() {
            self.attempt_replied(core, id);
        } else if self.link.arrives_at_once(core, id, self.me) {
            self.answered(core, id);
        }
    }

    /// An answer has travelled the link.
    #[inline(never)]
    fn returned(&mut self, core: &mut Core, id: RequestId) {
        if self.calling.is_some() {
            return self.attempt_answered(core, id);
        }
        self.answered(core, id);
    }

    #[inline(always)]
    fn answered(&mut self, core: &mut Core, id: RequestId) {
        if self.dialing.is_some() {
            self.hang_up(core, id);
        }
        let (frame, request) = core.requests.take_reply(id);
        if !request.is_abandoned() {
            let outcome = request.outcome;
            let by = if outcome == Outcome::Served { self.me } else { core.requests.details(id).decided_by };
            if self.timeout.is_some() {
                core.calendar.cancel(core.requests.details(id).timeout);
            }
            self.ended(core, frame, outcome, by);
        } else {
            let outcome = request.outcome;
            self.record.came_late(core.now(), frame.entered, outcome);
        }
    }

    #[inline(never)]
    fn timed_out(&mut self, core: &mut Core, id: RequestId) {
        // The first stop of the return path is the client itself; the request may be anywhere beyond it.
        let Some(frame) = core.requests.first(id) else { return };
        core.requests.abandon(id, Outcome::TimedOut, core.now());
        if self.dialing.is_some() {
            self.abandon(core, id);
        }
        core.requests.describe(id).timeout = Handle::NONE;
        link::let_go(core, id);
        self.ended(core, frame, Outcome::TimedOut, self.me);
    }

    /// The outcome of a request is known to its client, whose own stop is `frame`.
    #[inline(always)]
    fn ended(&mut self, core: &mut Core, frame: Frame, outcome: Outcome, by: ActorId) {
        let now = core.now();
        self.record.ended(now, frame.entered, outcome, by);
        core.completed += 1;
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
        let record = &self.record;
        Account::of(record.offered, record.outcomes.iter().sum(), &record.population, record.sojourn, over)
    }

    /// Who makes calls holds those, and no attempts.
    fn counts_its_own(&self) -> bool {
        self.calling.is_none()
    }

    fn spent(&self, over: Time) -> u128 {
        let Some(calling) = &self.calling else { return 0 };
        calling.calls.under_way().map(|call| u128::from(over.since(call.begun).as_nanos())).sum()
    }

    fn ages_of_calls(&self, over: Time) -> Vec<Duration> {
        let Some(calling) = &self.calling else { return Vec::new() };
        calling.calls.under_way().map(|call| over.since(call.begun)).collect()
    }

    fn count_within(&mut self, limits: &[Duration]) {
        self.record.within = Within::new(limits);
    }

    fn waits_for(&self) -> Option<u64> {
        Some(match &self.calling {
            Some(calling) => calling.calls.under_way().map(|call| call.waiting.len() as u64).sum(),
            None => self.record.population.count(),
        })
    }

    /// Every call has one outcome, every attempt that was sent has one or is waited for, and the calls under way are those
    /// that are counted.
    fn check_books(&self, _me: ActorId, name: &str, _requests: &Requests) -> Result<(), String> {
        let record = &self.record;
        let lost: u64 = record.losses.values().sum();
        let ended: u64 = record.outcomes.iter().sum();
        if ended != lost + record.outcomes[Outcome::Served as usize] {
            return Err(format!("the ledger of \"{name}\" does not balance: {record:?}"));
        }
        let ended: u64 = record.attempt_outcomes.iter().sum();
        let waited = self.waits_for().unwrap_or_default();
        if record.attempts != ended + waited {
            let sent = record.attempts;
            return Err(format!(
                "the ledger of \"{name}\" does not balance: {sent} attempts were sent, {ended} ended, {waited} are waited for"
            ));
        }
        if let Some(calling) = &self.calling {
            let (counted, there) = (record.population.count(), calling.calls.under_way().count() as u64);
            if counted != there {
                return Err(format!("\"{name}\" counts {counted} calls under way, but there are {there}"));
            }
        }
        Ok(())
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn made(&self) -> Option<Made<'_>> {
        Some(Made { calls: &self.record, attempts: self.calling.as_ref().map(|calling| &calling.record) })
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.record.window(now, halve);
        if let Some(calling) = &mut self.calling {
            calling.record.window(halve);
        }
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.record.measure(now, begin);
        if let Some(calling) = &mut self.calling {
            calling.record.measure(begin);
        }
        if let Some(dialing) = &mut self.dialing {
            dialing.measure(now, begin);
        }
    }
}
