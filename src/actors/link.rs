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
    #[inline]
    pub fn send(&self, core: &mut Core, id: RequestId, to: Endpoint) {
        let message = Message::Request { id, port: to.port };
        match self {
            Self::Direct => core.send(to.actor, message),
            Self::Fixed(lane) => {
                core.calendar.schedule_in_lane(*lane, (to.actor, message));
            }
            Self::Random { sampler, there, .. } => {
                let seconds = sampler.sample(&mut there.draws(core.requests[id].number));
                core.send_after(Duration::from_secs_f64(seconds), to.actor, message);
            }
        }
    }

    /// An answer sets out for `me`; true if it is there already, otherwise [`Message::Returned`] follows.
    #[inline]
    pub fn arrives_at_once(&self, core: &mut Core, id: RequestId, me: ActorId) -> bool {
        let message = Message::Returned { id };
        match self {
            Self::Direct => return true,
            Self::Fixed(lane) => {
                core.calendar.schedule_in_lane(*lane, (me, message));
            }
            Self::Random { sampler, back, .. } => {
                let seconds = sampler.sample(&mut back.draws(core.requests[id].number));
                core.send_after(Duration::from_secs_f64(seconds), me, message);
            }
        }
        false
    }
}

/// Answers a request: the last actor on its return path gets it next.
#[inline]
pub fn reply(core: &mut Core, id: RequestId) {
    if let Some(actor) = core.waiting_for(id) {
        core.send(actor, Message::Reply { id });
    }
}
