//! Runs a plan: every replication of every cell, in any order, collected in the order of the plan.

mod round;
mod warm_up;

use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::{Found, collect};
#[cfg(not(feature = "threads"))]
use super::execute::Serial;
use super::execute::{Executor, gather};
use super::journal::{JobId, Journal, NoJournal};
use super::memory::keeps_pilots;
use super::observe::{Observation, Observations, observe};
use super::plan::Plan;
use super::replication::{Job, Replication};
use super::results::Results;
use super::rounds::{Lacks, next_round, outlook};
#[cfg(feature = "threads")]
use super::threads::Threads;
use super::warm_up_found::WarmUpFound;
use crate::actors::Measuring;
use crate::engine::Duration;
use round::SoFar;
use warm_up::{Begun, begin};

/// Receives each replication when it has finished, on the thread that ran it.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use rushhour::lab::{Observation, Progress, Run, plan_text};
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
/// Run::new(&plan).progress(&events).go()?;
/// assert!(events.0.into_inner() > 10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Progress: Sync {
    /// Called before each round of replications with an estimate of how many are still to come, in this round and all
    /// later ones.
    fn planned(&self, _replications: usize) {}

    /// A replication has finished.
    fn replication_done(&self, _observation: &Observation) {}

    /// A replication was taken from the journal of an earlier run.
    fn replication_recalled(&self, observation: &Observation) {
        self.replication_done(observation);
    }
}

/// Ignores all progress.
#[derive(Clone, Copy, Debug)]
pub struct NoProgress;

impl Progress for NoProgress {}

/// Runs `plan` until it is done or `stop` is set; then replications in progress are abandoned and finished ones are
/// kept. [`Run`] has more options.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use rushhour::lab::{NoProgress, plan_text, run};
///
/// let plan = plan_text(r#"System(nodes: {
///     "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
///     "web": Fleet(service: Exponential(mean: "5 ms")),
/// })"#)?;
/// let results = run(&plan, &NoProgress, &AtomicBool::new(false))?;
/// assert!(results.cells[0].value("utilization").is_some_and(|busy| (busy - 0.4).abs() < 0.02));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A bug in this crate, found by its own checks.
pub fn run(plan: &Plan, progress: &dyn Progress, stop: &AtomicBool) -> Result<Results, String> {
    Run::new(plan).progress(progress).stop(stop).go()
}

/// A stop flag that is never set.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Options for running a plan: progress, journal, stop flag and executor. None of them changes a bit of the results,
/// except that a run which is stopped has fewer replications.
///
/// ```
/// use rushhour::lab::{Observation, Progress, Run, Serial, plan_text};
///
/// struct Dots;
///
/// impl Progress for Dots {
///     fn replication_done(&self, _observation: &Observation) {
///         eprint!(".");
///     }
/// }
///
/// let plan = plan_text(r#"
///     System(nodes: {
///         "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
///         "web": Fleet(service: Exponential(mean: "10 ms")),
///     })
/// "#)?;
/// let results = Run::new(&plan).progress(&Dots).executor(&Serial).go()?;
/// assert_eq!(results.cells[0].value("utilization"), plan.run()?.cells[0].value("utilization"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) progress: &'a dyn Progress,
    journal: &'a dyn Journal,
    stop: &'a AtomicBool,
    pub(super) executor: &'a dyn Executor,
}

