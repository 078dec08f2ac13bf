//! What several test programs need: experiments from text, answered in memory.
#![allow(dead_code, reason = "each test program uses its part")]

use std::io::Read;
use std::sync::atomic::AtomicBool;

use rushhour::lab::results::{Cell, Estimate, Results};
use rushhour::lab::{Files, Plan, Silent, load, plan, run};

/// One text that answers to the name "test.ron", and named logs.
pub struct Memory<'a> {
    pub experiment: &'a str,
    pub logs: &'a [(&'a str, &'a [u8])],
}

impl Files for Memory<'_> {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        if path == "test.ron" {
            return Ok(Box::new(self.experiment.as_bytes()));
        }
        let log = self.logs.iter().find(|(name, _)| *name == path);
        log.map(|(_, bytes)| Box::new(*bytes) as Box<dyn Read>).ok_or_else(|| "there is no such file".to_owned())
    }

    fn beside(&self, _base: &str, relative: &str) -> String {
        relative.to_owned()
    }
}

/// The answer to an experiment.
pub fn answer(experiment: &str) -> Results {
    answer_with(experiment, &[])
}

/// The answer to an experiment that replays logs.
pub fn answer_with(experiment: &str, logs: &[(&str, &[u8])]) -> Results {
    let files = Memory { experiment, logs };
    let loaded = load(&files, "test.ron").unwrap_or_else(|problems| panic!("{problems}"));
    let plan = plan(loaded, &files).unwrap_or_else(|problems| panic!("{problems}"));
    run_plan(&plan)
}

/// The answer to a plan.
pub fn run_plan(plan: &Plan) -> Results {
    run(plan, &Silent, &AtomicBool::new(false)).unwrap_or_else(|defect| panic!("{defect}"))
}

/// A number of a cell by its identifier.
pub fn estimate<'a>(cell: &'a Cell, id: &str) -> &'a Estimate {
    cell.estimates.iter().find(|estimate| estimate.id == id).unwrap_or_else(|| panic!("no estimate {id}"))
}

/// A number of a node by the names of both.
pub fn node_estimate<'a>(cell: &'a Cell, node: &str, id: &str) -> &'a Estimate {
    let node = cell.nodes.iter().find(|other| other.name == node).unwrap_or_else(|| panic!("no node {node}"));
    node.estimates.iter().find(|estimate| estimate.id == id).unwrap_or_else(|| panic!("no estimate {id}"))
}

/// Standard errors between an estimate's replicates and `expected`: Student's t.
pub fn t_statistic(estimate: &Estimate, expected: f64) -> f64 {
    let values: Vec<f64> = estimate.replicates.iter().copied().flatten().collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean - expected) / (variance / n).sqrt()
}
