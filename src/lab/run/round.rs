//! A round of replications. A cell that can get no more is collected at once, while others still run.

use std::sync::Mutex;

use super::Run;
use crate::lab::collect::{Collected, collect_cell};
use crate::lab::observe::Observations;
use crate::lab::warm_up_found::WarmUpFound;

/// What there is of each cell.
#[derive(Debug)]
pub(super) struct SoFar {
    /// One observation a replication; `None` where it was not run.
    pub seen: Vec<Observations>,
    /// What was collected of it, once it has all replications that it can get.
    pub collected: Vec<Option<Collected>>,
    /// True if replications were given up because the run was stopped.
    pub given_up: Vec<bool>,
}

impl Run<'_> {
    /// Runs each (cell, replication); those of a cell follow on what there is of it, in their order.
    ///
    /// # Errors
    /// A bug in this crate, found by its own checks.
    pub(super) fn round(
        &self,
        jobs: &[(usize, u32)],
        warm_ups: &[WarmUpFound],
        so_far: &mut SoFar,
    ) -> Result<(), String> {
        let most = self.plan.experiment.run.replications.most() as usize;
        jobs.iter().for_each(|&(cell, _)| so_far.seen[cell].push(None));
        let cells: Vec<_> = so_far.seen.iter_mut().zip(&mut so_far.collected).map(Mutex::new).collect();
        let begun = self.run_all(jobs, |cell, replication| {
            let Some(observation) = self.observe_one(cell, replication, warm_ups[cell])? else { return Ok(None) };
            let mut of_cell = cells[cell].lock().expect("nothing fails while it is held");
            let (seen, collected) = &mut *of_cell;
            seen[replication as usize] = Some(observation);
            let is_whole = seen.len() == most && seen.iter().all(Option::is_some);
            // Of a run that was stopped less is collected, in the end.
            if is_whole && !self.is_stopped() {
                **collected = Some(collect_cell(self.plan, cell, warm_ups[cell], seen, true));
            }
            Ok(Some(()))
        })?;
        drop(cells);
        for &(cell, _) in &jobs[begun.len()..] {
            so_far.seen[cell].pop();
            so_far.given_up[cell] = true;
        }
        Ok(())
    }
}
