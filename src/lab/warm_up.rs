//! When measuring begins: as the file says, or when the system has settled.

use super::observe::Observation;
use super::run::Runner;
use super::spec::WarmUp;
use crate::engine::Duration;
use crate::stats::mser::mser5;

/// Replications that are looked at to find the warm-up.
const PILOTS: u32 = 10;

/// The warm-up of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUpFound {
    /// How long.
    pub length: Duration,
    /// False if the run is too short to tell when the system settles: the cut would pass its half.
    pub settled: bool,
}

impl WarmUpFound {
    const NONE: Self = Self { length: Duration::ZERO, settled: true };
}

/// The warm-up of every cell. `Auto` runs the first replications once to look at them.
///
/// # Errors
/// A defect of the program found by its own checks, in words.
pub(super) fn warm_ups(runner: &Runner<'_>) -> Result<Vec<WarmUpFound>, String> {
    let plan = runner.plan;
    let run = &plan.experiment.run;
    if let WarmUp::Fixed(span) = run.warm_up {
        return Ok(vec![WarmUpFound { length: span.duration(), settled: true }; plan.cells.len()]);
    }
    let pilots = run.replications.most().min(PILOTS);
    let jobs: Vec<(usize, u32)> =
        (0..pilots).flat_map(|replication| (0..plan.cells.len()).map(move |cell| (cell, replication))).collect();
    let mut seen: Vec<Vec<Observation>> = plan.cells.iter().map(|_| Vec::new()).collect();
    let done = runner.observe_all(true, &jobs, |_| WarmUpFound::NONE)?;
    for (&(cell, _), observation) in jobs.iter().zip(done) {
        seen[cell].extend(observation);
    }
    Ok(seen.iter().map(|pilots| find(pilots)).collect())
}

/// The longest cut that MSER-5 makes of requests in flight and of latency, as means over replications by window.
fn find(pilots: &[Observation]) -> WarmUpFound {
    let Some(first) = pilots.first() else { return WarmUpFound::NONE };
    let windows = pilots.iter().map(windows_of).min().unwrap_or(0);
    let mut found = WarmUpFound::NONE;
    let clients = first.nodes.iter().enumerate().filter(|(_, node)| node.info.kind == "Clients");
    for (place, _) in clients {
        for quantity in ["in_system", "latency_mean"] {
            let means: Vec<f64> = (0..windows).map(|window| mean_at(pilots, place, quantity, window)).collect();
            let Some(truncation) = mser5(&means) else { continue };
            // A cut beyond half of the run is not to be trusted; half is as far as one goes.
            let cut = truncation.cut.min(windows / 2);
            let length = Duration::from_secs_f64(cut as f64 * first.window);
            found = WarmUpFound { length: found.length.max(length), settled: found.settled && truncation.settled };
        }
    }
    found
}

fn windows_of(observation: &Observation) -> usize {
    let clients = observation.nodes.iter().filter(|node| node.info.kind == "Clients");
    clients.filter_map(|node| node.series("in_system").map(<[_]>::len)).min().unwrap_or(0)
}

fn mean_at(pilots: &[Observation], place: usize, quantity: &str, window: usize) -> f64 {
    let values: Vec<f64> =
        pilots.iter().filter_map(|pilot| pilot.nodes[place].series(quantity)?.get(window).copied().flatten()).collect();
    // A window in which nobody was served says nothing of latency; zero keeps it from looking settled.
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}
