//! The nodes of a system as one of them sees the others: by name, and by what each says of itself.

use super::describe::{Asks, Servers, Takes};
use super::graph::Graph;
use crate::actors::NodeSpec;
use crate::schema::Map;

/// Nodes that a request may pass: its way back counts them in a byte, with room for what nodes ask on its behalf.
pub const DEEPEST: usize = 200;

/// The servers that requests sent to the node called `name` come to, straight or past nodes that only stand in the way, with
/// the name of their node; `None` if somebody chooses on the way.
#[must_use]
pub fn servers_behind<'a>(nodes: &'a Map<NodeSpec>, name: &'a str) -> Option<(&'a str, Servers<'a>)> {
    let mut at = name;
    // No further than a request may go, in case they lead round.
    for _ in 0..=DEEPEST {
        let node = nodes.get(at)?;
        match node.servers() {
            Some(servers) => return Some((at, servers)),
            None => at = &node.way_on()?.to.0.first()?.text,
        }
    }
    None
}

/// The nodes of a system, with what follows from all of them: found once, in time proportional to nodes and routes.
#[derive(Debug)]
pub struct Site<'a> {
    /// The nodes.
    pub nodes: &'a Map<NodeSpec>,
    /// Who sends to whom.
    pub graph: Graph<'a>,
    /// What any of them asks of all.
    pub asks: Asks,
    /// The names of those that make requests: a class of requests is a place in this list.
    pub classes: Vec<&'a str>,
}

impl<'a> Site<'a> {
    /// Of these nodes.
    #[must_use]
    pub fn of(nodes: &'a Map<NodeSpec>) -> Self {
        let makers = nodes.entries.iter().filter(|(_, node)| node.takes() == Takes::Nothing);
        Self {
            nodes,
            graph: Graph::of(nodes),
            asks: nodes.entries.iter().fold(Asks::default(), |asks, (_, node)| asks.or(node.asks())),
            classes: makers.map(|(name, _)| name.text.as_str()).collect(),
        }
    }

    /// The class of the requests that the node called `name` makes.
    #[must_use]
    pub fn class_of(&self, name: &str) -> Option<u16> {
        self.classes.iter().position(|class| *class == name).map(|class| class as u16)
    }

    /// See [`servers_behind`].
    #[must_use]
    pub fn servers_behind(&self, name: &'a str) -> Option<(&'a str, Servers<'a>)> {
        servers_behind(self.nodes, name)
    }
}
