//! Fallbacks: graceful degradation. Where what was asked for fails or does not come in time, another answer is given.
//!
//! Who decides that a request fails does not belong here.

pub mod record;
pub mod spec;
#[cfg(test)]
mod tests;

pub use record::{FallbackRecord, Kind};
pub use spec::{AnswerSpec, Cover, FallbackSpec};

use super::cancel::{Found, arrived};
use super::copies::Copies;
use super::limiter::accounts::{Accounts, Key};
use super::link::Link;
use super::message::{CHECK_CLASS, Core, Message, Passed, reply};
use super::passage::Passage;
use crate::engine::{ActorId, Connection, Details, Duration, Handle, Hold, LaneId, Outcome, RequestId, Time};

/// The note of a request that was made here: to what stands behind. From one on, it is to the node of that answer.
const BEHIND: u32 = 0;

/// An answer that can be given.
#[derive(Debug)]
enum Answer {
    Stale { age: Duration },
    Smaller { copies: Copies, link: Link },
    Default { takes: Duration },
}

/// A request that came, while it is here.
#[derive(Clone, Copy, Debug)]
struct Call {
    timeout: Handle,
    /// The answer to be tried next.
    next: usize,
    /// How it failed, and by whom.
    failure: (Outcome, ActorId),
}

/// A fallback at work.
#[derive(Debug)]
pub struct Fallback {
    passage: Passage,
    on: Vec<Cover>,
    timeout: Option<LaneId>,
    answers: Vec<Answer>,
    /// When the last good answer for a key came.
    memory: Option<Accounts<Time>>,
    /// Requests that came: a place for each slot.
    calls: Vec<Call>,
    /// Requests that were made here: a place for each slot, with the request that waits for its answer.
    waits: Vec<Option<RequestId>>,
    /// What it answered itself.
    pub record: FallbackRecord,
}

/// Puts a value at the place of a slot. The places before it that are new are written before they are read.
fn put<T: Copy>(places: &mut Vec<T>, id: RequestId, value: T) {
    let slot = id.0 as usize;
    if places.len() <= slot {
        places.resize(slot + 1, value);
    }
    places[slot] = value;
}

fn key_of(details: &Details) -> Key {
    Key { route: details.key, ..Key::default() }
}

impl Fallback {
    /// A fallback as described by `spec`, with the way on; `ways` are the ways to the nodes that give smaller answers, in
    /// order, and `timeout` is the lane of its timeouts.
    #[must_use]
    pub fn new(
        spec: &FallbackSpec,
        passage: Passage,
        ways: impl IntoIterator<Item = (Copies, Link)>,
        timeout: Option<LaneId>,
    ) -> Self {
        let mut ways = ways.into_iter();
        let answers = spec.answers.iter().filter_map(|answer| {
            Some(match answer {
                AnswerSpec::Stale(stale) => Answer::Stale { age: stale.age.duration() },
                AnswerSpec::Smaller(_) => ways.next().map(|(copies, link)| Answer::Smaller { copies, link })?,
                AnswerSpec::Default(default) => Answer::Default { takes: default.takes.duration() },
            })
        });
        Self {
            passage,
            on: spec.on.clone(),
            timeout,
            answers: answers.collect(),
            memory: Some(spec.keys()).filter(|&keys| keys > 0).map(|keys| Accounts::new(keys as usize)),
            calls: Vec::new(),
            waits: Vec::new(),
            record: FallbackRecord::default(),
        }
    }

