//! A system with the topology of its nodes: what it is checked by, planned with and built from.

use super::system::System;
use crate::actors::kit::build::Hits;
use crate::actors::kit::site::{Site, Topology};

/// A system with the topology of its nodes, which is computed once and used for checks, flows, advice, the bound on
/// memory, and building each replication.
///
/// The system cannot be changed afterwards, so the two always agree.
#[derive(Clone, Debug)]
pub struct Blueprint {
    system: System,
    topology: Topology,
    depth: usize,
}

impl Blueprint {
    /// Of `system`, whether it is sound or not.
    #[must_use]
    pub fn of(system: System) -> Self {
        let topology = Topology::of(&system.nodes);
        Self { depth: depth(&system, &topology), topology, system }
    }

    /// The system.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The system, which may be changed again.
    #[must_use]
    pub fn into_system(self) -> System {
        self.system
    }

    /// Its nodes with their topology.
    #[must_use]
    pub fn site(&self) -> Site<'_> {
        Site::new(&self.system.nodes, &self.topology)
    }

    /// The most actors on the way back of a request.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }
}

fn depth(system: &System, topology: &Topology) -> usize {
    let System { nodes, faults, .. } = system;
    let hits = Hits::of(nodes, faults);
    // No request passes more hosts than there are nodes with one.
    let hosts = nodes.entries.iter().filter(|(name, node)| node.has_host() && hits.has_node(&name.text)).count();
    hosts + Site::new(nodes, topology).graph().stops().into_iter().max().unwrap_or(1)
}
