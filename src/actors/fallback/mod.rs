//! Fallbacks: graceful degradation. If a request fails or is not answered in time, another answer is given.
//!
//! Deciding that a request has failed does not belong here.

mod describe;
pub mod record;
mod seen;
pub mod spec;
#[cfg(test)]
mod tests;

pub use record::{FallbackRecord, Kind};
pub use spec::{AnswerSpec, Cover, FallbackSpec};

use super::calls::OnBehalf;
use super::kit::accounts::{Accounts, Key};
use super::kit::books::Account;
use super::kit::cancel;
use super::kit::copies::Copies;
use super::kit::link::Link;
use super::kit::message::{CHECK_CLASS, Core, Message, Passed, reply};
use super::kit::node::Node;
use super::kit::passage::{Passage, Taken};
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::random::{StreamKey, mix};
use crate::engine::{ActorId, BySlot, Connection, Details, Duration, Handle, Hold, LaneId, Outcome, RequestId, Time};
use crate::measure::Begin;

/// The tag of a request that was made here for the node behind. Tags from one on are for the nodes that give other
/// answers.
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
    /// How it failed, and at which node.
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
    /// Requests that came.
    calls: BySlot<Call>,
    /// Requests that were made here on their behalf.
    made: OnBehalf,
    /// Names the draws of the requests for other answers.
    salt: u64,
    /// Records of its own answers.
    pub record: FallbackRecord,
}

fn key_of(details: &Details) -> Key {
    Key { route: details.key, ..Key::default() }
}

