//! A journal of finished replications, so that a run that was killed can go on where it was.
//!
//! Where the journal is kept is for the caller to say; the library opens no files.

use serde::{Deserialize, Serialize};

use super::observe::Observation;

/// Names a replication within a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId {
    /// True of the runs that only find the warm-up.
    pub pilot: bool,
    /// Which cell.
    pub cell: u32,
    /// Which replication.
    pub replication: u32,
}

/// Keeps what is finished, and gives back what was kept before.
pub trait Journal: Sync {
    /// What was kept of a replication.
    fn recall(&self, _job: JobId) -> Option<Observation> {
        None
    }

    /// A replication is finished.
    fn keep(&self, _job: JobId, _observation: &Observation) {}
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Forgetful;

impl Journal for Forgetful {}
