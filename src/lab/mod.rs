//! Experiments: read them, plan arms x sweep x replications, run in parallel, collect in the order of the plan.
//!
//! What a system is belongs in `model`; how answers look belongs in `report`.

mod cells;
pub(crate) mod claim;
pub(crate) mod collect;
mod compare;
mod covered;
mod estimate;
pub(crate) mod execute;
pub(crate) mod files;
mod gathering;
pub(crate) mod in_code;
pub(crate) mod journal;
pub(crate) mod label;
mod ledger;
pub(crate) mod load;
mod logs;
pub(crate) mod measure;
pub(crate) mod memory;
mod moments;
mod node;
pub(crate) mod number;
pub(crate) mod observe;
mod open;
pub(crate) mod plan;
mod pool;
pub(crate) mod replication;
pub mod results;
mod rounds;
pub(crate) mod rows;
pub(crate) mod run;
mod settled;
pub(crate) mod spec;
mod stability;
mod survivors;
mod text;
mod theory;
#[cfg(feature = "threads")]
mod threads;
pub(crate) mod trouble;
pub(crate) mod validation;
mod view;
mod warm_up_found;

pub use execute::{Executor, Serial};
pub use files::{Files, Loaded, Problems};
pub use journal::{JobId, Journal, NoJournal};
pub use load::load;
pub use observe::Observation;
pub use plan::{Plan, PlannedCell, plan};
pub use replication::{Replication, Running};
pub use run::{NoProgress, Progress, Run, run};
pub use text::{Text, plan_text};
#[cfg(feature = "threads")]
pub use threads::Threads;

pub(crate) use plan::is_stationary;
pub(crate) use spec::{Experiment, Replications, RunSpec, WarmUp};

pub use crate::schema::{Diagnostic, Place, Region, Sources};
