//! Requests in flight: a slab of slots, and for each the return path along which its answer travels.
//!
//! What nodes do with requests does not belong here.

mod by_slot;
mod connection;
#[cfg(test)]
mod tests;

pub use by_slot::BySlot;
pub use connection::Connection;

use super::random::mix;
use super::time::{Duration, Time};

/// Identifies an actor: its index in the list of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

/// Identifies a request in flight: its slot. Slots are reused once a request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

impl RequestId {
    /// Names no request.
    pub const NONE: Self = Self(u32::MAX);
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// Answered as asked.
    Served,
    /// Answered, but not as asked: with an older, simpler or smaller answer.
    Degraded,
    /// Rejected: the queue was full.
    QueueFull,
    /// Rejected: it had waited too long in a queue, or for room in it.
    WaitedTooLong,
    /// Rejected by load shedding: because of its class, of its expected wait, or in favour of a later request.
    Shed,
    /// Rejected by a rate limit (429).
    RateLimited,
    /// Rejected by a concurrency limit: too many requests were in flight.
    TooManyInFlight,
    /// Rejected by an open circuit.
    CircuitOpen,
    /// Not sent: the client throttled it.
    Throttled,
    /// Dropped: its deadline had passed.
    DeadlinePassed,
    /// Rejected: no server was available.
    NoServer,
    /// The server was down: the connection was refused.
    Refused,
    /// The server crashed while it held the request.
    Crashed,
    /// A balancer on the way stopped waiting for the answer (504).
    GatewayTimeout,
    /// The server answered with an error.
    Error,
    /// Cancelled by its client, because another attempt was answered first.
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

    /// True for an answer that a client can use, if it arrives in time.
    #[inline]
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Served | Self::Degraded)
    }

    /// True for a request that was rejected before any work was done for it.
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

    /// True for outcomes that only the client itself sets.
    #[must_use]
    pub const fn is_client_side(self) -> bool {
        matches!(self, Self::Throttled | Self::Cancelled | Self::TimedOut | Self::GaveUp)
    }

    /// True if a server failed.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Refused | Self::Crashed | Self::GatewayTimeout | Self::Error)
    }
}

/// A stop on the return path: an actor that passed the request on and waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The actor that passed the request on.
    pub actor: ActorId,
    /// A note of the actor for itself (such as which server it chose, or which user sent the request).
    pub tag: u32,
    /// When the request arrived at that actor.
    pub entered: Time,
}

/// The result of leaving a stop of the return path.
#[derive(Debug)]
pub struct Left<'a> {
    /// The stop that was left.
    pub frame: Frame,
    /// The previous stop, to which the answer travels next; `None` at the client.
    pub back: Option<ActorId>,
    /// The request.
    pub request: &'a mut Request,
}

/// Stops of the return path that are stored in the request itself; longer paths continue elsewhere.
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

/// Its client no longer waits for its answer.
const ABANDONED: u8 = 128;

/// Why the slot of a finished request cannot be reused yet: an event in the calendar still refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Hold {
    /// A cancellation is on its way.
    Cancellation = 2,
    /// A timer that has become irrelevant is still set.
    Timer = 4,
}

const HELD: u8 = Hold::Cancellation as u8 | Hold::Timer as u8;

/// The part of a request in flight that every actor uses: one cache line. With many requests in flight cache misses
/// dominate the time of a run, so rarely used fields are in [`Details`].
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Request {
    entered: [Time; NEAR],
    tags: [u32; NEAR],
    actors: [u16; NEAR],
    /// The class of its clients.
    pub class: u16,
    /// Its outcome so far.
    pub outcome: Outcome,
    /// Whether its details are other than [`Details::NONE`], whether its answer is on a link, its holds, and the like.
    marks: u8,
    /// Number of stops on the return path, or [`FREE`].
    depth: u16,
    /// Its identity for random draws: the same in every arm of an experiment. A request that is retried at another
    /// server gets a new one: see [`Requests::try_again`].
    pub number: u64,
    stage: u64,
}

