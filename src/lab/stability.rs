//! Whether a cell has a steady state.

use super::observe::Observation;
use super::plan::PlannedCell;
use super::results::Stability;
use super::spec::RunSpec;
use crate::engine::{Duration, Ended};
use crate::stats::trend;

/// What the queues of the fleets say: stable, growing without end, or stopped by a limit of the program.
#[must_use]
pub fn stability(planned: &PlannedCell, run: &RunSpec, warm_up: Duration, done: &[&Observation]) -> Stability {
    if done.iter().any(|observation| observation.ended == Ended::InFlight) {
        return Stability::Overflow { limit: format!("more than {} requests in flight", run.in_flight) };
    }
    if let Some(still) = done.iter().find(|observation| observation.ended == Ended::Standstill) {
        let limit =
            format!("time stands still at {}: a cycle without delay (users who ask again at once?)", still.over);
        return Stability::Overflow { limit };
    }
    // Only where nothing changes with time does a rising queue mean that it never settles.
    if !planned.system.is_stationary() {
        return Stability::Stable;
    }
    let Some(first) = done.first() else { return Stability::Stable };
    let skip = (warm_up.as_secs_f64() / first.window) as usize;
    for (place, node) in first.nodes.iter().enumerate().filter(|(_, node)| node.info.kind == "Fleet") {
        let queues: Vec<Vec<f64>> = done
            .iter()
            .map(|observation| {
                let windows = observation.nodes[place].series("queue").unwrap_or_default();
                windows.iter().skip(skip).map(|value| value.unwrap_or(0.0)).collect()
            })
            .collect();
        let queues: Vec<&[f64]> = queues.iter().map(Vec::as_slice).collect();
        if let Some(trend) = trend::assess(&queues, first.window)
            && trend.verdict == trend::Verdict::Growing
        {
            return Stability::Unstable { node: node.info.name.clone(), growth: trend.rate.mean };
        }
    }
    Stability::Stable
}
