//! Cancellation: word that a client takes a request back follows it from stop to stop, over the same links.
//!
//! Who sends it, and what a node does with a request that was taken back, does not belong here.

use super::message::Core;
use crate::engine::{ActorId, Hold, Outcome, RequestId};

/// What word of a cancellation finds where it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The request has gone on to this actor, with the arriving node's own note of it: the word follows.
    GoneOn(ActorId, u32),
    /// The request is here, or on a link from here to the next node: it is marked, and the word has done its work.
    Here,
    /// The request is over, or its answer is on the way back: the word has come too late.
    TooLate,
}

/// Word that request `id` is taken back has come to `me`. Unless it goes on, the request is held for it no more.
///
/// A message of the same request takes the same time over a link, so the word never overtakes the request.
pub fn arrived(core: &mut Core, id: RequestId, me: ActorId) -> Found {
    let found = look(core, id, me);
    match found {
        Found::GoneOn(..) => return found,
        Found::Here => core.requests[id].outcome = Outcome::Cancelled,
        Found::TooLate => {}
    }
    core.requests.release(id, Hold::Cancellation);
    found
}

fn look(core: &Core, id: RequestId, me: ActorId) -> Found {
    if core.requests.is_over(id) {
        return Found::TooLate;
    }
    let mut stops = core.requests.stops(id);
    match (stops.find(|stop| stop.actor == me), stops.next()) {
        (Some(own), Some(next)) => Found::GoneOn(next.actor, own.tag),
        (Some(_), None) => Found::Here,
        (None, _) => Found::TooLate,
    }
}
