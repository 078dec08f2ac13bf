//! Advice about settings of a balancer that are valid but have no effect.

use super::health::Failure;
use super::policies::Policy;
use super::policies::least_connections::Ties;
use super::{BalancerSpec, Health};
use crate::actors::kit::site::Site;
use crate::schema::Encode;
use crate::schema::quantity::Span;

/// Settings of `balancer` that have no effect, a sentence each.
#[must_use]
pub fn about(balancer: &BalancerSpec, site: &Site<'_>) -> Vec<String> {
    let problems =
        [slow_start(balancer), passive(balancer), queue(site, balancer), ejection(balancer, members(site, balancer))];
    problems.into_iter().flatten().collect()
}

/// How many members a balancer has.
fn members(site: &Site<'_>, balancer: &BalancerSpec) -> usize {
    let targets = balancer.to.to.0.iter().map(|target| match site.servers_behind(&target.text) {
        Some((_, servers)) => servers.count * servers.copies,
        None => site.nodes.get(&target.text).map_or(0, |node| node.copies()),
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
    if !balancer.policy.uses_weights() {
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

fn queue(site: &Site<'_>, balancer: &BalancerSpec) -> Option<String> {
    let limited = balancer.to.to.0.iter().any(|target| {
        let behind = site.servers_behind(&target.text);
        behind.is_some_and(|(_, servers)| servers.max_connections.iter().any(|&most| most > 0))
    });
    let idle = balancer.queue.is_some() && !limited;
    idle.then(|| "no request ever waits in its `queue`, because no server has `max_connections`".to_owned())
}

/// Envoy ejects no member if one would already exceed the limit.
fn ejection(balancer: &BalancerSpec, members: usize) -> Option<String> {
    let outliers = balancer.outliers.as_ref()?;
    let none = !outliers.always_eject_one && outliers.max_ejection.fraction() * (members as f64) < 1.0 - 1e-9;
    let share = outliers.max_ejection;
    none.then(|| {
        format!(
            "`outliers` never ejects a member: {} % of {members} members is less than one; write `always_eject_one: true`",
            (share.fraction() * 1e9).round() / 1e7
        )
    })
}
