//! Links: how a request travels from one actor to the next, and its answer back.

use super::message::{Core, Message};
use crate::distributions::Sampler;
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, Duration, LaneId, RequestId};

/// An address a request can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The actor.
    pub actor: ActorId,
    /// Which of the actor's servers; 0 where it has none.
    pub port: u32,
}

/// The network between two actors: a delay each way.
#[derive(Clone, Debug)]
pub enum Link {
    /// No delay.
    Direct,
    /// The same delay for every message: a FIFO lane of the calendar.
    Fixed(LaneId),
    /// A delay drawn for each message, keyed by the request.
    Random {
        /// The distribution of one way.
        sampler: Sampler,
        /// Draws on the way there.
        there: StreamKey,
        /// Draws on the way back.
        back: StreamKey,
    },
}

impl Link {
    /// Sends a request along the link.
    #[inline(always)]
    pub fn send(&self, core: &mut Core, id: RequestId, to: Endpoint) {
        core.requests[id].port = to.port;
        let message = Message::Request { id };
        match self {
            Self::Direct => core.send(to.actor, message),
            Self::Fixed(lane) => {
                core.send_in_lane(*lane, to.actor, message);
            }
            Self::Random { sampler, there, .. } => later(core, id, sampler, *there, to.actor, message),
        }
    }

    /// An answer sets out for `me`; true if it is there already, otherwise [`Message::Returned`] follows.
    #[inline(always)]
    pub fn arrives_at_once(&self, core: &mut Core, id: RequestId, me: ActorId) -> bool {
        let message = Message::Returned { id };
        match self {
            Self::Direct => return true,
            Self::Fixed(lane) => {
                core.send_in_lane(*lane, me, message);
            }
            Self::Random { sampler, back, .. } => later(core, id, sampler, *back, me, message),
        }
        false
    }
}

/// Delivers a message after a delay that belongs to the request.
#[inline(never)]
fn later(core: &mut Core, id: RequestId, sampler: &Sampler, key: StreamKey, to: ActorId, message: Message) {
    let seconds = sampler.sample(&mut key.draws(core.requests[id].number));
    core.send_after(Duration::from_secs_f64(seconds), to, message);
}

/// Answers a request: the last actor on its return path gets it next.
#[inline(always)]
pub fn reply(core: &mut Core, id: RequestId) {
    if let Some(actor) = core.waiting_for(id) {
        core.send(actor, Message::Reply { id });
    }
}
