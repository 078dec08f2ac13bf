//! How much memory a plan may need, from the plan alone: what one replication may hold at once, and what is kept of it.
//!
//! Nothing here changes a result. How much there is, and how many replications may therefore run at once, belongs to
//! whoever runs the plan.

use super::observe::{NodeSeen, Observation};
use super::plan::{Plan, PlannedCell};
use super::spec::{RunSpec, WarmUp};
use super::warm_up::PILOTS;
use crate::actors::balancer::remapping::IDENTITIES;
use crate::actors::clients::calls::call::Call;
use crate::actors::clients::{ClientsSpec, Traffic};
use crate::actors::fleet::MAX_ROWS;
use crate::actors::fleet::queue::Queues;
use crate::actors::store::sets::PARTS;
use crate::engine::calendar::MAX_PENDING;
use crate::engine::{Details, Frame, Request};
use crate::measure::windows::MAX_WINDOWS;
use crate::model::{FaultSpec, NodeSpec, Site, System, depth, fleet_behind, named_copies};
use crate::schema::quantity::Span;

/// A request in flight: a line of the cache and its details, a third more for lists that grow, its place among the free
/// ones, an event of its own, and its age at the end, in a list that grows.
const REQUEST: u64 = (size_of::<Request>() + size_of::<Details>()) as u64 + 4 + EVENT + 16;
/// An event that waits: its key in the heap and its slot.
const EVENT: u64 = 32;
/// A timeout that waits in its lane.
const TIMEOUT: u64 = 40;
/// Stops of the return path that a request holds itself; further ones stand beside.
const NEAR: usize = 3;
/// A user: what has been asked so far, an event, and its place in the list from which the calendar is filled.
const USER: u64 = 4 + EVENT + 24;
/// A session under way: its state, its place among the free ones, an event.
const SESSION: u64 = 20 + EVENT;
/// A call of clients that retry or hedge, with the list of its attempts and a timer each for its end, the next attempt and
/// a hedge.
const CALL: u64 = size_of::<Call>() as u64 + 64 + 4 + 3 * EVENT;
/// A recorded request in the timetable of its replay.
const REPLAYED: u64 = 8;
/// A server, with its speed, what it shares and its share of the results.
const SERVER: u64 = 200;
/// A server as a balancer sees it, with its place in the order of a policy.
const MEMBER: u64 = 80;
/// A histogram of latencies from a microsecond to an hour: 32 powers of two of 1024 counts.
const HISTOGRAM: u64 = 32 * 1024 * 8;
/// What clients record by window: cumulative figures and a coarse histogram.
const WINDOW_OF_CLIENTS: u64 = 4096;
/// The sample by which it is counted how many clients change their server.
const SAMPLE: u64 = IDENTITIES as u64 * 4;
/// What others record by window.
const WINDOW: u64 = 256;
/// The account of a key of a limiter, with its place in the index and in the order of use.
const ACCOUNT: u64 = 120;
/// What a node keeps of a request, in a table that is between half and all full.
const KEPT: u64 = 128;
/// What stands for a request in a queue, with its places in the orders of the queue.
const SLIP: u64 = 256;
/// A request that an account remembers.
const LOGGED: u64 = 8;
/// A member of a sorted set.
const MEMBER_OF_SET: u64 = 16;
/// Accounts take no more than this: no run lets so many requests pass that all could fill.
const MOST_ACCOUNTS: u64 = 1 << 30;
/// A fault that recurs at one server.
const RECURRENCE: u64 = 400;
/// Pilots of a cell that take no more than this are always kept until its warm-up is known.
const PILOTS_KEPT: u64 = 64 << 20;
/// What a replication holds whatever the system.
const BASE: u64 = 1 << 20;

/// The most that a replication holds at once, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Requests in flight that were counted with: as many as the run allows, or as many as there are users.
    pub in_flight: u64,
    /// Those requests.
    pub requests: u64,
    /// Users and sessions.
    pub users: u64,
    /// Servers, what is recorded, and all else.
    pub system: u64,
    /// The replications that are kept until the warm-up of their cell is known: users and systems of all of them, if that is
    /// no more than 64 MB or than the requests in flight of one. Otherwise none is kept.
    pub pilots: u64,
}

impl Need {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests.saturating_add(self.users).saturating_add(self.system).saturating_add(self.pilots)
    }
}

