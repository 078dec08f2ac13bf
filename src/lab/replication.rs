//! One replication: a single run of a system, advanced step by step if the caller wants, and its state after the end.
//!
//! Extracting results from it belongs in `observe`.

use std::sync::atomic::AtomicBool;

use super::ledger::check;
use super::measure::Quantity;
use super::plan::Plan;
use super::spec::{RunSpec, WarmUp};
use crate::actors::kit::message::Core;
use crate::actors::kit::watch::{Watch, Watched};
use crate::actors::{Actor, Actors, Measuring};
use crate::engine::random::StreamKey;
use crate::engine::{self, ActorId, Duration, Ended, Limits, Requests, Time};
use crate::measure::Begin;
use crate::model::{Blueprint, Built, Inputs, NodeInfo, build};
use crate::schema::quantity::Span;

/// The parts that all replications of a cell have in common.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The system.
    pub blueprint: &'a Blueprint,
    /// The logs it replays.
    pub inputs: &'a Inputs,
    /// How long, and the seed.
    pub run: &'a RunSpec,
    /// Initial length of the windows of time series.
    pub window: Duration,
    /// True if this is the only replication, so that its own windows must say how sure it is.
    pub alone: bool,
    /// The quantities to measure.
    pub quantities: &'a [Quantity],
    /// Set when the replication is to be given up.
    pub stop: &'a AtomicBool,
}

impl<'a> Job<'a> {
    /// The replications of cell number `cell` of `plan`, which must have one of that number.
    #[must_use]
    pub fn of(plan: &'a Plan, cell: usize, stop: &'a AtomicBool) -> Self {
        let planned = &plan.cells[cell];
        Self {
            blueprint: &planned.blueprint,
            inputs: &plan.inputs,
            run: &plan.experiment.run,
            window: planned.window,
            alone: plan.experiment.run.replications.most() == 1,
            quantities: &plan.quantities,
            stop,
        }
    }
}

/// A replication that has ended.
#[derive(Debug)]
pub struct Replication {
    /// The actors of the system, with all that they have recorded.
    #[doc(hidden)]
    pub actors: Actors,
    /// The node of each actor.
    #[doc(hidden)]
    pub nodes: Vec<NodeInfo>,
    /// The observations of single nodes.
    #[doc(hidden)]
    pub watch: Watch,
    /// For each actor that is clients, how long its calls have been under way that are at the end.
    #[doc(hidden)]
    pub ages: Vec<Vec<Duration>>,
    /// When measuring began.
    pub warm_up: Duration,
    /// Why it ended.
    pub ended: Ended,
    /// The time it covers.
    pub over: Time,
    /// Requests whose outcome became known to their clients.
    pub completed: u64,
    /// Events handled.
    pub events: u64,
    /// Windows from one moment at which measuring may have begun to the next, until one is chosen.
    every: Option<usize>,
}

/// A replication in progress, which the caller advances step by step.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use rushhour::engine::{Duration, Time};
/// use rushhour::lab::plan_text;
///
/// // A request each millisecond, each of which takes 4.5 ms.
/// let plan = plan_text(r#"
///     Experiment(
///         system: System(nodes: {
///             "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "web"),
///             "web": Fleet(workers: 10, service: Constant("4500 us")),
///         }),
///         run: (duration: "10 s", replications: 1),
///     )
/// "#)?;
/// let stop = AtomicBool::new(false);
/// let mut running = plan.replication(0, 0, &stop)?;
/// let mut until = Time::ZERO;
/// let mut seen = Vec::new();
/// while running.advance(until).is_none() {
///     seen.push(running.in_flight());
///     until += Duration::from_secs_f64(1.0);
/// }
/// assert!(seen.iter().skip(1).all(|in_flight| (4..=5).contains(in_flight)), "{seen:?}");
/// let done = running.finish()?.expect("it is not stopped");
/// assert!((9_990..=10_000).contains(&done.completed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Running<'a> {
    actors: Actors,
    core: Core,
    nodes: Vec<NodeInfo>,
    watch: Watch,
    measuring: Measuring,
    limits: Limits<'a>,
    /// Why it has ended, if it has.
    ended: Option<Ended>,
}

