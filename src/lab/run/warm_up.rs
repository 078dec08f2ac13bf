//! When measuring begins: as the file says, or when the system has settled.

use std::sync::Mutex;

use super::{Pilot, Run, without_last_gap};
use crate::engine::Duration;
use crate::lab::execute::gather;
use crate::lab::observe::{Observation, Observations};
use crate::lab::rounds::{Lacks, groups, outlook};
use crate::lab::spec::WarmUp;
use crate::lab::warm_up_found::{PILOTS, WarmUpFound};
use crate::stats::mser::{BATCH, mser5};

/// The state before the first round.
pub(super) struct Begun {
    /// The warm-up of every cell.
    pub warm_ups: Vec<WarmUpFound>,
    /// Replications that are done already: the pilots, from the end of the warm-up on.
    pub cells: Vec<Observations>,
    /// For each cell, true if the run was stopped while it looked: its observations are not cut.
    pub looking: Vec<bool>,
}

/// Finds the warm-up of every cell. `Auto` runs the first replications from the start, to look at them; measuring may have
/// begun in them wherever MSER-5 may cut, so that they need not be run again when it is known where.
///
/// What they recorded is kept until then, so cells are looked at a few at a time, all arms of a point first; where that
/// takes too much memory they are run again, to the same bits.
///
/// # Errors
/// A bug in this crate, found by its own checks.
pub(super) fn begin(run: &Run<'_>) -> Result<Begun, String> {
    let plan = run.plan;
    let spec = &plan.experiment.run;
    let mut begun = Begun {
        warm_ups: vec![WarmUpFound::NONE; plan.cells.len()],
        cells: vec![Vec::new(); plan.cells.len()],
        looking: vec![false; plan.cells.len()],
    };
    if let WarmUp::Fixed(span) = spec.warm_up {
        begun.warm_ups.fill(WarmUpFound { length: span.duration(), settled: true });
        return Ok(begun);
    }
    let pilots = spec.replications.most().min(PILOTS);
    run.progress.planned(outlook(plan, &Lacks::default(), &begun.cells));
    let order: Vec<usize> = groups(plan).flatten().collect();
    // As many as keep all threads busy.
    let together = (4 * run.executor.parallelism() / pilots as usize).max(1);
    for cells in order.chunks(together) {
        look(run, pilots, cells, &mut begun)?;
    }
    Ok(begun)
}

/// Finds the warm-up of `cells`.
fn look(run: &Run<'_>, pilots: u32, cells: &[usize], begun: &mut Begun) -> Result<(), String> {
    let jobs: Vec<(usize, u32)> =
        cells.iter().flat_map(|&cell| (0..pilots).map(move |number| (cell, number))).collect();
    let mut done = run.pilots(&jobs, BATCH)?;
    done.resize_with(jobs.len(), || None);
    let mut done = done.into_iter();
    let mut whole = Vec::with_capacity(jobs.len());
    for &cell in cells {
        let of_cell: Vec<Option<Pilot>> = done.by_ref().take(pilots as usize).collect();
        if of_cell.iter().any(Option::is_none) {
            // Without all of them the cut is not known.
            let seen = of_cell.into_iter().map(|pilot| pilot.map(|pilot| pilot.observation));
            begun.looking[cell] = true;
            begun.cells[cell] = seen.collect();
            continue;
        }
        begun.warm_ups[cell] = find(&of_cell.iter().flatten().map(|pilot| &pilot.observation).collect::<Vec<_>>());
        whole.extend((0..pilots).zip(of_cell.into_iter().flatten()).map(|(number, pilot)| (cell, number, pilot)));
    }
    let warm_ups = &begun.warm_ups;
    // Each pilot is used up where it is cut, so that no two copies of what it recorded are there at once.
    let whole: Vec<_> = whole.into_iter().map(|pilot| Mutex::new(Some(pilot))).collect();
    let cut = gather(run.executor, whole.len(), |place| {
        let pilot = whole[place].lock().expect("nothing fails while it is held").take();
        Ok(pilot.map(|(cell, number, pilot)| (cell, number, run.cut(cell, number, pilot, warm_ups[cell]))))
    })?;
    let cut: Vec<_> = cut.into_iter().map(|(_, cut)| cut).collect();
    // Pilots of an earlier run, of which only the observation from time zero on is kept.
    let again: Vec<(usize, u32)> =
        cut.iter().filter(|(.., seen)| seen.is_none()).map(|&(cell, number, _)| (cell, number)).collect();
    let mut again = run.observe_all(&again, |cell| warm_ups[cell])?.into_iter();
    for (cell, _, seen) in cut {
        begun.cells[cell].push(seen.or_else(|| again.next().flatten()));
    }
    cells.iter().for_each(|&cell| without_last_gap(&mut begun.cells[cell]));
    Ok(())
}

/// The longest cut that MSER-5 makes of requests in flight and of latency, as means over replications by window.
fn find(pilots: &[&Observation]) -> WarmUpFound {
    let Some(first) = pilots.first() else { return WarmUpFound::NONE };
    // Runs that end by a number of requests may have come to wider windows or not.
    let width = pilots.iter().map(|pilot| pilot.window).fold(0.0, f64::max);
    let windows = pilots.iter().map(|pilot| windows_of(pilot) / times(pilot, width)).min().unwrap_or(0);
    let width = Duration::from_secs_f64(width).as_nanos();
    let mut found = WarmUpFound::NONE;
    let clients = first.nodes.iter().enumerate().filter(|(_, node)| node.info.makes_requests);
    for (place, _) in clients {
        for quantity in ["in_system", "latency_mean"] {
            let means: Vec<f64> = (0..windows).map(|window| mean_at(pilots, place, quantity, window)).collect();
            let Some(truncation) = mser5(&means) else { continue };
            let length = Duration::from_nanos(truncation.cut as u64 * width);
            found = WarmUpFound { length: found.length.max(length), settled: found.settled && truncation.settled };
        }
    }
    found
}

/// Windows of `pilot` in one of `width`: each time there were too many, they doubled.
fn times(pilot: &Observation, width: f64) -> usize {
    ((width / pilot.window).round() as usize).max(1)
}

fn windows_of(observation: &Observation) -> usize {
    let clients = observation.nodes.iter().filter(|node| node.info.makes_requests);
    clients.filter_map(|node| node.series("in_system").map(<[_]>::len)).min().unwrap_or(0)
}

fn mean_at(pilots: &[&Observation], place: usize, quantity: &str, window: usize) -> f64 {
    let width = pilots.iter().map(|pilot| pilot.window).fold(0.0, f64::max);
    let of_pilot = |pilot: &&Observation| {
        let times = times(pilot, width);
        let windows = pilot.nodes[place].series(quantity)?.get(window * times..(window + 1) * times)?;
        mean(windows.iter().copied().flatten())
    };
    // A window in which no request was served has no latency; zero keeps it from looking settled.
    mean(pilots.iter().filter_map(of_pilot)).unwrap_or(0.0)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}
