//! Last come, first served.

use super::{Classes, Describes, Head, Order, Pick};
use crate::schema::record;

record! {
    /// Last come, first served, without preemption. The mean wait is the same as with `Fifo`, its variance far greater:
    /// under overload some requests are served in time, while first come, first served serves all of them too late.
    pub struct Lifo {}
}

/// Keeps no state: the line is the order, read backwards.
#[derive(Clone, Copy, Debug)]
pub struct Reversed;

impl Order for Reversed {
    fn pick(&self, _waiting: u32, _head: &dyn Fn(u64) -> Option<Head>) -> Pick {
        Pick::Newest
    }
}

impl Describes for Lifo {
    type State = Reversed;

    fn build(&self, _classes: &Classes<'_>, _workers: u32) -> Reversed {
        Reversed
    }
}
