//! Runs a plan: every replication of every cell, in any order, collected in the order of the plan.

use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::{Found, collect};
use super::journal::{Forgetful, JobId, Journal};
use super::observe::{Job, Observation, observe};
use super::plan::Plan;
use super::results::Results;
use super::rounds::{next_round, outlook};
use super::warm_up::{Begun, WarmUpFound, begin};

/// Hears of replications as they finish, from whichever thread ran them.
pub trait Progress: Sync {
    /// About so many replications are still to come, in this round and all further ones; said before each round.
    fn planned(&self, _replications: usize) {}

    /// One more replication is done.
    fn replication_done(&self, _observation: &Observation) {}

    /// One more replication need not be run, because an earlier run has done it.
    fn replication_recalled(&self, observation: &Observation) {
        self.replication_done(observation);
    }
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
    let Begun { warm_ups, mut cells, looking } = begin(&runner)?;
    let mut given_up = vec![looking; cells.len()];
    while !stop.load(Ordering::Relaxed) {
        let jobs = next_round(plan, &warm_ups, &cells);
        if jobs.is_empty() {
            break;
        }
        progress.planned(outlook(plan, &warm_ups, &cells).max(jobs.len()));
        let done = runner.observe_all(false, &jobs, |cell| warm_ups[cell])?;
        jobs[done.len()..].iter().for_each(|&(cell, _)| given_up[cell] = true);
        for (&(cell, _), observation) in jobs.iter().zip(done) {
            cells[cell].push(observation);
        }
    }
    let interrupted = stop.load(Ordering::Relaxed);
    let with_gaps = cells.iter().zip(given_up).map(|(seen, given_up)| given_up || seen.iter().any(Option::is_none));
    let mut unfinished: Vec<bool> = with_gaps.collect();
    if interrupted {
        next_round(plan, &warm_ups, &cells).into_iter().for_each(|(cell, _)| unfinished[cell] = true);
    }
    let found = Found { warm_ups: &warm_ups, observations: &cells, unfinished: &unfinished, looking };
    Ok(collect(plan, found, interrupted))
}

/// What a round of replications needs.
pub(super) struct Runner<'a> {
    pub plan: &'a Plan,
    pub progress: &'a dyn Progress,
    journal: &'a dyn Journal,
    pub stop: &'a AtomicBool,
}

impl Runner<'_> {
    /// Runs each (cell, replication); `None` where the run was stopped before it, and nothing of those behind the last that
    /// was run.
    pub fn observe_all(
        &self,
        pilot: bool,
        jobs: &[(usize, u32)],
        warm_up: impl Fn(usize) -> WarmUpFound + Sync + Send,
    ) -> Result<Observations, String> {
        // A run that is stopped may have a hundred thousand replications before it: they take no room.
        let mut done = for_each(jobs, |&(cell, replication)| {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let id = JobId { pilot, cell: cell as u32, replication };
            if let Some(observation) = self.journal.recall(id) {
                self.progress.replication_recalled(&observation);
                return Ok(Some(Box::new(observation)));
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
            Ok(Some(Box::new(observation)))
        })?;
        done.truncate(done.iter().rposition(Option::is_some).map_or(0, |last| last + 1));
        Ok(done.into_iter().map(|observation| observation.map(|observation| *observation)).collect())
    }
}

/// In parallel, one job at a time a thread, with the answers in order.
#[cfg(feature = "cli")]
pub(super) fn for_each<T: Sync, R: Send>(
    jobs: &[T],
    one: impl Fn(&T) -> Result<R, String> + Sync + Send,
) -> Result<Vec<R>, String> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
    jobs.par_iter().with_max_len(1).map(one).collect()
}

/// One after the other.
#[cfg(not(feature = "cli"))]
pub(super) fn for_each<T, R>(jobs: &[T], one: impl Fn(&T) -> Result<R, String>) -> Result<Vec<R>, String> {
    jobs.iter().map(one).collect()
}
