//! Detects growing queues from the windows of a run, where the load does not follow from the description of the system:
//! at nodes of any kind that delay requests, and in calls that wait for a retry.

use std::collections::BTreeMap;

use super::observe::{NodeSeen, Observation};
use crate::actors::kit::describe::Held;
use crate::model::{Blueprint, Flows, NodeSpec, Site, StationLoad};
use crate::stats::trend::{self, Seen, Trend, Verdict};

/// Utilization of a server that is never idle.
const NEVER_IDLE: f64 = 0.995;

/// The growth of the requests at one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathering {
    /// The node.
    pub node: String,
    /// Its name in the file.
    pub group: String,
    /// Whether and how fast.
    pub trend: Trend,
    /// True if there is no bound to it, and no request leaves unserved.
    pub without_end: bool,
}

impl Gathering {
    /// True of a node that has no steady state.
    #[must_use]
    pub fn grows_without_end(&self) -> bool {
        self.without_end && self.trend.verdict == Verdict::Growing
    }
}

/// The nodes whose requests gather, or may gather, in `done`.
#[must_use]
pub fn gathering(blueprint: &Blueprint, flows: &Flows, done: &[&Observation]) -> Vec<Gathering> {
    let site = &blueprint.site();
    let Some(first) = done.first() else { return Vec::new() };
    let loads: BTreeMap<(&str, bool), &StationLoad> =
        flows.stations.iter().map(|load| ((load.node.as_str(), load.line), load)).collect();
    let places = first.nodes.iter().enumerate();
    let mut found: Vec<Gathering> = places
        .flat_map(|(place, node)| {
            let held = described(site, node).map(|node| node.holds_back()).unwrap_or_default();
            held.into_iter().map(move |held| (place, node, held))
        })
        .filter_map(|(place, node, held)| {
            let line = held.in_line;
            let load = loads.get(&(node.info.group.as_str(), line)).copied();
            at_node(site, load, place, node, held, done)
        })
        .collect();
    let gathers = |gathering: &Gathering| gathering.trend.verdict != Verdict::Settled;
    found.retain(gathers);
    // Waiting calls are the outermost: requests that gather further in are named first.
    if flows.calls_wait && found.is_empty() {
        found.extend(between_nodes(site, done).filter(gathers));
    }
    found
}

/// The description of a node.
fn described<'a>(site: &Site<'a>, node: &NodeSeen) -> Option<&'a NodeSpec> {
    site.nodes.get(&node.info.group)
}

fn at_node(
    site: &Site<'_>,
    load: Option<&StationLoad>,
    place: usize,
    node: &NodeSeen,
    held: Held,
    done: &[&Observation],
) -> Option<Gathering> {
    if load.is_some_and(|load| load.is_stable() || (load.is_known() && !load.leaves)) {
        return None;
    }
    let without_end = load.map_or(held.without_end, |load| load.room.is_infinite() && !load.leaves);
    let width = done.first()?.window;
    // Requests that wait for a place at a server, and those that have one, are one station.
    let servers = if held.in_line { place_of_servers(site, node, done) } else { None };
    let station = servers.unwrap_or(place);
    let workers = load.filter(|load| load.line).map(|load| load.workers);
    let gather = load.map_or(1.0, |load| load.gather);
    let number = |seen: &Observation| {
        let here = values(&seen.nodes[place], held.series);
        match servers {
            Some(servers) => add(here, &values(&seen.nodes[servers], "in_system")),
            None => here,
        }
    };
    let knows_idle = without_end && load.is_some() && (!held.in_line || servers.is_some());
    let idle = |seen: &Observation| {
        if knows_idle { missed(site, &seen.nodes[station], workers, gather, width) } else { Vec::new() }
    };
    let requests: Vec<Vec<f64>> = done.iter().map(|seen| number(seen)).collect();
    let missed: Vec<Vec<f64>> = done.iter().map(|seen| idle(seen)).collect();
    let seen: Vec<Seen<'_>> =
        requests.iter().zip(&missed).map(|(requests, missed)| Seen { requests, missed }).collect();
    let part = workers.map_or(1.0, |workers| workers / all_workers(site, &done[0].nodes[station]));
    let several = done.first()?.nodes[station].servers.len() > 1;
    let mut trend = trend::assess(&seen, width)?;
    if without_end && trend.verdict != Verdict::Growing && several {
        // Some servers may idle while more comes to another than it can do.
        let alone: Vec<Seen<'_>> = requests.iter().map(|requests| Seen { requests, missed: &[] }).collect();
        let alone = trend::assess(&alone, width)?;
        if alone.verdict == Verdict::Growing {
            let verdict = if is_never_idle(station, done, part) { Verdict::Growing } else { Verdict::Unsettled };
            trend = Trend { verdict, longer: f64::INFINITY, ..alone };
        }
    }
    Some(Gathering { node: node.info.name.clone(), group: node.info.group.clone(), trend, without_end })
}

