//! A limit that several limiters share: each asks a store, over a network, before it lets a request pass.
//!
//! What the store does with a command belongs in `store`.

use crate::actors::kit::link::Link;
use crate::actors::kit::message::{Core, Message};
use crate::actors::kit::route::RouteField;
use crate::engine::{ActorId, BySlot, Details, Handle, LaneId, Outcome, RequestId, random::mix};
use crate::schema::quantity::Span;
use crate::schema::{choice, record};

use super::accounts::Key;

record! {
    /// The time of a request by the limiter's clock, as text: requests of one moment are one member, and count once. Each of
    /// them finds room as long as the moments before it and its own are fewer than the limit.
    pub struct TheTime {}
}

record! {
    /// Each request by itself: the time with a number of its own behind it.
    pub struct EachRequest {}
}

choice! {
    /// What a request is in the sorted set, and so what is counted.
    pub enum Members {
        Times(TheTime),
        Requests(EachRequest),
    }
}

record! {
    /// One round trip, in one step (MULTI and EXEC, as redis-py sends it): forget what is older than the window, count, add.
    /// Whether the request passes is decided by the count before it; a request that is turned away has been added all the
    /// same, and so keeps others out.
    pub struct Pipeline {
        /// What is added.
        pub members: Members = Members::Times(TheTime {}),
    }
}

record! {
    /// Two round trips: count, and add if there was room. Requests that are counted before others have been added all find
    /// room: of K limiters that ask at the same time, up to K - 1 let one too many pass.
    pub struct CheckThenAdd {
        /// What is added.
        pub members: Members = Members::Requests(EachRequest {}),
    }
}

record! {
    /// One round trip: a script that adds only if there is room.
    pub struct Atomic {
        /// What is added.
        pub members: Members = Members::Requests(EachRequest {}),
    }
}

choice! {
    /// What a limiter asks of its store.
    pub enum Commands {
        Pipeline(Pipeline),
        CheckThenAdd(CheckThenAdd),
        Atomic(Atomic),
    }
}

record! {
    /// Requests pass.
    pub struct FailOpen {}
}

record! {
    /// Requests are turned away, as by the limit (429).
    pub struct FailClosed {}
}

record! {
    /// Requests fail with an error (500): nobody has caught that of the store.
    pub struct FailWithError {}
}

choice! {
    /// What happens while the store does not answer.
    pub enum WhenDown {
        FailOpen(FailOpen),
        FailClosed(FailClosed),
        Raise(FailWithError),
    }
}

record! {
    /// The clocks by which limiters tell the times of requests; the store has none of its own.
    pub struct Clock {
        /// What they count: times are cut to a whole number of these. Python's `time.time()` counts steps of a quarter of a
        /// microsecond or so, as a double has no finer ones in this century.
        pub step: Span = Span::from_seconds(1e-9).expect("a length of time"),
        /// How far the clock of each copy of the limiter is ahead, in turn; without it, they agree.
        pub ahead: Vec<Span> = Vec::new(),
    }
    check(self, at) {
        if self.step.duration().is_zero() {
            at.field("step").error("at least a nanosecond");
        }
    }
}

record! {
    /// So many requests in any window, by all limiters of the node together: the times of requests are kept in a store, in
    /// a sorted set for each account.
    pub struct Distributed {
        /// Requests let through in any window; 1 to 10,000.
        pub limit: u32 = 100,
        /// Length of the window.
        pub window: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// The node of `Store`, and the network to it.
        pub store: RouteField,
        /// What is asked of it.
        pub commands: Commands = Commands::Pipeline(Pipeline { members: Members::Times(TheTime {}) }),
        /// The clocks that requests are timed by.
        pub clock: Clock = Clock { step: Span::from_seconds(1e-9).expect("a length of time"), ahead: Vec::new() },
        /// How long an answer may take.
        pub timeout: Span = Span::from_seconds(1.0).expect("a length of time"),
        /// What happens while the store does not answer.
        pub when_down: WhenDown = WhenDown::FailOpen(FailOpen {}),
    }
    check(self, at) {
        if self.limit == 0 || self.limit > 10_000 {
            at.field("limit").error("1 to 10,000 requests");
        }
        if self.window == Span::ZERO {
            at.field("window").error("a window is longer than nothing");
        }
        if self.timeout == Span::ZERO {
            at.field("timeout").error("a timeout is above zero");
        }
        if self.store.to.0.len() != 1 {
            at.field("store").error("the name of one node of `Store`");
        }
    }
}

impl Distributed {
    /// What a request is in the sorted set.
    #[must_use]
    pub fn members(&self) -> &Members {
        match &self.commands {
            Commands::Pipeline(pipeline) => &pipeline.members,
            Commands::CheckThenAdd(check) => &check.members,
            Commands::Atomic(script) => &script.members,
        }
    }
}

/// What a command asks of the store; it stands in the note of the limiter on the command's return path, beside what the
/// request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Command {
    /// Count, and add whatever the count.
    CountAndAdd = 0,
    /// Count.
    Count = 1,
    /// Add.
    Add = 2,
    /// Add if there is room.
    AddIfRoom = 3,
}

impl Command {
    /// The note for this command, for a request that costs so much; beyond 2^30 - 1 it is that.
    #[must_use]
    pub fn note(self, cost: u32) -> u32 {
        (cost.min(u32::MAX >> 2) << 2) | self as u32
    }

    /// The command of a limiter's note, and what the request costs.
    #[must_use]
    pub fn of(note: u32) -> (Self, u32) {
        let command = match note & 3 {
            0 => Self::CountAndAdd,
            1 => Self::Count,
            2 => Self::Add,
            _ => Self::AddIfRoom,
        };
        (command, note >> 2)
    }
}

/// A request that waits for the answer to a command.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    request: RequestId,
    key: Key,
    cost: u32,
    command: Command,
    timeout: Handle,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It passes, or was taken back meanwhile.
    Passes(RequestId),
    /// It is turned away, and may be tried again as the command says.
    Rejected(RequestId, crate::engine::Duration),
    /// It fails with an error.
    Fails(RequestId),
    /// Nothing yet, or nothing any more.
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

    /// Asks whether a request charged to `key` that costs so much may pass.
    pub fn ask(&mut self, core: &mut Core, request: RequestId, key: Key, cost: u32) {
        self.command(core, request, key, cost, self.first);
    }

    /// A command is a request of the limiter's own, which no client waits for.
    fn command(&mut self, core: &mut Core, request: RequestId, key: Key, cost: u32, command: Command) {
        let now = core.now();
        // Numbers of their own, for the draws of the network and the store.
        let number = mix(core.requests[request].number ^ u64::from(command as u32 + 1));
        let (id, made) = core.requests.create(number, key.class);
        made.abandoned = true;
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
        let (_, command) = core.requests.come_home(id);
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

    /// The limiter's host has crashed: gives the requests that wait for answers, which nobody hears any more.
    pub fn crashed(&mut self, core: &mut Core) -> Vec<RequestId> {
        let mine = |id: RequestId| core.requests.first(id).is_some_and(|stop| stop.actor == self.me);
        let commands: Vec<RequestId> = core.requests.iter().map(|(id, _)| id).filter(|&id| mine(id)).collect();
        let mut lost = Vec::new();
        for id in commands {
            let Some(waiting) = self.waiting.take(id) else { continue };
            core.calendar.cancel(waiting.timeout);
            core.requests.abandon(id, Outcome::TimedOut, core.now());
            if core.requests.find(id) {
                core.requests.come_home(id);
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
            if core.requests.find(id) {
                core.requests.come_home(id);
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
