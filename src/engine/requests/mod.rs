//! Requests in flight: a slab of slots, and for each the return path along which its answer travels.
//!
//! What a node does with a request does not belong here.

mod by_slot;
mod connection;
#[cfg(test)]
mod tests;

pub use by_slot::BySlot;
pub use connection::Connection;

use super::calendar::Handle;
use super::random::mix;
use super::time::{Duration, Time};

/// Names an actor: its place in the system's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

/// Names a request in flight: its slot. Slots are used again once a request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

impl RequestId {
    /// Names no request.
    pub const NONE: Self = Self(u32::MAX);
}

/// What became of an attempt, as told on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// Answered as asked.
    Served,
    /// Answered, but not as asked: with something older, simpler or smaller.
    Degraded,
    /// Turned away: the queue had no place left.
    QueueFull,
    /// Turned away: it had waited too long in a queue, or for a place in it.
    WaitedTooLong,
    /// Turned away to keep the load bearable: by its class, by how long it would wait, or for one that came later.
    Shed,
    /// Turned away by a rate limit (429).
    RateLimited,
    /// Turned away: too many were being worked on at once.
    TooManyInFlight,
    /// Turned away by an open circuit.
    CircuitOpen,
    /// Never sent: its own client held it back.
    Throttled,
    /// Dropped: its deadline had passed, so that nobody could use the answer.
    DeadlinePassed,
    /// Turned away: no server was available.
    NoServer,
    /// The server was down: the connection was refused.
    Refused,
    /// The server crashed while it held the request.
    Crashed,
    /// No answer came in time: a balancer on the way stopped waiting (504).
    GatewayTimeout,
    /// The server answered with an error.
    Error,
    /// Its client took it back: the answer to another attempt came first.
    Cancelled,
    /// The client stopped waiting. Set by the client, never by a server.
    TimedOut,
    /// The user lost patience. Set by the client, never by a server.
    GaveUp,
}

impl Outcome {
    /// Every outcome, in the order of the ledger.
    pub const ALL: [Self; 18] = [
        Self::Served,
        Self::Degraded,
        Self::QueueFull,
        Self::WaitedTooLong,
        Self::Shed,
        Self::RateLimited,
        Self::TooManyInFlight,
        Self::CircuitOpen,
        Self::Throttled,
        Self::DeadlinePassed,
        Self::NoServer,
        Self::Refused,
        Self::Crashed,
        Self::GatewayTimeout,
        Self::Error,
        Self::Cancelled,
        Self::TimedOut,
        Self::GaveUp,
    ];

    /// The outcome in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Degraded => "served: degraded answer",
            Self::QueueFull => "rejected: queue full",
            Self::WaitedTooLong => "rejected: waited too long",
            Self::Shed => "rejected: load shed",
            Self::RateLimited => "rejected: rate limit",
            Self::TooManyInFlight => "rejected: concurrency limit",
            Self::CircuitOpen => "rejected: circuit open",
            Self::Throttled => "rejected: throttled by its client",
            Self::DeadlinePassed => "rejected: deadline passed",
            Self::NoServer => "rejected: no server available",
            Self::Refused => "failed: connection refused",
            Self::Crashed => "failed: server crashed",
            Self::GatewayTimeout => "failed: no answer in time",
            Self::Error => "failed: error answer",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed out",
            Self::GaveUp => "given up",
        }
    }

    /// True of an answer that a client can use, if it comes in time.
    #[inline]
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Served | Self::Degraded)
    }

    /// True of a request that was turned away before any work was done for it.
    #[must_use]
    pub const fn is_rejection(self) -> bool {
        matches!(
            self,
            Self::QueueFull
                | Self::WaitedTooLong
                | Self::Shed
                | Self::RateLimited
                | Self::TooManyInFlight
                | Self::CircuitOpen
                | Self::Throttled
                | Self::DeadlinePassed
                | Self::NoServer
        )
    }

    /// True of what only its own client decides.
    #[must_use]
    pub const fn is_of_clients(self) -> bool {
        matches!(self, Self::Throttled | Self::Cancelled | Self::TimedOut | Self::GaveUp)
    }

    /// True if a server failed.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Refused | Self::Crashed | Self::GatewayTimeout | Self::Error)
    }
}