impl<'a> Running<'a> {
    /// Replication `number`, at time zero.
    ///
    /// # Errors
    /// If the times of a log cannot be converted to simulated time.
    #[doc(hidden)]
    pub fn new(job: &Job<'a>, number: u32, measuring: Measuring) -> Result<Self, String> {
        let root = StreamKey::root(job.run.seed, number);
        let Built { mut actors, mut core, nodes } = build(job.blueprint, job.inputs, root, job.window)?;
        let watch = prepare(&mut actors, &nodes, job.quantities);
        actors.start(&mut core, measuring);
        let limits = Limits {
            end: job.run.duration.map_or(Time::MAX, |duration| Time::ZERO + duration.duration()),
            requests: job.run.requests.unwrap_or(u64::MAX),
            events: job.run.events,
            in_flight: job.run.in_flight as usize,
            stop: Some(job.stop),
        };
        Ok(Self { actors, core, nodes, watch, measuring, limits, ended: None })
    }

    /// Advances to the time `until`, or to the end of the replication if that comes first; returns why it ended, if it
    /// has. Stopping on the way does not change its results.
    pub fn advance(&mut self, until: Time) -> Option<Ended> {
        if self.ended.is_some() {
            return self.ended;
        }
        let limits = Limits { end: until.min(self.limits.end), ..self.limits };
        let tick = self.actors.next_tick();
        let ended = if self.watch.nodes.is_empty() {
            engine::run(&mut self.actors, &mut self.core, limits, tick)
        } else {
            let mut watched = Watched { actors: &mut self.actors, watch: &mut self.watch };
            engine::run(&mut watched, &mut self.core, limits, tick)
        };
        let is_on_the_way = ended == Ended::Duration && limits.end < self.limits.end;
        self.ended = Some(ended).filter(|_| !is_on_the_way);
        self.ended
    }

    /// The time of the last event.
    #[must_use]
    pub fn now(&self) -> Time {
        self.core.now()
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.core.requests.in_flight()
    }

    /// The actors of the system, with what they have recorded so far.
    #[doc(hidden)]
    #[must_use]
    pub fn actors(&self) -> &Actors {
        &self.actors
    }

    /// The name of each node and the number of requests there now, in the order of the system: at clients the calls
    /// that they wait for, at a fleet the requests that wait or are in service.
    pub fn inside(&self) -> impl Iterator<Item = (&str, u64)> {
        let now = self.now();
        let inside = move |actor: &Actor| actor.node().account(now).inside;
        self.nodes.iter().zip(&self.actors.all).map(move |(info, actor)| (info.name.as_str(), inside(actor)))
    }

    /// Runs to the end and checks the ledger; `None` if it was stopped.
    ///
    /// # Errors
    /// If the ledger does not balance, which is a bug in this crate.
    pub fn finish(mut self) -> Result<Option<Replication>, String> {
        let end = self.limits.end;
        let Some(ended) = self.advance(end).filter(|ended| *ended != Ended::Stopped) else { return Ok(None) };
        let Self { mut actors, core, nodes, mut watch, measuring, .. } = self;
        // A run without further events before its stated end covers the rest as well: no event happens there.
        let is_whole = ended == Ended::Duration || (ended == Ended::Drained && end < Time::MAX);
        let over = if is_whole { end } else { core.now() };
        // A window that ends with the run is whole.
        while is_whole && actors.next_tick() <= over {
            let at = actors.next_tick();
            Watched { actors: &mut actors, watch: &mut watch }.record(at);
        }
        watch.end(&core.requests, over);
        check(&actors, &core.requests, &nodes, over)?;
        let (warm_up, every) = match measuring {
            Measuring::After(warm_up) => (warm_up, None),
            Measuring::AtEvery(windows) => (Duration::ZERO, Some(windows)),
        };
        let ages = ages(&actors, &core.requests, over);
        let (completed, events) = (core.completed(), core.events());
        Ok(Some(Replication { actors, nodes, watch, ages, warm_up, ended, over, completed, events, every }))
    }
}

