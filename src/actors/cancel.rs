//! Cancellation: word that a client takes a request back follows it from stop to stop, over the same links.
//!
//! Who sends it, and what a node does with a request that was taken back, does not belong here.

use super::link::Link;
use super::message::{Core, Message};
use crate::engine::{ActorId, Hold, Outcome, RequestId};

/// In the note of who sent a request, beside the note itself: its answer is on the link back. Word that is sent from then on
/// has nobody to tell.
pub const HOMEWARD: u32 = 1 << 31;

/// What word of a cancellation finds where it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The request has gone on to another node: the word follows it there.
    GoneOn,
    /// The request is here, or on a link from here to the next node: it is marked, and the word has done its work.
    Here,
    /// The request is over, or its answer is on the way back: the word has come too late.
    TooLate,
}

/// Word that request `id` is taken back has come to `me`. Where the request has gone on, the word follows over the link that
/// `link` gives for the node's own note of it; otherwise the request is held for it no more.
///
/// A message of the same request takes the same time over a link, so the word never overtakes the request.
pub fn follow<'a>(core: &mut Core, id: RequestId, me: ActorId, link: impl FnOnce(u32) -> &'a Link) -> Found {
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

/// The node's own note of a request, and who has it now; `None` if it is over or has left the node.
fn look(core: &Core, id: RequestId, me: ActorId) -> Option<(u32, Option<ActorId>)> {
    if core.requests.is_over(id) {
        return None;
    }
    let mut stops = core.requests.stops(id);
    let own = stops.find(|stop| stop.actor == me)?.tag;
    Some((own, stops.next().map(|next| next.actor)))
}

/// Who sent request `id` over `link` takes it back: word goes after it, or it is marked where it has not arrived yet.
pub fn take_back(core: &mut Core, id: RequestId, link: &Link) {
    let (own, next) = {
        let mut stops = core.requests.stops(id);
        (stops.next(), stops.next())
    };
    if let Some(next) = next {
        core.requests.hold(id, Hold::Cancellation);
        let number = core.requests[id].number;
        link.carry(core, number, next.actor, Message::Cancel { id }, true);
    } else if own.is_some_and(|own| own.tag & HOMEWARD == 0) {
        core.requests[id].outcome = Outcome::Cancelled;
    }
}

/// The answer to a request that `me` made, and so is at home here, sets out over `link`: true if it is there already.
/// Otherwise it is noted that it is on its way.
pub fn comes_home_at_once(core: &mut Core, id: RequestId, me: ActorId, link: &Link) -> bool {
    if link.arrives_at_once(core, id, me) {
        return true;
    }
    if let Some(stop) = core.requests.first(id) {
        core.requests.retag(id, stop.tag | HOMEWARD, stop.entered);
    }
    false
}
