//! Rushhour: a deterministic discrete-event laboratory for scalable web systems.
//!
//! A system is a set of named nodes: clients that make requests, balancers that choose, fleets that serve, and networks
//! between them. An experiment names a system, what to vary, what to measure and what it claims. The lab runs every
//! alternative with the same random numbers, many times, and says how sure it is.
//!
//! Without default features the crate is the pure simulator: no threads, no files, no clock. Where experiments come from
//! is then for the caller to say, through [`lab::Files`]:
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use rushhour::lab::{Files, Silent, load, plan, run};
//!
//! struct Memory(&'static str);
//!
//! impl Files for Memory {
//!     fn open(&self, _path: &str) -> Result<Box<dyn std::io::Read + '_>, String> {
//!         Ok(Box::new(self.0.as_bytes()))
//!     }
//!
//!     fn beside(&self, _base: &str, relative: &str) -> String {
//!         relative.to_owned()
//!     }
//! }
//!
//! let files = Memory(r#"
//!     Experiment(
//!         system: System(nodes: {
//!             "users": Clients(arrivals: Poisson(rate: "800/s"), to: "web"),
//!             "web": Fleet(workers: 4, service: Exponential(mean: "4 ms")),
//!         }),
//!         run: (duration: "20 s", warm_up: "2 s", replications: 5),
//!         measure: [Latency([0.99]), Utilization],
//!     )
//! "#);
//! let plan = plan(load(&files, "example.ron")?, &files)?;
//! let results = run(&plan, &Silent, &AtomicBool::new(false))?;
//! let utilization = results.cells[0].estimate("utilization").and_then(|estimate| estimate.value);
//! assert!((utilization.unwrap_or(0.0) - 0.8).abs() < 0.05);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where things live, from the machine upwards:
//!
//! - [`engine`] — time, the event calendar, requests in flight, random streams, the loop.
//! - [`measure`], [`distributions`], [`trace`], [`schema`] — what actors are made with.
//! - [`actors`] — clients, balancers, fleets, links.
//! - [`model`] — systems as files describe them.
//! - [`import`] — configurations of real proxies as such systems.
//! - [`stats`] — intervals, comparisons, and the closed forms of queueing theory.
//! - [`lab`] — experiments.

pub mod actors;
pub mod distributions;
pub mod engine;
pub mod import;
pub mod lab;
pub mod measure;
pub mod model;
pub mod schema;
pub mod stats;
pub mod trace;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "report")]
pub mod report;
