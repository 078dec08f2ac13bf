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

/// What a kind of node says of itself.
pub trait Describe {
    /// How many of it there are.
    fn copies(&self) -> usize {
        1
    }

    /// The ways over which it sends, in the order of its words.
    fn edges(&self) -> Vec<Edge<'_>>;

    /// What may be sent to it.
    fn takes(&self) -> Takes {
        Takes::Requests
    }

    /// True if faults hit the host it runs on: it has no servers that fail one by one, and is in the world it models.
    fn has_host(&self) -> bool {
        true
    }

    /// Its servers, if somebody before it chooses among them.
    fn servers(&self) -> Option<Servers<'_>> {
        None
    }

    /// What it gives beside traffic.
    fn gives(&self) -> Gives {
        Gives::Traffic
    }

    /// The requests that it holds back.
    fn holds_back(&self) -> Vec<Held> {
        Vec::new()
    }

    /// Workers of each copy, of all its servers.
    fn workers(&self) -> f64 {
        1.0
    }

    /// Those that work while nothing is wrong.
    fn workers_in_use(&self) -> f64 {
        self.workers()
    }

    /// The nodes of clients that it speaks of.
    fn mentions(&self) -> Vec<Mention<'_>> {
        Vec::new()
    }

    /// What it has for each server of the fleet behind it, with an article.
    fn of_each_server(&self) -> Option<&'static str> {
        None
    }

    /// What it asks of all others.
    fn asks(&self) -> Asks {
        Asks::default()
    }

    /// Users of its own, each of whom stands in the calendar.
    fn users(&self) -> u64 {
        0
    }

    /// What is wrong with how it uses its own words, as far as they stand alone.
    fn check(&self, _name: &Name, _found: &mut Vec<Diagnostic>) {}

    /// What is wrong with how it fits to others, in a system whose names and ways are sound.
    fn check_fit(&self, _name: &Name, _site: &Site<'_>, _found: &mut Vec<Diagnostic>) {}

    /// What is wrong with a fault that hits it, each with help or without.
    fn check_fault(&self, name: &str, fault: &FaultSpec) -> Vec<(String, Option<&'static str>)> {
        fails_as_a_whole(name, fault, false)
    }

    /// What it says to no effect, a sentence each.
    fn advice(&self, _site: &Site<'_>) -> Vec<String> {
        Vec::new()
    }

    /// True if something about it never stops.
    fn is_endless(&self) -> bool {
        false
    }

    /// True if nothing about it changes with time.
    fn is_stationary(&self) -> bool {
        true
    }

    /// What it is to queueing theory; `None` if theory says nothing of a system with it.
    fn queueing(&self) -> Option<Queueing> {
        None
    }

    /// What it does from a moment on, in the order of its words.
    fn moments(&self) -> Vec<Moment> {
        Vec::new()
    }

    /// The log that it replays.
    fn replays(&self) -> Option<&Replay> {
        None
    }

    /// About how many requests a second it makes.
    fn rate(&self, _inputs: &Inputs) -> f64 {
        0.0
    }

    /// True if it serves some clients before others.
    fn serves_by_class(&self) -> bool {
        false
    }

    /// Bytes that one copy of it may take in a run, without requests in flight and users; `classes` nodes of clients reach
    /// it.
    fn footprint(&self, site: &Site<'_>, classes: u64) -> u64;

    /// Bytes that it may keep of each request that it has passed on, or that waits there.
    fn kept_of_a_request(&self) -> u64 {
        0
    }

    /// Bytes that a store with so many accounts keeps on its behalf.
    fn stored(&self, _keys: u64) -> u64 {
        0
    }

    /// Bytes beside a request in flight that it made: timeouts, the call it belongs to.
    fn kept_of_its_own(&self) -> u64 {
        0
    }

    /// Bytes that its users, sessions or records may take.
    fn footprint_of_users(&self, _bounds: &Bounds<'_>) -> u64 {
        0
    }

    /// True if it asks on behalf of requests, so that some may be in flight that nobody waits for.
    fn asks_for_others(&self) -> bool {
        false
    }

    /// Requests of its own in flight at most, where nobody asks for others; `None` if there is no limit.
    fn most_in_flight(&self) -> Option<u64> {
        Some(0)
    }

    /// The node at work.
    ///
    /// # Errors
    /// A trace that is missing or cannot be put on the clock, in words.
    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String>;

    /// Makes it known to others, when all are built.
    fn connect(&self, _building: &Building<'_, '_>, _actors: &mut [Actor]) {}

    /// Mean seconds that a request of so many bytes works at one of its servers of speed 1, and the mean of their square.
    fn work(&self, _size: f64) -> (f64, f64) {
        (0.0, 0.0)
    }

    /// True if it turns requests away, so that attempts may fail though nothing is broken.
    fn turns_away(&self, _site: &Site<'_>) -> bool {
        false
    }

    /// What becomes of the flows that come to it.
    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>);

    /// The way on from a node that stands in the way of requests to one other, for the server that they came for: it has as
    /// many servers as what stands behind it.
    fn way_on(&self) -> Option<&Route> {
        let on = |edge: &Edge<'_>| edge.sends.server() == Some(Server::Same);
        self.edges().into_iter().find(on).map(|edge| &edge.route.0)
    }

    /// The names of the nodes it sends to, with their places.
    fn targets(&self) -> Vec<&Name> {
        self.edges().into_iter().flat_map(|edge| &edge.route.to.0).collect()
    }
}

/// What is wrong with a fault of a node that has no servers of its own; `works` if it does work that may take longer.
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
