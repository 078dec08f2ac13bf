//! What the windows of a run say of requests that gather, where their flow does not follow from the description of the
//! system: at every kind of node that holds them back, and in calls that wait for another attempt.

use super::observe::{NodeSeen, Observation};
use crate::model::{Flows, NodeSpec, StationLoad, System, servers_in_use};
use crate::stats::trend::{self, Seen, Trend, Verdict};

/// Utilization of a server that is never idle.
const NEVER_IDLE: f64 = 0.995;

/// What was found at one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathering {
    /// The node.
    pub node: String,
    /// Whether and how fast.
    pub trend: Trend,
    /// True if there is no end to it: no bound, and nobody leaves unserved.
    pub without_end: bool,
}

/// The nodes whose requests gather, or may gather, in `done`.
#[must_use]
pub fn gathering(system: &System, flows: &Flows, done: &[&Observation]) -> Vec<Gathering> {
    let Some(first) = done.first() else { return Vec::new() };
    let mut found: Vec<Gathering> = first
        .nodes
        .iter()
        .enumerate()
        .filter_map(|(place, node)| {
            let load = flows.stations.iter().find(|load| load.node == node.info.group);
            at_node(system, load, place, node, done)
        })
        .collect();
    let gathers = |gathering: &Gathering| gathering.trend.verdict != Verdict::Settled;
    found.retain(gathers);
    // Calls that wait are the outermost: what gathers further in is named first.
    if flows.calls_wait && found.is_empty() {
        found.extend(between_nodes(done).filter(gathers));
    }
    found
}

/// The series that says how many requests a node holds back, by its kind.
fn held_back(system: &System, node: &NodeSeen) -> Option<&'static str> {
    match &*node.info.kind {
        // A breaker that lets one call through at a time has a line before it.
        "Breaker" => is_serial(system, node).then_some("in_system"),
        "Fleet" | "Store" | "Limiter" => Some("in_system"),
        // Those that wait for its proxy; without one, none.
        "Balancer" => node.series("queue").map(|_| "queue"),
        "ConcurrencyLimiter" => Some("waiting"),
        _ => None,
    }
}

fn is_serial(system: &System, node: &NodeSeen) -> bool {
    matches!(system.nodes.get(&node.info.group), Some(NodeSpec::Breaker(breaker)) if breaker.serial)
}

fn at_node(
    system: &System,
    load: Option<&StationLoad>,
    place: usize,
    node: &NodeSeen,
    done: &[&Observation],
) -> Option<Gathering> {
    let series = held_back(system, node)?;
    if load.is_some_and(|load| load.is_stable() || (load.is_known() && !load.leaves)) {
        return None;
    }
    let without_end = load.map_or(is_serial(system, node), |load| load.room.is_infinite() && !load.leaves);
    let width = done.first()?.window;
    let requests: Vec<Vec<f64>> = done.iter().map(|seen| values(&seen.nodes[place], series)).collect();
    let missed: Vec<Vec<f64>> = done
        .iter()
        .map(|seen| if without_end && load.is_some() { missed(system, &seen.nodes[place], width) } else { Vec::new() })
        .collect();
    let seen: Vec<Seen<'_>> =
        requests.iter().zip(&missed).map(|(requests, missed)| Seen { requests, missed }).collect();
    let mut trend = trend::assess(&seen, width)?;
    if without_end && trend.verdict != Verdict::Growing && node.servers.len() > 1 {
        // Some servers may idle while more comes to another than it can do.
        let alone: Vec<Seen<'_>> = requests.iter().map(|requests| Seen { requests, missed: &[] }).collect();
        let alone = trend::assess(&alone, width)?;
        if alone.verdict == Verdict::Growing {
            let verdict = if is_never_idle(place, done) { Verdict::Growing } else { Verdict::Unsettled };
            trend = Trend { verdict, longer: f64::INFINITY, ..alone };
        }
    }
    Some(Gathering { node: node.info.name.clone(), trend, without_end })
}

/// True if a server was hardly ever idle in the mean over replications.
fn is_never_idle(place: usize, done: &[&Observation]) -> bool {
    let servers = done.iter().map(|seen| seen.nodes[place].servers.len()).min().unwrap_or(0);
    let mean =
        |server: usize| done.iter().map(|seen| seen.nodes[place].servers[server]).sum::<f64>() / done.len() as f64;
    (0..servers).any(|server| mean(server) >= NEVER_IDLE)
}

fn values(node: &NodeSeen, series: &str) -> Vec<f64> {
    node.series(series).unwrap_or_default().iter().map(|value| value.unwrap_or(0.0)).collect()
}

/// Requests that idle workers could have served, from the start to the middle of each window; empty where nothing was
/// served by which to tell.
fn missed(system: &System, node: &NodeSeen, width: f64) -> Vec<f64> {
    let number = |id: &str| node.values.iter().find(|(_, known, _, _)| *known == id).and_then(|value| value.3);
    let rate = number("departures").or_else(|| number("commands"));
    let workers = match system.nodes.get(&node.info.group) {
        Some(NodeSpec::Fleet(fleet)) => servers_in_use(fleet) as f64 * f64::from(fleet.workers),
        Some(NodeSpec::Balancer(balancer)) => balancer.proxy.as_ref().map_or(1.0, |proxy| f64::from(proxy.workers)),
        _ => 1.0,
    };
    let all_workers = match system.nodes.get(&node.info.group) {
        Some(NodeSpec::Fleet(fleet)) => fleet.servers as f64 * f64::from(fleet.workers),
        _ => workers,
    };
    let (Some(busy), Some(rate)) = (number("utilization"), rate) else { return Vec::new() };
    if busy <= 0.0 || rate <= 0.0 {
        return Vec::new();
    }
    let service = busy * all_workers / rate;
    let mut before = 0.0;
    let so_far = |busy: &Option<f64>| {
        let idle = (workers - busy.unwrap_or(0.0) * all_workers).max(0.0) * width / service;
        let middle = before + 0.5 * idle;
        before += idle;
        middle
    };
    node.series("utilization").unwrap_or_default().iter().map(so_far).collect()
}

/// Calls that are at no station: on their way, or waiting in the calendar for another attempt.
fn between_nodes(done: &[&Observation]) -> Option<Gathering> {
    let first = done.first()?;
    let clients = first.nodes.iter().find(|node| node.info.kind == "Clients")?;
    let requests: Vec<Vec<f64>> = done.iter().map(|seen| under_way(seen)).collect();
    let seen: Vec<Seen<'_>> = requests.iter().map(|requests| Seen { requests, missed: &[] }).collect();
    let trend = trend::assess(&seen, first.window)?;
    Some(Gathering { node: clients.info.name.clone(), trend, without_end: false })
}

fn under_way(seen: &Observation) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    for node in &seen.nodes {
        let (series, sign) = match &*node.info.kind {
            "Clients" => ("in_system", 1.0),
            "Fleet" => ("in_system", -1.0),
            "Balancer" => ("queue", -1.0),
            "ConcurrencyLimiter" => ("waiting", -1.0),
            _ => continue,
        };
        for (window, value) in values(node, series).into_iter().enumerate() {
            if window == sum.len() {
                sum.push(0.0);
            }
            sum[window] += sign * value;
        }
    }
    sum
}
