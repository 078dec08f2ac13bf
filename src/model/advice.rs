//! What in a system says nothing, though nothing is wrong with it: a person who wrote it may have expected otherwise.

use super::system::{NodeSpec, System};
use crate::actors::balancer::health::Failure;
use crate::actors::balancer::{BalancerSpec, Health};
use crate::actors::limiter::LimiterSpec;
use crate::actors::limiter::rule::Rule;
use crate::schema::Encode;
use crate::schema::quantity::Span;

/// What `system` says to no effect, a sentence each.
#[must_use]
pub fn advice(system: &System) -> Vec<String> {
    let mut found = Vec::new();
    for (name, node) in &system.nodes.entries {
        let problems: Vec<String> = match node {
            NodeSpec::Balancer(balancer) => about(balancer).collect(),
            NodeSpec::Limiter(limiter) => about_costs(limiter).collect(),
            _ => Vec::new(),
        };
        found.extend(problems.iter().map(|problem| format!("\"{}\": {problem}", name.text)));
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

/// Costs that are more than every limit.
fn about_costs(limiter: &LimiterSpec) -> impl Iterator<Item = String> {
    let rules = limiter.limit.iter().chain(limiter.tiers.entries.iter().map(|(_, rule)| rule)).map(Rule::most);
    let most = rules.chain(limiter.distributed.iter().map(|shared| shared.limit)).max().unwrap_or(0);
    let never = limiter.costs.iter().filter(move |cost| cost.tokens > most);
    never.map(move |cost| format!("what costs {} never passes a limit of {most}", cost.tokens))
}
