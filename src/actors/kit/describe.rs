//! What every kind of node says of itself from its description alone: what it sends where, what it takes, how it fits into
//! a system, and how it is built. A system knows its nodes by this and by nothing else.
//!
//! The kinds are listed in `actors`; each implements this in its own folder.

use super::build::Building;
use super::faults::FaultSpec;
use super::flow::{Flow, Visit};
use super::footprint::Bounds;
use super::queueing::Queueing;
use super::route::{Route, RouteField};
use super::site::Site;
use crate::actors::Actor;
use crate::schema::quantity::Span;
use crate::schema::{Diagnostic, Name};
use crate::trace::{Inputs, Replay};

/// Who chooses the server of a request that goes along an edge, where several are behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The node that sends it.
    Chosen,
    /// It is the one that the request came for.
    Same,
    /// Nobody: there must be one only.
    Only,
}

/// What goes along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// The requests that came to the node: their answers come back past it.
    Passes(Server),
    /// Requests that it makes itself: for its users, or on behalf of those that came.
    Calls(Server),
    /// Commands of its own. Of a target that takes none, an error says these: what the target is not, and who takes them.
    Commands([&'static str; 2]),
}

impl Sends {
    /// Who chooses the server of a request; `None` of commands.
    #[must_use]
    pub fn server(self) -> Option<Server> {
        match self {
            Self::Passes(server) | Self::Calls(server) => Some(server),
            Self::Commands(_) => None,
        }
    }
}

/// A way from a node to others.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'a> {
    /// Where it leads, and over what network.
    pub route: &'a RouteField,
    /// What goes along it.
    pub sends: Sends,
}

impl<'a> Edge<'a> {
    /// An edge along which requests are passed on.
    #[must_use]
    pub fn passes(route: &'a RouteField, server: Server) -> Self {
        Self { route, sends: Sends::Passes(server) }
    }

    /// An edge along which the node's own requests go.
    #[must_use]
    pub fn calls(route: &'a RouteField, server: Server) -> Self {
        Self { route, sends: Sends::Calls(server) }
    }
}

/// What may be sent to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Requests.
    Requests,
    /// Commands of other nodes. Of requests an error says these: what the node is, and what may name it.
    Commands([&'static str; 2]),
    /// Nothing: it makes requests itself. Its requests are a class of their own.
    Nothing,
}

/// What a node gives beside what all do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gives {
    /// Nothing: only what comes and goes.
    Traffic,
    /// Requests wait there, and nothing is done.
    Queue,
    /// It does work, by itself.
    Work,
    /// It does work, before which requests wait, by servers.
    Servers,
}

/// Servers that somebody before them chooses among.
#[derive(Clone, Copy, Debug)]
pub struct Servers<'a> {
    /// How many there are in each copy of the node.
    pub count: usize,
    /// Copies of the node.
    pub copies: usize,
    /// Requests that each works on at once.
    pub workers: u32,
    /// The weight of each; without, 1.
    pub weights: &'a [u32],
    /// The speed of each; without, 1.
    pub speeds: &'a [f64],
    /// The name of each, for policies that hash names; without, that of the node with a number.
    pub names: &'a [String],
    /// Those that get requests only while no other is up.
    pub backups: &'a [usize],
    /// Connections that each takes at most, 0 for any number; without, any number.
    pub max_connections: &'a [u32],
    /// Requests of which a server that has no more turns none away.
    pub holds: u64,
}

impl Servers<'_> {
    /// The weight of a server.
    #[must_use]
    pub fn weight(&self, server: usize) -> u32 {
        self.weights.get(server).copied().unwrap_or(1)
    }

    /// The servers that get requests while nothing is wrong: all but the backups.
    pub fn in_use(&self) -> impl Iterator<Item = usize> + '_ {
        let all_back_up = self.backups.len() >= self.count;
        (0..self.count).filter(move |server| all_back_up || !self.backups.contains(server))
    }
}

/// Requests that a node holds back, by the series that says how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The series.
    pub series: &'static str,
    /// True of those that wait for a place at a server, before the node's own work.
    pub in_line: bool,
    /// True if none of those is among them that are held behind the node.
    pub alone: bool,
    /// True if all of them are served, however many there are.
    pub without_end: bool,
}

impl Held {
    /// Requests that are there and nowhere else.
    #[must_use]
    pub fn alone(series: &'static str) -> Self {
        Self { series, in_line: false, alone: true, without_end: false }
    }

    /// Requests that may be behind the node as well.
    #[must_use]
    pub fn passing(series: &'static str) -> Self {
        Self { alone: false, ..Self::alone(series) }
    }
}

/// Nodes of clients that a node speaks of.
#[derive(Clone, Debug)]
pub struct Mention<'a> {
    /// Their names.
    pub clients: Vec<&'a Name>,
    /// For an error: what they are named for, and what comes of it if none of their requests comes by.
    pub words: [&'static str; 2],
}

/// Something that what a node asks for does from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Span,
    /// What it is, as in "the spike of users at 3 s".
    pub what: &'static str,
    /// How long it lasts, where that is trouble for the system.
    pub trouble: Option<Span>,
    /// True if a run may leave it out and still answer.
    pub is_step: bool,
}

/// What a node asks of all others; a system does what any of its nodes asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// It looks at which client a request is of, or at its key.
    pub identity: bool,
    /// It holds connections open that requests share.
    pub connections: bool,
    /// It checks whether servers are up.
    pub checks: bool,
    /// Its requests may be taken back, or their deadlines pass, while servers have them.
    pub impatience: bool,
    /// It wants to know whether work was done for what it had given up.
    pub late_work: bool,
}

impl Asks {
    /// What either asks.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            identity: self.identity || other.identity,
            connections: self.connections || other.connections,
            checks: self.checks || other.checks,
            impatience: self.impatience || other.impatience,
            late_work: self.late_work || other.late_work,
        }
    }
}

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