/// The place of the fleet behind a balancer, where it is one and the balancer is the only one of its name.
fn place_of_servers(site: &Site<'_>, balancer: &NodeSeen, done: &[&Observation]) -> Option<usize> {
    let target = described(site, balancer)?.targets().into_iter().next()?;
    let (name, _) = site.servers_behind(&target.text)?;
    let nodes = &done.first()?.nodes;
    let of = |group: &str| nodes.iter().filter(|node| node.info.group == group).count();
    let is_one = of(name) == 1 && of(&balancer.info.group) == 1;
    nodes.iter().position(|node| node.info.group == name).filter(|_| is_one)
}

fn add(mut values: Vec<f64>, more: &[f64]) -> Vec<f64> {
    values.iter_mut().zip(more).for_each(|(value, more)| *value += more);
    values
}

/// True if a server was hardly ever idle in the mean over replications, of which a part of the workers can be busy at once.
fn is_never_idle(place: usize, done: &[&Observation], part: f64) -> bool {
    let servers = done.iter().map(|seen| seen.nodes[place].servers.len()).min().unwrap_or(0);
    let mean =
        |server: usize| done.iter().map(|seen| seen.nodes[place].servers[server]).sum::<f64>() / done.len() as f64;
    (0..servers).any(|server| mean(server) >= NEVER_IDLE * part)
}

fn values(node: &NodeSeen, series: &str) -> Vec<f64> {
    node.series(series).unwrap_or_default().iter().map(|value| value.unwrap_or(0.0)).collect()
}

/// Workers of a node.
fn all_workers(site: &Site<'_>, node: &NodeSeen) -> f64 {
    described(site, node).map_or(1.0, |node| node.workers())
}

/// Requests that idle workers could have served, from the start to the middle of each window; empty if no request was
/// served from which to estimate it. `at_once` are the workers that can be busy at once, if not all can. Each request
/// counts as `gather` fewer requests there, had it been served: for a session, which has one request at a time, a part
/// of one.
fn missed(site: &Site<'_>, node: &NodeSeen, at_once: Option<f64>, gather: f64, width: f64) -> Vec<f64> {
    let number = |id: &str| node.values.iter().find(|(_, known, _, _)| *known == id).and_then(|value| value.3);
    let rate = number("departures").or_else(|| number("commands"));
    let in_use = described(site, node).map_or(1.0, |node| node.workers_in_use());
    let all_workers = all_workers(site, node);
    let workers = at_once.unwrap_or(in_use);
    let (Some(busy), Some(rate)) = (number("utilization"), rate) else { return Vec::new() };
    if busy <= 0.0 || rate <= 0.0 {
        return Vec::new();
    }
    let service = busy * all_workers / rate;
    let mut before = 0.0;
    let so_far = |busy: &Option<f64>| {
        let idle = gather * (workers - busy.unwrap_or(0.0) * all_workers).max(0.0) * width / service;
        let middle = before + 0.5 * idle;
        before += idle;
        middle
    };
    node.series("utilization").unwrap_or_default().iter().map(so_far).collect()
}

/// Calls that are at no station: on their way, or waiting in the calendar for another attempt.
fn between_nodes(site: &Site<'_>, done: &[&Observation]) -> Option<Gathering> {
    let first = done.first()?;
    let clients = first.nodes.iter().find(|node| node.info.makes_requests)?;
    let requests: Vec<Vec<f64>> = done.iter().map(|seen| under_way(site, seen)).collect();
    let seen: Vec<Seen<'_>> = requests.iter().map(|requests| Seen { requests, missed: &[] }).collect();
    let trend = trend::assess(&seen, first.window)?;
    Some(Gathering { node: clients.info.name.clone(), group: clients.info.group.clone(), trend, without_end: false })
}

fn under_way(site: &Site<'_>, seen: &Observation) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    for node in &seen.nodes {
        let (those, sign) = if node.info.makes_requests {
            (vec![Held::alone("in_system")], 1.0)
        } else {
            (described(site, node).map(|node| node.holds_back()).unwrap_or_default(), -1.0)
        };
        for held in those.into_iter().filter(|held| held.alone) {
            for (window, value) in values(node, held.series).into_iter().enumerate() {
                if window == sum.len() {
                    sum.push(0.0);
                }
                sum[window] += sign * value;
            }
        }
    }
    sum
}
