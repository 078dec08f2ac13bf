//! The event loop: takes events from the calendar and hands each to its actor, until the run ends.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use super::calendar::{Calendar, Event, Handle, LaneId, MAX_TIMERS, Rank, SEQUENCE_BITS};
use super::requests::{ActorId, Hold, Request, RequestId, Requests};
use super::time::{Duration, Time};

/// The most actors of a system.
pub const MAX_ACTORS: u32 = 1 << 16;
/// Timers from this number on are those of actors; those before belong to requests.
const FIRST_ALARM: u32 = MAX_TIMERS as u32 - MAX_ACTORS;

/// A message between actors, small enough to share one 64-bit word with the actor that it is for. A word stays in a
/// register all the way through the calendar; anything larger would be written in parts and read as a whole, which
/// causes store-forwarding stalls.
pub trait Packed: Copy {
    /// The kind of the message and its number.
    fn pack(self) -> (u8, u32);

    /// The inverse of [`Packed::pack`].
    fn unpack(kind: u8, number: u32) -> Self;

    /// Its order among the events of one instant.
    #[inline(always)]
    fn rank(&self) -> Rank {
        Rank::Second
    }
}

/// A message that a handler sends for the present instant as its last action. The event loop passes it on directly,
/// without the calendar, unless other events are scheduled for this instant.
pub type Passed<M> = Option<(ActorId, M)>;

/// A system of actors, driven by the event loop.
pub trait World {
    /// The messages between actors.
    type Message: Packed;

    /// Handles a message for actor `to`.
    fn handle(&mut self, core: &mut Core<Self::Message>, to: ActorId, message: Self::Message) -> Passed<Self::Message>;

    /// The timer of a request rings; see [`Core::set_timer`].
    fn ring(&mut self, core: &mut Core<Self::Message>, id: RequestId) -> Passed<Self::Message>;

    /// The alarm of an actor goes off; see [`Core::set_alarm`].
    fn wake(&mut self, core: &mut Core<Self::Message>, actor: ActorId) -> Passed<Self::Message>;

    /// Called when the clock passes `at`, a boundary of windows; returns the next boundary, which must be later.
    fn tick(&mut self, requests: &Requests, at: Time) -> Time;
}

/// The state that all actors share: the calendar with the clock, and the requests in flight.
#[derive(Debug)]
pub struct Core<M> {
    /// The future event list and the clock.
    pub calendar: Calendar<u64>,
    /// The requests in flight.
    pub requests: Requests,
    completed: u64,
    pending_requests: usize,
    events: u64,
    /// The number of events from which on the event loop looks at its limits. Whatever may reach one sets it to zero, so
    /// that an event costs one comparison.
    look: u64,
    /// Requests to complete.
    wanted: u64,
    /// Requests that may be in flight, and requests that may be pending.
    most: usize,
    messages: PhantomData<M>,
}

/// Kind, actor and number, from high bits to low.
#[inline]
fn pack<M: Packed>(to: ActorId, message: M) -> u64 {
    debug_assert!(to.0 < MAX_ACTORS);
    let (kind, number) = message.pack();
    (u64::from(kind) << 56) | (u64::from(to.0) << 32) | u64::from(number)
}

#[inline]
fn unpack<M: Packed>(word: u64) -> (ActorId, M) {
    (ActorId((word >> 32) as u32 & (MAX_ACTORS - 1)), M::unpack((word >> 56) as u8, word as u32))
}

