//! Advice about settings of a system that are valid but have no effect.

use super::blueprint::Blueprint;

/// Settings of the system of `blueprint` that have no effect, a sentence each.
#[must_use]
pub fn advice(blueprint: &Blueprint) -> Vec<String> {
    let site = blueprint.site();
    let of_node = |(name, node): &(crate::schema::Name, crate::actors::NodeSpec)| {
        let problems = node.advice(&site).into_iter();
        problems.map(|problem| format!("\"{}\": {problem}", name.text)).collect::<Vec<_>>()
    };
    site.nodes.entries.iter().flat_map(of_node).collect()
}
