//! When measuring begins: as the file says, or when the system has settled.

use std::sync::atomic::Ordering;

use super::observe::Observation;
use super::rounds::outlook;
use super::run::{Observations, Runner};
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
    /// False if the run is too short to tell when the system settles.
    pub settled: bool,
}

impl WarmUpFound {
    const NONE: Self = Self { length: Duration::ZERO, settled: true };
}

/// What there is before the first round.
pub(super) struct Begun {
    /// The warm-up of every cell.
    pub warm_ups: Vec<WarmUpFound>,
    /// Replications that are done already: the pilots of cells in which nothing is to be cut.
    pub cells: Vec<Observations>,
    /// True if the run was stopped while it looked: the pilots are all there is, with nothing cut.
    pub looking: bool,
}

/// Finds the warm-up of every cell. `Auto` runs the first replications from the start, to look at them. Where they need no
/// cut, they are the first replications; elsewhere they are run again with it.
///
/// A pilot could be cut afterwards, for all that is recorded is counts and sums of whole numbers. But it is known only from
/// all pilots of a cell where, of up to 25 places: each would have to keep what every node had counted until each of them, and
/// to be kept itself until the last is done. Running again takes time, and neither memory nor a second way to the same bits.
///
/// # Errors
/// A defect of the program found by its own checks, in words.
pub(super) fn begin(runner: &Runner<'_>) -> Result<Begun, String> {
    let plan = runner.plan;
    let run = &plan.experiment.run;
    let none = || vec![Vec::new(); plan.cells.len()];
    if let WarmUp::Fixed(span) = run.warm_up {
        let fixed = WarmUpFound { length: span.duration(), settled: true };
        return Ok(Begun { warm_ups: vec![fixed; plan.cells.len()], cells: none(), looking: false });
    }
    let pilots = run.replications.most().min(PILOTS);
    let jobs: Vec<(usize, u32)> =
        (0..pilots).flat_map(|replication| (0..plan.cells.len()).map(move |cell| (cell, replication))).collect();
    let uncut = vec![WarmUpFound::NONE; plan.cells.len()];
    // Every cell might have to be cut.
    runner.progress.planned(jobs.len() + outlook(plan, &uncut, &none()));
    let mut cells: Vec<Observations> = none();
    let done = runner.observe_all(true, &jobs, |_| WarmUpFound::NONE)?;
    for (&(cell, _), observation) in jobs.iter().zip(done) {
        cells[cell].push(observation);
    }
    if runner.stop.load(Ordering::Relaxed) {
        return Ok(Begun { warm_ups: uncut, cells, looking: true });
    }
    let warm_ups: Vec<WarmUpFound> =
        cells.iter().map(|pilots| find(&pilots.iter().flatten().collect::<Vec<_>>())).collect();
    let cut = cells.iter_mut().zip(&warm_ups).filter(|(_, found)| !found.length.is_zero());
    cut.for_each(|(pilots, _)| pilots.clear());
    Ok(Begun { warm_ups, cells, looking: false })
}

/// The longest cut that MSER-5 makes of requests in flight and of latency, as means over replications by window.
fn find(pilots: &[&Observation]) -> WarmUpFound {
    let Some(first) = pilots.first() else { return WarmUpFound::NONE };
    let windows = pilots.iter().map(|pilot| windows_of(pilot)).min().unwrap_or(0);
    let mut found = WarmUpFound::NONE;
    let clients = first.nodes.iter().enumerate().filter(|(_, node)| node.info.kind == "Clients");
    for (place, _) in clients {
        for quantity in ["in_system", "latency_mean"] {
            let means: Vec<f64> = (0..windows).map(|window| mean_at(pilots, place, quantity, window)).collect();
            let Some(truncation) = mser5(&means) else { continue };
            let length = Duration::from_secs_f64(truncation.cut as f64 * first.window);
            found = WarmUpFound { length: found.length.max(length), settled: found.settled && truncation.settled };
        }
    }
    found
}

fn windows_of(observation: &Observation) -> usize {
    let clients = observation.nodes.iter().filter(|node| node.info.kind == "Clients");
    clients.filter_map(|node| node.series("in_system").map(<[_]>::len)).min().unwrap_or(0)
}

fn mean_at(pilots: &[&Observation], place: usize, quantity: &str, window: usize) -> f64 {
    let values: Vec<f64> =
        pilots.iter().filter_map(|pilot| pilot.nodes[place].series(quantity)?.get(window).copied().flatten()).collect();
    // A window in which nobody was served says nothing of latency; zero keeps it from looking settled.
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}
