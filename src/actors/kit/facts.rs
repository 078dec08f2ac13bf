//! The data that descriptions of nodes return: what a node sends where, what may be sent to it, its servers, and what
//! it requires of other nodes. The trait that returns them belongs in `describe`.

use super::route::RouteField;
use crate::schema::Name;
use crate::schema::quantity::Span;

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