impl Replication {
    /// Runs replication `number` to its end; `None` if it was stopped.
    ///
    /// # Errors
    /// If the times of a log cannot be converted to simulated time, or if the ledger does not balance, which is a bug
    /// in this crate.
    #[doc(hidden)]
    pub fn run(job: &Job<'_>, number: u32, measuring: Measuring) -> Result<Option<Self>, String> {
        Running::new(job, number, measuring)?.finish()
    }

    /// Sets the end of the warm-up after the fact, as if it had been given before the run: true if `warm_up` is one of
    /// the moments that were recorded, which must have been asked for before the run. Can be called once.
    pub fn begun(&mut self, warm_up: Duration) -> bool {
        let Some(every) = self.every else { return false };
        let clock = self.actors.clock();
        let apart = clock.width().as_nanos().saturating_mul(every as u64);
        let place = warm_up.as_nanos() / apart;
        if !warm_up.as_nanos().is_multiple_of(apart) || place == 0 || place > (clock.closed() / every) as u64 {
            return false;
        }
        self.actors.begun(self.over, place as usize - 1);
        self.watch.measure(self.over, Begin::Then(place as usize - 1));
        (self.warm_up, self.every) = (warm_up, None);
        true
    }
}

impl Plan {
    /// Replication `number` of a cell at time zero, to be stepped by the caller; it ends soon after `stop` is set. It
    /// uses the same random numbers as the replication of that number in [`Self::run`].
    ///
    /// # Errors
    /// If the plan has no such cell, or the times of a log cannot be converted to simulated time.
    pub fn replication<'a>(&'a self, cell: usize, number: u32, stop: &'a AtomicBool) -> Result<Running<'a>, String> {
        if cell >= self.cells.len() {
            return Err(format!("the plan has no cell {cell}"));
        }
        let warm_up = match self.experiment.run.warm_up {
            WarmUp::Fixed(span) => span.duration(),
            WarmUp::Auto => Duration::ZERO,
        };
        Running::new(&Job::of(self, cell, stop), number, Measuring::After(warm_up))
    }
}

/// The times within which answers are counted, each once.
fn limits(quantities: &[Quantity]) -> Vec<Duration> {
    let mut limits: Vec<Duration> = quantities.iter().filter_map(Quantity::limit).map(Span::duration).collect();
    limits.sort_unstable();
    limits.dedup();
    limits
}

/// Prepares the clients of a system for what is measured, and returns the watch over its other nodes.
fn prepare(actors: &mut Actors, nodes: &[NodeInfo], quantities: &[Quantity]) -> Watch {
    let limits = limits(quantities);
    let mut looked_at: Vec<(String, Vec<ActorId>)> = Vec::new();
    for ((place, actor), info) in (0..).zip(&mut actors.all).zip(nodes) {
        if info.makes_requests {
            actor.node_mut().count_within(&limits);
        } else if quantities.iter().any(|quantity| quantity.of.as_ref() == Some(&info.group)) {
            match looked_at.iter_mut().find(|(name, _)| *name == info.group) {
                Some((_, copies)) => copies.push(ActorId(place)),
                None => looked_at.push((info.group.clone(), vec![ActorId(place)])),
            }
        }
    }
    Watch::new(looked_at, &limits)
}

/// For each actor, how long the calls of its users have been under way that are at the end.
fn ages(actors: &Actors, requests: &Requests, over: Time) -> Vec<Vec<Duration>> {
    let mut ages: Vec<Vec<Duration>> = actors.all.iter().map(|_| Vec::new()).collect();
    for (id, _) in requests.iter().filter(|(_, request)| !request.is_abandoned()) {
        let Some(first) = requests.first(id) else { continue };
        let place = first.actor.0 as usize;
        if actors.all[place].node().counts_its_own() {
            ages[place].push(over.since(first.entered));
        }
    }
    for (actor, ages) in actors.all.iter().zip(&mut ages) {
        ages.extend(actor.node().ages_of_calls(over));
    }
    ages
}
