//! Cancellation: a message that follows a request from stop to stop, over the same links.
//!
//! Sending it, and what a node does with a cancelled request, does not belong here.

use super::link::{self, Link};
use super::message::{Core, Message};
use crate::engine::{ActorId, Hold, Outcome, RequestId};

/// Where a cancellation finds its request when it arrives at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The request has gone on to another node: the cancellation follows it there.
    GoneOn,
    /// The request is here, or on a link from here to the next node: it is marked, and the cancellation is complete.
    Here,
    /// The request is over, its answer is on the way back, or it was lost on a link: the cancellation has no effect.
    TooLate,
}

/// Handles the arrival of the cancellation of request `id` at `me`. If the request has gone on, the cancellation
/// follows over the link that `link` gives for the node's tag of the request; otherwise the cancellation releases its
/// hold on the request.
///
/// All messages of a request take the same time over a link, so the cancellation never overtakes the request.
pub fn follow<'a>(core: &mut Core, id: RequestId, me: ActorId, link: impl FnOnce(u32) -> &'a Link) -> Found {
    if core.requests.last(id).is_some_and(|stop| stop.actor == me) && link::let_go_of(core, id) {
        core.requests.release(id, Hold::Cancellation);
        return Found::TooLate;
    }
    let found = match look(core, id, me) {
        Some((own, Some(next))) => {
            let number = core.requests[id].number;
            link(own).carry(core, number, next, Message::Cancel { id }, true);
            return Found::GoneOn;
        }
        Some((_, None)) => {
            core.requests[id].outcome = Outcome::Cancelled;
            Found::Here
        }
        None => Found::TooLate,
    };
    core.requests.release(id, Hold::Cancellation);
    found
}

/// The node's tag of a request, and the actor that has the request now; `None` if it is over, has left the node or is
/// on its way back to it.
fn look(core: &Core, id: RequestId, me: ActorId) -> Option<(u32, Option<ActorId>)> {
    if core.requests.is_over(id) {
        return None;
    }
    let mut stops = core.requests.stops(id);
    let own = stops.find(|stop| stop.actor == me)?.tag;
    match stops.next() {
        Some(next) => Some((own, Some(next.actor))),
        None if core.requests[id].is_replying() => None,
        None => Some((own, None)),
    }
}

/// The sender of request `id` over `link` cancels it: a cancellation follows it, or the request is marked if it has not
/// arrived yet.
pub fn take_back(core: &mut Core, id: RequestId, link: &Link) {
    if link::let_go_of(core, id) {
        return;
    }
    if core.requests.is_held(id, Hold::Cancellation) {
        // A cancellation is on the way already: a host on the way has crashed.
        return;
    }
    let next = core.requests.stops(id).nth(1);
    if let Some(next) = next {
        core.requests.hold(id, Hold::Cancellation);
        let number = core.requests[id].number;
        link.carry(core, number, next.actor, Message::Cancel { id }, true);
    } else if !core.requests.is_over(id) && !core.requests[id].is_replying() {
        core.requests[id].outcome = Outcome::Cancelled;
    }
}
