//! A limit that several limiters share: each asks a store, over a network, before it lets a request pass.
//!
//! What the store does with a command belongs in `store`.

use crate::actors::kit::commands::{Command, Commands, Distributed, WhenDown};
use crate::actors::kit::link::Link;
use crate::actors::kit::message::{Core, Message};
use crate::engine::{ActorId, BySlot, Details, Handle, LaneId, Outcome, RequestId, random::mix};

use crate::actors::kit::accounts::Key;

/// A request that waits for the answer to a command.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    request: RequestId,
    key: Key,
    cost: u32,
    command: Command,
    timeout: Handle,
}

/// The decision about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It passes, or was cancelled meanwhile.
    Passes(RequestId),
    /// It is rejected, and may be tried again as the command says.
    Rejected(RequestId, crate::engine::Duration),
    /// It fails with an error.
    Fails(RequestId),
    /// There is no decision yet, or it is no longer needed.
    Nothing,
}

/// The way to the store, and the requests that wait for it.
#[derive(Debug)]
pub struct Shared {
    me: ActorId,
    store: ActorId,
    link: Link,
    lane: LaneId,
    first: Command,
    when_down: WhenDown,
    /// By command, while it is waited for.
    waiting: BySlot<Waiting>,
    /// Requests that were decided without the store, from time zero on.
    pub undecided: u64,
}

impl Shared {
    /// The way of the limiter `me` to its store; `lane` is that of its timeouts.
    #[must_use]
    pub fn new(spec: &Distributed, me: ActorId, store: ActorId, link: Link, lane: LaneId) -> Self {
        let first = match spec.commands {
            Commands::Pipeline(_) => Command::CountAndAdd,
            Commands::CheckThenAdd(_) => Command::Count,
            Commands::Atomic(_) => Command::AddIfRoom,
        };
        let when_down = spec.when_down.clone();
        Self { me, store, link, lane, first, when_down, waiting: BySlot::default(), undecided: 0 }
    }

    /// Asks whether a request that is charged to `key` may pass, with its cost.
    pub fn ask(&mut self, core: &mut Core, request: RequestId, key: Key, cost: u32) {
        self.command(core, request, key, cost, self.first);
    }

    /// A command is a request of the limiter's own, which no client waits for.
    fn command(&mut self, core: &mut Core, request: RequestId, key: Key, cost: u32, command: Command) {
        let now = core.now();
        // Numbers of their own, for the draws of the network and the store.
        let number = mix(core.requests[request].number ^ u64::from(command as u32 + 1));
        let (id, made) = core.create_request(number, key.class);
        made.set_abandoned();
        made.set_out(self.me, command.note(cost), now);
        let details = Details { client: key.client, key: key.route, size: u64::from(key.server), ..Details::NONE };
        *core.requests.describe(id) = details;
        let timeout = core.send_in_lane(self.lane, self.me, Message::CommandTimeout { id });
        self.waiting.put(id, Waiting { request, key, cost, command, timeout });
        self.link.carry(core, number, self.store, Message::Command { id }, true);
    }

    /// The answer to a command sets out.
    pub fn sets_out(&self, core: &mut Core, id: RequestId) {
        let number = core.requests[id].number;
        self.link.carry(core, number, self.me, Message::CommandReturned { id }, false);
    }

    /// The answer to a command is here.
    pub fn returned(&mut self, core: &mut Core, id: RequestId) -> Answer {
        let retry_after = core.requests.details(id).retry_after;
        let (_, command) = core.requests.take_reply(id);
        let outcome = command.outcome;
        let Some(waiting) = self.waiting.take(id) else { return Answer::Nothing };
        core.calendar.cancel(waiting.timeout);
        if core.requests[waiting.request].outcome == Outcome::Cancelled {
            return Answer::Passes(waiting.request);
        }
        match (outcome, waiting.command) {
            (Outcome::Served, Command::Count) => {
                self.command(core, waiting.request, waiting.key, waiting.cost, Command::Add);
                Answer::Nothing
            }
            (Outcome::Served, _) => Answer::Passes(waiting.request),
            (Outcome::RateLimited, _) => Answer::Rejected(waiting.request, retry_after),
            _ => self.without_store(waiting.request),
        }
    }

    /// The limiter's host has crashed: returns the requests that wait for answers of the store, which are lost.
    pub fn crashed(&mut self, core: &mut Core) -> Vec<RequestId> {
        let mine = |id: RequestId| core.requests.first(id).is_some_and(|stop| stop.actor == self.me);
        let commands: Vec<RequestId> = core.requests.iter().map(|(id, _)| id).filter(|&id| mine(id)).collect();
        let mut lost = Vec::new();
        for id in commands {
            let Some(waiting) = self.waiting.take(id) else { continue };
            core.calendar.cancel(waiting.timeout);
            core.requests.abandon(id, Outcome::TimedOut, core.now());
            if core.requests.take_lost(id) {
                core.requests.take_reply(id);
            }
            lost.push(waiting.request);
        }
        lost
    }

    /// The answer to a command has not come in time.
    pub fn timed_out(&mut self, core: &mut Core, id: RequestId) -> Answer {
        let waiting = self.waiting.take(id);
        if waiting.is_some() {
            core.requests.abandon(id, Outcome::TimedOut, core.now());
            if core.requests.take_lost(id) {
                core.requests.take_reply(id);
            }
        }
        match waiting {
            Some(waiting) if core.requests[waiting.request].outcome == Outcome::Cancelled => {
                Answer::Passes(waiting.request)
            }
            Some(waiting) => self.without_store(waiting.request),
            None => Answer::Nothing,
        }
    }

    fn without_store(&mut self, request: RequestId) -> Answer {
        self.undecided += 1;
        match self.when_down {
            WhenDown::FailOpen(_) => Answer::Passes(request),
            WhenDown::FailClosed(_) => Answer::Rejected(request, crate::engine::Duration::ZERO),
            WhenDown::Raise(_) => Answer::Fails(request),
        }
    }
}
