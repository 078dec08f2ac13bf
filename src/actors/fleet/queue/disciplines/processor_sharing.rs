//! Processor sharing, in words. How it works belongs in `shared` beside the folder of queues.

use super::fifo::InOrder;
use super::{Classes, Describes};
use crate::schema::record;

record! {
    /// All requests on a server are worked on at once and share its processors equally, none getting more than one.
    pub struct ProcessorSharing {}
}

impl Describes for ProcessorSharing {
    // Nobody waits in line, so its order is never asked for.
    type State = InOrder;

    fn build(&self, _classes: &Classes<'_>, _workers: u32) -> InOrder {
        InOrder
    }

    fn shares(&self) -> bool {
        true
    }
}
