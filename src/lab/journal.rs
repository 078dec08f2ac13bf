//! A journal of finished replications, so that a run that was killed can be resumed.
//!
//! The caller decides where the journal is stored; the library opens no files.

use serde::{Deserialize, Serialize};

use super::observe::Observation;

/// Names a replication within a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId {
    /// True for a pilot run, which is used only to find the warm-up.
    pub pilot: bool,
    /// Which cell.
    pub cell: u32,
    /// Which replication.
    pub replication: u32,
}

/// Records finished replications, so that a later run can resume from them.
pub trait Journal: Sync {
    /// A replication that was recorded before, if there is one.
    fn recall(&self, _job: JobId) -> Option<Observation> {
        None
    }

    /// Records a finished replication.
    fn record(&self, _job: JobId, _observation: &Observation) {}
}

/// A journal that records nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoJournal;

impl Journal for NoJournal {}
