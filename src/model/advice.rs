//! Advice about settings of a system that are valid but have no effect.

use super::system::System;
use crate::actors::kit::site::Site;

/// What `system` says to no effect, a sentence each.
#[must_use]
pub fn advice(system: &System) -> Vec<String> {
    let site = Site::of(&system.nodes);
    let of_node = |(name, node): &(crate::schema::Name, crate::actors::NodeSpec)| {
        let problems = node.advice(&site).into_iter();
        problems.map(|problem| format!("\"{}\": {problem}", name.text)).collect::<Vec<_>>()
    };
    system.nodes.entries.iter().flat_map(of_node).collect()
}
