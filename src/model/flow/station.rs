//! The load of a station: the work that comes over the work that can be done.

use super::Flow;
use super::line::Line;
use super::share::{Share, in_use, thinned};
use crate::actors::balancer::layer::ProxySpec;
use crate::actors::clients::{ClientsSpec, Connections};
use crate::actors::fleet::FleetSpec;
use crate::distributions::Distribution;
use crate::model::system::{NodeSpec, System};

/// A load this near to one is one: what is left of it is rounding.
const ROUNDING: f64 = 1e-9;

/// What follows from the description of the busiest queue of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct StationLoad {
    /// The node's name in the file.
    pub node: String,
    /// True of the queue of a balancer for places at servers, which stands beside that for the balancer's own work.
    pub line: bool,
    /// The work that surely comes over the work that can be done.
    pub least: f64,
    /// The same of the work that may come; infinite where nothing is known.
    pub most: f64,
    /// Requests that gather each second, at least, in all queues of the node; 0 where none do.
    pub growth: f64,
    /// Requests that there is room for; infinite without a bound.
    pub room: f64,
    /// True if requests may leave without having been served.
    pub leaves: bool,
    /// Seconds of a service at the busiest queue.
    pub service: f64,
    /// Workers at it.
    pub workers: f64,
    /// Requests that gather for each one too many: less than one where a user has one at a time and makes several.
    pub gather: f64,
    /// Half the sum of the squared coefficients of variation of gaps and of services there.
    pub variability: f64,
}

/// What flows ask of a station.
struct Work {
    /// Requests a second.
    rate: (f64, f64),
    /// Worker-seconds a second.
    work: (f64, f64),
    /// Mean service in seconds and its squared coefficient of variation.
    service: (f64, f64),
    /// Squared coefficient of variation of gaps.
    gaps: f64,
    held: f64,
    gather: f64,
    leaves: bool,
    checks: f64,
}

/// Mean service of a request, at least and at most, and the mean of its square.
struct Demand {
    least: f64,
    most: f64,
    square: f64,
}

/// A product in which nothing of something that is not known is nothing.
fn times(rate: f64, service: f64) -> f64 {
    if service == 0.0 { 0.0 } else { rate * service }
}

impl Work {
    fn of(flows: &[Flow], demand: impl Fn(&Flow) -> Demand) -> Option<Self> {
        if flows.is_empty() {
            return None;
        }
        let sum = |part: &dyn Fn(&Flow) -> f64| flows.iter().map(part).sum::<f64>();
        let rate = (sum(&|flow| flow.least), sum(&|flow| flow.most));
        // What surely comes says how flows are mixed; where nothing does, all count alike.
        let weight = |flow: &Flow| if rate.0 > 0.0 { flow.least } else { 1.0 };
        let all = sum(&weight);
        let mean = sum(&|flow| weight(flow) * demand(flow).most) / all;
        let square = sum(&|flow| weight(flow) * demand(flow).square) / all;
        let scv = if mean > 0.0 { (square / (mean * mean) - 1.0).max(0.0) } else { 0.0 };
        Some(Self {
            rate,
            work: (
                sum(&|flow| times(flow.least, demand(flow).least)),
                sum(&|flow| times(flow.most, demand(flow).most)),
            ),
            service: (mean, scv),
            gaps: sum(&|flow| weight(flow) * flow.variability) / all,
            held: sum(&|flow| flow.held),
            gather: sum(&|flow| weight(flow) * flow.gather) / all,
            leaves: flows.iter().any(|flow| flow.leaves),
            checks: flows.iter().map(|flow| flow.checks).fold(0.0, f64::max),
        })
    }

    /// One of several queues that get a part of it, with so many workers of a speed.
    fn queue(&self, node: &str, part: f64, gaps: f64, workers: f64, speed: f64) -> StationLoad {
        let capacity = workers * speed;
        let checks = self.checks / capacity;
        StationLoad {
            node: node.to_owned(),
            line: false,
            least: self.work.0 * part / capacity + checks,
            most: times(self.work.1, part) / capacity + checks,
            growth: self.excess(part, capacity),
            room: f64::INFINITY,
            leaves: self.leaves,
            service: self.service.0 / speed,
            workers,
            gather: self.gather,
            variability: 0.5 * (gaps + self.service.1),
        }
    }

    /// Requests that gather each second where a part of it comes to a capacity in workers.
    fn excess(&self, part: f64, capacity: f64) -> f64 {
        let (mean, _) = self.service;
        if mean == 0.0 {
            return 0.0;
        }
        let left = (self.work.0 * part - capacity).max(0.0) / mean;
        // Work without bound leaves all that comes.
        if left.is_finite() { left * self.gather } else { self.rate.0 * part }
    }
}

