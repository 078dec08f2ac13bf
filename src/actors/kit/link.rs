//! Links: how a request travels from one actor to the next, and its answer back; and what happens to lost messages.
//! When a link loses or delays messages belongs in `faults::network`.

use super::faults::Troubles;
use super::faults::network::Fate;
use super::message::{Core, Message, Passed};
use crate::distributions::{Distribution, Sampler};
use crate::engine::random::{StreamKey, mix};
use crate::engine::{ActorId, Duration, Hold, LaneId, Outcome, Rank, RequestId, Requests};

pub use super::endpoint::Endpoint;

/// The network between two actors: a delay each way.
#[derive(Clone, Debug)]
pub enum Link {
    /// No delay.
    Direct,
    /// The same delay for every message: FIFO lanes of the calendar, because answers come before requests at one instant.
    Fixed {
        /// The way there.
        there: LaneId,
        /// The way back.
        back: LaneId,
        /// How long the way there and the way back take.
        delays: [Duration; 2],
    },
    /// A delay drawn for each message, keyed by the request.
    Random {
        /// The law of the way there, and its draws.
        there: (Sampler, StreamKey),
        /// The law of the way back, and its draws.
        back: (Sampler, StreamKey),
    },
    /// One of the others, on which something may go wrong.
    Troubled(Box<(Link, Troubles)>),
}

impl Link {
    /// A link whose delays follow these laws; `key` names their draws.
    #[must_use]
    pub fn of(there: &Distribution, back: &Distribution, core: &mut Core, key: StreamKey) -> Self {
        match (there, back) {
            (Distribution::Constant(there), Distribution::Constant(back)) => {
                match [there.value.duration(), back.value.duration()] {
                    [Duration::ZERO, Duration::ZERO] => Self::Direct,
                    delays => Self::fixed(core, delays),
                }
            }
            _ => Self::Random {
                there: (there.sampler(), key.named("delay there")),
                back: (back.sampler(), key.named("delay back")),
            },
        }
    }

    /// A link on which every message takes the same time, there and back.
    #[must_use]
    pub fn fixed(core: &mut Core, delays: [Duration; 2]) -> Self {
        let back = core.calendar.ranked_lane(delays[1], Rank::First);
        Self::Fixed { there: core.calendar.lane(delays[0]), back, delays }
    }

    /// The same link, with these faults.
    #[must_use]
    pub fn with(self, troubles: Troubles) -> Self {
        if troubles.is_empty() { self } else { Self::Troubled(Box::new((self, troubles))) }
    }

    /// The same link from a balancer to its members.
    #[must_use]
    pub fn between(self, members: &[Endpoint]) -> Self {
        match self {
            Self::Troubled(both) => Self::Troubled(Box::new((both.0, both.1.between(members)))),
            plain => plain,
        }
    }

    /// Sends a request along the link, to the server that its port names.
    #[inline(always)]
    pub fn send(&self, core: &mut Core, id: RequestId, to: ActorId) -> Passed {
        let message = Message::Request { id };
        if let Self::Direct = self {
            return Some((to, message));
        }
        self.later(core, id, to, message, true);
        None
    }

    /// An answer sets out for `me`; true if it is there already, otherwise [`Message::Returned`] follows, unless it is
    /// lost.
    #[inline(always)]
    pub fn arrives_at_once(&self, core: &mut Core, id: RequestId, me: ActorId) -> bool {
        if let Self::Direct = self {
            return true;
        }
        core.requests[id].start_reply();
        self.later(core, id, me, Message::Returned { id }, false);
        false
    }

    /// Delivers a message after the delay of one way, which belongs to the request.
    #[inline(never)]
    fn later(&self, core: &mut Core, id: RequestId, to: ActorId, message: Message, is_there: bool) {
        let number = core.requests[id].number;
        self.carry(core, number, to, message, is_there);
    }

