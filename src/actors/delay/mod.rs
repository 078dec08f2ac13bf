//! Delays: a network hop with a delay distribution for each direction, on which messages may be lost.
//!
//! A delay is nothing but a link: how messages travel over links belongs in the kit.

mod describe;
mod seen;
pub mod spec;
#[cfg(test)]
mod tests;

pub use spec::DelaySpec;

use crate::actors::kit::books::Account;
use crate::actors::kit::message::{Core, Message, Passed, reply};
use crate::actors::kit::node::Node;
use crate::actors::kit::passage::{Passage, Taken};
use crate::actors::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::Time;
use crate::measure::Begin;

/// A delay at work.
#[derive(Debug)]
pub struct Delay {
    passage: Passage,
}

impl Delay {
    /// The delay of this way on.
    #[must_use]
    pub fn new(passage: Passage) -> Self {
        Self { passage }
    }
}

impl Node for Delay {
    #[inline]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match self.passage.take(core, message) {
            Taken::Came(id) => self.passage.let_by(core, id),
            Taken::Back(id) => reply(self.passage.leave(core, id).back, id),
            Taken::Handled(passed) => passed,
            // A cancelled request is on the link; the cancellation takes effect where it arrives.
            Taken::Cancelled(_) | Taken::Other(_) => None,
        }
    }

    fn account(&self, over: Time) -> Account {
        Account::of_passage(&self.passage.record, over)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.passage.record.measure(now, begin);
    }
}