/// What a replication of the most demanding cell may need.
#[must_use]
pub fn need(plan: &Plan) -> Need {
    let of = |cell: &PlannedCell| of_system(&cell.system, &plan.experiment.run, plan);
    plan.cells.iter().map(of).max_by_key(Need::total).unwrap_or_default()
}

/// True if the pilots of a cell are kept until its warm-up is known; see [`Need::pilots`].
#[must_use]
pub fn keeps_pilots(plan: &Plan, cell: &PlannedCell) -> bool {
    of_system(&cell.system, &plan.experiment.run, plan).pilots > 0
}

fn of_system(system: &System, run: &RunSpec, plan: &Plan) -> Need {
    let in_flight = most_in_flight(system, run.in_flight);
    let site = Site::of(&system.nodes);
    let far = depth(&site, system).saturating_sub(NEAR) * size_of::<Frame>();
    let timeout = if system.clients().any(|(_, clients)| clients.gives_up()) { TIMEOUT } else { 0 };
    let users = system.clients().map(|(_, clients)| of_clients(clients, run, plan)).fold(0, u64::saturating_add);
    let graph = &site.graph;
    let entries = || system.nodes.entries.iter().map(|(_, node)| node);
    let clients = entries().enumerate().filter(|(_, node)| matches!(node, NodeSpec::Clients(_)));
    let classes = graph.origins(&clients.map(|(place, _)| place).collect::<Vec<_>>());
    let nodes = entries().zip(classes).map(|(node, classes)| of_node(system, node, classes));
    let nodes = nodes.fold(0, u64::saturating_add);
    // All nodes on one way may keep something of a request.
    let kept = graph.longest(|place| kept_of_a_request(&system.nodes.entries[place].1)).into_iter().max().unwrap_or(0);
    // As many calls may rest before their next attempt as have one in flight.
    let calls = if system.clients().any(|(_, clients)| clients.makes_calls()) { 2 * CALL } else { 0 };
    let requests = in_flight.saturating_mul(REQUEST + timeout + calls + kept + far as u64);
    let system = BASE.saturating_add(nodes).saturating_add(of_faults(system));
    let pilots = if run.warm_up == WarmUp::Auto { u64::from(PILOTS.min(run.replications.most())) } else { 0 };
    let pilots = pilots.saturating_mul(users.saturating_add(system));
    Need { in_flight, requests, users, system, pilots: if pilots <= requests.max(PILOTS_KEPT) { pilots } else { 0 } }
}

/// Users who wait for every answer, and send no second request before, cannot have more in flight than they are; unless nodes
/// ask on their behalf, and let users go while they are still waited for.
fn most_in_flight(system: &System, limit: u64) -> u64 {
    let asks = |node: &NodeSpec| match node {
        NodeSpec::Fallback(_) => true,
        NodeSpec::Balancer(balancer) => balancer.timeout.is_some(),
        NodeSpec::Limiter(limiter) => limiter.distributed.is_some(),
        _ => false,
    };
    if system.nodes.entries.iter().any(|(_, node)| asks(node)) {
        return limit;
    }
    let patient_users = system.clients().map(|(_, clients)| match &clients.arrivals {
        Traffic::Users(users) if !clients.gives_up() && clients.hedge.is_none() => Some(u64::from(users.count)),
        _ => None,
    });
    patient_users.sum::<Option<u64>>().map_or(limit, |users| users.min(limit))
}

/// What a node keeps of each request that it has passed on, or that waits there.
fn kept_of_a_request(node: &NodeSpec) -> u64 {
    match node {
        NodeSpec::Breaker(breaker) => {
            (if breaker.timeout.is_some() { KEPT } else { 0 }) + (if breaker.serial { SLIP } else { 0 })
        }
        NodeSpec::ConcurrencyLimiter(limiter) if limiter.wait > Span::ZERO => SLIP,
        NodeSpec::Balancer(balancer) => {
            let attempt = if balancer.timeout.is_some() { KEPT + TIMEOUT } else { 0 };
            attempt + if balancer.queue.is_some() { SLIP } else { 0 }
        }
        NodeSpec::Fallback(_) => KEPT,
        NodeSpec::Limiter(limiter) if limiter.distributed.is_some() => KEPT,
        NodeSpec::Fleet(fleet) if Queues::are_needed(fleet) => SLIP,
        _ => 0,
    }
}