/// One stop on the way there, to be visited on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Who passed the request on.
    pub actor: ActorId,
    /// The actor's own note (which server it chose, which user sent it).
    pub tag: u32,
    /// When the request came to that actor.
    pub entered: Time,
}

/// What an answer finds when it leaves a stop of its return path.
#[derive(Debug)]
pub struct Left<'a> {
    /// The stop it leaves.
    pub frame: Frame,
    /// The actor of the stop before, where it goes next; `None` at its client.
    pub back: Option<ActorId>,
    /// The request.
    pub request: &'a mut Request,
}

/// Stops of the return path that stand in the request itself; longer paths go on elsewhere.
const NEAR: usize = 3;

/// The depth of a slot that holds no request.
const FREE: u16 = u16::MAX;

/// Marks the stage of a request that waits in a queue kept elsewhere: no run comes to a time of 292 years.
const WAIT_TOKEN: u64 = 1 << 63;

/// The request has details.
const DESCRIBED: u8 = 1;

/// Its answer is on its way over a link to the last stop.
const HOMEWARD: u8 = 8;

/// It was lost on a link, and nothing in the calendar names it.
const LOST: u8 = 16;

/// Its work was done, and done again.
const DONE: u8 = 32;
const DONE_AGAIN: u8 = 64;

/// Nobody waits for its answer any more.
const ABANDONED: u8 = 128;

/// What keeps the slot of a request that is over from being used again: something in the calendar still names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Hold {
    /// Word that its client takes it back is on its way.
    Cancellation = 2,
    /// A timer that no longer matters.
    Timer = 4,
}

const HELD: u8 = Hold::Cancellation as u8 | Hold::Timer as u8;

/// What every actor touches of a request in flight: one line of the processor's cache. With many requests in flight the
/// cache is what a run waits for, so what few look at stands in [`Details`].
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Request {
    entered: [Time; NEAR],
    tags: [u32; NEAR],
    actors: [u16; NEAR],
    /// The class of its clients.
    pub class: u16,
    /// What became of it so far.
    pub outcome: Outcome,
    /// Whether its details are other than [`Details::NONE`], whether its answer is on a link, its holds, and the like.
    marks: u8,
    /// Stops on the return path, or [`FREE`].
    depth: u16,
    /// Its identity for random draws: the same in every arm of an experiment. One that is tried again elsewhere gets another:
    /// see [`Requests::try_again`].
    pub number: u64,
    stage: u64,
}

/// A call that writes, as its clients know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The clients.
    pub clients: ActorId,
    /// Its place among their calls that write.
    pub place: u32,
}

impl Write {
    /// A call that does not write.
    pub const NONE: Self = Self { clients: ActorId(u32::MAX), place: 0 };
}

/// Rarely used details of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Details {
    /// Size of what is asked for, in bytes or in the unit of the trace it came from; of a health check, the nanoseconds
    /// of work it costs.
    pub size: u64,
    /// The client's timeout.
    pub timeout: Handle,
    /// The key that is requested.
    pub key: u32,
    /// The client's address: an IPv4 address as a number.
    pub client: u32,
    /// Who decided on an outcome other than served.
    pub decided_by: ActorId,
    /// The connection it travels on.
    pub connection: Connection,
    /// When its answer is of no more use, where its client tells: work on it may be dropped from then on.
    pub deadline: Time,
    /// After how long it may be tried again, as told by who turned it away; zero if nothing was said.
    pub retry_after: Duration,
    /// Why nobody waits for it any more; [`Outcome::Served`] while somebody does.
    pub given_up: Outcome,
    /// Since when nobody does.
    pub given_up_at: Time,
    /// A request that was made on its behalf and is under way, or [`RequestId::NONE`].
    pub child: RequestId,
    /// Its number less that of its call; see [`Requests::call_number`].
    pub beyond_call: u64,
    /// The call that writes on whose behalf it is made, or [`Write::NONE`].
    pub write: Write,
}

impl Details {
    /// Those of a request of which nothing was told.
    pub const NONE: Self = Self {
        size: 0,
        timeout: Handle::NONE,
        key: 0,
        client: 0,
        decided_by: ActorId(u32::MAX),
        connection: Connection::OWN,
        deadline: Time::MAX,
        retry_after: Duration::ZERO,
        given_up: Outcome::Served,
        given_up_at: Time::ZERO,
        child: RequestId::NONE,
        beyond_call: 0,
        write: Write::NONE,
    };
}

