//! Runs a plan: every replication of every cell, in any order, collected in the order of the plan.

use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::{Found, collect};
use super::journal::{Forgetful, JobId, Journal};
use super::observe::{Job, Observation, observe};
use super::plan::Plan;
use super::results::Results;
use super::spec::Replications;
use super::stability::stability;
use super::warm_up::{WarmUpFound, warm_ups};
use crate::stats::Interval;

/// Hears of replications as they finish, from whichever thread ran them.
pub trait Progress: Sync {
    /// So many replications more will be run; said before each round.
    fn planned(&self, _replications: usize) {}

    /// One more replication is done.
    fn replication_done(&self, _observation: &Observation) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {}

/// The observations of one cell in order of replication; `None` where one was not run.
pub type Observations = Vec<Option<Observation>>;

/// Runs `plan` on the current pool of threads, until done or until `stop` is set: then the replications that run are given
/// up at once, and what is complete is kept.
///
/// # Errors
/// A defect of the program found by its own checks, in words.
pub fn run(plan: &Plan, progress: &dyn Progress, stop: &AtomicBool) -> Result<Results, String> {
    run_with_journal(plan, progress, &Forgetful, stop)
}

/// Like [`run`], with what is finished kept in `journal`, and what it holds already not run again. The results are the
/// same bits as without.
///
/// # Errors
/// A defect of the program found by its own checks, in words.
pub fn run_with_journal(
    plan: &Plan,
    progress: &dyn Progress,
    journal: &dyn Journal,
    stop: &AtomicBool,
) -> Result<Results, String> {
    let runner = Runner { plan, progress, journal, stop };
    let warm_ups = warm_ups(&runner)?;
    let mut cells: Vec<Observations> = plan.cells.iter().map(|_| Vec::new()).collect();
    loop {
        let jobs = next_round(plan, &warm_ups, &cells);
        if jobs.is_empty() || stop.load(Ordering::Relaxed) {
            break;
        }
        let done = runner.observe_all(false, &jobs, |cell| warm_ups[cell])?;
        for (&(cell, _), observation) in jobs.iter().zip(done) {
            cells[cell].push(observation);
        }
    }
    let interrupted = stop.load(Ordering::Relaxed);
    let mut unfinished: Vec<bool> = cells.iter().map(|seen| seen.iter().any(Option::is_none)).collect();
    if interrupted {
        next_round(plan, &warm_ups, &cells).into_iter().for_each(|(cell, _)| unfinished[cell] = true);
    }
    let found = Found { warm_ups: &warm_ups, observations: &cells, unfinished: &unfinished };
    Ok(collect(plan, found, interrupted))
}

/// What a round of replications needs.
pub(super) struct Runner<'a> {
    pub plan: &'a Plan,
    progress: &'a dyn Progress,
    journal: &'a dyn Journal,
    stop: &'a AtomicBool,
}

impl Runner<'_> {
    /// Runs each (cell, replication); `None` where the run was stopped before it.
    pub fn observe_all(
        &self,
        pilot: bool,
        jobs: &[(usize, u32)],
        warm_up: impl Fn(usize) -> WarmUpFound + Sync + Send,
    ) -> Result<Observations, String> {
        self.progress.planned(jobs.len());
        for_each(jobs, |&(cell, replication)| {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let id = JobId { pilot, cell: cell as u32, replication };
            if let Some(observation) = self.journal.recall(id) {
                self.progress.replication_done(&observation);
                return Ok(Some(observation));
            }
            let planned = &self.plan.cells[cell];
            let job = Job {
                system: &planned.system,
                inputs: &self.plan.inputs,
                run: &self.plan.experiment.run,
                warm_up: warm_up(cell).length,
                window: planned.window,
                alone: self.plan.experiment.run.replications.most() == 1,
                quantities: &self.plan.quantities,
                stop: self.stop,
            };
            let Some(observation) = observe(job, replication)? else { return Ok(None) };
            self.journal.keep(id, &observation);
            self.progress.replication_done(&observation);
            Ok(Some(observation))
        })
    }
}

/// The replications to run next, which depend on what was found and never on the threads. All arms at one point of the
/// sweep have equally many, so that they can be compared pair by pair.
fn next_round(plan: &Plan, warm_ups: &[WarmUpFound], cells: &[Observations]) -> Vec<(usize, u32)> {
    let points = plan.points();
    let mut more = vec![0..0; plan.cells.len()];
    for point in 0..points {
        let group: Vec<usize> = (point..plan.cells.len()).step_by(points).collect();
        let done = group.first().map_or(0, |&cell| cells[cell].len() as u32);
        let upto = match &plan.experiment.run.replications {
            Replications::Fixed(n) => *n,
            Replications::AtMost(at_most) => {
                let target = at_most.half_width.fraction();
                let settled = |cell: usize| {
                    let done: Vec<&Observation> = cells[cell].iter().flatten().collect();
                    // A cell without a steady state will never be sure of one.
                    let stability = stability(&plan.cells[cell], &plan.experiment.run, warm_ups[cell].length, &done);
                    !stability.has_numbers() || is_sure(plan, &cells[cell], target)
                };
                let sure = done > 0 && group.iter().all(|&cell| settled(cell));
                if sure { done } else { at_most.n.min(done + at_most.batch) }
            }
        };
        group.iter().for_each(|&cell| more[cell] = done..upto);
    }
    // By replication first, so that a run that is stopped has about equally many of each cell.
    let most = more.iter().map(|range| range.end).max().unwrap_or(0);
    (0..most)
        .flat_map(|replication| {
            let has = |cell: &usize| more[*cell].contains(&replication);
            (0..plan.cells.len()).filter(has).map(move |cell| (cell, replication)).collect::<Vec<_>>()
        })
        .collect()
}

/// True if every measure of a cell has an interval within `target` of its value.
fn is_sure(plan: &Plan, seen: &Observations, target: f64) -> bool {
    (0..plan.quantities.len()).all(|place| {
        let values: Vec<Option<f64>> = seen.iter().map(|seen| seen.as_ref().and_then(|o| o.values[place])).collect();
        match Interval::of_known(&values, plan.experiment.run.confidence.fraction()) {
            // Where nothing was ever seen, more of the same will not help.
            None => true,
            Some(interval) => interval.half_width.is_some_and(|half| half <= target * interval.mean.abs()),
        }
    })
}

/// In parallel, one job at a time a thread, with the answers in order.
#[cfg(feature = "cli")]
fn for_each<T: Sync, R: Send>(
    jobs: &[T],
    one: impl Fn(&T) -> Result<R, String> + Sync + Send,
) -> Result<Vec<R>, String> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
    jobs.par_iter().with_max_len(1).map(one).collect()
}

/// One after the other.
#[cfg(not(feature = "cli"))]
fn for_each<T, R>(jobs: &[T], one: impl Fn(&T) -> Result<R, String>) -> Result<Vec<R>, String> {
    jobs.iter().map(one).collect()
}
