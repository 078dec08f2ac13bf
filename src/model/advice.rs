//! What in a system says nothing, though nothing is wrong with it: a person who wrote it may have expected otherwise.

use super::system::{NodeSpec, System};
use crate::actors::balancer::health::Failure;
use crate::actors::balancer::{BalancerSpec, Health};
use crate::schema::Encode;
use crate::schema::quantity::Span;

/// What `system` says to no effect, a sentence each.
#[must_use]
pub fn advice(system: &System) -> Vec<String> {
    let mut found = Vec::new();
    for (name, node) in &system.nodes.entries {
        if let NodeSpec::Balancer(balancer) = node {
            found.extend(about(balancer).map(|problem| format!("\"{}\": {problem}", name.text)));
        }
    }
    found
}

fn about(balancer: &BalancerSpec) -> impl Iterator<Item = String> {
    let policy = balancer.policy.encode();
    let policy = policy.name().unwrap_or("its policy");
    let slow = balancer.slow_start > Span::ZERO && !balancer.policy.follows_weights();
    let slow = slow.then(|| format!("`slow_start` says nothing to {policy}, which does not follow weights"));
    let knows = matches!(&balancer.health, Health::Notified(notified) if notified.after == Span::ZERO);
    let by_crash = |failure: &Failure| matches!(failure, Failure::Refused(_) | Failure::Crashed(_));
    let idle = knows && balancer.passive.as_ref().is_some_and(|passive| passive.on.iter().all(by_crash));
    let idle = idle.then(|| {
        "`passive` has nothing to find out, because news of a crash comes at once: write `health: Unaware`".to_owned()
    });
    slow.into_iter().chain(idle)
}
