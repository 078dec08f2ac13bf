//! The flow to a fleet, and the capacity of its servers.

use super::FleetSpec;
use crate::actors::kit::describe::Describe;
use crate::actors::kit::flow::{Demand, Flow, Share, StationLoad, Visit, Work, thinned};
use crate::distributions::Distribution;

/// The load of the busiest queue of a fleet to which `flows` come.
#[must_use]
pub fn load(visit: &Visit<'_, '_>, fleet: &FleetSpec, flows: &[Flow]) -> Option<StationLoad> {
    let name = visit.name;
    let work = Work::of(flows, |flow| Demand::known(fleet.work(visit.size(flow))))?;
    let copies = fleet.copies as f64;
    let workers = f64::from(fleet.workers);
    let speed = |server: usize| fleet.speeds.get(server).copied().unwrap_or(1.0);
    let servers: Vec<usize> = fleet.servers()?.in_use().collect();
    let capacity = servers.iter().map(|&server| workers * speed(server)).sum::<f64>() * copies;
    let count = servers.len() as f64 * copies;
    let same = flows.windows(2).all(|pair| pair[0].share == pair[1].share);
    let mut busiest = match flows[0].share {
        Share::First if same => {
            let part = 1.0 / copies;
            let growth = work.excess(part, workers * speed(0)) * copies;
            StationLoad { growth, ..work.queue(name, part, thinned(work.gaps, part), workers, speed(0)) }
        }
        Share::Split { weighted, regular } if same => {
            let weight = |server: usize| {
                if weighted { f64::from(fleet.weights.get(server).copied().unwrap_or(1)) } else { 1.0 }
            };
            let all: f64 = servers.iter().map(|&server| weight(server)).sum::<f64>() * copies;
            let growth: f64 =
                servers.iter().map(|&server| work.excess(weight(server) / all, workers * speed(server)) * copies).sum();
            let heavy = |a: &usize, b: &usize| (weight(*a) / speed(*a)).total_cmp(&(weight(*b) / speed(*b)));
            let server = servers.iter().copied().max_by(heavy)?;
            let part = weight(server) / all;
            let gaps = if regular { part * work.gaps } else { thinned(work.gaps, part) };
            StationLoad { growth, ..work.queue(name, part, gaps, workers, speed(server)) }
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
    busiest.room = room(visit, fleet, flows, if busiest.workers > workers { count } else { 1.0 }).min(work.held);
    let expires = flows.iter().any(|flow| flow.expires);
    busiest.leaves |= fleet.longest_wait.is_some() || fleet.shed.is_some() || expires;
    if fleet.discipline.shares() {
        // Services are shared, so their law matters little.
        busiest.variability = 0.5 * (2.0 * busiest.variability - work.service.1 + 1.0);
    }
    Some(busiest.settled_by_leaving())
}

/// The number of requests that fit into `queues` queues; infinite without a bound.
fn room(visit: &Visit<'_, '_>, fleet: &FleetSpec, flows: &[Flow], queues: f64) -> f64 {
    let connections = fleet.max_connections.iter().map(|&most| if most == 0 { f64::INFINITY } else { f64::from(most) });
    let by_connections = connections.fold(0.0, f64::max);
    let smallest = flows.iter().map(|flow| visit.size(flow)).fold(f64::INFINITY, f64::min);
    let rooms = [
        fleet.queue.map(|queue| queue as f64 * queues),
        fleet.queue_bytes.map(|bytes| bytes.bytes() as f64 / smallest * queues),
        (by_connections > 0.0).then_some(by_connections * visit.choosers().max(1.0) * queues),
    ];
    rooms.into_iter().flatten().fold(f64::INFINITY, f64::min)
}

/// Mean seconds of a visit to a server of speed 1, with `extra` seconds of work for its size, and the mean of their
/// square.
#[must_use]
pub fn moments_of_work(fleet: &FleetSpec, extra: f64) -> (f64, f64) {
    let none = (0.0, 0.0);
    let of = |law: &Distribution| (law.mean(), law.second_moment());
    let ((visit, visit_square), (call, call_square)) = (of(&fleet.service), fleet.demand.as_ref().map_or(none, of));
    let (slow, slow_square) = fleet.slowness.as_ref().map_or((1.0, 1.0), |factors| of(&factors.0));
    let mean = visit + call + extra;
    // Of independent parts, the variances add up.
    let variance = visit_square - visit * visit + call_square - call * call;
    (mean * slow, (mean * mean + variance) * slow_square)
}
