//! What every kind of node does at work: it handles events, it records by window, it hears who wants to know of its servers.
//!
//! The first three are called for every event, and never through this trait as an object.

use super::message::{Core, Message, Passed};
use super::signals::{Signal, Subscriber};
use crate::engine::random::StreamKey;
use crate::engine::{RequestId, Time};
use crate::measure::Begin;

/// A node at work.
pub trait Node {
    /// One event.
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed;

    /// The timer of a request rings that it holds: a service or a wait ends.
    #[inline(always)]
    fn ring(&mut self, _core: &mut Core, _id: RequestId) -> Passed {
        None
    }

    /// Its alarm goes off: an arrival is due.
    #[inline(always)]
    fn wake(&mut self, _core: &mut Core) -> Passed {
        None
    }

    /// Puts its first events into the calendar.
    fn start(&mut self, _core: &mut Core) {}

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    fn window(&mut self, now: Time, halve: bool);

    /// Is told when measuring begins.
    fn measure(&mut self, now: Time, begin: Begin);

    /// Tells `subscriber` of servers that go down or come up, or of the node itself if it has none.
    fn subscribe(&mut self, _subscriber: Subscriber) {}

    /// Lets its servers tell what a policy wants to hear; `key` names the random streams of the node.
    fn signal(&mut self, _key: StreamKey, _signal: Signal) {}
}