    /// The way on, with what was recorded of requests.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Request { id } => self.arrive(core, id),
            Message::Reply { id } => {
                let tag = core.requests.last(id)?.tag;
                if self.link(tag).arrives_at_once(core, id, self.passage.me) { self.returned(core, id) } else { None }
            }
            Message::Returned { id } => self.returned(core, id),
            Message::FallbackTimeout { id } => self.overdue(core, id),
            Message::Cancel { id } => self.cancelled(core, id),
            Message::WarmUpOver => {
                self.passage.record.at_warm_up = self.passage.record.snapshot(core.now());
                self.record.at_warm_up = self.record.counts;
                None
            }
            _ => None,
        }
    }

    /// The way that a request with this note took.
    fn link(&self, tag: u32) -> &Link {
        match tag.checked_sub(1).map(|place| &self.answers[place as usize]) {
            Some(Answer::Smaller { link, .. }) => link,
            _ => self.passage.link(),
        }
    }

    fn arrive(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        let (class, port, outcome) = (request.class, request.port(), request.outcome);
        if class == CHECK_CLASS {
            return self.passage.let_check_by(core, id);
        }
        self.passage.record.arrivals += 1;
        if outcome == Outcome::Cancelled {
            self.passage.record.departures += 1;
            return reply(core.requests.last(id).map(|stop| stop.actor), id);
        }
        if core.requests.details(id).connection.shared().is_some() {
            core.requests.describe(id).connection.end();
        }
        self.passage.enter(core, id, 0);
        let timeout = match self.timeout {
            Some(lane) => core.send_in_lane(lane, self.passage.me, Message::FallbackTimeout { id }),
            None => Handle::NONE,
        };
        put(&mut self.calls, id, Call { timeout, next: 0, failure: (Outcome::Served, self.passage.me) });
        let child = self.ask(core, id, BEHIND);
        core.requests[child].set_port(port);
        self.passage.send(core, child)
    }

    /// A new request on behalf of `id`, ready to set out.
    fn ask(&mut self, core: &mut Core, id: RequestId, tag: u32) -> RequestId {
        let request = &core.requests[id];
        let (number, class, abandoned) = (request.number, request.class, request.abandoned);
        let details = core.requests.details(id);
        let now = core.now();
        let (child, request) = core.requests.create(number, class);
        request.set_out(self.passage.me, tag, now);
        request.abandoned = abandoned;
        // The client's timeout and its connection are no business of whoever is asked.
        *core.requests.describe(child) = Details {
            timeout: Handle::NONE,
            connection: Connection::OWN,
            retry_after: Duration::ZERO,
            child: RequestId::NONE,
            ..details
        };
        core.requests.describe(id).child = child;
        put(&mut self.waits, child, Some(id));
        child
    }

    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if core.requests[id].class == CHECK_CLASS {
            return reply(self.passage.leave(core, id).back, id);
        }
        let details = core.requests.details(id);
        let (frame, request) = core.requests.come_home(id);
        let outcome = request.outcome;
        if frame.tag == BEHIND && outcome == Outcome::Served {
            self.remember(&details, core.now());
        }
        let Some(parent) = self.waits[id.0 as usize].take() else {
            self.record.counts.late += 1;
            return None;
        };
        core.requests.describe(parent).child = RequestId::NONE;
        if core.requests[parent].outcome == Outcome::Cancelled {
            // The answer that came nevertheless was quicker than the word that it was not wanted.
            let outcome = if outcome.is_answer() { outcome } else { Outcome::Cancelled };
            return self.answer(core, parent, outcome, details.decided_by);
        }
        if frame.tag != BEHIND {
            return if outcome.is_answer() {
                self.give(core, parent, Kind::Smaller)
            } else {
                self.fall_back(core, parent)
            };
        }
        if self.on.iter().any(|cover| cover.holds(outcome)) {
            core.requests.describe(parent).retry_after = details.retry_after;
            self.calls[parent.0 as usize].failure = (outcome, details.decided_by);
            return self.fall_back(core, parent);
        }
        if outcome != Outcome::Served {
            core.requests.describe(parent).retry_after = details.retry_after;
        }
        self.answer(core, parent, outcome, details.decided_by)
    }

    fn remember(&mut self, details: &Details, now: Time) {
        if let Some(memory) = &mut self.memory {
            *memory.of(key_of(details), || now) = now;
        }
    }

    /// A request has taken too long: nobody waits any more for what was asked on its behalf.
    fn overdue(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let child = std::mem::replace(&mut core.requests.describe(id).child, RequestId::NONE);
        self.record.counts.overdue += 1;
        core.requests.abandon(child, Outcome::TimedOut);
        self.waits[child.0 as usize] = None;
        let call = &mut self.calls[id.0 as usize];
        (call.timeout, call.failure) = (Handle::NONE, (Outcome::Error, self.passage.me));
        self.fall_back(core, id)
    }

    /// The next answer that can be given, or asked for.
    fn fall_back(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.hush(core, id);
        let now = core.now();
        loop {
            let call = &mut self.calls[id.0 as usize];
            let place = call.next;
            call.next += 1;
            match self.answers.get_mut(place) {
                Some(Answer::Stale { age }) => {
                    let since = self.memory.as_mut().and_then(|memory| memory.get(key_of(&core.requests.details(id))));
                    if since.is_some_and(|&mut since| now.since(since) <= *age) {
                        return self.give(core, id, Kind::Stale);
                    }
                }
                Some(Answer::Smaller { copies, .. }) => {
                    let to = copies.choose(core.requests[id].number, core.requests.details(id).client);
                    let child = self.ask(core, id, place as u32 + 1);
                    core.requests[child].set_port(to.port);
                    return self.link(place as u32 + 1).send(core, child, to.actor);
                }
                Some(Answer::Default { takes }) if takes.is_zero() => return self.give(core, id, Kind::Default),
                Some(Answer::Default { takes }) => {
                    let at = now + *takes;
                    core.set_timer(at, id);
                    return None;
                }
                None => {
                    self.record.counts.bare += 1;
                    let (outcome, by) = self.calls[id.0 as usize].failure;
                    return self.answer(core, id, outcome, by);
                }
            }
        }
    }

    /// A default answer has been made.
    pub fn made(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.give(core, id, Kind::Default)
    }

    /// A request gets another answer than it asked for.
    fn give(&mut self, core: &mut Core, id: RequestId, kind: Kind) -> Passed {
        self.record.counts.given[kind as usize] += 1;
        self.answer(core, id, Outcome::Degraded, self.passage.me)
    }

    /// The request goes home.
    fn answer(&mut self, core: &mut Core, id: RequestId, outcome: Outcome, by: ActorId) -> Passed {
        self.hush(core, id);
        if outcome == Outcome::Served {
            core.requests[id].outcome = Outcome::Served;
        } else {
            core.requests.decide(id, outcome, by);
        }
        reply(self.passage.leave(core, id).back, id)
    }

    /// The request can take too long no more.
    fn hush(&mut self, core: &mut Core, id: RequestId) {
        let timeout = std::mem::replace(&mut self.calls[id.0 as usize].timeout, Handle::NONE);
        if timeout != Handle::NONE {
            core.calendar.cancel(timeout);
        }
    }

    /// Word that a request is taken back goes on to what was asked on its behalf, whose answer it waits for.
    fn cancelled(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let me = self.passage.me;
        match arrived(core, id, me) {
            Found::TooLate => return None,
            Found::GoneOn(next, tag) => {
                // Something that only passes by.
                let number = core.requests[id].number;
                self.link(tag).carry(core, number, next, Message::Cancel { id }, true);
                return None;
            }
            Found::Here => {}
        }
        self.hush(core, id);
        let child = core.requests.details(id).child;
        if child == RequestId::NONE {
            // Its default answer is being made.
            core.requests.hold(id, Hold::Timer);
            return self.answer(core, id, Outcome::Cancelled, me);
        }
        // Whoever gave the request up has given up the child with it.
        let (own, next) = {
            let mut stops = core.requests.stops(child);
            (stops.next(), stops.next())
        };
        match (own, next) {
            (Some(own), Some(next)) => {
                core.requests.hold(child, Hold::Cancellation);
                let number = core.requests[child].number;
                self.link(own.tag).carry(core, number, next.actor, Message::Cancel { id: child }, true);
            }
            // On its way there, or back.
            _ => core.requests[child].outcome = Outcome::Cancelled,
        }
        None
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
        self.record.window(now, halve);
    }
}
