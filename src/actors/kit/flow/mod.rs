//! Flows: how much work arrives at each station of a system with stationary arrivals, as far as that follows from its
//! description: rates, shares, demands and workers.
//!
//! Where a rate is not known (retries, hedges, adaptive parts, limits that reject) a flow lies between the least that
//! is certain and the most that is possible. How a kind of node changes flows belongs in its folder; observations of a
//! run, and the verdict on stability, belong in `lab`.

mod station;

pub use station::{Demand, StationLoad, Work, thinned};

use super::facts::{Sends, Server};
use super::route::{Route, Spread};
use super::site::Site;
use crate::schema::quantity::Bytes;

/// How requests spread over the servers that come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// All to the only server.
    First,
    /// In fixed parts, whatever the load.
    Split {
        /// By the weights of the servers; without, in equal parts.
        weighted: bool,
        /// In turn; without, at random.
        regular: bool,
    },
    /// To the least loaded server, so that no server has work while another is idle for long.
    Pooled,
    /// Not known.
    Open,
}

/// Requests per second of one node of clients on their way.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Place of the clients among the nodes.
    pub clients: usize,
    /// That surely come.
    pub least: f64,
    /// The most that may arrive; infinite if unknown.
    pub most: f64,
    /// The squared coefficient of variation of the gaps between them; in the long run for bursts.
    pub variability: f64,
    /// Requests under way at once, at most.
    pub held: f64,
    /// Requests that gather at a station for each request too many: less than one where a user has one at a time and
    /// makes several.
    pub gather: f64,
    /// True if they may be cancelled.
    pub leaves: bool,
    /// True if a server drops them once they are abandoned.
    pub expires: bool,
    /// True if only some keys are among them.
    pub keys_are_cut: bool,
    /// How they spread over the servers that come next.
    pub share: Share,
    /// Work of health checks for each server, worker-seconds a second.
    pub checks: f64,
}

/// The known properties of the requests that a node makes, wherever they arrive.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The name of the node.
    pub name: &'a str,
    /// How large each is.
    pub size: Bytes,
    /// How many keys they ask for, and the exponent of Zipf's law by which some are asked for more often; 0 for all alike.
    pub keys: (u32, f64),
    /// True if each opens a connection of its own.
    pub on_own_connections: bool,
}

/// Something that requests spend time in without hindering each other: a network, a pause of users.
#[derive(Clone, Debug, PartialEq)]
pub struct Delay {
    /// The node it belongs to.
    pub node: String,
    /// Its mean in seconds.
    pub mean: f64,
}

/// The conclusions from the description of a system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// Stations, which do work and have a queue, and limits that hold requests back.
    pub stations: Vec<StationLoad>,
    /// Nodes that only take time.
    pub delays: Vec<Delay>,
    /// True if clients may have calls that wait for another attempt.
    pub calls_wait: bool,
}

/// The flows among the nodes of `site`, which are sound, and whose arrivals do not change with time.
#[must_use]
pub fn flows(site: &Site<'_>) -> Flows {
    let entries = &site.nodes.entries;
    let chooses = |sends: Sends| sends.server() == Some(Server::Chosen);
    let choosers = entries.iter().filter(|(_, node)| node.edges().iter().any(|edge| chooses(edge.sends)));
    let mut walk = Walk {
        site,
        coming: vec![Vec::new(); entries.len()],
        held: vec![f64::INFINITY; entries.len()],
        made: vec![None; entries.len()],
        choosers: choosers.map(|(_, node)| node.copies() as f64).sum(),
        rejects: entries.iter().any(|(_, node)| node.rejects(site)),
        found: Flows::default(),
    };
    for place in site.graph().in_order() {
        let flows = merge(std::mem::take(&mut walk.coming[place]), &walk.held);
        let (name, node) = &entries[place];
        node.flow(&mut Visit { name: &name.text, place, walk: &mut walk }, flows);
    }
    walk.found
}

/// Adds up the flows that have the same clients and kind, so that there are no more flows than clients and kinds,
/// however many ways lead from the clients to a node. `held` is the most requests that each node of clients has under
/// way.
fn merge(mut flows: Vec<Flow>, held: &[f64]) -> Vec<Flow> {
    let kind = |flow: &Flow| (flow.clients, flow.keys_are_cut, flow.share);
    flows.sort_by_key(kind);
    let mut merged: Vec<Flow> = Vec::new();
    for flow in flows {
        match merged.last_mut() {
            Some(last) if kind(last) == kind(&flow) => last.add(&flow, held[flow.clients]),
            _ => merged.push(flow),
        }
    }
    merged
}

