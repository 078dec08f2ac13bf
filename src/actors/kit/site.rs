//! The nodes of a system as one of them sees the others: by name, and through their descriptions.

use super::facts::{Asks, Servers, Takes};
use super::graph::Graph;
use crate::actors::NodeSpec;
use crate::schema::Map;

/// For each node, the place of the node whose servers requests that are sent to it come to, straight or past nodes that
/// only stand in the way; `None` if somebody chooses on the way, or if it leads round.
fn servers_behind(nodes: &Map<NodeSpec>, graph: &Graph<'_>) -> Vec<Option<usize>> {
    let mut behind = vec![None; nodes.entries.len()];
    // What lies behind a node is known before it.
    for place in graph.behind_first() {
        let node = &nodes.entries[place].1;
        let next = || nodes.position(&node.way_on()?.to.0.first()?.text).and_then(|next| behind[next]);
        behind[place] = node.servers().map_or_else(next, |_| Some(place));
    }
    behind
}

/// The nodes of a system, with what follows from all of them: found once, in time proportional to nodes and routes.
#[derive(Debug)]
pub struct Site<'a> {
    /// The nodes.
    pub nodes: &'a Map<NodeSpec>,
    /// The edges between nodes.
    pub graph: Graph<'a>,
    /// What any of them asks of all.
    pub asks: Asks,
    /// The names of those that make requests: a class of requests is a place in this list.
    pub classes: Vec<&'a str>,
    /// See [`servers_behind`].
    servers: Vec<Option<usize>>,
}

impl<'a> Site<'a> {
    /// Of these nodes.
    #[must_use]
    pub fn of(nodes: &'a Map<NodeSpec>) -> Self {
        let makers = nodes.entries.iter().filter(|(_, node)| node.takes() == Takes::Nothing);
        let graph = Graph::of(nodes);
        Self {
            nodes,
            servers: servers_behind(nodes, &graph),
            graph,
            asks: nodes.entries.iter().fold(Asks::default(), |asks, (_, node)| asks.or(node.asks())),
            classes: makers.map(|(name, _)| name.text.as_str()).collect(),
        }
    }

    /// The class of the requests that the node called `name` makes.
    #[must_use]
    pub fn class_of(&self, name: &str) -> Option<u16> {
        self.classes.iter().position(|class| *class == name).map(|class| class as u16)
    }

    /// The servers that requests sent to the node called `name` come to, straight or past nodes that only stand in the way,
    /// with the name of their node; `None` if somebody chooses on the way.
    #[must_use]
    pub fn servers_behind(&self, name: &str) -> Option<(&'a str, Servers<'a>)> {
        let place = self.servers[self.nodes.position(name)?]?;
        let (name, node) = &self.nodes.entries[place];
        Some((&name.text, node.servers()?))
    }
}