const BLANK: Frame = Frame { actor: ActorId(u32::MAX), tag: 0, entered: Time::ZERO };

/// What is beyond the near stops of return paths.
#[derive(Debug)]
struct FarPath {
    /// So many for each request.
    stops: usize,
    frames: Vec<Frame>,
}

impl FarPath {
    #[cold]
    #[inline(never)]
    fn at(&mut self, id: RequestId, depth: usize) -> &mut Frame {
        assert!(depth - NEAR < self.stops, "the return path is longer than the system is deep");
        &mut self.frames[id.0 as usize * self.stops + depth - NEAR]
    }
}

/// All requests in flight.
#[derive(Debug)]
pub struct Requests {
    slots: Vec<Request>,
    details: Vec<Details>,
    far_path: FarPath,
    /// A stack: the slot used next is the one that is still in the cache.
    free: Vec<RequestId>,
    /// Requests that are over but held.
    held: usize,
}

/// The stage of a request is one word, for it is in one of them at a time: on its way, waiting, or in service. Whoever
/// reads it must know which.
impl Request {
    /// The client's own stop: the first on the return path of a request that was just created.
    #[inline(always)]
    pub fn set_out(&mut self, client: ActorId, tag: u32, now: Time) {
        debug_assert_eq!(self.depth, 0);
        self.set_near(0, Frame { actor: client, tag, entered: now });
        self.depth = 1;
    }

    /// On its way to an actor: which of that actor's servers it is for; 0 where it has none.
    #[inline(always)]
    #[must_use]
    pub fn port(&self) -> u32 {
        self.stage as u32
    }

    /// Sends it on its way; see [`Request::port`].
    #[inline(always)]
    pub fn set_port(&mut self, port: u32) {
        self.stage = u64::from(port);
    }

    /// In a queue: who stands behind it.
    #[inline(always)]
    #[must_use]
    pub fn next(&self) -> RequestId {
        RequestId(self.stage as u32)
    }

    /// Puts it into a queue, or somebody behind it; see [`Request::next`].
    #[inline(always)]
    pub fn set_next(&mut self, next: RequestId) {
        self.stage = u64::from(next.0);
    }

    /// In a queue that is kept elsewhere: what stands for it there. `None` of a request in service.
    #[inline]
    #[must_use]
    pub fn wait_token(&self) -> Option<u32> {
        (self.stage & WAIT_TOKEN != 0).then_some(self.stage as u32)
    }

    /// True once its client has stopped waiting: the work goes on for nobody.
    #[inline(always)]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.marks & ABANDONED != 0
    }

    /// Its client has stopped waiting; see [`Request::is_abandoned`].
    #[inline]
    pub fn set_abandoned(&mut self) {
        self.marks |= ABANDONED;
    }

    /// True while its answer is on its way over a link to the last stop of its return path.
    #[inline]
    #[must_use]
    pub fn is_homeward(&self) -> bool {
        self.marks & HOMEWARD != 0
    }

    /// Its answer sets out over a link; see [`Request::is_homeward`].
    #[inline]
    pub fn turn_home(&mut self) {
        self.marks |= HOMEWARD;
    }

    /// The work that it asks for was done once more.
    #[inline]
    pub fn work_done(&mut self) {
        self.marks |= if self.marks & DONE == 0 { DONE } else { DONE_AGAIN };
    }

    /// How often its work was done, as far as somebody noted it: not at all, once, or twice and more.
    #[inline]
    #[must_use]
    pub fn times_done(&self) -> u32 {
        (self.marks & (DONE | DONE_AGAIN)).count_ones()
    }

    /// Puts it into a queue that is kept elsewhere; see [`Request::wait_token`].
    #[inline]
    pub fn set_wait_token(&mut self, token: u32) {
        self.stage = WAIT_TOKEN | u64::from(token);
    }

    /// In service: when that began.
    #[inline(always)]
    #[must_use]
    pub fn started(&self) -> Time {
        Time::from_nanos(self.stage)
    }

    /// Its service begins; see [`Request::started`].
    #[inline(always)]
    pub fn start(&mut self, now: Time) {
        self.stage = now.as_nanos();
    }

    /// Where it shares a server: when it will be finished in that server's own time, in seconds.
    #[inline]
    #[must_use]
    pub fn finish(&self) -> f64 {
        f64::from_bits(self.stage)
    }

    /// It begins to share a server; see [`Request::finish`].
    #[inline]
    pub fn set_finish(&mut self, finish: f64) {
        self.stage = finish.to_bits();
    }

    #[inline(always)]
    fn near(&self, depth: usize) -> Option<Frame> {
        let actor = ActorId(u32::from(*self.actors.get(depth)?));
        Some(Frame { actor, tag: self.tags[depth], entered: self.entered[depth] })
    }

    /// False if the stop stands elsewhere.
    #[inline(always)]
    fn set_near(&mut self, depth: usize, frame: Frame) -> bool {
        debug_assert!(frame.actor.0 <= u32::from(u16::MAX));
        let Some(actor) = self.actors.get_mut(depth) else { return false };
        *actor = frame.actor.0 as u16;
        self.tags[depth] = frame.tag;
        self.entered[depth] = frame.entered;
        true
    }
}

