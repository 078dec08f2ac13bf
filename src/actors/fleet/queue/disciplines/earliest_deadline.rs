//! The earliest deadline first.

use super::{Classes, Describes, Facts, Head, Order, Pick};
use crate::schema::record;

record! {
    /// The earliest deadline first, without preemption (Liu and Layland 1973); requests without a deadline last, in
    /// order of arrival. Deadlines are set by clients with `propagates_deadline`.
    pub struct EarliestDeadline {}
}

/// Keeps no state: the deadline is the rank.
#[derive(Clone, Copy, Debug)]
pub struct ByDeadline;

impl Order for ByDeadline {
    fn rank(&mut self, facts: &Facts) -> u64 {
        facts.deadline.as_nanos()
    }

    fn pick(&self, _waiting: u32, _head: &dyn Fn(u64) -> Option<Head>) -> Pick {
        Pick::Least
    }
}

impl Describes for EarliestDeadline {
    type State = ByDeadline;

    fn build(&self, _classes: &Classes<'_>, _workers: u32) -> ByDeadline {
        ByDeadline
    }

    fn ranks(&self) -> bool {
        true
    }
}
