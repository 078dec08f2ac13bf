//! From a checked description to actors that can run.

use std::borrow::Cow;

use super::blueprint::Blueprint;
use super::system::System;
use crate::actors::host::Host;
use crate::actors::kit::build::{Building, Kit};
use crate::actors::kit::describe::Takes;
use crate::actors::kit::faults::Fault;
use crate::actors::kit::message::Core;
use crate::actors::kit::seen::NodeInfo;
use crate::actors::{Actor, Actors};
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, Duration};
use crate::trace::Inputs;

/// A system ready to run.
#[derive(Debug)]
pub struct Built {
    /// The actors.
    pub actors: Actors,
    /// Calendar, clock and requests.
    pub core: Core,
    /// The node of each actor.
    pub nodes: Vec<NodeInfo>,
}

/// The nodes of `system` in the order of their actors.
#[must_use]
pub fn node_infos(system: &System) -> Vec<NodeInfo> {
    let mut infos = Vec::new();
    for (name, node) in &system.nodes.entries {
        for copy in 0..node.copies() {
            let text = if node.copies() == 1 { name.text.clone() } else { format!("{}[{copy}]", name.text) };
            infos.push(NodeInfo {
                name: text,
                group: name.text.clone(),
                kind: Cow::Borrowed(node.kind()),
                makes_requests: node.takes() == Takes::Nothing,
            });
        }
    }
    infos
}

/// Builds the system of `blueprint`, which has passed `check`, with random streams under `root` and windows of `window`.
///
/// # Errors
/// A trace that is missing from `inputs` or cannot be put on the clock, in words.
pub fn build(blueprint: &Blueprint, inputs: &Inputs, root: StreamKey, window: Duration) -> Result<Built, String> {
    let (system, site) = (blueprint.system(), blueprint.site());
    let kit = Kit::new(&site, &system.faults, inputs, root);
    let mut core = Core::new(blueprint.depth());
    let mut actors: Vec<Actor> = Vec::new();
    for (name, node) in &system.nodes.entries {
        for copy in 0..node.copies() {
            let me = ActorId(actors.len() as u32);
            actors.push(node.build(&mut Building { kit: &kit, core: &mut core, me, name: &name.text, copy })?);
        }
    }
    for &node in kit.hosts() {
        let me = ActorId(actors.len() as u32);
        let (name, copy) = kit.node_of(node);
        // A node that works takes longer by itself.
        let timetable = kit.timetable(name, copy, 1, |fault| !matches!(fault, Fault::SlowDown(_)));
        actors.push(Actor::Host(Box::new(Host::new(me, node, timetable, kit.fault_key(name, copy)))));
    }
    let mut next = 0;
    for (name, node) in &system.nodes.entries {
        for copy in 0..node.copies() {
            let building = Building { kit: &kit, core: &mut core, me: ActorId(next), name: &name.text, copy };
            node.connect(&building, &mut actors);
            next += 1;
        }
    }
    Ok(Built { actors: Actors::new(actors, window), core, nodes: node_infos(system) })
}
