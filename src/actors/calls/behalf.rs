//! Child requests: requests that a node makes on behalf of requests that have arrived there and wait for the answers.
//! Their contents, how an answer finds the waiting request, and how they are given up.
//!
//! Timeouts, and what happens after an answer, belong to the node.

use crate::actors::kit::link;
use crate::actors::kit::message::{Core, Message};
use crate::engine::{ActorId, BySlot, Details, Duration, Outcome, RequestId, Write};

/// For each request that was made on behalf of another, the one that waits for its answer.
#[derive(Debug, Default)]
pub struct OnBehalf {
    waits: BySlot<RequestId>,
}

impl OnBehalf {
    /// A request on behalf of `id`, ready to be sent from `me` with the note `tag`. It has the same class, key, size
    /// and client; its number, which names its draws, is made by `renumber` from that of `id`.
    pub fn ask(
        &mut self,
        core: &mut Core,
        id: RequestId,
        me: ActorId,
        tag: u32,
        renumber: impl Fn(u64) -> u64,
    ) -> RequestId {
        let request = &core.requests[id];
        let (class, is_abandoned, outcome) = (request.class, request.is_abandoned(), request.outcome);
        let number = renumber(request.number);
        let beyond_call = number.wrapping_sub(renumber(core.requests.call_number(id)));
        let details = core.requests.details(id);
        let now = core.now();
        let (child, request) = core.create_request(number, class);
        request.set_out(me, tag, now);
        // The request may have been cancelled before it was sent on.
        request.outcome = outcome;
        if is_abandoned {
            request.set_abandoned();
        }
        *core.requests.describe(child) =
            Details { retry_after: Duration::ZERO, child: RequestId::NONE, beyond_call, ..details };
        core.requests.describe(id).child = child;
        self.waits.put(child, id);
        child
    }

    /// Handles the return of `child`, which is over: returns the request that waits for it, with the work done noted on
    /// it. `None` if no request waits any longer; then the clients of a call that writes are told of the late work.
    pub fn home(&mut self, core: &mut Core, child: RequestId) -> Option<RequestId> {
        let times_done = core.requests[child].times_done();
        let Some(id) = self.waits.take(child) else {
            let write = core.requests.details(child).write;
            if write.clients != Write::NONE.clients {
                (0..times_done).for_each(|_| core.send(write.clients, Message::WorkDone { write: write.place }));
                core.send(write.clients, Message::WorkOver { write: write.place });
            }
            return None;
        };
        core.requests.describe(id).child = RequestId::NONE;
        (0..times_done).for_each(|_| core.requests[id].work_done());
        Some(id)
    }

    /// Stops waiting for `child`, because it takes too long: returns the request that waited. `child` goes on as wasted
    /// work; if its call writes, the clients are told so.
    pub fn give_up(&mut self, core: &mut Core, child: RequestId) -> Option<RequestId> {
        let id = self.waits.take(child);
        core.requests.abandon(child, Outcome::TimedOut, core.now());
        let Write { clients, place } = core.requests.details(child).write;
        if clients != Write::NONE.clients {
            core.send(clients, Message::WorkGoesOn { write: place });
        }
        link::let_go(core, child);
        if let Some(id) = id {
            core.requests.describe(id).child = RequestId::NONE;
        }
        id
    }
}
