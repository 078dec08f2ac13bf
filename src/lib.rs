//! Rushhour: a deterministic discrete-event laboratory for scalable web systems.
//!
//! A system is a set of named nodes: clients that send requests, balancers that choose a server, fleets of servers that
//! answer, and the networks between them. An experiment names a system, what to vary, what to measure and what to
//! claim. The lab runs every alternative many times with common random numbers and reports confidence intervals. The
//! same experiment and seed give the same bits on any machine and any number of threads.
//!
//! # The shortest run
//!
//! From text to a table:
//!
//! ```
//! # #[cfg(feature = "report")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use rushhour::lab::plan_text;
//! use rushhour::report::{Format, Terminal, render};
//!
//! let plan = plan_text(r#"
//!     Experiment(
//!         system: System(nodes: {
//!             "users": Clients(arrivals: Poisson(rate: "800/s"), to: "web"),
//!             "web": Fleet(workers: 4, service: Exponential(mean: "4 ms")),
//!         }),
//!         run: (duration: "20 s", warm_up: "2 s", replications: 5),
//!         measure: [Latency([0.99]), Utilization],
//!     )
//! "#)?;
//! let results = plan.run()?;
//! print!("{}", render(&results, Format::Table, Terminal::default()));
//!
//! let utilization = results.cells[0].value("utilization").ok_or("it was measured")?;
//! assert!((utilization - 0.8).abs() < 0.05);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "report"))]
//! # fn main() {}
//! ```
//!
//! # Four ways in
//!
//! - **Run a text.** [`lab::plan_text`] reads, checks and plans an experiment; [`Plan::run`](lab::Plan::run) runs it.
//!   [`lab::Run`] sets progress, stop flag and executor. Where a text is a file or names logs, [`lab::load`] and
//!   [`lab::plan`] read them through [`lab::Files`]. See
//!   `examples/from_text.rs`.
//! - **Build in code.** Every word of the language is a type: [`system`] has those of systems, [`experiment`] those of
//!   experiments. They are checked like any text. See `examples/in_code.rs`.
//! - **Extend.** A balancing policy of your own is two types that implement two traits: [`extend`]. See
//!   `examples/own_policy.rs`.
//! - **Draw.** [`report`] makes tables, CSV, JSON and plots of [`Results`](lab::results::Results) and of nothing else. See
//!   `examples/plot.rs`.
//!
//! `examples/stepped.rs` watches a single replication as it runs: [`Plan::replication`](lab::Plan::replication).
//!
//! # The public modules, in the order in which they are needed
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`lab`] | experiments: load, plan, run; [`lab::results`], the answer as plain data |
//! | [`report`] | tables, CSV, JSON, plots (feature `report`) |
//! | [`system`] | systems in code: nodes, arrivals, laws, policies, queues, limits, faults |
//! | [`experiment`] | experiments in code: runs, arms, sweeps, measures, claims |
//! | [`extend`] | balancing policies from outside this crate |
//! | [`import`] | configurations of NGINX and HAProxy as systems |
//! | [`stats`] | intervals, comparisons, and the closed forms of queueing theory |
//! | [`engine`] | time, the event calendar, requests in flight, random streams: a loop that knows no node |
//! | [`cli`] | the command line (feature `cli`) |
//!
//! Everything else is private and may change at any time. The book explains the language and the experiments
//! (`book/src`); `book/src/architecture.md` explains how the source is organized.
//!
//! Without default features the crate is the pure simulator: no threads, no files, no clock. The feature `threads` runs
//! replications on all cores, and `report` draws results without touching a disk; `cli`, the default, has both.

// Only the report and the command line use some of what the simulator keeps for them.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

mod actors;
mod distributions;
mod measure;
mod model;
mod schema;
mod trace;

#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
pub mod experiment;
pub mod extend;
pub mod import;
#[doc(hidden)]
pub mod internals;
pub mod lab;
#[cfg(feature = "report")]
pub mod report;
pub mod stats;
pub mod system;
