//! The trait of node descriptions: what a node sends where, what it accepts, how it fits into a system, and how it is
//! built. A system knows its nodes only through this trait.
//!
//! The kinds are listed in `actors`; each implements this in its own folder.

use super::build::Building;
use super::faults::FaultSpec;
use super::flow::{Flow, Visit};
use super::footprint::Bounds;
use super::queueing::Queueing;
use super::route::Route;
use super::site::Site;
use crate::actors::Actor;
use crate::schema::{Diagnostic, Name};
use crate::trace::{Inputs, Replay};

pub use super::facts::{Asks, Edge, Gives, Held, Mention, Moment, Sends, Server, Servers, Takes};

/// The description of a node of any kind.
pub trait Describe {
    /// The number of copies.
    fn copies(&self) -> usize {
        1
    }

    /// Its edges to other nodes, in the order of its fields.
    fn edges(&self) -> Vec<Edge<'_>>;

    /// The kind of messages that may be sent to it.
    fn takes(&self) -> Takes {
        Takes::Requests
    }

    /// True if faults hit the host that it runs on: it has no servers that fail one by one, and it models a real
    /// process.
    fn has_host(&self) -> bool {
        true
    }

    /// Its servers, if a node in front of it chooses among them.
    fn servers(&self) -> Option<Servers<'_>> {
        None
    }

    /// The measurements there in addition to traffic.
    fn gives(&self) -> Gives {
        Gives::Traffic
    }

    /// The queues of requests that it delays.
    fn holds_back(&self) -> Vec<Held> {
        Vec::new()
    }

    /// Total workers of all servers of a copy.
    fn workers(&self) -> f64 {
        1.0
    }

    /// The workers that are in use without faults.
    fn workers_in_use(&self) -> f64 {
        self.workers()
    }

    /// The nodes of clients that it mentions.
    fn mentions(&self) -> Vec<Mention<'_>> {
        Vec::new()
    }

    /// The thing that it keeps for each server of the fleet behind it, as a noun with an article, for messages.
    fn of_each_server(&self) -> Option<&'static str> {
        None
    }

    /// Its requirements on all other nodes.
    fn asks(&self) -> Asks {
        Asks::default()
    }

    /// Number of its users, each of which has an event in the calendar.
    fn users(&self) -> u64 {
        0
    }

    /// Checks its own fields.
    fn check(&self, _name: &Name, _found: &mut Vec<Diagnostic>) {}

    /// Checks how it fits to other nodes, in a system whose names and routes are valid.
    fn check_fit(&self, _name: &Name, _site: &Site<'_>, _found: &mut Vec<Diagnostic>) {}

    /// Checks a fault that hits it; each mistake with or without help.
    fn check_fault(&self, name: &str, fault: &FaultSpec) -> Vec<(String, Option<&'static str>)> {
        fails_as_a_whole(name, fault, false)
    }

    /// Settings that are valid but have no effect, a sentence for each.
    fn advice(&self, _site: &Site<'_>) -> Vec<String> {
        Vec::new()
    }

    /// True if its events never end: arrivals, or health checks.
    fn is_endless(&self) -> bool {
        false
    }

    /// True if it does not change with time.
    fn is_stationary(&self) -> bool {
        true
    }

    /// Its queueing model; `None` if theory has no answer for a system with it.
    fn queueing(&self) -> Option<Queueing> {
        None
    }

    /// Its scheduled changes, in the order of its fields.
    fn moments(&self) -> Vec<Moment> {
        Vec::new()
    }

    /// The log that it replays.
    fn replays(&self) -> Option<&Replay> {
        None
    }

    /// Approximate number of requests per second that it makes.
    fn rate(&self, _inputs: &Inputs) -> f64 {
        0.0
    }

    /// True if it gives some clients priority over others.
    fn serves_by_class(&self) -> bool {
        false
    }

    /// Bytes that one copy may take in a run, not counting requests in flight and users; `classes` nodes of clients
    /// reach it.
    fn footprint(&self, site: &Site<'_>, classes: u64) -> u64;

    /// Bytes that it may keep for each request that it has passed on, or that waits there.
    fn kept_of_a_request(&self) -> u64 {
        0
    }

    /// Bytes that a store with `keys` accounts keeps on its behalf.
    fn stored(&self, _keys: u64) -> u64 {
        0
    }

    /// Additional bytes for each request in flight that it made: timeouts, the call that it belongs to.
    fn kept_of_its_own(&self) -> u64 {
        0
    }

    /// Bytes that its users, sessions or records may take.
    fn footprint_of_users(&self, _bounds: &Bounds<'_>) -> u64 {
        0
    }

    /// True if it makes child requests, so that abandoned ones may be in flight.
    fn asks_for_others(&self) -> bool {
        false
    }

    /// The most requests of its own in flight, if no other node makes child requests; `None` if there is no limit.
    fn most_in_flight(&self) -> Option<u64> {
        Some(0)
    }

    /// Builds the node.
    ///
    /// # Errors
    /// If a trace is missing or its times cannot be converted to simulated time.
    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String>;

    /// Connects it to other nodes after all are built, such as for reports of health.
    fn connect(&self, _building: &Building<'_, '_>, _actors: &mut [Actor]) {}

    /// Mean and second moment, in seconds, of the service time of a request of `size` bytes at a server of speed 1.
    fn work(&self, _size: f64) -> (f64, f64) {
        (0.0, 0.0)
    }

    /// True if it rejects requests, so that attempts may fail without a fault.
    fn rejects(&self, _site: &Site<'_>) -> bool {
        false
    }

    /// Propagates the flows that arrive at it.
    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>);

    /// The edge of a node that stands in front of one other node and passes requests on to the same server there: it
    /// has as many servers as the node behind it.
    fn way_on(&self) -> Option<&Route> {
        let on = |edge: &Edge<'_>| edge.sends.server() == Some(Server::Same);
        self.edges().into_iter().find(on).map(|edge| &edge.route.0)
    }

    /// The names of the nodes it sends to, with their places.
    fn targets(&self) -> Vec<&Name> {
        self.edges().into_iter().flat_map(|edge| &edge.route.to.0).collect()
    }
}

/// Mistakes in a fault of a node that has no servers of its own; `works` if it does work that may take longer.
#[must_use]
pub fn fails_as_a_whole(name: &str, fault: &FaultSpec, works: bool) -> Vec<(String, Option<&'static str>)> {
    let mut found = Vec::new();
    if fault.is_slow_down() && !works {
        let help = "`Delay(by: ..)` holds up what comes to it";
        found.push((format!("\"{name}\" does no work that could take longer"), Some(help)));
    }
    if fault.servers.is_some() {
        found.push((format!("\"{name}\" has no `servers` to name: it fails as a whole"), None));
    }
    if fault.is_quick() {
        found.push((format!("\"{name}\" fails a request after its usual work: `after` is of fleets"), None));
    }
    found
}
