//! Work that a call asked for and that goes on, or is done, when the node that asked for it does not wait any more. The
//! clients of a call that writes count how often its work was done, wherever along its way it was asked for again.

use crate::actors::kit::message::{Core, Message};
use crate::engine::{RequestId, Write};

/// Nobody waits any more for `child`, which was made on behalf of a call: if that writes, its clients wait for word of it.
pub fn goes_on(core: &mut Core, child: RequestId) {
    let Write { clients, place } = core.requests.details(child).write;
    if clients != Write::NONE.clients {
        core.send(clients, Message::WorkGoesOn { write: place });
    }
}

/// A request of which [`goes_on`] was said has come back, with its work done so often; `write` is its call.
pub fn is_over(core: &mut Core, write: Write, times_done: u32) {
    if write.clients != Write::NONE.clients {
        (0..times_done).for_each(|_| core.send(write.clients, Message::WorkDone { write: write.place }));
        core.send(write.clients, Message::WorkOver { write: write.place });
    }
}
