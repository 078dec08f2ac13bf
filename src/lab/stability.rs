//! Whether a cell has a steady state.

use super::covered::cut_short;
use super::gathering::{Gathering, gathering};
use super::observe::Observation;
use super::plan::PlannedCell;
use super::results::Stability;
use super::settled::too_short;
use super::spec::RunSpec;
use crate::actors::kit::describe::Takes;
use crate::engine::Duration;
use crate::model::{Blueprint, Flows, NodeSpec, StationLoad, flows};
use crate::stats::trend::{self, Verdict};

/// Whether a cell is stable, unstable, not settled, or was cut short before it could be decided. Flows decide if they
/// follow from the description of the system; otherwise the observations of the run do.
#[must_use]
pub fn stability(planned: &PlannedCell, run: &RunSpec, warm_up: Duration, done: &[&Observation]) -> Stability {
    if let Some(limit) = cut_short(run, warm_up, done) {
        let flows = if planned.system().is_stationary() { flows(&planned.blueprint) } else { Flows::default() };
        return Stability::Overflow { limit, overloaded: worst(&flows).map(|load| (load.node.clone(), load.least)) };
    }
    // A steady state exists only if the system does not change with time.
    if !planned.system().is_stationary() {
        return two_states(done).unwrap_or(Stability::Stable);
    }
    by_flows_and_windows(&planned.blueprint, &flows(&planned.blueprint), warm_up, done)
}

/// The verdict on a system with stationary arrivals, from its `flows` and from observations.
fn by_flows_and_windows(blueprint: &Blueprint, flows: &Flows, warm_up: Duration, done: &[&Observation]) -> Stability {
    if let Some(worst) = worst(flows) {
        return Stability::Unstable { node: worst.node.clone(), growth: worst.growth, load: Some(worst.least) };
    }
    let Some(run) = done.iter().map(|observation| observation.over.as_secs_f64()).min_by(f64::total_cmp) else {
        return Stability::Stable;
    };
    let gathering = gathering(blueprint, flows, done);
    if let Some(found) = gathering.iter().find(|found| found.grows_without_end()) {
        return Stability::Unstable { node: found.node.clone(), growth: found.trend.rate.mean, load: None };
    }
    // Without feedback there is one state.
    let may_have_two = flows.calls_wait || flows.stations.iter().any(|load| !load.is_known());
    if let Some(two) = two_states(done).filter(|_| may_have_two) {
        return two;
    }
    let by_flows = too_short(flows, warm_up.as_secs_f64(), run).map(|short| (short.node, short.needed));
    let by_run = gathering.into_iter().map(|found| {
        let needed = if found.without_end { run * found.trend.longer } else { f64::INFINITY };
        (found.node, needed)
    });
    let slowest = by_flows.into_iter().chain(by_run).max_by(|a, b| a.1.total_cmp(&b.1));
    slowest.map_or(Stability::Stable, |(node, needed)| Stability::NotSettled {
        node,
        run,
        needed: Some(needed).filter(|needed| *needed < MOST_LONGER * run),
    })
}

/// The station that gathers requests fastest, of those with more arrivals than capacity.
fn worst(flows: &Flows) -> Option<&StationLoad> {
    let overloaded = flows.stations.iter().filter(|load| load.is_overloaded());
    overloaded.max_by(|a, b| a.growth.total_cmp(&b.growth))
}

/// The nodes whose own requests have a steady state in a system without one: none of their requests comes to a node
/// where requests gather without end, or they are clients whom such a node serves before others and whose calls do not
/// gather.
#[must_use]
pub fn steady_apart(blueprint: &Blueprint, stability: &Stability, done: &[&Observation]) -> Vec<String> {
    if !matches!(stability, Stability::Unstable { .. }) {
        return Vec::new();
    }
    let (system, flows, graph) = (blueprint.system(), flows(blueprint), blueprint.site().graph());
    let overloaded = flows.stations.iter().filter(|load| load.is_overloaded()).map(|load| load.node.clone());
    let growing = gathering(blueprint, &flows, done).into_iter().filter(Gathering::grows_without_end);
    let growing: Vec<String> = growing.map(|found| found.group).chain(overloaded).collect();
    let tells_apart = |name: &String| system.nodes.get(name).is_some_and(|node| node.serves_by_class());
    let by_class = growing.iter().all(tells_apart);
    let mut grows = vec![0; system.nodes.entries.len()];
    growing.iter().filter_map(|name| system.nodes.position(name)).for_each(|place| grows[place] = 1);
    // Growing nodes on the way from each, itself included.
    let ahead = graph.longest(|place| grows[place]);
    let is_apart = |(place, name, node): (usize, &str, &NodeSpec)| {
        if ahead[place] == 0 {
            return true;
        }
        by_class && node.takes() == Takes::Nothing && do_not_gather(name, done)
    };
    let entries =
        system.nodes.entries.iter().enumerate().map(|(place, (name, node))| (place, name.text.as_str(), node));
    entries.filter(|&entry| is_apart(entry)).map(|(_, name, _)| name.to_owned()).collect()
}

