//! Stores that limiters share: one command at a time, first come, first served.
//!
//! Which commands a limiter sends, and what it does when no answer arrives, belongs in `limiter/distributed`.

mod describe;
mod seen;
pub mod sets;
pub mod spec;

pub use spec::StoreSpec;

use super::kit::books::Account;
use super::kit::node::Node;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use super::resources::{Asked, Station, Units, Usage};

use super::kit::accounts::Key;
use super::kit::commands::{Command, Distributed};
use super::kit::faults::{Active, Timetable};
use super::kit::message::{Core, Message, Passed};
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey, mix};
use crate::engine::{ActorId, Duration, Left, Outcome, RequestId, Time};
use crate::measure::{Begin, Begun, Windows};
use sets::Sets;

/// The content of the sorted sets at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// Requests that were added beyond the limit, from time zero on.
    pub over_limit: u64,
    /// Members that are kept.
    pub members: u64,
}

/// A store at work.
#[derive(Debug)]
pub struct Store {
    me: ActorId,
    service: Sampler,
    work: StreamKey,
    errors: StreamKey,
    keys: usize,
    /// It works on one command at a time.
    worker: Units,
    /// The command under way.
    current: Option<RequestId>,
    /// Counts commands begun, so that the end of a command that a crash has cut off is ignored.
    begun: u32,
    is_up: bool,
    speed: f64,
    error_rate: f64,
    faults: Timetable,
    active: Active,
    /// The limiters of each node, by their addresses, and the sets that they share.
    sets: Vec<(std::ops::Range<u32>, Sets)>,
    /// The commands at it.
    pub usage: Usage,
    /// What was kept at the end of the warm-up.
    pub at_warm_up: Begun<Kept>,
    /// What was kept at each boundary.
    pub windows: Windows<Kept>,
}

impl Store {
    /// A store as described by `spec`; `key` names its random streams.
    #[must_use]
    pub fn new(me: ActorId, spec: &StoreSpec, key: StreamKey, faults: Timetable) -> Self {
        Self {
            me,
            service: spec.service.sampler(),
            work: key.named("service"),
            errors: key.named("errors"),
            keys: spec.keys as usize,
            worker: Units::new(1, usize::MAX),
            current: None,
            begun: 0,
            is_up: true,
            speed: 1.0,
            error_rate: 0.0,
            faults,
            active: Active::default(),
            sets: Vec::new(),
            usage: Usage::default(),
            at_warm_up: Begun::default(),
            windows: Windows::default(),
        }
    }

    /// Requests that were added beyond the limit, from time zero on.
    #[must_use]
    pub fn over_limit(&self) -> u64 {
        self.sets.iter().map(|(_, sets)| sets.over_limit).sum()
    }

    /// Members that all sorted sets together hold at `now`.
    #[must_use]
    pub fn members(&self, now: Time) -> u64 {
        self.sets.iter().map(|(_, sets)| sets.members(now)).sum()
    }

