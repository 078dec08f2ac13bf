//! Runs a plan: every replication of every cell, in any order, collected in the order of the plan.

use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::{Found, collect};
use super::journal::{Forgetful, JobId, Journal};
use super::memory::keeps_pilots;
use super::observe::{Observation, observe};
use super::plan::Plan;
use super::replication::{Job, Replication};
use super::results::Results;
use super::rounds::{next_round, outlook};
use super::warm_up::{Begun, WarmUpFound, begin};
use crate::actors::Measuring;
use crate::engine::Duration;

/// Hears of replications as they finish, from whichever thread ran them.
///
/// ```
/// use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
/// use rushhour::lab::{Observation, Progress, plan_text, run};
///
/// #[derive(Default)]
/// struct Events(AtomicU64);
///
/// impl Progress for Events {
///     fn replication_done(&self, observation: &Observation) {
///         self.0.fetch_add(observation.events, Ordering::Relaxed);
///     }
/// }
///
/// let plan = plan_text(r#"
///     System(nodes: {
///         "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
///         "web": Fleet(service: Exponential(mean: "10 ms")),
///     })
/// "#)?;
/// let events = Events::default();
/// run(&plan, &events, &AtomicBool::new(false))?;
/// assert!(events.0.into_inner() > 10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    let mut given_up = looking.clone();
    while !stop.load(Ordering::Relaxed) {
        let jobs = next_round(plan, &warm_ups, &cells);
        if jobs.is_empty() {
            break;
        }
        progress.planned(outlook(plan, &warm_ups, &cells).max(jobs.len()));
        let done = runner.observe_all(&jobs, |cell| warm_ups[cell])?;
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
    let found = Found { warm_ups: &warm_ups, observations: &cells, unfinished: &unfinished, looking: &looking };
    Ok(collect(plan, found, interrupted))
}

/// What a round of replications needs.
pub(super) struct Runner<'a> {
    pub plan: &'a Plan,
    pub progress: &'a dyn Progress,
    journal: &'a dyn Journal,
    pub stop: &'a AtomicBool,
}

/// A replication that is looked at to find the warm-up.
pub(super) struct Pilot {
    /// What it gave from time zero on.
    pub observation: Observation,
    /// The replication itself; `None` if an earlier run has done it, or if it takes too much memory.
    done: Option<Replication>,
}

impl Runner<'_> {
    /// Runs each (cell, replication); `None` where the run was stopped before it, and nothing of those behind the last that
    /// was run.
    pub fn observe_all(
        &self,
        jobs: &[(usize, u32)],
        warm_up: impl Fn(usize) -> WarmUpFound + Sync + Send,
    ) -> Result<Observations, String> {
        let done = self.run_all(jobs, |cell, replication| {
            let id = JobId { pilot: false, cell: cell as u32, replication };
            if let Some(observation) = self.journal.recall(id) {
                self.progress.replication_recalled(&observation);
                return Ok(Some(Box::new(observation)));
            }
            let job = self.job(cell);
            let measuring = Measuring::After(warm_up(cell).length);
            let Some(done) = Replication::run(&job, replication, measuring)? else { return Ok(None) };
            let observation = observe(&job, &done);
            self.journal.keep(id, &observation);
            self.progress.replication_done(&observation);
            Ok(Some(Box::new(observation)))
        })?;
        Ok(done.into_iter().map(|observation| observation.map(|observation| *observation)).collect())
    }

    /// Like [`Self::observe_all`], from time zero on; measuring may have begun at every so many windows.
    pub fn pilots(&self, jobs: &[(usize, u32)], every: usize) -> Result<Vec<Option<Box<Pilot>>>, String> {
        self.run_all(jobs, |cell, replication| {
            let id = JobId { pilot: true, cell: cell as u32, replication };
            if let Some(observation) = self.journal.recall(id) {
                self.progress.replication_recalled(&observation);
                return Ok(Some(Box::new(Pilot { observation, done: None })));
            }
            let job = self.job(cell);
            let keeps = keeps_pilots(self.plan, &self.plan.cells[cell]);
            let measuring = if keeps { Measuring::AtEvery(every) } else { Measuring::After(Duration::ZERO) };
            let Some(done) = Replication::run(&job, replication, measuring)? else { return Ok(None) };
            let observation = observe(&job, &done);
            self.journal.keep(id, &observation);
            self.progress.replication_done(&observation);
            Ok(Some(Box::new(Pilot { observation, done: Some(done).filter(|_| keeps) })))
        })
    }

    /// What a pilot gave from the end of the warm-up on; `None` if it must be run again for that.
    pub fn cut(&self, cell: usize, replication: u32, pilot: Pilot, warm_up: WarmUpFound) -> Option<Observation> {
        if warm_up.length.is_zero() {
            return Some(pilot.observation);
        }
        let mut done = pilot.done?;
        if !done.begun(warm_up.length) {
            return None;
        }
        let observation = observe(&self.job(cell), &done);
        self.journal.keep(JobId { pilot: false, cell: cell as u32, replication }, &observation);
        Some(observation)
    }

    fn job(&self, cell: usize) -> Job<'_> {
        let planned = &self.plan.cells[cell];
        Job {
            system: &planned.system,
            inputs: &self.plan.inputs,
            run: &self.plan.experiment.run,
            window: planned.window,
            alone: self.plan.experiment.run.replications.most() == 1,
            quantities: &self.plan.quantities,
            stop: self.stop,
        }
    }

    /// Does each (cell, replication) until the run is stopped: `None` from there on, but for the end.
    fn run_all<R: Send>(
        &self,
        jobs: &[(usize, u32)],
        one: impl Fn(usize, u32) -> Result<Option<Box<R>>, String> + Sync + Send,
    ) -> Result<Vec<Option<Box<R>>>, String> {
        let stopped = || self.stop.load(Ordering::Relaxed);
        let mut done =
            for_each(jobs, |&(cell, replication)| if stopped() { Ok(None) } else { one(cell, replication) })?;
        // A run that is stopped may have a hundred thousand replications before it: they take no room.
        without_last_gap(&mut done);
        Ok(done)
    }
}

/// Leaves out what is missing behind the last that is there.
pub(super) fn without_last_gap<T>(done: &mut Vec<Option<T>>) {
    done.truncate(done.iter().rposition(Option::is_some).map_or(0, |last| last + 1));
}

/// In parallel, one job at a time a thread, with the answers in order.
pub(super) fn for_each<T: Sync, R: Send>(
    jobs: &[T],
    one: impl Fn(&T) -> Result<R, String> + Sync + Send,
) -> Result<Vec<R>, String> {
    take_each(jobs.iter().collect(), one)
}

/// Like [`for_each`], of jobs that are used up.
#[cfg(feature = "cli")]
pub(super) fn take_each<T: Send, R: Send>(
    jobs: Vec<T>,
    one: impl Fn(T) -> Result<R, String> + Sync + Send,
) -> Result<Vec<R>, String> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
    jobs.into_par_iter().with_max_len(1).map(one).collect()
}

/// One after the other.
#[cfg(not(feature = "cli"))]
pub(super) fn take_each<T, R>(jobs: Vec<T>, one: impl Fn(T) -> Result<R, String>) -> Result<Vec<R>, String> {
    jobs.into_iter().map(one).collect()
}

/// Jobs that are done at once.
#[cfg(feature = "cli")]
pub(super) fn at_once() -> usize {
    rayon::current_num_threads()
}

/// Jobs that are done at once.
#[cfg(not(feature = "cli"))]
pub(super) fn at_once() -> usize {
    1
}
