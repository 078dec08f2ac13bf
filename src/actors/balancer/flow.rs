//! How balancers split flows by their policies, and what waits there.

use super::layer::ProxySpec;
use super::line_flow::{Line, is_pinned};
use super::policies::Policy;
use super::{BalancerSpec, Health};
use crate::actors::kit::describe::Servers;
use crate::actors::kit::flow::{Demand, Flow, Share, StationLoad, Visit, Work, thinned};
use crate::actors::kit::site::Site;

/// Sends `flows` on to the members of `balancer`.
pub fn pass_on(visit: &mut Visit<'_, '_>, balancer: &BalancerSpec, mut flows: Vec<Flow>) {
    if let Some(proxy) = &balancer.proxy {
        let load = load_of_proxy(visit, balancer.copies, proxy, &flows);
        visit.station(load);
        if proxy.queue.is_some() {
            flows = flows.into_iter().map(Flow::at_most).collect();
        }
    }
    let failures = visit.rejects() || balancer.timeout.is_some();
    let may_eject = failures && (balancer.passive.is_some() || balancer.outliers.is_some());
    for flow in &mut flows {
        // If every member is considered down, requests are rejected; an overload may make members look down.
        if may_eject || matches!(balancer.health, Health::Active(_)) {
            *flow = flow.at_most();
        }
        if failures && balancer.retry.is_some() {
            flow.most = f64::INFINITY;
        }
        if let Health::Active(active) = &balancer.health {
            flow.checks += active.work.0.mean() / active.interval.seconds() * balancer.copies as f64;
        }
    }
    if let Some(line) = Line::of(visit.site(), balancer) {
        let load = load_of_line(visit, &line, balancer.copies, &flows);
        visit.station(load);
        if !line.keeps_all() {
            flows = flows.into_iter().map(Flow::at_most).collect();
        }
    }
    if let Some(delay) = &balancer.to.delay {
        visit.delay(2.0 * delay.mean());
    }
    for (target, flows) in over_targets(visit.site(), balancer, may_eject, &flows) {
        visit.send_to(target, flows);
    }
}

/// True if a balancer rejects requests, so that attempts may fail without a fault: if servers are full, requests wait
/// if it has a queue.
#[must_use]
pub fn rejects(balancer: &BalancerSpec, site: &Site<'_>) -> bool {
    let is_limited = |name: &str| {
        let behind = site.servers_behind(name);
        behind.is_some_and(|(_, servers)| servers.max_connections.iter().any(|most| *most > 0))
    };
    balancer.proxy.as_ref().is_some_and(|proxy| proxy.queue.is_some())
        || matches!(balancer.health, Health::Active(_))
        || (balancer.queue.is_none() && balancer.to.to.0.iter().any(|target| is_limited(&target.text)))
        || Line::of(site, balancer).is_some_and(|line| !line.keeps_all())
}

/// The proxy of a balancer.
fn load_of_proxy(visit: &Visit<'_, '_>, copies: usize, proxy: &ProxySpec, flows: &[Flow]) -> Option<StationLoad> {
    let work = Work::of(flows, |flow| {
        let sure = proxy.per_request.seconds() + proxy.per_byte.seconds() * visit.size(flow);
        let connection = proxy.per_connection.seconds();
        let most = sure + connection;
        let each = visit.made(flow).is_some_and(|made| made.on_own_connections);
        Demand { least: if each { most } else { sure }, most, square: most * most }
    })?;
    let part = 1.0 / copies as f64;
    let workers = f64::from(proxy.workers);
    let queue = work.queue(visit.name, part, thinned(work.gaps, part), workers, 1.0);
    let growth = work.excess(part, workers) * copies as f64;
    let room = proxy.queue.map_or(f64::INFINITY, |queue| queue as f64).min(work.held);
    Some(StationLoad { growth, room, ..queue }.settled_by_leaving())
}

