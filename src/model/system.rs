//! A system, as written in the language: named nodes, and their faults.

use crate::actors::NodeSpec;
use crate::actors::kit::describe::{Gives, Takes};
use crate::actors::kit::faults::FaultSpec;
use crate::schema::{Map, record};

/// The version of the language this program writes, and the newest it reads.
pub const VERSION: u32 = 1;

record! {
    /// A system: named nodes, the routes between them, and faults.
    pub struct System {
        /// Version of the language the file is written in.
        pub version: u32 = VERSION,
        /// The nodes, each with its name.
        pub nodes: Map<NodeSpec>,
        /// Faults, and when they occur.
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

impl Default for System {
    /// Without nodes, to which some are added.
    fn default() -> Self {
        Self::new(Map::default())
    }
}

impl System {
    /// Adds a node under a name.
    ///
    /// A duplicate name, and any mistake in the node, is reported when the experiment is planned.
    #[must_use]
    pub fn node(self, name: &str, node: impl Into<NodeSpec>) -> Self {
        Self { nodes: self.nodes.with(name, node.into()), ..self }
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, fault: FaultSpec) -> Self {
        self.faults.push(fault);
        self
    }

    /// The names of the nodes that are stations (they do work and have a queue): those with servers first, then the
    /// others.
    #[must_use]
    pub fn stations(&self) -> Vec<&str> {
        let with = |has_servers: bool| {
            let those = self
                .nodes
                .entries
                .iter()
                .filter(move |(_, node)| node.gives() == Gives::Servers && node.servers().is_some() == has_servers);
            those.map(|(name, _)| name.text.as_str())
        };
        with(true).chain(with(false)).collect()
    }

    /// The names of the nodes that make requests.
    pub fn makers(&self) -> impl Iterator<Item = &str> {
        let those = self.nodes.entries.iter().filter(|(_, node)| node.takes() == Takes::Nothing);
        those.map(|(name, _)| name.text.as_str())
    }

    /// True if its events never end: arrivals or health checks continue.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        self.nodes.entries.iter().any(|(_, node)| node.is_endless())
    }

    /// True if it does not change with time: no faults, and stationary arrivals.
    #[must_use]
    pub fn is_stationary(&self) -> bool {
        self.faults.is_empty() && self.nodes.entries.iter().all(|(_, node)| node.is_stationary())
    }
}