    /// Delivers a message after the delay of one way, drawn by `number`.
    pub fn carry(&self, core: &mut Core, number: u64, to: ActorId, message: Message, is_there: bool) {
        match self {
            Self::Direct => core.send(to, message),
            Self::Fixed { there, back, .. } => {
                core.send_in_lane(if is_there { *there } else { *back }, to, message);
            }
            Self::Random { .. } => {
                let delay = self.delay(number, is_there);
                core.send_after(delay, to, message);
            }
            Self::Troubled(both) => {
                let (link, troubles) = &**both;
                let end = other_end(troubles, &core.requests, to, message, is_there);
                // A cancellation follows its request over the same link: with the same delay, but a draw of its own for
                // loss.
                let luck = if let Message::Cancel { .. } = message { mix(number ^ mix(4 << 32)) } else { number };
                match troubles.fate(core.now(), number, luck, end, is_there) {
                    Fate::Undisturbed => link.carry(core, number, to, message, is_there),
                    Fate::Late(late) => {
                        let nanos = link.delay(number, is_there).as_nanos().saturating_add(late.as_nanos());
                        core.send_after(Duration::from_nanos(nanos), to, message);
                    }
                    Fate::Lost => lose(core, message),
                }
            }
        }
    }

    /// The delay of one way, drawn by `number`.
    fn delay(&self, number: u64, is_there: bool) -> Duration {
        match self {
            Self::Direct | Self::Troubled(_) => Duration::ZERO,
            Self::Fixed { delays, .. } => delays[usize::from(!is_there)],
            Self::Random { there, back } => {
                let (law, key) = if is_there { there } else { back };
                Duration::from_secs_f64(law.sample(&mut key.draws(number)))
            }
        }
    }
}

/// Where a message goes to on the way there, and comes from on the way back, as far as that is known.
fn other_end(
    troubles: &Troubles,
    requests: &Requests,
    to: ActorId,
    message: Message,
    is_there: bool,
) -> Option<Endpoint> {
    match message {
        // A cancellation goes to the node to which the request has gone; the port of the request has another meaning by
        // now.
        Message::Cancel { id } => {
            let stop = requests.stops(id).find(|stop| troubles.member(stop.tag).is_some_and(|end| end.actor == to))?;
            troubles.member(stop.tag)
        }
        Message::Request { id } | Message::Probe { id } if is_there => {
            Some(Endpoint { actor: to, port: requests[id].port() })
        }
        Message::Returned { id } | Message::ProbeReturned { id } => troubles.member(requests.last(id)?.tag),
        Message::MemberIdle { member } => troubles.member(member),
        _ => is_there.then_some(Endpoint { actor: to, port: 0 }),
    }
}

/// A message is lost. The sender that waits for a request is not told: the request stays where it was last, until its
/// client gives it up, which ends it at every stop.
#[cold]
#[inline(never)]
fn lose(core: &mut Core, message: Message) {
    let (id, answer) = match message {
        Message::Request { id } | Message::Returned { id } => (id, Message::Returned { id }),
        Message::Command { id } | Message::CommandReturned { id } => (id, Message::CommandReturned { id }),
        Message::Probe { id } | Message::ProbeReturned { id } => {
            // The answer to a probe is not needed.
            core.requests[id].outcome = Outcome::Refused;
            return answer_now(core, id, Message::ProbeReturned { id });
        }
        // The request goes on, because its cancellation was lost.
        Message::Cancel { id } => return core.requests.release(id, Hold::Cancellation),
        _ => return,
    };
    if core.requests.details(id).given_up == Outcome::Served {
        core.requests.mark_lost(id);
    } else {
        core.requests[id].outcome = Outcome::Cancelled;
        answer_now(core, id, answer);
    }
}

/// Tells the last node on the return path of a request its outcome at once.
fn answer_now(core: &mut Core, id: RequestId, answer: Message) {
    if let Some(last) = core.requests.last(id) {
        core.send(last.actor, answer);
    }
}

/// The client no longer waits for a request, and for the requests made on its behalf. The lost ones among them end at
/// every node that waits for them: a client that gives up closes its connection, and so does each node after it.
pub fn let_go(core: &mut Core, id: RequestId) {
    let mut next = id;
    while next != RequestId::NONE {
        let child = core.requests.details(next).child;
        let_go_of(core, next);
        next = child;
    }
}

/// True if a request was lost on a link: the node that sent it over that link is now told that it was cancelled.
pub fn let_go_of(core: &mut Core, id: RequestId) -> bool {
    let lost = core.requests.take_lost(id);
    if lost {
        core.requests[id].outcome = Outcome::Cancelled;
        answer_now(core, id, Message::Returned { id });
    }
    lost
}