impl StationLoad {
    /// A fleet in a system with so many balancers.
    pub(super) fn of_fleet(
        name: &str,
        system: &System,
        balancers: f64,
        fleet: &FleetSpec,
        flows: &[Flow],
    ) -> Option<Self> {
        let work = Work::of(flows, |flow| demand_at(system, fleet, flow))?;
        let copies = fleet.copies as f64;
        let workers = f64::from(fleet.workers);
        let speed = |server: usize| fleet.speeds.get(server).copied().unwrap_or(1.0);
        let servers: Vec<usize> = in_use(fleet).collect();
        let capacity = servers.iter().map(|&server| workers * speed(server)).sum::<f64>() * copies;
        let count = servers.len() as f64 * copies;
        let same = flows.windows(2).all(|pair| pair[0].share == pair[1].share);
        let mut busiest = match flows[0].share {
            Share::First if same => {
                let part = 1.0 / copies;
                let growth = work.excess(part, workers * speed(0)) * copies;
                Self { growth, ..work.queue(name, part, thinned(work.gaps, part), workers, speed(0)) }
            }
            Share::Split { weighted, regular } if same => {
                let weight = |server: usize| {
                    if weighted { f64::from(fleet.weights.get(server).copied().unwrap_or(1)) } else { 1.0 }
                };
                let all: f64 = servers.iter().map(|&server| weight(server)).sum::<f64>() * copies;
                let growth: f64 = servers
                    .iter()
                    .map(|&server| work.excess(weight(server) / all, workers * speed(server)) * copies)
                    .sum();
                let heavy = |a: &usize, b: &usize| (weight(*a) / speed(*a)).total_cmp(&(weight(*b) / speed(*b)));
                let server = servers.iter().copied().max_by(heavy)?;
                let part = weight(server) / all;
                let gaps = if regular { part * work.gaps } else { thinned(work.gaps, part) };
                Self { growth, ..work.queue(name, part, gaps, workers, speed(server)) }
            }
            share => {
                let all = workers * count;
                let mut queue = work.queue(name, 1.0, work.gaps, all, capacity / all);
                let checks = work.checks * count / capacity;
                queue.least = work.work.0 / capacity + checks;
                queue.most = if matches!(share, Share::Pooled) && same {
                    work.work.1 / capacity + checks
                } else {
                    // All of it may come to the slowest.
                    let slowest = servers.iter().map(|&server| workers * speed(server)).fold(f64::INFINITY, f64::min);
                    if count > 1.0 { (work.work.1 + work.checks) / slowest } else { queue.most }
                };
                queue
            }
        };
        let queues = if busiest.workers > workers { count } else { 1.0 };
        let connections =
            fleet.max_connections.iter().map(|&most| if most == 0 { f64::INFINITY } else { f64::from(most) });
        let by_connections = connections.fold(0.0, f64::max);
        let smallest = flows.iter().map(|flow| size_of(system, flow)).fold(f64::INFINITY, f64::min);
        let rooms = [
            fleet.queue.map(|queue| queue as f64 * queues),
            fleet.queue_bytes.map(|bytes| bytes.bytes() as f64 / smallest * queues),
            (by_connections > 0.0).then_some(by_connections * balancers.max(1.0) * queues),
            Some(work.held),
        ];
        busiest.room = rooms.into_iter().flatten().fold(f64::INFINITY, f64::min);
        let expires = flows.iter().any(|flow| flow.expires);
        busiest.leaves |= fleet.longest_wait.is_some() || fleet.shed.is_some() || expires;
        if fleet.discipline.shares() {
            // Services are shared, so their law matters little.
            busiest.variability = 0.5 * (2.0 * busiest.variability - work.service.1 + 1.0);
        }
        Some(busiest.settled_by_leaving())
    }

    /// The proxy of a balancer.
    pub(super) fn of_proxy(
        name: &str,
        system: &System,
        copies: usize,
        proxy: &ProxySpec,
        flows: &[Flow],
    ) -> Option<Self> {
        let work = Work::of(flows, |flow| {
            let sure = proxy.per_request.seconds() + proxy.per_byte.seconds() * size_of(system, flow);
            let connection = proxy.per_connection.seconds();
            let most = sure + connection;
            let each = clients_of(system, flow)
                .is_some_and(|clients| matches!(clients.connections, Connections::PerRequest(_)));
            Demand { least: if each { most } else { sure }, most, square: most * most }
        })?;
        let part = 1.0 / copies as f64;
        let workers = f64::from(proxy.workers);
        let queue = work.queue(name, part, thinned(work.gaps, part), workers, 1.0);
        let growth = work.excess(part, workers) * copies as f64;
        let room = proxy.queue.map_or(f64::INFINITY, |queue| queue as f64).min(work.held);
        Some(Self { growth, room, ..queue }.settled_by_leaving())
    }

