//! One replication: runs a system once and takes from its actors what the results need, in a form that is small.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::ledger::check;
use super::measure::{Quantity, What};
use super::results::{LedgerRow, Unit};
use super::spec::RunSpec;
use super::trouble::Trouble;
use super::view::{View, latency};
use crate::engine::random::StreamKey;
use crate::engine::{self, Duration, Ended, Limits, Time, World};
use crate::model::{Built, Inputs, NodeInfo, System, build};

/// What one replication gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// Why it ended.
    pub ended: Ended,
    /// The time it covers.
    pub over: Time,
    /// One value for each quantity of the plan.
    pub values: Vec<Option<f64>>,
    /// Latency of served requests after the warm-up: (nanoseconds, how many).
    pub latencies: Vec<(u64, u64)>,
    /// Requests by what became of them.
    pub ledger: Vec<LedgerRow>,
    /// What each node gave, in the order of the actors.
    pub nodes: Vec<NodeSeen>,
    /// Latency like `latencies` of each node of clients whose quantiles are asked for.
    pub latencies_of: Vec<(String, Vec<(u64, u64)>)>,
    /// For each quantity that is a share of calls, those that count and all, after the warm-up.
    pub counts: Vec<Option<(u64, u64)>>,
    /// For each quantity, its parts and wholes by window after the warm-up, where it is a ratio of sums and the job asks
    /// for it: what batch means are made of.
    pub windows: Vec<Vec<(f64, f64)>>,
    /// Length of a window in seconds.
    pub window: f64,
    /// Requests whose outcome became known to their clients.
    pub completed: u64,
    /// Events handled.
    pub events: u64,
}

/// A name that the program knows, or one that was read back.
pub type Word = Cow<'static, str>;

/// What one node gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeSeen {
    /// What it is.
    pub info: NodeInfo,
    /// Name, identifier, unit and value of each of its numbers.
    pub values: Vec<(Word, Word, Unit, Option<f64>)>,
    /// Utilization of each server.
    pub servers: Vec<f64>,
    /// Utilization of each row of servers by window.
    pub heat: Vec<Vec<f64>>,
    /// Quantity, unit and value by window.
    pub series: Vec<(Word, Unit, Vec<Option<f64>>)>,
}

impl NodeSeen {
    /// The series called `quantity`.
    #[must_use]
    pub fn series(&self, quantity: &str) -> Option<&[Option<f64>]> {
        self.series.iter().find(|(name, _, _)| *name == quantity).map(|(_, _, values)| &values[..])
    }
}

impl Observation {
    /// Latency of the requests of one node of clients, or of all.
    #[must_use]
    pub fn latencies(&self, of: Option<&str>) -> &[(u64, u64)] {
        match of {
            None => &self.latencies,
            Some(of) => self.latencies_of.iter().find(|(name, _)| name == of).map_or(&[], |(_, latencies)| latencies),
        }
    }
}

/// The nodes of clients whose quantiles are asked for one by one, each once.
fn told_apart(quantities: &[Quantity]) -> Vec<&str> {
    let quantiles = quantities.iter().filter(|quantity| matches!(quantity.what, What::LatencyQuantile(_)));
    let mut names: Vec<&str> = quantiles.filter_map(|quantity| quantity.of.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What every replication of a cell has in common.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The system.
    pub system: &'a System,
    /// The logs it replays.
    pub inputs: &'a Inputs,
    /// How long, and the seed.
    pub run: &'a RunSpec,
    /// When measuring begins.
    pub warm_up: Duration,
    /// Windows of the series to begin with.
    pub window: Duration,
    /// True if this is the only replication, so that its own windows must say how sure it is.
    pub alone: bool,
    /// What is measured.
    pub quantities: &'a [Quantity],
    /// Set when the replication is to be given up.
    pub stop: &'a AtomicBool,
}

/// Runs replication number `replication`; `None` if it was given up because it was to stop.
///
/// # Errors
/// A log that cannot be put on the clock, or a ledger that does not balance: a defect of the program, in words.
pub fn observe(job: Job<'_>, replication: u32) -> Result<Option<Observation>, String> {
    let root = StreamKey::root(job.run.seed, replication);
    let Built { mut actors, mut core, nodes } = build(job.system, job.inputs, root, job.window)?;
    let warm_up = job.warm_up;
    actors.start(&mut core, warm_up);
    let end = job.run.duration.map_or(Time::MAX, |duration| Time::ZERO + duration.duration());
    let limits = Limits {
        end,
        requests: job.run.requests.unwrap_or(u64::MAX),
        events: job.run.events,
        in_flight: job.run.in_flight as usize,
        stop: Some(job.stop),
    };
    let first_tick = actors.first_tick();
    let ended = engine::run(&mut actors, &mut core, limits, first_tick);
    if ended == Ended::Stopped {
        return Ok(None);
    }
    // A run that has nothing left to do before its stated end covers the rest as well: nothing happens there.
    let is_whole = ended == Ended::Duration || (ended == Ended::Drained && end < Time::MAX);
    let over = if is_whole { end } else { core.now() };
    // A window that ends with the run is whole.
    while is_whole && actors.clock().next_boundary() <= over {
        let boundary = actors.clock().next_boundary();
        actors.tick(&core.requests, boundary);
    }
    check(&actors, &core.requests, &nodes, over)?;
    let window = actors.clock().width().as_secs_f64();
    let view = View {
        actors: &actors,
        nodes: &nodes,
        over,
        warm_up,
        window,
        latency: latency(&actors),
        trouble: Trouble::of(job.system),
        overflowed: ended == Ended::InFlight,
    };
    Ok(Some(Observation {
        ended,
        over,
        values: job.quantities.iter().map(|quantity| view.value(quantity)).collect(),
        latencies: view.latency.buckets(),
        ledger: view.ledger(),
        latencies_of: told_apart(job.quantities)
            .into_iter()
            .map(|clients| (clients.to_owned(), view.latency_of(Some(clients)).buckets()))
            .collect(),
        counts: job.quantities.iter().map(|quantity| view.counts(quantity)).collect(),
        windows: job
            .quantities
            .iter()
            .map(|quantity| if job.alone { view.windows(quantity) } else { Vec::new() })
            .collect(),
        nodes: view.nodes(),
        window: view.window,
        completed: core.completed,
        events: core.events(),
    }))
}