/// True if the calls of these clients were seen not to gather.
fn do_not_gather(clients: &str, done: &[&Observation]) -> bool {
    let in_system = |seen: &&Observation| -> Option<Vec<f64>> {
        let node = seen.nodes.iter().find(|node| node.info.name == clients)?;
        Some(node.series("in_system")?.iter().map(|value| value.unwrap_or(0.0)).collect())
    };
    let series: Vec<Vec<f64>> = done.iter().filter_map(in_system).collect();
    let seen: Vec<trend::Seen<'_>> = series.iter().map(|requests| trend::Seen { requests, missed: &[] }).collect();
    let width = done.first().map_or(0.0, |seen| seen.window);
    seen.len() == done.len() && trend::assess(&seen, width).is_some_and(|trend| trend.verdict == Verdict::Settled)
}

/// A run is not said to need longer than this many times its length: so long an extrapolation is uncertain.
const MOST_LONGER: f64 = 1e6;

/// How many times as many requests must be in flight in the worse state.
const APART: f64 = 3.0;

/// Replications that settled in one of two states, as metastable systems do: at the end of their runs, requests in flight
/// fall into two clusters with a gap of three times between them that is wider than either cluster, and neither cluster
/// is a single replication.
fn two_states(done: &[&Observation]) -> Option<Stability> {
    let mut levels: Vec<f64> = done.iter().map(|observation| in_flight_at_end(observation)).collect();
    levels.sort_by(f64::total_cmp);
    let ratio = |low: f64, high: f64| (high + 1.0) / (low + 1.0);
    let (place, gap) = levels
        .windows(2)
        .map(|pair| ratio(pair[0], pair[1]))
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let (better, worse) = levels.split_at(place + 1);
    let width = |cluster: &[f64]| ratio(cluster[0], cluster[cluster.len() - 1]);
    let apart = better.len() >= 2 && worse.len() >= 2 && gap >= APART && gap > width(better).max(width(worse));
    let mean = |cluster: &[f64]| cluster.iter().sum::<f64>() / cluster.len() as f64;
    apart.then(|| Stability::Bimodal {
        low: mean(better),
        high: mean(worse),
        share: worse.len() as f64 / levels.len() as f64,
    })
}

/// Mean number of requests in flight in the last third of a run.
fn in_flight_at_end(observation: &Observation) -> f64 {
    let clients = observation.nodes.iter().filter(|node| node.info.makes_requests);
    clients
        .filter_map(|node| node.series("in_system"))
        .map(|windows| {
            let last = &windows[windows.len() * 2 / 3..];
            last.iter().flatten().sum::<f64>() / last.len().max(1) as f64
        })
        .sum()
}

#[cfg(test)]
mod study;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Ended, Time};
    use crate::lab::observe::NodeSeen;
    use crate::lab::results::Unit;
    use crate::model::NodeInfo;

    /// A replication with this many requests in flight all the time.
    fn with(in_flight: f64) -> Observation {
        Observation {
            ended: Ended::Duration,
            over: Time::from_nanos(1_000_000_000),
            values: Vec::new(),
            weights: Vec::new(),
            latencies: Vec::new(),
            answered: (0, 0),
            open: Vec::new(),
            ledger: Vec::new(),
            latencies_of: Vec::new(),
            counts: Vec::new(),
            windows: Vec::new(),
            nodes: vec![NodeSeen {
                series: vec![("in_system".into(), Unit::Count, vec![Some(in_flight); 9])],
                ..NodeSeen::of(&NodeInfo {
                    name: "users".to_owned(),
                    group: "users".to_owned(),
                    makes_requests: true,
                    kind: "".into(),
                })
            }],
            window: 1.0,
            completed: 0,
            events: 0,
        }
    }

    fn judge(levels: &[f64]) -> Option<Stability> {
        let seen: Vec<Observation> = levels.iter().map(|&level| with(level)).collect();
        two_states(&seen.iter().collect::<Vec<_>>())
    }

    #[test]
    fn two_clusters_far_apart_are_two_states() {
        let found = judge(&[10.0, 900.0, 12.0, 11.0, 950.0, 9.0, 1000.0, 10.0]);
        assert_eq!(found, Some(Stability::Bimodal { low: 10.4, high: 950.0, share: 0.375 }));
    }

    #[test]
    fn one_cluster_a_lone_outlier_or_an_even_spread_are_one_state() {
        for levels in [
            &[10.0, 12.0, 11.0, 9.0, 10.0][..],
            &[10.0, 12.0, 11.0, 9.0, 500.0],
            &[1.0, 3.0, 9.0, 27.0, 81.0, 243.0],
            &[0.0, 0.0, 1.0, 1.5],
            &[5.0],
            &[],
        ] {
            assert_eq!(judge(levels), None, "{levels:?}");
        }
    }
}