impl<M: Packed> Core<M> {
    /// An empty core for requests that pass at most `depth` actors.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        Self {
            calendar: Calendar::new(),
            requests: Requests::new(depth),
            completed: 0,
            pending_requests: 0,
            events: 0,
            look: 0,
            wanted: u64::MAX,
            most: usize::MAX,
            messages: PhantomData,
        }
    }

    /// The clock.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Time {
        self.calendar.now()
    }

    /// Events handled so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Number of requests whose outcome is known to their client.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.completed
    }

    /// The outcome of one more request is known to its client.
    #[inline(always)]
    pub fn complete(&mut self) {
        self.completed += 1;
        if self.completed >= self.wanted {
            self.look = 0;
        }
    }

    /// One more event is scheduled that will create a request, such as a retry. Such events are bounded like requests in
    /// flight.
    #[inline]
    pub fn add_pending_request(&mut self) {
        self.pending_requests += 1;
        if self.pending_requests > self.most {
            self.look = 0;
        }
    }

    /// An event that was to create a request has happened or was cancelled.
    #[inline]
    pub fn remove_pending_request(&mut self) {
        self.pending_requests -= 1;
    }

    /// Creates a request of `class` with identity `number`.
    #[inline(always)]
    pub fn create_request(&mut self, number: u64, class: u16) -> (RequestId, &mut Request) {
        let id = match self.requests.take_slot() {
            Some(id) => id,
            None => self.grow_requests(),
        };
        (id, self.requests.create(id, number, class))
    }

    #[cold]
    #[inline(never)]
    fn grow_requests(&mut self) -> RequestId {
        let id = self.requests.grow();
        if self.requests.peak() > self.most {
            self.look = 0;
        }
        id
    }

    /// Delivers `message` to `to` at the present instant.
    #[inline]
    pub fn send(&mut self, to: ActorId, message: M) {
        self.calendar.send(message.rank(), pack(to, message));
    }

    /// Sends a message returned by a slow-path handler.
    pub fn send_passed(&mut self, passed: Passed<M>) {
        if let Some((to, message)) = passed {
            self.send(to, message);
        }
    }

    /// Delivers `message` to `to` at time `at`.
    #[inline(always)]
    pub fn send_at(&mut self, at: Time, to: ActorId, message: M) -> Handle {
        self.calendar.schedule(at, message.rank(), pack(to, message))
    }

    /// Delivers `message` to `to` after `delay`.
    #[inline(always)]
    pub fn send_after(&mut self, delay: Duration, to: ActorId, message: M) -> Handle {
        self.calendar.schedule_after(delay, message.rank(), pack(to, message))
    }

    /// Delivers `message` to `to` after the delay of a lane, which must have the rank of the message.
    #[inline]
    pub fn send_in_lane(&mut self, lane: LaneId, to: ActorId, message: M) -> Handle {
        self.calendar.schedule_in_lane(lane, pack(to, message))
    }

    /// Sets the timeout of request `id`: delivers `message` to `to` after the delay of a lane, unless it is cleared before. A
    /// request has one timeout at a time, which must be over or cleared before the request is over.
    #[inline]
    pub fn set_timeout(&mut self, lane: LaneId, id: RequestId, to: ActorId, message: M) {
        self.calendar.schedule_owned(lane, id.0, pack(to, message));
    }

    /// Clears the timeout of request `id`, if it has one.
    #[inline]
    pub fn clear_timeout(&mut self, id: RequestId) {
        self.calendar.cancel_owned(id.0);
    }

    /// Sets the timer of request `id` to ring at time `at`, before all events of the second rank. The actor that has
    /// the request may set one timer at a time; [`Core::take_timers`] cancels it.
    #[inline(always)]
    pub fn set_timer(&mut self, at: Time, id: RequestId) {
        debug_assert!(id.0 < FIRST_ALARM);
        debug_assert!(!self.requests.is_held(id, Hold::Timer), "a timer that no longer matters would take its place");
        self.calendar.set_timer(at, id.0);
    }

    /// Sets the alarm of `actor` to go off at time `at`, after all events of the first rank. An actor may set one alarm
    /// at a time and cannot cancel it.
    #[inline(always)]
    pub fn set_alarm(&mut self, at: Time, actor: ActorId) {
        self.calendar.set_alarm(at, FIRST_ALARM + actor.0);
    }

    /// Cancels the timers of the requests for which `wanted` is true and returns their times, in the order in which
    /// they would have rung. Takes time proportional to the number of scheduled events, so use it only for rare events.
    pub fn take_timers(&mut self, wanted: impl Fn(&Requests, RequestId) -> bool) -> Vec<(Time, RequestId)> {
        let requests = &self.requests;
        let timers = self.calendar.take_timers(|number| number < FIRST_ALARM && wanted(requests, RequestId(number)));
        timers.into_iter().map(|(at, number)| (at, RequestId(number))).collect()
    }

    /// What was passed on, if it is its turn; otherwise it stands in line from now on.
    #[inline(always)]
    fn at_once(&mut self, passed: Passed<M>) -> Passed<M> {
        let (to, message) = passed?;
        if self.calendar.present_is_empty() {
            return passed;
        }
        self.in_turn(to, message)
    }

    /// A message that was passed on while other events are still to come at the present instant.
    #[inline(never)]
    fn in_turn(&mut self, to: ActorId, message: M) -> Passed<M> {
        if message.rank() == Rank::First && self.calendar.no_first_rank_event() {
            return Some((to, message));
        }
        self.send(to, message);
        None
    }
}

/// When a run ends: at the first limit that is reached.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The run covers the time before this point.
    pub end: Time,
    /// Number of requests whose outcome is known to their client.
    pub requests: u64,
    /// The most events handled: a guard against runs without end.
    pub events: u64,
    /// The most requests in flight at once, up to about eight million: a bound on memory.
    pub in_flight: usize,
    /// Ends the run soon after it is set.
    pub stop: Option<&'a AtomicBool>,
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Self { end: Time::MAX, requests: u64::MAX, events: u64::MAX, in_flight: 8_000_000, stop: None }
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Ended {
    /// The end of the simulated time was reached.
    Duration,
    /// Enough requests were answered.
    Requests,
    /// No event was left.
    Drained,
    /// The event budget was used up.
    Events,
    /// Too many requests were in flight, or too many events were scheduled.
    InFlight,
    /// Time stood still: an endless sequence of requests or events at one instant.
    Standstill,
    /// All remaining events lie beyond [`Time::MAX`].
    EndOfTime,
    /// The stop flag was set.
    Stopped,
}