    /// The queue of a balancer for places at servers; one in each copy.
    pub(super) fn of_line(name: &str, system: &System, line: Line<'_>, copies: usize, flows: &[Flow]) -> Option<Self> {
        let work = Work::of(flows, |flow| demand_at(system, line.fleet, flow))?;
        let Line { workers, capacity, slowest, alone, pooled, .. } = line;
        let mut queue = work.queue(name, 1.0, work.gaps, workers, capacity / workers);
        if !pooled {
            // All of it may wait for the slowest; what others send there is not known here.
            queue.most = if alone { work.work.1 / slowest } else { f64::INFINITY };
        }
        let room = (line.room * copies as f64).min(work.held);
        Some(Self { line: true, room, leaves: queue.leaves || line.leaves, ..queue }.settled_by_leaving())
    }

    /// A worker that takes up one after the other.
    pub(super) fn of_one_worker(name: &str, flows: &[Flow], service: &Distribution) -> Option<Self> {
        let (mean, square) = (service.mean(), service.second_moment());
        let work = Work::of(flows, |_| Demand { least: mean, most: mean, square })?;
        Some(Self { leaves: false, ..work.queue(name, 1.0, work.gaps, 1.0, 1.0) })
    }

    /// A bucket that leaks at a constant rate and holds so many requests; one in each copy.
    pub(super) fn of_bucket(name: &str, flows: &[Flow], copies: f64, rate: f64, burst: f64) -> Option<Self> {
        let mean = 1.0 / rate;
        let work = Work::of(flows, |_| Demand { least: mean, most: mean, square: mean * mean })?;
        let queue = work.queue(name, 1.0 / copies, thinned(work.gaps, 1.0 / copies), 1.0, 1.0);
        Some(Self { room: burst.min(work.held), growth: queue.growth * copies, ..queue }.settled_by_leaving())
    }

    /// Where requests may leave unserved, none need be served: what surely comes is nothing.
    fn settled_by_leaving(self) -> Self {
        if self.leaves { Self { least: 0.0, growth: 0.0, ..self } } else { self }
    }

    /// True if more comes than can be done, for ever, or as much; at a load of exactly one only what is wholly regular
    /// keeps up.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        let limit = if self.variability == 0.0 { 1.0 + ROUNDING } else { 1.0 - ROUNDING };
        self.room.is_infinite() && self.least >= limit
    }

    /// True if all that may come can be done.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        let limit = if self.variability == 0.0 { 1.0 + ROUNDING } else { 1.0 - ROUNDING };
        self.most < limit
    }

    /// True if the load is known, and not only between what bounds.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.most.is_finite() && self.most - self.least <= ROUNDING * self.most.max(1.0)
    }
}

/// Mean seconds of a visit to a server of speed 1 with so much work for its size, and the mean of their square.
fn moments_of_work(fleet: &FleetSpec, extra: f64) -> (f64, f64) {
    let none = (0.0, 0.0);
    let of = |law: &Distribution| (law.mean(), law.second_moment());
    let ((visit, visit_square), (call, call_square)) = (of(&fleet.service), fleet.demand.as_ref().map_or(none, of));
    let (slow, slow_square) = fleet.slowness.as_ref().map_or((1.0, 1.0), |factors| of(&factors.0));
    let mean = visit + call + extra;
    // Of independent parts, the variances add up.
    let variance = visit_square - visit * visit + call_square - call * call;
    (mean * slow, (mean * mean + variance) * slow_square)
}

/// What a request of a flow asks of a server of speed 1.
fn demand_at(system: &System, fleet: &FleetSpec, flow: &Flow) -> Demand {
    let extra = fleet.service_per_unit.seconds() * size_of(system, flow);
    let (mean, square) = moments_of_work(fleet, extra);
    Demand { least: mean, most: mean, square }
}

fn clients_of<'a>(system: &'a System, flow: &Flow) -> Option<&'a ClientsSpec> {
    match &system.nodes.entries[flow.clients].1 {
        NodeSpec::Clients(clients) => Some(clients),
        _ => None,
    }
}

fn size_of(system: &System, flow: &Flow) -> f64 {
    clients_of(system, flow).map_or(0.0, |clients| clients.size.bytes() as f64)
}
