//! One replication: runs a system once and takes from its actors what the results need, in a form that is small.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::covered::is_measured;
use super::ledger::check;
use super::measure::{Quantity, Source, What};
use super::open::Open;
use super::results::{LedgerRow, Unit};
use super::spec::RunSpec;
use super::trouble::Trouble;
use super::view::View;
use crate::actors::watch::{Watch, Watched};
use crate::actors::{Actor, Actors};
use crate::engine::random::StreamKey;
use crate::engine::{self, ActorId, Duration, Ended, Limits, Requests, Time, World};
use crate::measure::latency::Packed;
use crate::measure::{Latency, Within};
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
    /// How much of each quantity's whole it holds: calls of a number that is one for each call, seconds of one over time.
    pub weights: Vec<f64>,
    /// Latency of served requests after the warm-up: (nanoseconds, how many).
    pub latencies: Vec<(u64, u64)>,
    /// Calls answered in time and as asked after the warm-up, and all that are over.
    pub answered: (u64, u64),
    /// Calls that are not over, of all clients together and wherever it is asked how many were answered.
    pub open: Vec<Open>,
    /// Requests by what became of them.
    pub ledger: Vec<LedgerRow>,
    /// What each node gave, in the order of the actors.
    pub nodes: Vec<NodeSeen>,
    /// Latencies like `latencies` of all else whose quantiles are asked for.
    pub latencies_of: Vec<(Source, Vec<(u64, u64)>)>,
    /// For each quantity that is a share of calls, those that count and all, after the warm-up. Of how many were answered,
    /// all that are over: which others count is known from all replications together, by `open`.
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
    /// For each of its numbers that is a ratio of sums, its identifier and how much of the whole this replication holds;
    /// see [`Observation::weights`].
    pub weights: Vec<(Word, f64)>,
    /// For each of its series that is a ratio of sums, its identifier and the whole of each window.
    pub wholes: Vec<(Word, Vec<u64>)>,
    /// The lengths of time that its means and quantiles are made of.
    pub times: Vec<Times>,
    /// Those of the answers that clients got in each window, to one digit.
    pub latencies: Vec<Packed>,
}

/// Lengths of time that a node recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Times {
    /// What its numbers begin with: "waiting" for `waiting_mean` and `waiting_p99`.
    pub of: Word,
    /// How many there are.
    pub count: u64,
    /// What they were, where a quantile is asked for.
    pub buckets: Packed,
    /// True if their numbers are of no interest where no replication has any.
    pub only_where_seen: bool,
}

impl Times {
    /// Those that means and quantiles are asked of.
    #[must_use]
    pub fn of(of: &'static str, lengths: &Latency) -> Self {
        Self { of: Cow::Borrowed(of), count: lengths.count(), buckets: lengths.packed(), only_where_seen: false }
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        (self.count, self.buckets) = (0, Packed::new());
    }

    /// Those of which only the mean is asked.
    #[must_use]
    pub fn of_mean(of: &'static str, lengths: &Latency) -> Self {
        Self { of: Cow::Borrowed(of), count: lengths.count(), buckets: Packed::new(), only_where_seen: false }
    }
}

impl NodeSeen {
    /// A node that gives nothing yet.
    #[must_use]
    pub fn of(info: &NodeInfo) -> Self {
        Self {
            info: info.clone(),
            values: Vec::new(),
            servers: Vec::new(),
            heat: Vec::new(),
            series: Vec::new(),
            weights: Vec::new(),
            wholes: Vec::new(),
            times: Vec::new(),
            latencies: Vec::new(),
        }
    }

    /// The series called `quantity`.
    #[must_use]
    pub fn series(&self, quantity: &str) -> Option<&[Option<f64>]> {
        self.series.iter().find(|(name, _, _)| *name == quantity).map(|(_, _, values)| &values[..])
    }
}

impl Observation {
    /// The calls at `of`, or of all clients together, that are not over.
    #[must_use]
    pub fn open(&self, of: Option<&str>) -> Option<&Open> {
        self.open.iter().find(|open| open.of.as_deref() == of)
    }

    /// The latencies of a source: those of all served requests, and those whose quantiles are asked for.
    #[must_use]
    pub fn latencies(&self, source: &Source) -> &[(u64, u64)] {
        if *source == Source::default() {
            return &self.latencies;
        }
        self.latencies_of.iter().find(|(known, _)| known == source).map_or(&[], |(_, latencies)| latencies)
    }
}