/// Identifies a call that writes, at the clients that made it.
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
    /// Size in bytes, or in the unit of the trace it came from; for a health check, its service time in nanoseconds.
    pub size: u64,
    /// The key that is requested.
    pub key: u32,
    /// The client's address: an IPv4 address as a number.
    pub client: u32,
    /// The actor that decided on an outcome other than served.
    pub decided_by: ActorId,
    /// The connection it travels on.
    pub connection: Connection,
    /// Its deadline, if its client propagates one; work on it may be dropped from then on.
    pub deadline: Time,
    /// `Retry-After`, as set by the node that rejected it; zero if there is none.
    pub retry_after: Duration,
    /// Why its client no longer waits for its answer; [`Outcome::Served`] while the client waits.
    pub given_up: Outcome,
    /// The time from which its client no longer waits for its answer.
    pub given_up_at: Time,
    /// A request in flight that was made on its behalf, or [`RequestId::NONE`].
    pub child: RequestId,
    /// Its number minus that of its call; see [`Requests::call_number`].
    pub beyond_call: u64,
    /// The writing call to which it belongs, or [`Write::NONE`].
    pub write: Write,
}

impl Details {
    /// The details of a request for which none were set.
    pub const NONE: Self = Self {
        size: 0,
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

/// The stops of return paths beyond those that are stored in the request itself.
#[derive(Debug)]
struct FarPath {
    /// Number of such stops per request.
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

/// A request is in one stage at a time: on its way, waiting, or in service. All stages share one word, so a method may
/// be called only in its own stage.
impl Request {
    /// Sets the first stop of the return path, the client, of a request that was just created.
    #[inline(always)]
    pub fn set_out(&mut self, client: ActorId, tag: u32, now: Time) {
        debug_assert_eq!(self.depth, 0);
        self.set_near(0, Frame { actor: client, tag, entered: now });
        self.depth = 1;
    }

    /// On its way to an actor: the server of that actor that it is for; 0 if the actor has none.
    #[inline(always)]
    #[must_use]
    pub fn port(&self) -> u32 {
        self.stage as u32
    }

    /// Puts it on its way; see [`Request::port`].
    #[inline(always)]
    pub fn set_port(&mut self, port: u32) {
        self.stage = u64::from(port);
    }

    /// In a queue: the request behind it.
    #[inline(always)]
    #[must_use]
    pub fn next(&self) -> RequestId {
        RequestId(self.stage as u32)
    }

    /// Sets the request behind it in a queue; see [`Request::next`].
    #[inline(always)]
    pub fn set_next(&mut self, next: RequestId) {
        self.stage = u64::from(next.0);
    }

    /// In a queue that is kept elsewhere: its wait token there. `None` for a request in service.
    #[inline]
    #[must_use]
    pub fn wait_token(&self) -> Option<u32> {
        (self.stage & WAIT_TOKEN != 0).then_some(self.stage as u32)
    }

    /// True once its client has stopped waiting, so that further work on it is wasted.
    #[inline(always)]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.marks & ABANDONED != 0
    }

    /// Marks it as abandoned by its client; see [`Request::is_abandoned`].
    #[inline]
    pub fn set_abandoned(&mut self) {
        self.marks |= ABANDONED;
    }

    /// True while its answer travels over a link to the last stop of its return path.
    #[inline]
    #[must_use]
    pub fn is_replying(&self) -> bool {
        self.marks & HOMEWARD != 0
    }

    /// Marks its answer as travelling over a link; see [`Request::is_replying`].
    #[inline]
    pub fn start_reply(&mut self) {
        self.marks |= HOMEWARD;
    }

    /// Counts that its work was done once more.
    #[inline]
    pub fn work_done(&mut self) {
        self.marks |= if self.marks & DONE == 0 { DONE } else { DONE_AGAIN };
    }

    /// How often its work was done: 0, 1, or 2 for twice or more.
    #[inline]
    #[must_use]
    pub fn times_done(&self) -> u32 {
        (self.marks & (DONE | DONE_AGAIN)).count_ones()
    }

    /// Sets its wait token; see [`Request::wait_token`].
    #[inline]
    pub fn set_wait_token(&mut self, token: u32) {
        self.stage = WAIT_TOKEN | u64::from(token);
    }

    /// In service: when its service began.
    #[inline(always)]
    #[must_use]
    pub fn started(&self) -> Time {
        Time::from_nanos(self.stage)
    }

    /// Begins its service; see [`Request::started`].
    #[inline(always)]
    pub fn start(&mut self, now: Time) {
        self.stage = now.as_nanos();
    }

    /// Under processor sharing: when it will be finished in the virtual time of its server, in seconds.
    #[inline]
    #[must_use]
    pub fn finish(&self) -> f64 {
        f64::from_bits(self.stage)
    }

    /// Sets when it will be finished; see [`Request::finish`].
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
    /// An empty slab for return paths of at most `depth` actors, up to 65,534. Up to three need no extra memory; each
    /// further one takes 16 bytes per slot.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        let far_path = FarPath { stops: depth.min(FREE as usize - 1).saturating_sub(NEAR), frames: Vec::new() };
        Self { slots: Vec::new(), details: Vec::new(), far_path, free: Vec::new(), held: 0 }
    }

    /// A slot that is free; `None` if there is none, and [`Requests::grow`] makes one.
    #[inline(always)]
    pub(super) fn take_slot(&mut self) -> Option<RequestId> {
        self.free.pop()
    }

    /// Creates a request of `class` with identity `number` in a slot that was just taken or made.
    #[inline(always)]
    pub(super) fn create(&mut self, id: RequestId, number: u64, class: u16) -> &mut Request {
        let request = &mut self.slots[id.0 as usize];
        // Fields that are not set here are set before they are read.
        request.number = number;
        request.class = class;
        request.outcome = Outcome::Served;
        request.marks = 0;
        request.depth = 0;
        request
    }

    /// Makes one more slot, which is taken.
    pub(super) fn grow(&mut self) -> RequestId {
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

    /// The details of a request, to be changed.
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

    /// The number of the call that the request is an attempt of: the same at every attempt, wherever it is made. Draws
    /// that belong to the call use it as their key; draws that belong to a visit use the number of the request.
    #[inline]
    #[must_use]
    pub fn call_number(&self, id: RequestId) -> u64 {
        self[id].number.wrapping_sub(self.details(id).beyond_call)
    }

    /// Gives the request a new number, because it goes to another server after a failed attempt: its further draws are
    /// new.
    pub fn try_again(&mut self, id: RequestId) {
        let call = self.call_number(id);
        // Apart from the numbers of the attempts that clients make.
        let number = mix(self[id].number ^ mix(2 << 32));
        self[id].number = number;
        self.describe(id).beyond_call = number.wrapping_sub(call);
    }

    /// Continues the request with the number of `attempt`, which was made on its behalf, so that further draws do not
    /// repeat those of the attempt.
    pub fn continue_from(&mut self, id: RequestId, attempt: RequestId) {
        let number = self[attempt].number;
        if number != self[id].number {
            let beyond_call = self.details(attempt).beyond_call;
            self[id].number = number;
            self.describe(id).beyond_call = beyond_call;
        }
    }

    /// Sets an outcome other than served, decided by `actor`.
    #[inline]
    pub fn decide(&mut self, id: RequestId, outcome: Outcome, actor: ActorId) {
        self.slots[id.0 as usize].outcome = outcome;
        self.describe(id).decided_by = actor;
    }

    /// Ends the request and frees its slot.
    ///
    /// # Panics
    /// If it was over already, or if an actor on its return path still waits for it: a bug in an actor.
    #[inline]
    pub fn finish(&mut self, id: RequestId) {
        assert!(self.slots[id.0 as usize].depth == 0, "a request ended twice or before its answer came home");
        self.end(id);
    }

    /// Frees the slot of a request, unless something holds it.
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

    /// Marks the request, and the requests made on its behalf, as abandoned from `now` on: their clients no longer wait
    /// for the answer, because the request was cancelled, timed out or was given up.
    pub fn abandon(&mut self, id: RequestId, why: Outcome, now: Time) {
        let mut next = id;
        while next != RequestId::NONE {
            self.slots[next.0 as usize].set_abandoned();
            let details = self.describe(next);
            (details.given_up, details.given_up_at) = (why, now);
            next = details.child;
        }
    }

    /// The outcome of a returning request from the view of the last node on its return path, which judges the nodes
    /// behind it. If the client gave up after the request had arrived at the node, the request took too long; if it
    /// gave up before that, the actual outcome counts. `None` if the outcome says nothing about the nodes behind: the
    /// request was cancelled, or its deadline had passed before it arrived.
    #[inline]
    #[must_use]
    pub fn outcome_behind(&self, id: RequestId) -> Option<Outcome> {
        let request = &self[id];
        if !request.is_abandoned() & (request.outcome == Outcome::Served) {
            return Some(Outcome::Served);
        }
        self.outcome_behind_rare(id)
    }

    #[inline(never)]
    fn outcome_behind_rare(&self, id: RequestId) -> Option<Outcome> {
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

    /// Marks the request or its answer as lost on a link.
    pub fn mark_lost(&mut self, id: RequestId) {
        self.slots[id.0 as usize].marks |= LOST;
    }

    /// True if the request was marked as lost on a link; clears the mark.
    pub fn take_lost(&mut self, id: RequestId) -> bool {
        let marks = &mut self.slots[id.0 as usize].marks;
        let lost = *marks & LOST != 0;
        *marks &= !LOST;
        lost
    }

    /// Keeps the slot of the request, because an event in the calendar refers to it; must be followed by
    /// [`Requests::release`].
    pub fn hold(&mut self, id: RequestId, hold: Hold) {
        debug_assert!(!self.is_held(id, hold), "a request is held twice for the same reason");
        self.slots[id.0 as usize].marks |= hold as u8;
    }

    /// True if the slot is held for this reason.
    #[inline]
    #[must_use]
    pub fn is_held(&self, id: RequestId, hold: Hold) -> bool {
        self.slots[id.0 as usize].marks & hold as u8 != 0
    }

    /// True if the request is over, although an event in the calendar may still refer to its slot.
    #[must_use]
    pub fn is_over(&self, id: RequestId) -> bool {
        self.slots[id.0 as usize].depth == FREE
    }

    /// Ends a hold; if the request is over, its slot becomes free.
    pub fn release(&mut self, id: RequestId, hold: Hold) {
        let request = &mut self.slots[id.0 as usize];
        debug_assert!(request.marks & hold as u8 != 0, "a request that nothing holds is let go");
        request.marks &= !(hold as u8);
        if request.depth == FREE && request.marks & HELD == 0 {
            self.held -= 1;
            self.free.push(id);
        }
    }

    /// Takes the answer at the client: the request leaves the client and is over. The result can still be read.
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

    /// Adds a stop to the return path: `actor` passes the request on and waits for the answer.
    ///
    /// # Panics
    /// If the return path is longer than `depth`: a bug where the system is built.
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

    /// Changes the tag and the time of arrival of the last stop on the return path.
    ///
    /// # Panics
    /// If the return path is empty: a bug in an actor.
    #[inline(never)]
    pub fn retag(&mut self, id: RequestId, tag: u32, entered: Time) {
        let request = &mut self.slots[id.0 as usize];
        assert!(request.depth.wrapping_sub(1) < FREE - 1, "a request is held by no actor");
        let depth = request.depth as usize - 1;
        match (request.tags.get_mut(depth), request.entered.get_mut(depth)) {
            (Some(near), Some(when)) => (*near, *when) = (tag, entered),
            _ => {
                let frame = self.far_path.at(id, depth);
                (frame.tag, frame.entered) = (tag, entered);
            }
        }
    }

    /// Removes the last stop from the return path, where the answer has arrived.
    ///
    /// # Panics
    /// If the return path is empty: a bug in an actor.
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

    /// The last stop on the return path.
    #[inline]
    #[must_use]
    pub fn last(&self, id: RequestId) -> Option<Frame> {
        self.frame(id, self.depth(id).checked_sub(1)?)
    }

    /// The first stop on the return path: the client, with the time at which it sent the request.
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