/// Visits all nodes, each before the nodes that it sends to.
#[derive(Debug)]
struct Walk<'a> {
    site: &'a Site<'a>,
    /// The flows that arrive at each node.
    coming: Vec<Vec<Flow>>,
    /// Requests that each node of clients has under way at once, at most.
    held: Vec<f64>,
    /// The requests of each node that makes requests.
    made: Vec<Option<Made<'a>>>,
    /// Nodes that choose among servers, with copies.
    choosers: f64,
    rejects: bool,
    found: Flows,
}

/// A node on the way.
#[derive(Debug)]
pub struct Visit<'w, 'a> {
    /// Its name.
    pub name: &'a str,
    /// Its place among the nodes.
    pub place: usize,
    walk: &'w mut Walk<'a>,
}

impl<'a> Visit<'_, 'a> {
    /// The nodes.
    #[must_use]
    pub fn site(&self) -> &'a Site<'a> {
        self.walk.site
    }

    /// True if a part of the system rejects requests, so that attempts may fail without a fault.
    #[must_use]
    pub fn rejects(&self) -> bool {
        self.walk.rejects
    }

    /// How many nodes choose among servers, with copies.
    #[must_use]
    pub fn choosers(&self) -> f64 {
        self.walk.choosers
    }

    /// The known properties of the requests of a flow.
    #[must_use]
    pub fn made(&self, flow: &Flow) -> Option<Made<'a>> {
        self.walk.made[flow.clients]
    }

    /// Bytes of a request of a flow.
    #[must_use]
    pub fn size(&self, flow: &Flow) -> f64 {
        self.made(flow).map_or(0.0, |made| made.size.bytes() as f64)
    }

    /// The node makes requests, of which it has as many under way as `flow` says. With `calls_wait`, some wait for another
    /// attempt.
    pub fn makes(&mut self, made: Made<'a>, flow: &Flow, calls_wait: bool) {
        self.walk.held[self.place] = flow.held;
        self.walk.made[self.place] = Some(made);
        self.walk.found.calls_wait |= calls_wait;
    }

    /// The load of a queue at the node.
    pub fn station(&mut self, load: Option<StationLoad>) {
        self.walk.found.stations.extend(load);
    }

    /// Seconds that each request spends there without hindering others.
    pub fn delay(&mut self, mean: f64) {
        self.walk.found.delays.push(Delay { node: self.name.to_owned(), mean });
    }

    /// Sends flows along a route, which takes its time there and back.
    pub fn send(&mut self, route: &Route, flows: impl IntoIterator<Item = Flow>) {
        if let Some(delay) = &route.delay {
            self.delay(2.0 * delay.mean());
        }
        let nodes = self.walk.site.nodes;
        let Some(place) = route.to.0.first().and_then(|target| nodes.position(&target.text)) else { return };
        let uneven = nodes.entries[place].1.copies() > 1 && matches!(route.spread, Spread::ByClient(_));
        let spread = |flow: Flow| if uneven { Flow { share: Share::Open, ..flow } } else { flow };
        self.walk.coming[place].extend(flows.into_iter().map(spread));
    }

    /// Sends flows to the node called `target`.
    pub fn send_to(&mut self, target: &str, flows: impl IntoIterator<Item = Flow>) {
        if let Some(place) = self.walk.site.nodes.position(target) {
            self.walk.coming[place].extend(flows);
        }
    }
}

impl Flow {
    /// Adds a flow of the same clients, which have at most `held` requests under way. The variability of its gaps is
    /// the mean of both, weighted by rate.
    fn add(&mut self, other: &Self, held: f64) {
        let least = self.least + other.least;
        let part = if least > 0.0 { other.least / least } else { 0.5 };
        self.variability += part * (other.variability - self.variability);
        self.held = (self.held + other.held).min(held);
        self.leaves |= other.leaves;
        self.expires |= other.expires;
        self.checks = self.checks.max(other.checks);
        (self.least, self.most) = (least, self.most + other.most);
    }

    /// The same flow, of which any part may be rejected.
    #[must_use]
    pub fn at_most(self) -> Self {
        Self { least: 0.0, ..self }
    }
}
