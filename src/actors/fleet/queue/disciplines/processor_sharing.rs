//! Processor sharing, in words. How it works belongs in `shared` beside the folder of queues.

use super::fifo::InOrder;
use super::{Classes, Describes};
use crate::schema::record;

record! {
    /// Processor sharing: all requests at a server are served at once and share its processors equally; a request gets
    /// at most one processor.
    pub struct ProcessorSharing {}
}

impl Describes for ProcessorSharing {
    // No request waits in line, so its order is never asked for.
    type State = InOrder;

    fn build(&self, _classes: &Classes<'_>, _workers: u32) -> InOrder {
        InOrder
    }

    fn shares(&self) -> bool {
        true
    }
}
