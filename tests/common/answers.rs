//! Experiments from text, answered in memory.

use std::io::Read;
use std::sync::atomic::AtomicBool;

use rushhour::lab::results::Results;
use rushhour::lab::{Files, NoProgress, Plan, load, plan, run};

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

/// The plan of the experiment that `files` has under this name.
pub fn planned_from(files: &dyn Files, name: &str) -> Plan {
    let loaded = load(files, name).unwrap_or_else(|problems| panic!("{problems}"));
    plan(loaded, files).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The plan of an experiment.
pub fn planned(experiment: &str) -> Plan {
    planned_from(&Memory { experiment, logs: &[] }, "test.ron")
}

/// The answer to an experiment.
pub fn answer(experiment: &str) -> Results {
    answer_with(experiment, &[])
}

/// The answer to an experiment that replays logs.
pub fn answer_with(experiment: &str, logs: &[(&str, &[u8])]) -> Results {
    run_plan(&planned_from(&Memory { experiment, logs }, "test.ron"))
}

/// The answer to a plan.
pub fn run_plan(plan: &Plan) -> Results {
    run(plan, &NoProgress, &AtomicBool::new(false)).unwrap_or_else(|defect| panic!("{defect}"))
}
