//! Estimates the memory of a plan: what one replication may need, and what is kept of it.
//!
//! This never changes a result. How much memory there is, and how many replications may therefore run at once, is
//! decided by the caller.

use super::observe::{NodeSeen, Observation};
use super::plan::{Plan, PlannedCell};
use super::spec::{RunSpec, WarmUp};
use super::warm_up_found::PILOTS;
use crate::actors::kit::footprint::{Bounds, EVENT};
use crate::engine::{Details, Frame, Request};
use crate::model::{Blueprint, FaultSpec, System, named_copies};

/// A request in flight: a line of the cache and its details, a third more for lists that grow, its place among the free
/// ones, an event of its own, and its age at the end, in a list that grows.
const REQUEST: u64 = (size_of::<Request>() + size_of::<Details>()) as u64 + 4 + EVENT + 16;
/// Stops of the return path that a request holds itself; further ones stand beside.
const NEAR: usize = 3;
/// A fault that recurs at one server.
const RECURRENCE: u64 = 400;
/// Pilots of a cell that need no more than this are always kept until its warm-up is known.
const PILOTS_KEPT: u64 = 64 << 20;
/// The memory of a replication that does not depend on the system.
const BASE: u64 = 1 << 20;

/// The most that a replication holds at once, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Requests in flight that were counted with: as many as the run allows, or as many as there are users.
    pub in_flight: u64,
    /// The requests in flight.
    pub requests: u64,
    /// Users and sessions.
    pub users: u64,
    /// Servers, records, and all else.
    pub system: u64,
    /// The replications that are kept until the warm-up of their cell is known: users and systems of all of them, if
    /// that is no more than 64 MB or than the requests in flight of one. Otherwise none is kept.
    pub pilots: u64,
}

impl Need {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests.saturating_add(self.users).saturating_add(self.system).saturating_add(self.pilots)
    }
}

/// Memory that a replication of the most demanding cell may need.
#[must_use]
pub fn need(plan: &Plan) -> Need {
    let of = |cell: &PlannedCell| of_system(&cell.blueprint, &plan.experiment.run, plan);
    plan.cells.iter().map(of).max_by_key(Need::total).unwrap_or_default()
}

/// True if the pilots of a cell are kept until its warm-up is known; see [`Need::pilots`].
#[must_use]
pub fn keeps_pilots(plan: &Plan, cell: &PlannedCell) -> bool {
    of_system(&cell.blueprint, &plan.experiment.run, plan).pilots > 0
}

fn of_system(blueprint: &Blueprint, run: &RunSpec, plan: &Plan) -> Need {
    let (system, site) = (blueprint.system(), blueprint.site());
    let entries = || system.nodes.entries.iter().map(|(_, node)| node);
    let asks_for_others = entries().any(|node| node.asks_for_others());
    let most = entries().map(|node| node.most_in_flight()).sum::<Option<u64>>().filter(|_| !asks_for_others);
    let in_flight = most.map_or(run.in_flight, |most| most.min(run.in_flight));
    let far = blueprint.depth().saturating_sub(NEAR) * size_of::<Frame>();
    let bounds = Bounds {
        duration: run.duration.map(|duration| duration.duration()),
        in_flight: run.in_flight,
        inputs: &plan.inputs,
    };
    let users = entries().map(|node| node.footprint_of_users(&bounds)).fold(0, u64::saturating_add);
    let classes = site.graph().origins(site.makers());
    let copies = |node: &crate::model::NodeSpec| node.copies() as u64;
    let nodes =
        entries().zip(classes).map(|(node, classes)| node.footprint(&site, classes).saturating_mul(copies(node)));
    let nodes = nodes.fold(0, u64::saturating_add);
    // All nodes on one way may keep something of a request, and so may the one that made it.
    let kept = site.graph().longest(|place| system.nodes.entries[place].1.kept_of_a_request());
    let kept = kept.into_iter().max().unwrap_or(0) + entries().map(|node| node.kept_of_its_own()).max().unwrap_or(0);
    let requests = in_flight.saturating_mul(REQUEST + kept + far as u64);
    let system = BASE.saturating_add(nodes).saturating_add(of_faults(system));
    let pilots = if run.warm_up == WarmUp::Auto { u64::from(PILOTS.min(run.replications.most())) } else { 0 };
    let pilots = pilots.saturating_mul(users.saturating_add(system));
    Need { in_flight, requests, users, system, pilots: if pilots <= requests.max(PILOTS_KEPT) { pilots } else { 0 } }
}

/// Faults that recur, each at every server that it hits by itself.
fn of_faults(system: &System) -> u64 {
    let servers = |fault: &FaultSpec| {
        let (name, copies) = named_copies(&system.nodes, &fault.node.0.text)?;
        let all = system.nodes.get(&name)?.servers().map_or(1, |servers| servers.count);
        let servers = fault.servers.as_ref().map_or(all, Vec::len);
        Some((servers * copies.len()) as u64)
    };
    let recur = system.faults.iter().filter(|fault| fault.recurs.is_some());
    recur.filter_map(servers).map(|servers| servers.saturating_mul(RECURRENCE)).fold(0, u64::saturating_add)
}

/// Memory of an observation that is kept for the results, in bytes.
#[must_use]
pub fn kept(observation: &Observation) -> u64 {
    fn of<T>(values: &[T]) -> usize {
        size_of_val(values)
    }
    let node = |node: &NodeSeen| {
        let series: usize = node.series.iter().map(|(_, _, values)| of(values)).sum();
        let heat: usize = node.heat.iter().map(|row| of(row)).sum();
        let times: usize = node.times.iter().map(|times| of(&times.buckets)).sum();
        let latencies: usize = node.latencies.iter().map(|window| of(window)).sum();
        let wholes: usize = node.wholes.iter().map(|(_, wholes)| of(wholes)).sum();
        let pooled = of(&node.weights) + of(&node.times) + times + of(&node.latencies) + latencies + wholes;
        pooled
            + of(&node.values)
            + of(&node.servers)
            + of(&node.heat)
            + heat
            + of(&node.series)
            + series
            + node.info.name.len()
    };
    let windows: usize = observation.windows.iter().map(|windows| of(windows)).sum();
    let nodes: usize = observation.nodes.iter().map(node).sum();
    let lists =
        of(&observation.values) + of(&observation.weights) + of(&observation.latencies) + of(&observation.ledger);
    let open: usize = of(&observation.open) + observation.open.iter().map(|open| of(&open.ages)).sum::<usize>();
    (size_of::<Observation>() + lists + open + windows + of(&observation.nodes) + nodes) as u64
}
