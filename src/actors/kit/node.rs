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

/// Number of clients or keys of a sample that got another server, summed over changes.
#[derive(Clone, Copy, Debug)]
pub struct Remapped {
    /// All that moved.
    pub moved: u64,
    /// The moves that were necessary.
    pub least: u64,
    /// Clients or keys in the sample.
    pub sample: u32,
}

/// A node at work: the methods that the simulation calls.
pub trait Node {
    /// Handles an event.
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed;

    /// Handles the timer of a request at this node: a service or a wait ends.
    #[inline(always)]
    fn ring(&mut self, _core: &mut Core, _id: RequestId) -> Passed {
        None
    }

    /// Handles the alarm of this node: an arrival is due.
    #[inline(always)]
    fn wake(&mut self, _core: &mut Core) -> Passed {
        None
    }

    /// Schedules its first events.
    fn start(&mut self, _core: &mut Core) {}

    /// Closes a window at `now`; if `halve`, pairs of windows must be merged.
    fn window(&mut self, now: Time, halve: bool);

    /// Called when measuring begins.
    fn measure(&mut self, now: Time, begin: Begin);

    /// Its ledger at the end of a run: arrivals, departures and requests inside.
    fn account(&self, over: Time) -> Account;

    /// The ledgers of its parts that have their own.
    fn parts(&self, _over: Time) -> Vec<Part> {
        Vec::new()
    }

    /// True if its ledger counts the requests that it makes, as long as it waits for them.
    fn counts_its_own(&self) -> bool {
        false
    }

    /// Request-nanoseconds so far of entries in its ledger that are not requests in flight.
    fn spent(&self, _over: Time) -> u128 {
        0
    }

    /// Requests in flight that it made and waits for, if it has a ledger of them.
    fn waits_for(&self) -> Option<u64> {
        None
    }

    /// Time so far of its unfinished calls that have no request in flight.
    fn ages_of_calls(&self, _over: Time) -> Vec<Duration> {
        Vec::new()
    }

    /// Makes it count how many of its answers arrive within each of `limits`.
    fn count_within(&mut self, _limits: &[Duration]) {}

    /// Checks its own ledgers. `me` is its address, `name` its name.
    ///
    /// # Errors
    /// The figures that do not balance, which is a bug.
    fn check_books(&self, _me: ActorId, _name: &str, _requests: &Requests) -> Result<(), String> {
        Ok(())
    }

    /// The measurements of a finished run.
    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen;

    /// Its stations: resources that do work, and queues.
    fn station(&self) -> Option<&dyn Station> {
        None
    }

    /// Its records of the calls it made.
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

    /// The times when it, or one of its servers, was down.
    fn outages(&self) -> &[Outage] {
        &[]
    }

    /// If it places clients or keys by a hash: how many got another server after the warm-up, summed over changes.
    fn remapped(&self) -> Option<Remapped> {
        None
    }

    /// Subscribes `subscriber` to reports of servers that go down or come up, or of the node itself if it has no
    /// servers.
    fn subscribe(&mut self, _subscriber: Subscriber) {}

    /// Prepares it for the commands of the limiters in `among`, which share a limit that is kept here.
    fn share(&mut self, _among: Range<u32>, _limit: &Distributed) {}

    /// Makes its servers send the signals that a policy subscribes to; `key` names the random streams of the node.
    fn signal(&mut self, _key: StreamKey, _signal: Signal) {}
}
