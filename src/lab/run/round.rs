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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;
    use crate::lab::collect::{Found, collect};
    use crate::lab::observe::Observation;
    use crate::lab::plan::Plan;
    use crate::lab::results::Results;
    use crate::lab::rounds::{Lacks, next_round};
    use crate::lab::run::usual;
    use crate::lab::text::plan_text;
    use crate::lab::{Executor, Progress, Serial};

    /// Two arms at three loads, each with series.
    fn plan() -> Plan {
        let text = r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "500/s"), to: "lb"),
                "lb": Balancer(policy: Random, to: "web"),
                "web": Fleet(servers: 2, service: Exponential(mean: "2 ms")),
            }),
            run: (duration: "2 s", warm_up: "500 ms", replications: 4, seed: 3),
            arms: {"random": {}, "round robin": {"lb.policy": RoundRobin}},
            sweep: ("users.arrivals.rate", ["300/s", "500/s", "700/s"]),
            measure: [Latency([0.5, 0.99]), Utilization],
        )"#;
        plan_text(text).expect("a good experiment")
    }

    /// The results of a run whose cells are collected in the end, or as soon as they are whole.
    fn results(plan: &Plan, executor: &dyn Executor, in_the_end: bool) -> Results {
        let run = Run::new(plan).executor(executor);
        let cells = plan.cells.len();
        let warm_ups = vec![WarmUpFound::NONE; cells];
        let none = || (0..cells).map(|_| None).collect();
        let mut so_far = SoFar { seen: vec![Vec::new(); cells], collected: none(), given_up: vec![false; cells] };
        let jobs = next_round(plan, &Lacks::default(), &so_far.seen);
        run.round(&jobs, &warm_ups, &mut so_far).expect("no defect");
        assert!(so_far.collected.iter().all(Option::is_some) && !so_far.given_up.contains(&true));
        let collected = if in_the_end { none() } else { so_far.collected };
        let no = vec![false; cells];
        let found = Found { warm_ups: &warm_ups, observations: &so_far.seen, unfinished: &no, looking: &no };
        collect(plan, found, collected, false, executor).expect("no defect")
    }

    #[test]
    fn cells_that_are_collected_while_others_run_are_the_same() {
        let plan = plan();
        let first = results(&plan, &Serial, true);
        assert!(first.cells.iter().all(|cell| !cell.series.is_empty()));
        for (executor, in_the_end) in [(&Serial as &dyn Executor, false), (usual(), false), (usual(), true)] {
            let results = results(&plan, executor, in_the_end);
            assert_eq!(results, first);
        }
    }

    /// Stops a run when a number of replications are done.
    struct After(usize, AtomicUsize, AtomicBool);

    impl Progress for After {
        fn replication_done(&self, _observation: &Observation) {
            if self.1.fetch_add(1, Ordering::Relaxed) + 1 == self.0 {
                self.2.store(true, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn of_a_run_that_is_stopped_no_series_are_left_and_what_was_done_is_there() {
        let plan = plan();
        let whole = Run::new(&plan).go().expect("no defect");
        // Six cells of four replications: behind 20, two cells are whole.
        for done in [1, 7, 20, 23, 24] {
            let after = After(done, AtomicUsize::new(0), AtomicBool::new(false));
            let results = Run::new(&plan).executor(&Serial).progress(&after).stop(&after.2).go().expect("no defect");
            assert!(results.interrupted && results.cells.iter().all(|cell| cell.series.is_empty()));
            assert_eq!(results.cells.iter().map(|cell| cell.replications).sum::<u32>(), done as u32);
            for (cell, whole) in results.cells.iter().zip(&whole.cells) {
                assert_eq!(cell.unfinished, cell.replications < 4, "{done}");
                assert!(cell.unfinished || (&cell.estimates, &cell.nodes) == (&whole.estimates, &whole.nodes));
            }
        }
    }
}