/// The queue of a balancer for places at servers; one in each copy.
fn load_of_line(visit: &Visit<'_, '_>, line: &Line<'_>, copies: usize, flows: &[Flow]) -> Option<StationLoad> {
    let node = visit.site().nodes.get(line.node)?;
    let work = Work::of(flows, |flow| Demand::known(node.work(visit.size(flow))))?;
    let Line { workers, capacity, slowest, alone, pooled, .. } = *line;
    let mut queue = work.queue(visit.name, 1.0, work.gaps, workers, capacity / workers);
    if !pooled {
        // All of it may wait for the slowest; the requests that other nodes send there are not known here.
        queue.most = if alone { work.work.1 / slowest } else { f64::INFINITY };
    }
    let room = (line.room * copies as f64).min(work.held);
    Some(StationLoad { line: true, room, leaves: queue.leaves || line.leaves, ..queue }.settled_by_leaving())
}

/// The flows that a balancer sends to each of its targets, by name.
fn over_targets<'a>(
    site: &'a Site<'a>,
    balancer: &'a BalancerSpec,
    may_eject: bool,
    flows: &[Flow],
) -> Vec<(&'a str, Vec<Flow>)> {
    let targets: Vec<(&str, f64, Option<Servers<'_>>)> = weights_of_targets(site, balancer);
    let servers: Option<Vec<Servers<'_>>> = targets.iter().map(|(_, _, servers)| *servers).collect();
    let is_limited = servers.iter().flatten().any(|servers| servers.max_connections.iter().any(|most| *most > 0));
    let share = if Line::of(site, balancer).is_some_and(|line| line.pooled) {
        Share::Pooled
    } else if may_eject || is_pinned(site, balancer) || is_limited || balancer.subset.is_some() {
        Share::Open
    } else {
        share(balancer, servers.as_deref())
    };
    let weighted = matches!(share, Share::Split { weighted: true, .. });
    let weight = |(_, weight, servers): &(&str, f64, Option<Servers<'_>>)| match servers {
        Some(servers) if !weighted => weight * servers.in_use().count() as f64,
        Some(servers) => weight * servers.in_use().map(|server| f64::from(servers.weight(server))).sum::<f64>(),
        None => *weight,
    };
    let all: f64 = targets.iter().map(weight).sum();
    let several = targets.len() > 1;
    let to_target = |target: &(&'a str, f64, Option<Servers<'_>>)| {
        let part = weight(target) / all;
        let flows = flows.iter().map(|flow| match share {
            Share::Split { .. } if several => Flow {
                least: flow.least * part,
                most: flow.most * part,
                variability: thinned(flow.variability, part),
                share,
                ..*flow
            },
            // A less loaded server gets more: how much more is not known.
            Share::Pooled | Share::Open if several => Flow { share: Share::Open, ..flow.at_most() },
            _ => Flow { share, ..*flow },
        });
        (target.0, flows.collect())
    };
    targets.iter().map(to_target).collect()
}

/// Each target with how many of it there are, and the servers behind it.
fn weights_of_targets<'a>(site: &'a Site<'a>, balancer: &'a BalancerSpec) -> Vec<(&'a str, f64, Option<Servers<'a>>)> {
    let targets = balancer.to.to.0.iter().map(|target| {
        let copies = site.nodes.get(&target.text).map_or(1, |node| node.copies());
        (target.text.as_str(), copies as f64, site.servers_behind(&target.text).map(|(_, servers)| servers))
    });
    targets.collect()
}

/// How a policy spreads requests over members, which are these servers, if all are.
fn share(balancer: &BalancerSpec, servers: Option<&[Servers<'_>]>) -> Share {
    let alike = servers.is_some_and(|servers| {
        servers.iter().all(|servers| {
            let same = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
            same(servers.speeds) && servers.weights.windows(2).all(|pair| pair[0] == pair[1])
        })
    });
    let one = balancer.copies == 1;
    match &balancer.policy {
        policy @ (Policy::RoundRobin(_) | Policy::WeightedRoundRobin(_)) => {
            Share::Split { weighted: policy.uses_weights(), regular: one }
        }
        Policy::Random(_) => Share::Split { weighted: true, regular: false },
        Policy::PowerOfChoices(choices) if choices.d == 1 => Share::Split { weighted: true, regular: false },
        // Joining the shortest queue, relative to its weight, keeps every queue stable that can be stable; other
        // policies do so among servers that are alike.
        Policy::LeastConnections(_) if one && servers.is_some() => Share::Pooled,
        Policy::LeastConnections(_) | Policy::PowerOfChoices(_) | Policy::JoinIdleQueue(_) if alike => Share::Pooled,
        _ => Share::Open,
    }
}
