//! Runs a plan: every replication of every cell, in any order, collected in the order of the plan.

use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::collect;
use super::observe::{Job, Observation, observe};
use super::plan::Plan;
use super::results::Results;

/// Hears of replications as they finish, from whichever thread ran them.
pub trait Progress: Sync {
    /// One more replication is done.
    fn replication_done(&self, _observation: &Observation) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {}

/// Runs `plan` on the current pool of threads, until done or until `stop` is set: then what runs is finished, and what
/// is complete is kept.
///
/// # Errors
/// A defect of the program found by its own checks, in words.
pub fn run(plan: &Plan, progress: &dyn Progress, stop: &AtomicBool) -> Result<Results, String> {
    let replications = plan.experiment.run.replications;
    let jobs: Vec<(usize, u32)> =
        (0..replications).flat_map(|replication| (0..plan.cells.len()).map(move |cell| (cell, replication))).collect();
    let one = |&(cell, replication): &(usize, u32)| -> Result<Option<Observation>, String> {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let planned = &plan.cells[cell];
        let job = Job {
            system: &planned.system,
            inputs: &plan.inputs,
            run: &plan.experiment.run,
            window: planned.window,
            quantities: &plan.quantities,
        };
        let observation = observe(job, replication)?;
        progress.replication_done(&observation);
        Ok(Some(observation))
    };
    let done = for_each(&jobs, one)?;
    let mut cells: Vec<Vec<Option<Observation>>> =
        plan.cells.iter().map(|_| Vec::with_capacity(replications as usize)).collect();
    for (&(cell, _), observation) in jobs.iter().zip(done) {
        cells[cell].push(observation);
    }
    Ok(collect(plan, &cells, stop.load(Ordering::Relaxed)))
}

/// In parallel, one job at a time a thread, with the answers in order.
#[cfg(feature = "cli")]
fn for_each<T: Sync, R: Send>(jobs: &[T], one: impl Fn(&T) -> Result<R, String> + Sync + Send) -> Result<Vec<R>, String> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
    jobs.par_iter().with_max_len(1).map(one).collect()
}

/// One after the other.
#[cfg(not(feature = "cli"))]
fn for_each<T, R>(jobs: &[T], one: impl Fn(&T) -> Result<R, String>) -> Result<Vec<R>, String> {
    jobs.iter().map(one).collect()
}
