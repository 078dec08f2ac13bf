//! The RON language of systems: what a file may say, whether its parts fit together, and building actors from it.
//!
//! How text becomes values belongs in `schema`; what the actors do belongs in `actors`; experiments belong in `lab`.

mod advice;
mod build;
mod check;
mod flow;
mod graph;
mod system;

pub use advice::advice;
pub use build::{Built, Inputs, NodeInfo, build, depth, node_infos};
pub use check::{check, named_copies};
pub use flow::{Delay, Flows, StationLoad, flows, servers_in_use};
pub use graph::Graph;
pub use system::{FaultSpec, NodeName, NodeSpec, System, VERSION, fleet_behind};