/// Events between two looks at the clock and at whether the run is to stop: a few milliseconds of the slowest systems.
const LOOK: u64 = 1 << 12;
/// Requests that must have ended at one instant for time to stand still: a million.
const MANY_REQUESTS: u64 = 1 << 20;
/// Events that must have happened at one instant for time to stand still, as when calls that fail at once are tried again
/// at once: 16 million, a second of computing.
const MANY_EVENTS: u64 = 1 << 24;
/// Events that each request or event that was there when the instant began may explain.
const EVENTS_EACH: u64 = 64;

/// Detects that simulated time stands still, as when users without think time are rejected at once.
#[derive(Default)]
struct Watch {
    at: Time,
    completed: u64,
    events: u64,
    /// Events that waited or requests that were in flight.
    there: u64,
}

impl Watch {
    /// True if at this instant more requests have ended, or more events have happened, than all that was there can explain.
    #[cold]
    #[inline(never)]
    fn time_stands_still<M: Packed>(&mut self, core: &Core<M>) -> bool {
        if self.at != core.now() {
            let there = (core.requests.peak() + core.calendar.waiting()) as u64;
            *self = Self { at: core.now(), completed: core.completed, events: core.events, there };
        }
        core.completed - self.completed > MANY_REQUESTS.max(self.there)
            || core.events - self.events > MANY_EVENTS.max(self.there.saturating_mul(EVENTS_EACH))
    }
}

/// Holds a run to its limits.
struct Guard<'a> {
    limits: Limits<'a>,
    /// The most events.
    budget: u64,
    /// The number of events from which on more than the limits that were reached is looked at.
    next: u64,
    watch: Watch,
}

impl<'a> Guard<'a> {
    fn new<M: Packed>(core: &mut Core<M>, limits: Limits<'a>) -> Self {
        // Beyond this, sequence numbers could run out: a handler rarely schedules more than two events.
        let budget = limits.events.min(1 << (SEQUENCE_BITS - 2));
        core.wanted = limits.requests;
        core.most = limits.in_flight.min(FIRST_ALARM as usize - 1);
        // What was reached before is seen at the first event.
        core.look = 0;
        Self { limits, budget, next: budget.min(LOOK), watch: Watch::default() }
    }

    /// Why the run ends now; `None` if it goes on.
    #[cold]
    #[inline(never)]
    fn look<M: Packed>(&mut self, core: &mut Core<M>) -> Option<Ended> {
        if core.completed >= core.wanted {
            return Some(Ended::Requests);
        }
        if core.events >= self.next {
            if core.events >= self.budget {
                return Some(Ended::Events);
            }
            if self.limits.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Some(Ended::Stopped);
            }
            if self.watch.time_stands_still(core) {
                return Some(Ended::Standstill);
            }
            self.next = self.budget.min(core.events + LOOK);
        }
        // A slab that has never held more has no more now.
        if core.requests.peak() > core.most || core.pending_requests > core.most || core.calendar.is_full() {
            return Some(Ended::InFlight);
        }
        core.look = self.next;
        None
    }
}

/// Runs `world` until a limit is reached; `first_tick` is the first boundary of windows.
///
/// Limits are not checked between messages that are passed on directly (see [`Passed`]), so the event budget may be
/// exceeded by a few events.
///
/// The documentation of the [module](crate::engine) has an example.
pub fn run<W: World>(world: &mut W, core: &mut Core<W::Message>, limits: Limits<'_>, first_tick: Time) -> Ended {
    if limits.end == Time::ZERO {
        return Ended::Duration;
    }
    let mut guard = Guard::new(core, limits);
    let mut next_tick = first_tick;
    loop {
        let end = next_tick.min(limits.end);
        while let Some(event) = core.calendar.pop(end) {
            let mut next = match event {
                Event::Message(word) => Some(unpack(word)),
                Event::Timer(number) => {
                    core.events += 1;
                    let passed = if number < FIRST_ALARM {
                        world.ring(core, RequestId(number))
                    } else {
                        world.wake(core, ActorId(number - FIRST_ALARM))
                    };
                    core.at_once(passed)
                }
            };
            while let Some((to, message)) = next {
                core.events += 1;
                let passed = world.handle(core, to, message);
                next = core.at_once(passed);
            }
            if core.events >= core.look
                && let Some(ended) = guard.look(core)
            {
                return ended;
            }
        }
        if core.calendar.next_time().is_none() {
            return Ended::Drained;
        }
        if end == limits.end {
            return if end == Time::MAX { Ended::EndOfTime } else { Ended::Duration };
        }
        next_tick = world.tick(&core.requests, next_tick);
    }
}
