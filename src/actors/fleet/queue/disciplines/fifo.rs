//! First come, first served.

use super::{Classes, Describes, Head, Order, Pick};
use crate::schema::record;

record! {
    /// First come, first served: a request waits until a worker is free, which then works on it alone.
    pub struct Fifo {}
}

/// Keeps no state: the line is the order.
#[derive(Clone, Copy, Debug)]
pub struct InOrder;

impl Order for InOrder {
    fn pick(&self, _waiting: u32, _head: &dyn Fn(u64) -> Option<Head>) -> Pick {
        Pick::Oldest
    }
}

impl Describes for Fifo {
    type State = InOrder;

    fn build(&self, _classes: &Classes<'_>, _workers: u32) -> InOrder {
        InOrder
    }
}
