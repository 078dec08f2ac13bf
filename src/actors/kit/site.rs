//! The nodes of a system as one of them sees the others: by name, and through their descriptions.

use super::facts::{Asks, Servers, Takes};
use super::graph::Graph;
use crate::actors::NodeSpec;
use crate::schema::Map;

/// For each node, the place of the node whose servers the requests sent to it reach, directly or past nodes that pass
/// them on unchanged; `None` if a node on the way chooses, or on a cycle.
fn servers_behind(nodes: &Map<NodeSpec>, graph: &Graph) -> Vec<Option<usize>> {
    let mut behind = vec![None; nodes.entries.len()];
    // The nodes behind a node are known before it.
    for &place in graph.behind_first() {
        let node = &nodes.entries[place].1;
        let next = || nodes.position(&node.way_on()?.to.0.first()?.text).and_then(|next| behind[next]);
        behind[place] = node.servers().map_or_else(next, |_| Some(place));
    }
    behind
}

/// The conclusions from all nodes of a system together, by their places: computed once for a system, in time
/// proportional to its nodes and routes.
#[derive(Clone, Debug)]
pub struct Topology {
    graph: Graph,
    asks: Asks,
    /// The places of the nodes that make requests.
    makers: Vec<usize>,
    /// See [`servers_behind`].
    servers: Vec<Option<usize>>,
}

impl Topology {
    /// Of these nodes.
    #[must_use]
    pub fn of(nodes: &Map<NodeSpec>) -> Self {
        let makers = nodes.entries.iter().enumerate().filter(|(_, (_, node))| node.takes() == Takes::Nothing);
        let graph = Graph::of(nodes);
        Self {
            servers: servers_behind(nodes, &graph),
            graph,
            asks: nodes.entries.iter().fold(Asks::default(), |asks, (_, node)| asks.or(node.asks())),
            makers: makers.map(|(place, _)| place).collect(),
        }
    }
}

/// The nodes of a system and their topology.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The nodes.
    pub nodes: &'a Map<NodeSpec>,
    topology: &'a Topology,
}

impl<'a> Site<'a> {
    /// Of these nodes, whose topology is `topology`.
    #[must_use]
    pub fn new(nodes: &'a Map<NodeSpec>, topology: &'a Topology) -> Self {
        Self { nodes, topology }
    }

    /// The edges between nodes.
    #[must_use]
    pub fn graph(&self) -> &'a Graph {
        &self.topology.graph
    }

    /// The requirements of any node on all others.
    #[must_use]
    pub fn asks(&self) -> Asks {
        self.topology.asks
    }

    /// The places of the nodes that make requests: a class of requests is a place in this list.
    #[must_use]
    pub fn makers(&self) -> &'a [usize] {
        &self.topology.makers
    }

    /// The names of the nodes that make requests, by class.
    #[must_use]
    pub fn classes(&self) -> Vec<&'a str> {
        self.makers().iter().map(|&place| self.nodes.entries[place].0.text.as_str()).collect()
    }

    /// The class of the requests that the node called `name` makes; `None` if it makes none.
    #[must_use]
    pub fn class_of(&self, name: &str) -> Option<u16> {
        self.makers().binary_search(&self.nodes.position(name)?).ok().map(|class| class as u16)
    }

    /// The servers that the requests sent to the node called `name` reach, directly or past nodes that pass them on
    /// unchanged, with the name of their node; `None` if a node on the way chooses.
    #[must_use]
    pub fn servers_behind(&self, name: &str) -> Option<(&'a str, Servers<'a>)> {
        let place = self.topology.servers[self.nodes.position(name)?]?;
        let (name, node) = &self.nodes.entries[place];
        Some((&name.text, node.servers()?))
    }
}
