//! The data that descriptions of nodes return: what a node sends where, what may be sent to it, its servers, and what
//! it requires of other nodes. The trait that returns them belongs in `describe`.

use super::route::RouteField;
use crate::schema::Name;
use crate::schema::quantity::Span;

/// How the server of a request is chosen that goes along an edge to several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// By the node that sends it.
    Chosen,
    /// It is the server for which the request arrived.
    Same,
    /// It is not chosen: there must be only one server.
    Only,
}

/// The messages that travel along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Requests that arrived at the node; their answers return through it.
    Passes(Server),
    /// Requests that the node makes itself: for its users, or child requests.
    Calls(Server),
    /// Commands of its own. The texts are for the error if the target does not accept commands: what the target should
    /// be, and which nodes accept commands.
    Commands([&'static str; 2]),
}

impl Sends {
    /// How the server of a request is chosen; `None` for commands.
    #[must_use]
    pub fn server(self) -> Option<Server> {
        match self {
            Self::Passes(server) | Self::Calls(server) => Some(server),
            Self::Commands(_) => None,
        }
    }
}

/// An edge from a node to others.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'a> {
    /// Where it leads, and over which network.
    pub route: &'a RouteField,
    /// The messages that travel along it.
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

/// The kind of messages that may be sent to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Requests.
    Requests,
    /// Commands of other nodes. The texts are for the error if requests are sent to it: what the node is, and which
    /// fields may name it.
    Commands([&'static str; 2]),
    /// Nothing: it makes requests itself. Its requests are a class of their own.
    Nothing,
}

/// The measurements at a node in addition to its traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gives {
    /// Nothing: only traffic.
    Traffic,
    /// Requests wait there, but no work is done.
    Queue,
    /// It does work, as a whole.
    Work,
    /// It does work at several servers with queues.
    Servers,
}

/// Servers among which a node in front of them chooses.
#[derive(Clone, Copy, Debug)]
pub struct Servers<'a> {
    /// How many there are in each copy of the node.
    pub count: usize,
    /// Copies of the node.
    pub copies: usize,
    /// Requests that each server serves at once.
    pub workers: u32,
    /// The weight of each server; 1 if empty.
    pub weights: &'a [u32],
    /// The speed of each server; 1 if empty.
    pub speeds: &'a [f64],
    /// The name of each server, for policies that hash names; if empty, the name of the node with a number.
    pub names: &'a [String],
    /// Backup servers, which get requests only while no other is up.
    pub backups: &'a [usize],
    /// The most connections of each server, 0 for no limit; no limit if empty.
    pub max_connections: &'a [u32],
    /// The number of requests up to which a server rejects none.
    pub holds: u64,
}

impl Servers<'_> {
    /// The weight of a server.
    #[must_use]
    pub fn weight(&self, server: usize) -> u32 {
        self.weights.get(server).copied().unwrap_or(1)
    }

    /// The servers that get requests without faults: all but the backups.
    pub fn in_use(&self) -> impl Iterator<Item = usize> + '_ {
        let all_back_up = self.backups.len() >= self.count;
        (0..self.count).filter(move |server| all_back_up || !self.backups.contains(server))
    }
}

/// A queue of requests that a node delays, and the series of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The series.
    pub series: &'static str,
    /// True if they wait for a slot at a server, before the node's own work.
    pub in_line: bool,
    /// True if none of them is counted in a queue behind the node as well.
    pub alone: bool,
    /// True if all of them are served, however many there are.
    pub without_end: bool,
}

impl Held {
    /// A queue of requests that are counted nowhere else.
    #[must_use]
    pub fn alone(series: &'static str) -> Self {
        Self { series, in_line: false, alone: true, without_end: false }
    }

    /// A queue of requests that may be counted behind the node as well.
    #[must_use]
    pub fn passing(series: &'static str) -> Self {
        Self { alone: false, ..Self::alone(series) }
    }
}

/// Nodes of clients that a node mentions.
#[derive(Clone, Debug)]
pub struct Mention<'a> {
    /// Their names.
    pub clients: Vec<&'a Name>,
    /// For the error if none of their requests arrives: the reason why they are named, and the consequence.
    pub words: [&'static str; 2],
}

/// A scheduled change of a node, such as a spike of its arrivals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Span,
    /// A noun phrase for it, as in "the spike of users at 3 s".
    pub what: &'static str,
    /// How long it lasts, if it is a disturbance of the system.
    pub trouble: Option<Span>,
    /// True if a run may end before it and still be valid.
    pub is_step: bool,
}

/// The requirements of a node on all other nodes; a system meets those of all its nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// It uses the client or the key of requests.
    pub identity: bool,
    /// It holds connections open that requests share.
    pub connections: bool,
    /// It sends health checks.
    pub checks: bool,
    /// Its requests may be cancelled, or their deadlines may pass, while they are at servers.
    pub impatience: bool,
    /// It must be told whether work was done for requests that it had given up.
    pub late_work: bool,
}

impl Asks {
    /// The union of both requirements.
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