fn of_clients(clients: &ClientsSpec, run: &RunSpec, plan: &Plan) -> u64 {
    match &clients.arrivals {
        Traffic::Users(users) => u64::from(users.count) * USER,
        Traffic::Sessions(sessions) => {
            // Twice as many as think on average (Little's law), and no more than begin or than the calendar takes; those
            // that wait for an answer are requests in flight.
            let rate = sessions.rate.per_second();
            let thinking = 2.0 * rate * sessions.requests * sessions.think.mean();
            let begun = run.duration.map_or(f64::INFINITY, |duration| rate * duration.seconds());
            (thinking.min(begun).min(MAX_PENDING as f64) as u64).saturating_add(run.in_flight) * SESSION
        }
        Traffic::Replay(replay) => plan.inputs.trace(replay).map_or(0, |trace| trace.records.len() as u64 * REPLAYED),
        _ => 0,
    }
}

/// Faults that recur, each at every server that it hits by itself.
fn of_faults(system: &System) -> u64 {
    let servers = |fault: &FaultSpec| {
        let (name, copies) = named_copies(&system.nodes, &fault.node.0.text)?;
        let servers = match (system.nodes.get(&name)?, &fault.servers) {
            (_, Some(servers)) => servers.len(),
            (NodeSpec::Fleet(fleet), None) => fleet.servers,
            _ => 1,
        };
        Some((servers * copies.len()) as u64)
    };
    let recur = system.faults.iter().filter(|fault| fault.recurs.is_some());
    recur.filter_map(servers).map(|servers| servers.saturating_mul(RECURRENCE)).fold(0, u64::saturating_add)
}

/// A node with all its copies, to which requests of so many nodes of clients come.
fn of_node(system: &System, node: &NodeSpec, classes: u64) -> u64 {
    let windows = MAX_WINDOWS as u64;
    let one = match node {
        NodeSpec::Clients(_) => HISTOGRAM + windows * WINDOW_OF_CLIENTS,
        NodeSpec::Balancer(balancer) => {
            let servers = |name: &str| match (fleet_behind(&system.nodes, name), system.nodes.get(name)) {
                (Some((_, fleet)), _) => fleet.servers as u64 * fleet.copies as u64,
                (None, Some(other)) => other.copies() as u64,
                (None, None) => 0,
            };
            let members: u64 = balancer.to.to.0.iter().map(|name| servers(&name.text)).sum();
            let sample = if balancer.policy.places_by_hash() { 2 * SAMPLE + windows * WINDOW } else { 0 };
            members * MEMBER + windows * WINDOW + sample
        }
        NodeSpec::Fallback(fallback) => u64::from(fallback.keys()) * ACCOUNT + windows * WINDOW,
        NodeSpec::Router(_) | NodeSpec::Breaker(_) | NodeSpec::ConcurrencyLimiter(_) => windows * WINDOW,
        NodeSpec::Limiter(limiter) => {
            let keys = if limiter.by.is_empty() { 1 } else { u64::from(limiter.keys) };
            let rules = limiter.limit.iter().chain(limiter.tiers.entries.iter().map(|(_, rule)| rule));
            let accounts: u64 = rules.map(|rule| keys * (ACCOUNT + rule.logged() * LOGGED)).sum();
            accounts.min(MOST_ACCOUNTS) + windows * WINDOW
        }
        NodeSpec::Store(store) => {
            let logged = system.nodes.entries.iter().filter_map(|(_, node)| match node {
                NodeSpec::Limiter(limiter) => Some((limiter.by.is_empty(), limiter.distributed.as_ref()?.limit)),
                _ => None,
            });
            let sets = logged.map(|(is_one, limit)| {
                let keys = if is_one { 1 } else { u64::from(store.keys) };
                keys * (ACCOUNT + (u64::from(limit) + PARTS) * MEMBER_OF_SET)
            });
            sets.sum::<u64>().min(MOST_ACCOUNTS) + windows * WINDOW
        }
        NodeSpec::Fleet(fleet) => {
            let rows = fleet.servers.min(MAX_ROWS) as u64;
            // Waiting and service of each class; busy time by row, as counted and as a share.
            fleet.servers as u64 * SERVER + classes * 2 * HISTOGRAM + windows * (WINDOW + rows * 24)
        }
    };
    one.saturating_mul(node.copies() as u64)
}

/// What an observation takes while it is kept for the results, in bytes.
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
