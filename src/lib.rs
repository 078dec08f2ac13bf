//! Rushhour: a deterministic discrete-event laboratory for scalable web systems.

pub mod actors;
pub mod distributions;
pub mod engine;
pub mod lab;
pub mod measure;
pub mod model;
pub mod schema;
pub mod stats;
pub mod trace;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod report;