/// The sources of the quantiles that are asked for, beside all served requests, each once.
fn told_apart(quantities: &[Quantity]) -> Vec<Source> {
    let quantiles = quantities.iter().filter(|quantity| matches!(quantity.what, What::LatencyQuantile(_)));
    let mut sources: Vec<Source> = quantiles.map(Quantity::source).filter(|s| *s != Source::default()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The places of which it is asked how many calls were answered, and all clients together, each once.
fn places_of_answers(quantities: &[Quantity]) -> Vec<Option<String>> {
    let answered = quantities.iter().filter(|quantity| matches!(quantity.what, What::Answered | What::Within(_)));
    let mut places: Vec<Option<String>> =
        std::iter::once(None).chain(answered.map(|quantity| quantity.of.clone())).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The times within which answers to clients are counted, each once, by the identifiers of their shares.
fn limits_of_clients(quantities: &[Quantity], nodes: &[NodeInfo]) -> Vec<(Word, Duration)> {
    let is_of_clients = |name: &String| nodes.iter().any(|info| info.group == *name && info.kind == "Clients");
    let mut limits: Vec<(Word, Duration)> = Vec::new();
    for quantity in quantities {
        let What::Within(time) = quantity.what else { continue };
        if quantity.of.as_ref().is_some_and(|of| !is_of_clients(of)) {
            continue;
        }
        if !limits.iter().any(|(_, limit)| *limit == time.duration()) {
            limits.push((Cow::Owned(Quantity::within(time).id), time.duration()));
        }
    }
    limits
}

/// The times within which answers are counted, each once.
fn limits(quantities: &[Quantity]) -> Vec<Duration> {
    let within = quantities.iter().filter_map(|quantity| match quantity.what {
        What::Within(time) => Some(time.duration()),
        _ => None,
    });
    let mut limits: Vec<Duration> = within.collect();
    limits.sort_unstable();
    limits.dedup();
    limits
}

/// Prepares the clients of a system for what is asked, and gives who looks at its other nodes.
fn prepare(actors: &mut Actors, nodes: &[NodeInfo], quantities: &[Quantity]) -> Watch {
    let limits = limits(quantities);
    let mut looked_at: Vec<(String, Vec<ActorId>)> = Vec::new();
    for ((place, actor), info) in (0..).zip(&mut actors.all).zip(nodes) {
        if let Actor::Clients(clients) = actor {
            clients.record.within = Within::new(&limits);
        } else if quantities.iter().any(|quantity| quantity.of.as_ref() == Some(&info.group)) {
            match looked_at.iter_mut().find(|(name, _)| *name == info.group) {
                Some((_, copies)) => copies.push(ActorId(place)),
                None => looked_at.push((info.group.clone(), vec![ActorId(place)])),
            }
        }
    }
    Watch::new(looked_at, &limits)
}

/// For each actor that is clients, how long its calls have been under way that are at the end.
fn ages(actors: &Actors, requests: &Requests, over: Time) -> Vec<Vec<Duration>> {
    let mut ages: Vec<Vec<Duration>> = actors.all.iter().map(|_| Vec::new()).collect();
    for (id, _) in requests.iter().filter(|(_, request)| !request.abandoned) {
        let Some(first) = requests.first(id) else { continue };
        if let Actor::Clients(clients) = &actors.all[first.actor.0 as usize]
            && clients.calling.is_none()
        {
            ages[first.actor.0 as usize].push(over.since(first.entered));
        }
    }
    for (actor, ages) in actors.all.iter().zip(&mut ages) {
        if let Actor::Clients(clients) = actor
            && let Some(calling) = &clients.calling
        {
            ages.extend(calling.calls.under_way().map(|call| over.since(call.begun)));
        }
    }
    ages
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
    let mut watch = prepare(&mut actors, &nodes, job.quantities);
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
    let ended = if watch.nodes.is_empty() {
        engine::run(&mut actors, &mut core, limits, first_tick)
    } else {
        engine::run(&mut Watched { actors: &mut actors, watch: &mut watch }, &mut core, limits, first_tick)
    };
    if ended == Ended::Stopped {
        return Ok(None);
    }
    // A run that has nothing left to do before its stated end covers the rest as well: nothing happens there.
    let is_whole = ended == Ended::Duration || (ended == Ended::Drained && end < Time::MAX);
    let over = if is_whole { end } else { core.now() };
    // A window that ends with the run is whole.
    while is_whole && actors.clock().next_boundary() <= over {
        let boundary = actors.clock().next_boundary();
        Watched { actors: &mut actors, watch: &mut watch }.tick(&core.requests, boundary);
    }
    watch.end(&core.requests, over);
    check(&actors, &core.requests, &nodes, over)?;
    let window = actors.clock().width().as_secs_f64();
    let measured = is_measured(over, warm_up);
    let view = View {
        actors: &actors,
        nodes: &nodes,
        over,
        warm_up,
        window,
        ages: ages(&actors, &core.requests, over),
        limits: limits_of_clients(job.quantities, &nodes),
        watch: &watch,
        trouble: Trouble::of(job.system),
        overflowed: ended == Ended::InFlight,
        measured,
    };
    Ok(Some(Observation {
        ended,
        over,
        values: job.quantities.iter().map(|quantity| view.value(quantity)).collect(),
        weights: job.quantities.iter().map(|quantity| view.weight(quantity)).collect(),
        latencies: view.latency_of(&Source::default()).buckets(),
        answered: view.counts(&Quantity::answered()).unwrap_or_default(),
        open: places_of_answers(job.quantities).into_iter().map(|of| view.open(of)).collect(),
        ledger: view.ledger(),
        latencies_of: told_apart(job.quantities)
            .into_iter()
            .map(|source| (source.clone(), view.latency_of(&source).buckets()))
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