    /// One event.
    #[inline(never)]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Command { id } => self.arrive(core, id),
            Message::CommandDone { number } if number == self.begun && self.is_up => self.done(core),
            Message::Fault { index } => {
                self.fault(core, index);
                None
            }
            _ => None,
        }
    }

    fn arrive(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        core.requests.enter(id, self.me, 0, now);
        if !self.is_up {
            self.usage.came(now);
            self.usage.left(now, now);
            self.usage.rejected += 1;
            return answer(core, id, Outcome::Refused);
        }
        if self.worker.ask(&mut self.usage, id, 1, now) == Asked::Held {
            self.begin(core, id);
        }
        None
    }

    fn begin(&mut self, core: &mut Core, id: RequestId) {
        self.current = Some(id);
        self.begun = self.begun.wrapping_add(1);
        let seconds = self.service.sample(&mut self.work.draws(self.luck(core, id))) / self.speed;
        core.send_after(Duration::from_secs_f64(seconds), self.me, Message::CommandDone { number: self.begun });
    }

    /// The key of the draws of a command: a request that passes several limiters gives commands of one number to each.
    fn luck(&self, core: &Core, id: RequestId) -> u64 {
        let number = core.requests[id].number;
        let of = |actor: ActorId| self.sets.iter().position(|(limiters, _)| limiters.contains(&actor.0));
        match core.requests.first(id).and_then(|stop| of(stop.actor)) {
            None | Some(0) => number,
            Some(place) => mix(number ^ mix(place as u64)),
        }
    }

    fn done(&mut self, core: &mut Core) -> Passed {
        let id = self.current.take()?;
        let now = core.now();
        let came = core.requests.last(id).map_or(now, |stop| stop.entered);
        self.usage.left(came, now);
        self.worker.give_back(1, now);
        if let Some(next) = self.worker.next(&mut self.usage, now) {
            self.begin(core, next);
        }
        let outcome = self.run(core, id);
        answer(core, id, outcome)
    }

    fn run(&mut self, core: &mut Core, id: RequestId) -> Outcome {
        let request = &core.requests[id];
        if self.error_rate > 0.0 && self.errors.draws(self.luck(core, id)).uniform() < self.error_rate {
            return Outcome::Error;
        }
        let class = request.class;
        let details = core.requests.details(id);
        let key = Key { client: details.client, route: details.key, server: details.size as u32, class };
        let Some(sender) = core.requests.first(id) else { return Outcome::Error };
        let own = self.sets.iter_mut().find(|(limiters, _)| limiters.contains(&sender.actor.0));
        let Some((limiters, sets)) = own else { return Outcome::Error };
        let (command, cost) = Command::of(sender.tag);
        let time = sets.time_by((sender.actor.0 - limiters.start) as usize, sender.entered);
        let reply = sets.run(command, key, time, cost);
        core.requests.describe(id).retry_after = reply.retry_after;
        if reply.has_room { Outcome::Served } else { Outcome::RateLimited }
    }

    fn fault(&mut self, core: &mut Core, index: u32) {
        let turn = self.faults.turn(core, self.me, index);
        self.active.take(&self.faults, turn);
        self.speed = 1.0 / self.active.factor(&self.faults);
        self.error_rate = self.active.error_rate(&self.faults);
        let was_up = std::mem::replace(&mut self.is_up, !self.active.is_down(&self.faults));
        if was_up && !self.is_up {
            self.crash(core);
        }
    }

    fn crash(&mut self, core: &mut Core) {
        let now = core.now();
        let current = self.current.take();
        if current.is_some() {
            self.worker.give_back(1, now);
        }
        for id in current.into_iter().chain(self.worker.empty(&mut self.usage, now)) {
            let came = core.requests.last(id).map_or(now, |stop| stop.entered);
            self.usage.left(came, now);
            let passed = answer(core, id, Outcome::Crashed);
            core.send_passed(passed);
        }
        self.sets.iter_mut().for_each(|(_, sets)| sets.clear(self.keys));
    }

    fn kept(&self, now: Time) -> Kept {
        Kept { over_limit: self.over_limit(), members: self.members(now) }
    }
}

/// A command goes back to the limiter that gave it.
fn answer(core: &mut Core, id: RequestId, outcome: Outcome) -> Passed {
    let Left { back, request, .. } = core.requests.leave(id);
    request.outcome = outcome;
    back.map(|limiter| (limiter, Message::CommandAnswer { id }))
}

impl Station for Store {
    fn capacity(&self) -> u64 {
        u64::from(self.worker.count())
    }

    fn held(&self, now: Time) -> u128 {
        self.worker.held(now)
    }

    fn usage(&self) -> &Usage {
        &self.usage
    }
}

impl Node for Store {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    fn start(&mut self, core: &mut Core) {
        self.faults.start(core, self.me);
    }

    fn account(&self, over: Time) -> Account {
        Station::account(self, over)
    }

    fn share(&mut self, among: std::ops::Range<u32>, limit: &Distributed) {
        self.sets.push((among, Sets::new(limit, self.keys)));
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn station(&self) -> Option<&dyn Station> {
        Some(self)
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.usage.window(now, self.worker.held(now), halve);
        let kept = self.kept(now);
        self.windows.close(kept, halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.usage.measure(now, self.worker.held(now), begin);
        let kept = self.kept(now);
        self.at_warm_up.begin(begin, kept, ());
    }
}