impl Fallback {
    /// A fallback as described by `spec`, with the link to the node behind; `ways` are the links to the nodes that give
    /// smaller answers, in order, `timeout` is the lane of its timeouts, and `key` names the draws of its requests to
    /// them.
    #[must_use]
    pub fn new(
        spec: &FallbackSpec,
        key: StreamKey,
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
            salt: mix(key.named("smaller").number()),
            calls: BySlot::default(),
            made: OnBehalf::default(),
            record: FallbackRecord::default(),
        }
    }

    /// The link to the node behind, with the records of requests.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            // Requests that the fallback made itself are answered over the link that they took. A health check only
            // passes by.
            Message::Reply { id } if core.requests[id].class != CHECK_CLASS => {
                let tag = core.requests.last(id)?.tag;
                let is_here = self.link(tag).arrives_at_once(core, id, self.passage.me);
                return if is_here { self.returned(core, id) } else { None };
            }
            Message::Returned { id } if core.requests[id].class != CHECK_CLASS => return self.returned(core, id),
            _ => {}
        }
        match self.passage.take(core, message) {
            Taken::Came(id) => self.arrive(core, id),
            Taken::Handled(passed) => passed,
            // A check that is on the link finds out where it arrives, and is answered there.
            Taken::Cancelled(id) if core.requests[id].class == CHECK_CLASS => None,
            Taken::Cancelled(id) => self.cancelled(core, id),
            Taken::Other(Message::FallbackTimeout { id }) => self.overdue(core, id),
            Taken::Other(Message::Crashed) => {
                // Its requests are cancelled; its memory is lost.
                if let Some(memory) = &mut self.memory {
                    memory.clear();
                }
                None
            }
            Taken::Back(_) | Taken::Other(_) => None,
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
        let port = core.requests[id].port();
        if core.requests.details(id).connection.shared().is_some() {
            core.requests.describe(id).connection.end();
        }
        self.passage.enter(core, id, 0);
        let timeout = match self.timeout {
            Some(lane) => core.send_in_lane(lane, self.passage.me, Message::FallbackTimeout { id }),
            None => Handle::NONE,
        };
        self.calls.put(id, Call { timeout, next: 0, failure: (Outcome::Served, self.passage.me) });
        let child = self.ask(core, id, BEHIND);
        core.requests[child].set_port(port);
        self.passage.send(core, child)
    }

    /// A new request on behalf of `id`, ready to set out.
    fn ask(&mut self, core: &mut Core, id: RequestId, tag: u32) -> RequestId {
        // The node behind gets the same request; another answer is another call, with draws of its own, different from
        // those of another fallback that the same request visits.
        let salt = mix(self.salt ^ u64::from(tag));
        let renumber = |number: u64| if tag == BEHIND { number } else { mix(number ^ salt) };
        let child = self.made.ask(core, id, self.passage.me, tag, renumber);
        // Its connection ended here.
        core.requests.describe(child).connection = Connection::OWN;
        child
    }

    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let details = core.requests.details(id);
        let (frame, request) = core.requests.take_reply(id);
        let (outcome, tag) = (request.outcome, frame.tag);
        if tag == BEHIND && outcome == Outcome::Served {
            self.remember(&details, core.now());
        }
        let Some(parent) = self.made.home(core, id) else {
            self.record.counts.late += 1;
            return None;
        };
        if core.requests[parent].outcome == Outcome::Cancelled {
            // The answer arrived before the cancellation could stop it.
            return match outcome {
                Outcome::Served | Outcome::Degraded if tag != BEHIND => self.give(core, parent, Kind::Smaller),
                Outcome::Served | Outcome::Degraded => self.answer(core, parent, outcome, details.decided_by),
                _ => self.answer(core, parent, Outcome::Cancelled, details.decided_by),
            };
        }
        if tag != BEHIND {
            return if outcome.is_answer() {
                self.give(core, parent, Kind::Smaller)
            } else {
                self.fall_back(core, parent)
            };
        }
        if self.on.iter().any(|cover| cover.holds(outcome)) {
            core.requests.describe(parent).retry_after = details.retry_after;
            if let Some(call) = self.calls.get_mut(parent) {
                call.failure = (outcome, details.decided_by);
            }
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

    /// A request has taken too long: its child request is given up.
    fn overdue(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.record.counts.overdue += 1;
        self.made.give_up(core, core.requests.details(id).child);
        if let Some(call) = self.calls.get_mut(id) {
            (call.timeout, call.failure) = (Handle::NONE, (Outcome::Error, self.passage.me));
        }
        self.fall_back(core, id)
    }

    /// The next answer that can be given, or asked for.
    fn fall_back(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.cancel_timeout(core, id);
        let now = core.now();
        loop {
            let call = self.calls.get_mut(id)?;
            let (place, failure) = (call.next, call.failure);
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
                    self.record.counts.without_answer += 1;
                    return self.answer(core, id, failure.0, failure.1);
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

    /// Sends the request back with its answer.
    fn answer(&mut self, core: &mut Core, id: RequestId, outcome: Outcome, by: ActorId) -> Passed {
        if let Some(call) = self.calls.take(id) {
            core.calendar.cancel(call.timeout);
        }
        if outcome == Outcome::Served {
            core.requests[id].outcome = Outcome::Served;
        } else {
            core.requests.decide(id, outcome, by);
        }
        reply(self.passage.leave(core, id).back, id)
    }

    /// Cancels the timeout of the request.
    fn cancel_timeout(&mut self, core: &mut Core, id: RequestId) {
        if let Some(call) = self.calls.get_mut(id) {
            core.calendar.cancel(std::mem::replace(&mut call.timeout, Handle::NONE));
        }
    }

    /// Passes the cancellation of a request on to its child request.
    fn cancelled(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.cancel_timeout(core, id);
        let child = core.requests.details(id).child;
        let stop = if child == RequestId::NONE { None } else { core.requests.first(child) };
        let Some(stop) = stop else {
            // Its default answer is being made.
            core.requests.hold(id, Hold::Timer);
            return self.answer(core, id, Outcome::Cancelled, self.passage.me);
        };
        // The sender that gave the request up has given up the child with it.
        cancel::take_back(core, child, self.link(stop.tag));
        None
    }
}

impl Node for Fallback {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    #[inline(always)]
    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.made(core, id)
    }

    fn account(&self, over: Time) -> Account {
        Account::of_passage(&self.passage.record, over)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
        self.record.window(halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.passage.record.measure(now, begin);
        self.record.measure(begin);
    }
}