impl Requests {
    /// An empty slab for requests that pass at most `depth` actors, up to 65,534; three cost nothing, and each further one
    /// takes 16 bytes of every slot.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        let far_path = FarPath { stops: depth.min(FREE as usize - 1).saturating_sub(NEAR), frames: Vec::new() };
        Self { slots: Vec::new(), details: Vec::new(), far_path, free: Vec::new(), held: 0 }
    }

    /// A new request of `class` with identity `number`.
    #[inline(always)]
    pub fn create(&mut self, number: u64, class: u16) -> (RequestId, &mut Request) {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.grow(),
        };
        let request = &mut self.slots[id.0 as usize];
        // What is not set here is set before it is read.
        request.number = number;
        request.class = class;
        request.outcome = Outcome::Served;
        request.marks = 0;
        request.depth = 0;
        (id, request)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> RequestId {
        let slot = self.slots.len();
        assert!(slot < u32::MAX as usize, "more than 4 billion requests in flight");
        self.slots.push(Request {
            entered: [Time::ZERO; NEAR],
            tags: [0; NEAR],
            actors: [0; NEAR],
            class: 0,
            outcome: Outcome::Served,
            marks: 0,
            depth: FREE,
            number: 0,
            stage: 0,
        });
        self.details.push(Details::NONE);
        self.far_path.frames.resize((slot + 1) * self.far_path.stops, BLANK);
        RequestId(slot as u32)
    }

    /// Rarely used details of a request.
    #[inline(always)]
    #[must_use]
    pub fn details(&self, id: RequestId) -> Details {
        if self.slots[id.0 as usize].marks & DESCRIBED != 0 { self.details[id.0 as usize] } else { Details::NONE }
    }

    /// The same, to be changed.
    #[inline]
    pub fn describe(&mut self, id: RequestId) -> &mut Details {
        let details = &mut self.details[id.0 as usize];
        let marks = &mut self.slots[id.0 as usize].marks;
        if *marks & DESCRIBED == 0 {
            *marks |= DESCRIBED;
            *details = Details::NONE;
        }
        details
    }

    /// The number of the call that the request is an attempt of: the same at every attempt, wherever it is made. Draws that
    /// belong to the call are keyed by it, those that belong to a visit by the number of the request.
    #[inline]
    #[must_use]
    pub fn call_number(&self, id: RequestId) -> u64 {
        self[id].number.wrapping_sub(self.details(id).beyond_call)
    }

    /// The request goes to another server after an attempt that failed: what it meets from now on is drawn anew.
    pub fn try_again(&mut self, id: RequestId) {
        let call = self.call_number(id);
        // Apart from the numbers of the attempts that clients make.
        let number = mix(self[id].number ^ mix(2 << 32));
        self[id].number = number;
        self.describe(id).beyond_call = number.wrapping_sub(call);
    }

    /// The request goes on from where `attempt` has come to, which was made on its behalf: what that has met is not met again.
    pub fn follow(&mut self, id: RequestId, attempt: RequestId) {
        let number = self[attempt].number;
        if number != self[id].number {
            let beyond_call = self.details(attempt).beyond_call;
            self[id].number = number;
            self.describe(id).beyond_call = beyond_call;
        }
    }

    /// `actor` decides that a request is not served.
    #[inline]
    pub fn decide(&mut self, id: RequestId, outcome: Outcome, actor: ActorId) {
        self.slots[id.0 as usize].outcome = outcome;
        self.describe(id).decided_by = actor;
    }

    /// The request is over: its slot is free.
    ///
    /// # Panics
    /// If it was over already, or if somebody on its return path still waits for it: a defect of an actor.
    #[inline]
    pub fn finish(&mut self, id: RequestId) {
        assert!(self.slots[id.0 as usize].depth == 0, "a request ended twice or before its answer came home");
        self.end(id);
    }

    /// The slot of a request is free, unless something holds it.
    #[inline(always)]
    fn end(&mut self, id: RequestId) {
        let request = &mut self.slots[id.0 as usize];
        request.depth = FREE;
        if request.marks & HELD == 0 {
            self.free.push(id);
        } else {
            self.held += 1;
        }
    }

    /// From `now` on nobody waits for the answer, neither to this request nor to what was asked on its behalf, because it
    /// was cancelled, timed out or given up.
    pub fn abandon(&mut self, id: RequestId, why: Outcome, now: Time) {
        let mut next = id;
        while next != RequestId::NONE {
            self.slots[next.0 as usize].set_abandoned();
            let details = self.describe(next);
            (details.given_up, details.given_up_at) = (why, now);
            next = details.child;
        }
    }

    /// How a request that comes back ended, as the last node on its return path can tell of what stands behind it. If its
    /// client stopped waiting after it had come to the node, it took too long; if before, that says nothing of its way from
    /// there. `None` of what tells nothing: it was taken back, or its deadline had passed before.
    #[inline]
    #[must_use]
    pub fn tells(&self, id: RequestId) -> Option<Outcome> {
        let request = &self[id];
        if !request.is_abandoned() & (request.outcome == Outcome::Served) {
            return Some(Outcome::Served);
        }
        self.tells_more(id)
    }

    #[inline(never)]
    fn tells_more(&self, id: RequestId) -> Option<Outcome> {
        let (request, details) = (&self[id], self.details(id));
        let since = self.last(id).map_or(Time::ZERO, |stop| stop.entered);
        let outcome = match details.given_up {
            Outcome::Served => request.outcome,
            given_up if details.given_up_at >= since => given_up,
            _ => request.outcome,
        };
        match outcome {
            Outcome::Cancelled => None,
            Outcome::DeadlinePassed if details.deadline <= since => None,
            outcome => Some(outcome),
        }
    }

    /// The request or its answer is lost on a link.
    pub fn lose(&mut self, id: RequestId) {
        self.slots[id.0 as usize].marks |= LOST;
    }

    /// True if the request was lost on a link; from now on it is so no more.
    pub fn find(&mut self, id: RequestId) -> bool {
        let marks = &mut self.slots[id.0 as usize].marks;
        let lost = *marks & LOST != 0;
        *marks &= !LOST;
        lost
    }

    /// From now on something in the calendar names the request even if it is over: [`Requests::release`] must follow.
    pub fn hold(&mut self, id: RequestId, hold: Hold) {
        debug_assert!(!self.is_held(id, hold), "a request is held twice for the same reason");
        self.slots[id.0 as usize].marks |= hold as u8;
    }

    /// True if something in the calendar names the request for this reason.
    #[inline]
    #[must_use]
    pub fn is_held(&self, id: RequestId, hold: Hold) -> bool {
        self.slots[id.0 as usize].marks & hold as u8 != 0
    }

    /// True of a request that is over, of whose slot something in the calendar may still speak.
    #[must_use]
    pub fn is_over(&self, id: RequestId) -> bool {
        self.slots[id.0 as usize].depth == FREE
    }

    /// What held the request has passed: if it is over, its slot is free.
    pub fn release(&mut self, id: RequestId, hold: Hold) {
        let request = &mut self.slots[id.0 as usize];
        debug_assert!(request.marks & hold as u8 != 0, "a request that nothing holds is let go");
        request.marks &= !(hold as u8);
        if request.depth == FREE && request.marks & HELD == 0 {
            self.held -= 1;
            self.free.push(id);
        }
    }

    /// The answer has come home: the request leaves its client and is over. What it was may still be read.
    ///
    /// # Panics
    /// As [`Requests::leave`] and [`Requests::finish`] do.
    #[inline(always)]
    pub fn take_reply(&mut self, id: RequestId) -> (Frame, &Request) {
        assert!(self.slots[id.0 as usize].depth == 1, "a request ended twice or before its answer came home");
        self.end(id);
        let request = &self.slots[id.0 as usize];
        (
            Frame { actor: ActorId(u32::from(request.actors[0])), tag: request.tags[0], entered: request.entered[0] },
            request,
        )
    }

    /// `actor` passes the request on and waits for the answer.
    ///
    /// # Panics
    /// If the return path is longer than the system is deep: a defect of whoever built it.
    #[inline(always)]
    pub fn enter(&mut self, id: RequestId, actor: ActorId, tag: u32, entered: Time) -> &mut Request {
        let frame = Frame { actor, tag, entered };
        let request = &mut self.slots[id.0 as usize];
        let depth = request.depth as usize;
        request.depth += 1;
        if !request.set_near(depth, frame) {
            *self.far_path.at(id, depth) = frame;
        }
        request
    }

    /// The last actor on the return path changes its own note, and from when on it waits.
    ///
    /// # Panics
    /// If nobody waits for the request: a defect of an actor.
    #[inline(never)]
    pub fn retag(&mut self, id: RequestId, tag: u32, entered: Time) {
        let request = &mut self.slots[id.0 as usize];
        assert!(request.depth.wrapping_sub(1) < FREE - 1, "a request is held by nobody");
        let depth = request.depth as usize - 1;
        match (request.tags.get_mut(depth), request.entered.get_mut(depth)) {
            (Some(near), Some(when)) => (*near, *when) = (tag, entered),
            _ => {
                let frame = self.far_path.at(id, depth);
                (frame.tag, frame.entered) = (tag, entered);
            }
        }
    }

    /// The answer has come back to the last actor on the return path, which leaves it.
    ///
    /// # Panics
    /// If nobody waits for it: a defect of an actor.
    #[inline(always)]
    pub fn leave(&mut self, id: RequestId) -> Left<'_> {
        let request = &mut self.slots[id.0 as usize];
        assert!(request.depth.wrapping_sub(1) < FREE - 1, "an answer came to an actor that does not wait for it");
        request.depth -= 1;
        request.marks &= !HOMEWARD;
        let depth = request.depth as usize;
        let frame = match request.near(depth) {
            Some(frame) => frame,
            None => *self.far_path.at(id, depth),
        };
        let back = match depth.checked_sub(1) {
            None => None,
            Some(before) => Some(match request.actors.get(before) {
                Some(&actor) => ActorId(u32::from(actor)),
                None => self.far_path.at(id, before).actor,
            }),
        };
        Left { frame, back, request }
    }

    fn frame(&self, id: RequestId, depth: usize) -> Option<Frame> {
        let far = || self.far_path.frames.get(id.0 as usize * self.far_path.stops + depth - NEAR).copied();
        self.slots[id.0 as usize].near(depth).or_else(far)
    }

    /// Stops on the return path; none of a request that is over.
    #[inline]
    fn depth(&self, id: RequestId) -> usize {
        match self.slots[id.0 as usize].depth {
            FREE => 0,
            depth => depth as usize,
        }
    }

    /// The last actor on the return path.
    #[inline]
    #[must_use]
    pub fn last(&self, id: RequestId) -> Option<Frame> {
        self.frame(id, self.depth(id).checked_sub(1)?)
    }

    /// The first actor on the return path: the client, who made it when it entered.
    #[inline]
    #[must_use]
    pub fn first(&self, id: RequestId) -> Option<Frame> {
        if self.depth(id) > 0 { self.frame(id, 0) } else { None }
    }

    /// The stops on the return path, the client first.
    pub fn stops(&self, id: RequestId) -> impl Iterator<Item = Frame> {
        (0..self.depth(id)).filter_map(move |depth| self.frame(id, depth))
    }

    /// Requests in flight.
    #[inline]
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.slots.len() - self.free.len() - self.held
    }

    /// The most requests ever in flight at once.
    #[inline]
    #[must_use]
    pub fn peak(&self) -> usize {
        self.slots.len()
    }

    /// The requests in flight, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (RequestId, &Request)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, request)| request.depth != FREE)
            .map(|(i, request)| (RequestId(i as u32), request))
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;

    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.slots[id.0 as usize]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.slots[id.0 as usize]
    }
}
