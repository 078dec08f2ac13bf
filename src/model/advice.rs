//! What in a system says nothing, though nothing is wrong with it: a person who wrote it may have expected otherwise.

use super::system::{NodeSpec, System, fleet_behind};
use crate::actors::balancer::health::Failure;
use crate::actors::balancer::policies::Policy;
use crate::actors::balancer::policies::least_connections::Ties;
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
            NodeSpec::Balancer(balancer) => about(system, balancer).collect(),
            NodeSpec::Limiter(limiter) => about_costs(limiter).collect(),
            _ => Vec::new(),
        };
        found.extend(problems.iter().map(|problem| format!("\"{}\": {problem}", name.text)));
    }
    found
}

fn about(system: &System, balancer: &BalancerSpec) -> impl Iterator<Item = String> {
    let problems = [
        slow_start(balancer),
        passive(balancer),
        queue(system, balancer),
        ejection(balancer, members(system, balancer)),
    ];
    problems.into_iter().flatten()
}

/// How many members a balancer has.
fn members(system: &System, balancer: &BalancerSpec) -> usize {
    let targets = balancer.to.to.0.iter().map(|target| match fleet_behind(&system.nodes, &target.text) {
        Some((_, fleet)) => fleet.servers * fleet.copies,
        None => system.nodes.get(&target.text).map_or(0, NodeSpec::copies),
    });
    let all: usize = targets.sum();
    balancer.subset.map_or(all, |subset| subset.min(all))
}

fn slow_start(balancer: &BalancerSpec) -> Option<String> {
    if balancer.slow_start == Span::ZERO {
        return None;
    }
    let policy = balancer.policy.encode();
    let policy = policy.name().unwrap_or("its policy");
    if !balancer.policy.follows_weights() {
        return Some(format!("`slow_start` says nothing to {policy}, which does not follow weights"));
    }
    let instead = match &balancer.policy {
        Policy::LeastConnections(least) if !matches!(least.ties, Ties::Weighted(_)) => "; `ties: Weighted` does",
        Policy::JoinIdleQueue(_) => "",
        _ => return None,
    };
    Some(format!(
        "`slow_start` has no effect while servers are idle: {policy} does not choose among idle ones by weight{instead}"
    ))
}

fn passive(balancer: &BalancerSpec) -> Option<String> {
    let knows = matches!(&balancer.health, Health::Notified(notified) if notified.after == Span::ZERO);
    let by_crash = |failure: &Failure| match failure {
        Failure::Refused(_) | Failure::Crashed(_) => true,
        Failure::TimedOut(_) => balancer.timeout.is_none(),
        _ => false,
    };
    let idle = knows && balancer.passive.as_ref().is_some_and(|passive| passive.on.iter().all(by_crash));
    idle.then(|| {
        "`passive` has nothing to find out, because news of a crash comes at once: write `health: Unaware`".to_owned()
    })
}

fn queue(system: &System, balancer: &BalancerSpec) -> Option<String> {
    let limited = |name: &str| {
        let fleet = fleet_behind(&system.nodes, name);
        fleet.is_some_and(|(_, fleet)| fleet.max_connections.iter().any(|&most| most > 0))
    };
    let idle = balancer.queue.is_some() && !balancer.to.to.0.iter().any(|target| limited(&target.text));
    idle.then(|| "nobody ever waits in its `queue`, because no server has `max_connections`".to_owned())
}

/// Envoy ejects nobody where one is already too many.
fn ejection(balancer: &BalancerSpec, members: usize) -> Option<String> {
    let outliers = balancer.outliers.as_ref()?;
    let none = !outliers.always_eject_one && outliers.max_ejection.fraction() * (members as f64) < 1.0 - 1e-9;
    let share = outliers.max_ejection;
    none.then(|| {
        format!(
            "`outliers` never ejects anybody: {} % of {members} members is less than one; write `always_eject_one: true`",
            (share.fraction() * 1e9).round() / 1e7
        )
    })
}

/// Costs that are more than every limit.
fn about_costs(limiter: &LimiterSpec) -> impl Iterator<Item = String> {
    let rules = limiter.limit.iter().chain(limiter.tiers.entries.iter().map(|(_, rule)| rule)).map(Rule::most);
    let most = rules.chain(limiter.distributed.iter().map(|shared| shared.limit)).max().unwrap_or(0);
    let never = limiter.costs.iter().filter(move |cost| cost.tokens > most);
    never.map(move |cost| format!("what costs {} never passes a limit of {most}", cost.tokens))
}
