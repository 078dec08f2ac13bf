//! A system in the words of the language: named nodes, and what goes wrong with them when.

use crate::actors::balancer::{BalancerSpec, Health};
use crate::actors::breaker::BreakerSpec;
use crate::actors::clients::{ClientsSpec, Traffic};
use crate::actors::concurrency::ConcurrencyLimiterSpec;
use crate::actors::fallback::FallbackSpec;
use crate::actors::faults::{Fault, Recurs};
use crate::actors::fleet::FleetSpec;
use crate::actors::limiter::LimiterSpec;
use crate::actors::route::RouteField;
use crate::actors::router::RouterSpec;
use crate::actors::store::StoreSpec;
use crate::schema::quantity::Span;
use crate::schema::{Decode, Encode, Kind, Map, Name, Node, Reader, choice, record};

/// The version of the language this program writes, and the newest it reads.
pub const VERSION: u32 = 1;

choice! {
    /// A part of a system. It goes by its name in the map of nodes.
    pub enum NodeSpec {
        Clients(ClientsSpec),
        Balancer(BalancerSpec),
        Fleet(FleetSpec),
        Router(RouterSpec),
        Limiter(LimiterSpec),
        Breaker(BreakerSpec),
        ConcurrencyLimiter(ConcurrencyLimiterSpec),
        Fallback(FallbackSpec),
        Store(StoreSpec),
    }
}

impl NodeSpec {
    /// How many of it there are.
    #[must_use]
    pub fn copies(&self) -> usize {
        match self {
            Self::Clients(_) | Self::Router(_) | Self::Store(_) => 1,
            Self::Balancer(balancer) => balancer.copies,
            Self::Fleet(fleet) => fleet.copies,
            Self::Limiter(limiter) => limiter.copies,
            Self::Breaker(breaker) => breaker.copies,
            Self::ConcurrencyLimiter(limiter) => limiter.copies,
            Self::Fallback(fallback) => fallback.copies,
        }
    }

    /// What kind of node it is: the word that begins it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Clients(_) => "Clients",
            Self::Balancer(_) => "Balancer",
            Self::Fleet(_) => "Fleet",
            Self::Router(_) => "Router",
            Self::Limiter(_) => "Limiter",
            Self::Breaker(_) => "Breaker",
            Self::ConcurrencyLimiter(_) => "ConcurrencyLimiter",
            Self::Fallback(_) => "Fallback",
            Self::Store(_) => "Store",
        }
    }

    /// The names of the nodes it sends requests to, with their places.
    #[must_use]
    pub fn targets(&self) -> Vec<&Name> {
        match self {
            Self::Clients(clients) => clients.to.to.0.iter().collect(),
            Self::Balancer(balancer) => balancer.to.to.0.iter().collect(),
            Self::Fleet(_) | Self::Store(_) => Vec::new(),
            Self::Router(router) => router.routes().flat_map(|route| &route.to.0).collect(),
            Self::Limiter(limiter) => {
                let store = limiter.distributed.iter().flat_map(|distributed| &distributed.store.to.0);
                limiter.to.to.0.iter().chain(store).collect()
            }
            Self::Breaker(breaker) => breaker.to.to.0.iter().collect(),
            Self::ConcurrencyLimiter(limiter) => limiter.to.to.0.iter().collect(),
            Self::Fallback(fallback) => fallback.to.to.0.iter().chain(fallback.others()).collect(),
        }
    }

    /// True if faults hit the host it runs on: it has no servers, and is no clients.
    #[must_use]
    pub fn has_host(&self) -> bool {
        !matches!(self, Self::Clients(_) | Self::Fleet(_) | Self::Store(_))
    }

    /// The ways over which it sends requests.
    #[must_use]
    pub fn routes(&self) -> Vec<&RouteField> {
        match self {
            Self::Clients(clients) => vec![&clients.to],
            Self::Balancer(balancer) => vec![&balancer.to],
            Self::Fleet(_) | Self::Store(_) => Vec::new(),
            Self::Router(router) => router.routes().collect(),
            Self::Limiter(limiter) => {
                let store = limiter.distributed.iter().map(|distributed| &distributed.store);
                std::iter::once(&limiter.to).chain(store).collect()
            }
            Self::Breaker(breaker) => vec![&breaker.to],
            Self::ConcurrencyLimiter(limiter) => vec![&limiter.to],
            Self::Fallback(fallback) => std::iter::once(&fallback.to).chain(fallback.smaller()).collect(),
        }
    }

    /// The way on from a node that stands in the way of requests to one other: it has as many servers as what stands
    /// behind it.
    #[must_use]
    pub fn way_on(&self) -> Option<&RouteField> {
        match self {
            Self::Limiter(limiter) => Some(&limiter.to),
            Self::Breaker(breaker) => Some(&breaker.to),
            Self::ConcurrencyLimiter(limiter) => Some(&limiter.to),
            Self::Fallback(fallback) => Some(&fallback.to),
            Self::Clients(_) | Self::Balancer(_) | Self::Fleet(_) | Self::Router(_) | Self::Store(_) => None,
        }
    }
}

/// The name of a node, with its place in the file.
#[derive(Clone, Debug)]
pub struct NodeName(pub Name);