impl<'a> Run<'a> {
    /// Runs `plan` without progress, journal or stop flag, on the default executor: all cores if the crate is built
    /// with the feature `threads`, otherwise [`Serial`](crate::lab::Serial).
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, progress: &NoProgress, journal: &NoJournal, stop: &NEVER, executor: usual() }
    }

    /// Reports each finished replication to `progress`.
    #[must_use]
    pub fn progress(self, progress: &'a dyn Progress) -> Self {
        Self { progress, ..self }
    }

    /// Records finished replications in `journal`, and takes those that it already holds from there.
    #[must_use]
    pub fn journal(self, journal: &'a dyn Journal) -> Self {
        Self { journal, ..self }
    }

    /// Ends the run soon after `stop` is set: replications in progress are abandoned, finished ones are kept.
    #[must_use]
    pub fn stop(self, stop: &'a AtomicBool) -> Self {
        Self { stop, ..self }
    }

    /// Runs the replications on `executor`.
    #[must_use]
    pub fn executor(self, executor: &'a dyn Executor) -> Self {
        Self { executor, ..self }
    }

    /// Runs the plan.
    ///
    /// # Errors
    /// A bug in this crate, found by its own checks.
    pub fn go(self) -> Result<Results, String> {
        let plan = self.plan;
        let Begun { warm_ups, cells, looking } = begin(&self)?;
        let collected = cells.iter().map(|_| None).collect();
        let mut so_far = SoFar { seen: cells, collected, given_up: looking.clone() };
        while !self.is_stopped() {
            let lacks = Lacks::find(plan, &warm_ups, &so_far.seen, self.executor)?;
            let jobs = next_round(plan, &lacks, &so_far.seen);
            if jobs.is_empty() {
                break;
            }
            self.progress.planned(outlook(plan, &lacks, &so_far.seen).max(jobs.len()));
            self.round(&jobs, &warm_ups, &mut so_far)?;
        }
        let interrupted = self.is_stopped();
        let SoFar { seen, collected, given_up } = so_far;
        let with_gaps = seen.iter().zip(given_up).map(|(seen, given_up)| given_up || seen.iter().any(Option::is_none));
        let mut unfinished: Vec<bool> = with_gaps.collect();
        if interrupted {
            let lacks = Lacks::find(plan, &warm_ups, &seen, self.executor)?;
            next_round(plan, &lacks, &seen).into_iter().for_each(|(cell, _)| unfinished[cell] = true);
        }
        let found = Found { warm_ups: &warm_ups, observations: &seen, unfinished: &unfinished, looking: &looking };
        collect(plan, found, collected, interrupted, self.executor)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A replication that is looked at to find the warm-up.
pub(super) struct Pilot {
    /// Its observation from time zero on.
    pub observation: Observation,
    /// The replication itself; `None` if an earlier run has done it, or if it takes too much memory.
    done: Option<Replication>,
}

impl Run<'_> {
    /// Runs each (cell, replication); `None` where the run was stopped before it, without the entries behind the last
    /// one that was run.
    pub(super) fn observe_all(
        &self,
        jobs: &[(usize, u32)],
        warm_up: impl Fn(usize) -> WarmUpFound + Sync,
    ) -> Result<Observations, String> {
        self.run_all(jobs, |cell, replication| self.observe_one(cell, replication, warm_up(cell)))
    }

    /// Runs one replication, or takes it from the journal; `None` where the run was stopped before its end.
    fn observe_one(&self, cell: usize, replication: u32, warm_up: WarmUpFound) -> Result<Option<Observation>, String> {
        let id = JobId { pilot: false, cell: cell as u32, replication };
        if let Some(observation) = self.journal.recall(id) {
            self.progress.replication_recalled(&observation);
            return Ok(Some(observation));
        }
        let job = self.job(cell);
        let Some(done) = Replication::run(&job, replication, Measuring::After(warm_up.length))? else {
            return Ok(None);
        };
        let observation = observe(&job, &done);
        self.journal.record(id, &observation);
        self.progress.replication_done(&observation);
        Ok(Some(observation))
    }

    /// Like [`Self::observe_all`], from time zero on; measuring may have begun at every so many windows.
    pub(super) fn pilots(&self, jobs: &[(usize, u32)], every: usize) -> Result<Vec<Option<Pilot>>, String> {
        self.run_all(jobs, |cell, replication| {
            let id = JobId { pilot: true, cell: cell as u32, replication };
            if let Some(observation) = self.journal.recall(id) {
                self.progress.replication_recalled(&observation);
                return Ok(Some(Pilot { observation, done: None }));
            }
            let job = self.job(cell);
            let keeps = keeps_pilots(self.plan, &self.plan.cells[cell]);
            let measuring = if keeps { Measuring::AtEvery(every) } else { Measuring::After(Duration::ZERO) };
            let Some(done) = Replication::run(&job, replication, measuring)? else { return Ok(None) };
            let observation = observe(&job, &done);
            self.journal.record(id, &observation);
            self.progress.replication_done(&observation);
            Ok(Some(Pilot { observation, done: Some(done).filter(|_| keeps) }))
        })
    }

    /// The observation of a pilot from the end of the warm-up on; `None` if it must be run again for that.
    pub(super) fn cut(&self, cell: usize, replication: u32, pilot: Pilot, warm_up: WarmUpFound) -> Option<Observation> {
        if warm_up.length.is_zero() {
            return Some(pilot.observation);
        }
        let mut done = pilot.done?;
        if !done.begun(warm_up.length) {
            return None;
        }
        let observation = observe(&self.job(cell), &done);
        self.journal.record(JobId { pilot: false, cell: cell as u32, replication }, &observation);
        Some(observation)
    }

    fn job(&self, cell: usize) -> Job<'_> {
        Job::of(self.plan, cell, self.stop)
    }

    /// Does each (cell, replication) until the run is stopped: `None` from there on, but for the end.
    fn run_all<R: Send>(
        &self,
        jobs: &[(usize, u32)],
        one: impl Fn(usize, u32) -> Result<Option<R>, String> + Sync,
    ) -> Result<Vec<Option<R>>, String> {
        let job = |number: usize| {
            let (cell, replication) = jobs[number];
            if self.is_stopped() { Ok(None) } else { one(cell, replication) }
        };
        let mut done = Vec::new();
        for (number, gave) in gather(self.executor, jobs.len(), job)? {
            done.resize_with(number, || None);
            done.push(Some(gave));
        }
        Ok(done)
    }
}

/// The default executor: all cores if the crate is built with the feature `threads`, otherwise [`Serial`].
#[must_use]
pub fn usual() -> &'static dyn Executor {
    #[cfg(feature = "threads")]
    static USUAL: Threads = Threads::every_core();
    #[cfg(not(feature = "threads"))]
    static USUAL: Serial = Serial;
    &USUAL
}

impl Plan {
    /// Runs the whole plan without reporting progress; [`Run`] has more options.
    ///
    /// # Errors
    /// A bug in this crate, found by its own checks.
    pub fn run(&self) -> Result<Results, String> {
        Run::new(self).go()
    }
}

/// Leaves out what is missing behind the last that is there.
pub(super) fn without_last_gap<T>(done: &mut Vec<Option<T>>) {
    done.truncate(done.iter().rposition(Option::is_some).map_or(0, |last| last + 1));
}
