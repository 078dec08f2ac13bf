//! A balancer with the servers behind it, as both programs describe one. Readers fill it, `model` makes nodes of it.

use super::source::At;
use crate::schema::quantity::Span;

/// Groups of a configuration at most; more are noted and left out.
pub const MOST_GROUPS: usize = 5000;

/// A value and the line that says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Its place in the file.
    pub at: At,
}

impl<T> Said<T> {
    /// `value`, said at `at`.
    pub fn new(value: T, at: At) -> Self {
        Self { value, at }
    }
}

/// The part of a request that is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The client's address.
    Client,
    /// The resource that is requested: a path, an argument, a header.
    Key,
}

/// How a hash chooses a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashing {
    /// nginx `ip_hash`: the first three octets, modulo the weights.
    NginxIp,
    /// nginx `hash ... consistent`: a ring with the points of Cache::Memcached::Fast.
    NginxRing,
    /// HAProxy `hash-type consistent`: a ring of its own.
    HaproxyRing,
    /// The hash modulo the sum of the weights: most of the keys move when a server goes.
    Modulo,
}

/// Which of servers with equally many connections is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tied {
    /// By weight: nginx.
    ByWeight,
    /// The idle ones in turn, whatever their weight: HAProxy.
    IdleFirst,
}

/// How a server is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Balance {
    /// In turn, by weight.
    RoundRobin,
    /// In turn, by weight, with a step for each attempt in which those tried already take no part: nginx.
    SmoothRoundRobin,
    /// Fewest connections for the weight.
    LeastConnections(Tied),
    /// At random by weight; the best of this many.
    Random(u32),
    /// By a hash.
    Hash {
        /// Of what.
        by: By,
        /// How.
        how: Hashing,
        /// How far above its share a server may be loaded; `None` for any load.
        bound: Option<f64>,
    },
    /// Least response time.
    LeastTime,
    /// The first server that has a free slot.
    First,
}

/// How failures of a server are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Watch {
    /// Not at all.
    Never,
    /// By requests that fail.
    Passive {
        /// Failures that take it out.
        max_fails: u32,
        /// How long they count, and how long it is out.
        fail_timeout: Span,
    },
    /// By checks.
    Checked {
        /// From one to the next.
        interval: Span,
        /// How long one may take.
        timeout: Span,
        /// Failures in a row that take it out.
        fall: u32,
        /// Successes in a row that bring it back.
        rise: u32,
    },
}

/// A server.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Its address in nginx, its name in HAProxy.
    pub name: String,
    /// Its place in the file.
    pub at: At,
    /// Its weight, at least 1.
    pub weight: u32,
    /// It serves only while no other is available.
    pub backup: bool,
    /// Most connections at once.
    pub max_connections: Option<Said<u32>>,
    /// Most requests that wait for it.
    pub max_queue: Option<u32>,
    /// How long its weight rises after it has come back.
    pub slow_start: Option<Said<Span>>,
    /// How its failures are found.
    pub watch: Said<Watch>,
}

/// A reason to send a request to another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, or a broken one.
    Connection,
    /// No answer in time.
    Timeout,
    /// An answer with status 500.
    Error,
    /// An answer with status 503.
    Unavailable,
}

/// Whether a failed attempt goes to another server.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts at most, the first included; 0 for as many as there are servers.
    pub tries: u32,
    /// How long after it came a request may go to another server.
    pub timeout: Option<Span>,
    /// The failures that count.
    pub on: Vec<Trouble>,
    /// True if a server may be asked again, though not twice running.
    pub comes_back: bool,
}

/// How requests wait while servers have as many as they may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// How long a request may wait.
    pub timeout: Option<Span>,
    /// Requests that may wait for one server.
    pub per_server: Option<u32>,
}

/// A balancer with the servers behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name in the file.
    pub name: String,
    /// The group in words: `upstream "shop"`.
    pub what: String,
    /// Where it begins.
    pub at: At,
    /// How it chooses.
    pub balance: Said<Balance>,
    /// Its servers, in order.
    pub servers: Vec<Server>,
    /// How many balancers there are, each with a view of its own; one where it is not said.
    pub copies: Option<Said<usize>>,
    /// It passes connections on, not requests.
    pub layer4: Option<At>,
    /// Whether failed attempts go elsewhere; `None` where they do not.
    pub retry: Option<Said<Retry>>,
    /// How long an answer is waited for, and the words of the program for it.
    pub timeout: Option<Said<(Span, String)>>,
    /// Whether requests wait for a place at a server; `None` if they are rejected.
    pub queue: Option<Said<Queue>>,
    /// From where requests come to it, in words.
    pub entrances: Vec<Said<String>>,
}
