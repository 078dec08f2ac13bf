//! Experiments: read them, plan arms x sweep x replications, run in parallel, collect in the order of the plan.
//!
//! What a system is belongs in `model`; how answers look belongs in `report`.

mod cells;
pub mod claim;
pub mod collect;
mod compare;
mod covered;
mod estimate;
pub mod execute;
mod gathering;
pub mod journal;
mod ledger;
pub mod load;
mod logs;
pub mod measure;
pub mod memory;
mod node;
pub mod number;
pub mod observe;
mod open;
pub mod plan;
mod pool;
mod recovery;
pub mod replication;
pub mod results;
mod rounds;
pub mod run;
mod settled;
pub mod spec;
mod stability;
mod survivors;
mod theory;
#[cfg(feature = "threads")]
mod threads;
pub mod trouble;
pub mod validation;
mod view;
mod warm_up;

pub use execute::{Executor, Serial};
pub use journal::{Forgetful, JobId, Journal};
pub use load::{Files, Loaded, Problems, load};
pub use plan::{Plan, is_stationary, plan};
pub use run::{Progress, Run, Silent, run};
pub use spec::{Experiment, Replications, RunSpec, WarmUp};
#[cfg(feature = "threads")]
pub use threads::Threads;