impl PartialEq for NodeName {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Decode for NodeName {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(Self(Name { text: text.clone(), region: node.region })),
            _ => {
                reader.expected(node, "the name of a node in quotes");
                None
            }
        }
    }
}

impl Encode for NodeName {
    fn encode(&self) -> Node {
        self.0.text.encode()
    }
}

record! {
    /// Something that goes wrong, and when.
    pub struct FaultSpec {
        /// When it begins; with `recurs`, from when on it may.
        pub at: Span,
        /// The node it hits; `web[1]` is the second of several copies. With `to`, the node where the link begins.
        pub node: NodeName,
        /// What goes wrong. What is wrong with a server at a time follows from all faults that are active then.
        pub fault: Fault,
        /// Which servers of the fleet, counted from 0; without it, all. On a link from a balancer, those where it ends.
        pub servers: Option<Vec<usize>> = None,
        /// Of a fault of the network (`Delay`, `Loss`, `Partition`): the node where the link ends, to which `node` sends
        /// requests. Their answers come back over it.
        pub to: Option<NodeName> = None,
        /// After how long it ends, or with `recurs` comes no more; without it, it lasts.
        pub lasts: Option<Span> = None,
        /// Whether it comes again and again, at random.
        pub recurs: Option<Recurs> = None,
    }
    check(self, at) {
        if self.servers.as_ref().is_some_and(Vec::is_empty) {
            at.field("servers").error("a fault that hits no server: leave `servers` out if it hits all");
        }
        if matches!(self.fault, Fault::Restart(_)) {
            for (field, is_given) in [("lasts", self.lasts.is_some()), ("recurs", self.recurs.is_some())] {
                if is_given {
                    at.field(field).error("a restart takes no time and has no end: `Crash` with a length goes down and comes up");
                }
            }
        }
    }
}

record! {
    /// A system: who asks, who chooses, who serves, and over what network.
    pub struct System {
        /// Version of the language the file is written in.
        pub version: u32 = VERSION,
        /// The parts, each with its name.
        pub nodes: Map<NodeSpec>,
        /// What goes wrong, and when.
        pub faults: Vec<FaultSpec> = Vec::new(),
    }
    check(self, at) {
        if self.version == 0 || self.version > VERSION {
            at.field("version").error(format!(
                "version {} of the language is newer than this program, which reads version {VERSION}", self.version
            ));
        }
        if self.nodes.entries.is_empty() {
            at.field("nodes").error("a system has at least one node of `Clients` and one that serves them");
        }
    }
}

/// Nodes that a request may pass: its way back counts them in a byte, with room for what nodes ask on its behalf.
pub const DEEPEST: usize = 200;

/// The fleet that requests sent to the node called `name` come to, straight or past nodes that only stand in the way;
/// `None` if somebody chooses on the way.
#[must_use]
pub fn fleet_behind<'a>(nodes: &'a Map<NodeSpec>, name: &'a str) -> Option<(&'a str, &'a FleetSpec)> {
    let mut at = name;
    // No further than a request may go, in case they lead round.
    for _ in 0..=DEEPEST {
        match nodes.get(at)? {
            NodeSpec::Fleet(fleet) => return Some((at, fleet)),
            node => at = &node.way_on()?.to.0.first()?.text,
        }
    }
    None
}

impl System {
    /// The nodes that make requests, with their names.
    pub fn clients(&self) -> impl Iterator<Item = (&str, &ClientsSpec)> {
        self.nodes.entries.iter().filter_map(|(name, node)| match node {
            NodeSpec::Clients(clients) => Some((name.text.as_str(), clients)),
            _ => None,
        })
    }

    /// The fleets, with their names.
    pub fn fleets(&self) -> impl Iterator<Item = (&str, &FleetSpec)> {
        self.nodes.entries.iter().filter_map(|(name, node)| match node {
            NodeSpec::Fleet(fleet) => Some((name.text.as_str(), fleet)),
            _ => None,
        })
    }

    /// The nodes that do work and have a queue before it, by name: fleets, then balancers with a capacity of their own.
    #[must_use]
    pub fn stations(&self) -> Vec<&str> {
        let proxies = self.nodes.entries.iter().filter_map(|(name, node)| match node {
            NodeSpec::Balancer(balancer) if balancer.proxy.is_some() => Some(name.text.as_str()),
            _ => None,
        });
        self.fleets().map(|(name, _)| name).chain(proxies).collect()
    }

    /// True if some balancer checks its members.
    #[must_use]
    pub fn has_checks(&self) -> bool {
        self.nodes.entries.iter().any(|(_, node)| match node {
            NodeSpec::Balancer(balancer) => matches!(balancer.health, Health::Active(_)),
            _ => false,
        })
    }

    /// True if something about it never stops: checks, and clients of all kinds but the replay of a log.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        self.has_checks() || self.clients().any(|(_, clients)| !matches!(clients.arrivals, Traffic::Replay(_)))
    }

    /// True if nothing about it changes with time: no faults, and arrivals whose law stays the same.
    #[must_use]
    pub fn is_stationary(&self) -> bool {
        self.faults.is_empty()
            && self.clients().all(|(_, clients)| {
                let arrivals = &clients.arrivals;
                arrivals.is_stationary().unwrap_or(!matches!(arrivals, Traffic::Replay(_)))
            })
    }
}
