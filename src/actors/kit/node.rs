//! The trait of nodes at work: they handle events, record by window, and accept subscriptions to reports about their
//! servers.
//!
//! The first three methods are called for every event, always by static dispatch.

use std::ops::Range;

use super::books::{Account, Part};
use super::commands::Distributed;
use super::link::Endpoint;
use super::message::{Core, Message, Passed};
use super::outage::Outage;
use super::seen::{Covered, NodeInfo, NodeSeen};
use super::signals::{Signal, Subscriber};
use crate::actors::kit::made::Made;
use crate::actors::resources::Station;
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, Duration, RequestId, Requests, Time};
use crate::measure::Begin;

/// How many clients or keys of a sample got another server, summed over changes.
#[derive(Clone, Copy, Debug)]
pub struct Remapped {
    /// All that did.
    pub moved: u64,
    /// Those that had to.
    pub least: u64,
    /// Clients or keys in the sample.
    pub sample: u32,
}

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

    /// What came to it, what left, and what is there at the end of a run.
    fn account(&self, over: Time) -> Account;

    /// Its parts that have accounts of their own.
    fn parts(&self, _over: Time) -> Vec<Part> {
        Vec::new()
    }

    /// True if the requests that begin here are in its account, as long as somebody waits for them.
    fn counts_its_own(&self) -> bool {
        false
    }

    /// Request-nanoseconds that what is in its account has spent so far, where that is no request in flight.
    fn spent(&self, _over: Time) -> u128 {
        0
    }

    /// Requests in flight that it made and waits for, if it keeps books of them.
    fn waits_for(&self) -> Option<u64> {
        None
    }

    /// How long its calls have been under way that are at the end, where those are no requests in flight.
    fn ages_of_calls(&self, _over: Time) -> Vec<Duration> {
        Vec::new()
    }

    /// Lets it count how many of its answers come within each of `limits`.
    fn count_within(&mut self, _limits: &[Duration]) {}

    /// What does not balance in its own books, in words. `me` is its address, `name` its name.
    ///
    /// # Errors
    /// What does not balance: a defect of the program.
    fn check_books(&self, _me: ActorId, _name: &str, _requests: &Requests) -> Result<(), String> {
        Ok(())
    }

    /// What it gave in a run that is over.
    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen;

    /// What does work there, or where requests wait for it.
    fn station(&self) -> Option<&dyn Station> {
        None
    }

    /// What it recorded of the calls it made.
    fn made(&self) -> Option<Made<'_>> {
        None
    }

    /// The servers it chooses among.
    fn members(&self) -> &[Endpoint] {
        &[]
    }

    /// True if it, or one of its servers, may crash.
    fn may_crash(&self) -> bool {
        false
    }

    /// When it, or one of its servers, was down.
    fn outages(&self) -> &[Outage] {
        &[]
    }

    /// Shares of clients or keys that got another server after the warm-up, summed over changes, where it places them by a
    /// hash: of all, and of those that had to.
    fn remapped(&self) -> Option<Remapped> {
        None
    }

    /// Tells `subscriber` of servers that go down or come up, or of the node itself if it has none.
    fn subscribe(&mut self, _subscriber: Subscriber) {}

    /// Prepares it for the commands of `among`, which keep a limit in it together.
    fn share(&mut self, _among: Range<u32>, _limit: &Distributed) {}

    /// Lets its servers tell what a policy wants to hear; `key` names the random streams of the node.
    fn signal(&mut self, _key: StreamKey, _signal: Signal) {}
}
