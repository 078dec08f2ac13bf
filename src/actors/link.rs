//! Links: how a request travels from one actor to the next, and its answer back.

use super::message::{Core, Message, Passed};
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

    /// An answer sets out for `me`; true if it is there already, otherwise [`Message::Returned`] follows.
    #[inline(always)]
    pub fn arrives_at_once(&self, core: &mut Core, id: RequestId, me: ActorId) -> bool {
        if let Self::Direct = self {
            return true;
        }
        core.requests[id].turn_home();
        self.later(core, id, me, Message::Returned { id }, false);
        false
    }

    /// Delivers a message after the delay of one way, which belongs to the request.
    #[inline(never)]
    fn later(&self, core: &mut Core, id: RequestId, to: ActorId, message: Message, is_there: bool) {
        let number = core.requests[id].number;
        self.carry(core, number, to, message, is_there);
    }

    /// Delivers a message that is no request after the delay of one way, drawn by `number`.
    pub fn carry(&self, core: &mut Core, number: u64, to: ActorId, message: Message, is_there: bool) {
        match self {
            Self::Direct => core.send(to, message),
            Self::Fixed(lane) => {
                core.send_in_lane(*lane, to, message);
            }
            Self::Random { sampler, there, back } => {
                let key = if is_there { there } else { back };
                let seconds = sampler.sample(&mut key.draws(number));
                core.send_after(Duration::from_secs_f64(seconds), to, message);
            }
        }
    }
}
