//! Extracts from a finished replication what the results need, in compact form.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::measure::{Quantity, Source};
use super::open::Open;
use super::replication::{Job, Replication};
use super::rows::LedgerRow;
use super::trouble::Trouble;
use super::view::View;
pub use crate::actors::kit::seen::{NodeSeen, Times, Word};
use crate::engine::{Duration, Ended, Time};
use crate::model::NodeInfo;

/// The measurements of one replication.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// Why it ended.
    pub ended: Ended,
    /// The time it covers.
    pub over: Time,
    /// One value for each quantity of the plan.
    pub values: Vec<Option<f64>>,
    /// The weight of this replication for each quantity: a number of calls for an average over calls, seconds for an
    /// average over time.
    pub weights: Vec<f64>,
    /// Histogram of the latency of served requests after the warm-up: (nanoseconds, count).
    pub latencies: Vec<(u64, u64)>,
    /// Calls that ended after the warm-up: those answered in time and as asked, and all of them.
    pub answered: (u64, u64),
    /// Calls that were still in flight at the end: of all clients together, and of each node for which the share of
    /// answered calls is measured.
    pub open: Vec<Open>,
    /// Requests by outcome.
    pub ledger: Vec<LedgerRow>,
    /// The measurements at each node, in the order of the actors.
    pub nodes: Vec<NodeSeen>,
    /// Histograms like `latencies`, for everything else whose quantiles are measured.
    pub latencies_of: Vec<(Source, Vec<(u64, u64)>)>,
    /// For each quantity that is a share of calls: the calls that count, and all calls, after the warm-up. For the
    /// share of answered calls, all calls that ended; which of the `open` calls count as well is decided from all
    /// replications together.
    pub counts: Vec<Option<(u64, u64)>>,
    /// For each quantity that is a ratio of sums: numerator and denominator for each window after the warm-up, if the
    /// job asks for them. Batch means are computed from these.
    pub windows: Vec<Vec<(f64, f64)>>,
    /// Length of a window in seconds.
    pub window: f64,
    /// Requests whose outcome became known to their clients.
    pub completed: u64,
    /// Events handled.
    pub events: u64,
}

impl Observation {
    /// The calls still in flight at the node `of`, or of all clients together.
    #[must_use]
    pub fn open(&self, of: Option<&str>) -> Option<&Open> {
        self.open.iter().find(|open| open.of.as_deref() == of)
    }

    /// The latency histogram of a source, if its quantiles are measured.
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
    let quantiles = quantities.iter().filter(|quantity| quantity.quantile().is_some());
    let mut sources: Vec<Source> = quantiles.map(Quantity::source).filter(|s| *s != Source::default()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The places of which it is asked how many calls were answered, and all clients together, each once.
fn places_of_answers(quantities: &[Quantity]) -> Vec<Option<String>> {
    let answered = quantities.iter().filter(|quantity| quantity.is_of_answers());
    let mut places: Vec<Option<String>> =
        std::iter::once(None).chain(answered.map(|quantity| quantity.of.clone())).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The times within which answers to clients are counted, each once, by the identifiers of their shares.
fn limits_of_clients(quantities: &[Quantity], nodes: &[NodeInfo]) -> Vec<(Word, Duration)> {
    let is_client_side = |name: &String| nodes.iter().any(|info| info.group == *name && info.makes_requests);
    let mut limits: Vec<(Word, Duration)> = Vec::new();
    for quantity in quantities {
        let Some(time) = quantity.limit() else { continue };
        if quantity.of.as_ref().is_some_and(|of| !is_client_side(of)) {
            continue;
        }
        if !limits.iter().any(|(_, limit)| *limit == time.duration()) {
            limits.push((Cow::Owned(Quantity::within(time).id), time.duration()));
        }
    }
    limits
}

/// The observation of a replication, as asked by `job`.
#[must_use]
pub fn observe(job: &Job<'_>, done: &Replication) -> Observation {
    let Replication { actors, nodes, watch, over, ended, .. } = done;
    let window = actors.clock().width().as_secs_f64();
    let view = View {
        actors,
        nodes,
        over: *over,
        warm_up: done.warm_up,
        window,
        ages: &done.ages,
        limits: limits_of_clients(job.quantities, nodes),
        watch,
        trouble: Trouble::of(job.blueprint.system()),
        overflowed: *ended == Ended::InFlight,
        measured: is_measured(*over, done.warm_up),
    };
    Observation {
        ended: *ended,
        over: *over,
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
        window,
        completed: done.completed,
        events: done.events,
    }
}

/// The observations of one cell in order of replication; `None` where one was not run.
pub type Observations = Vec<Option<Observation>>;

/// True if a run that ended at `over` went on after its warm-up, so that something was measured.
#[must_use]
pub fn is_measured(over: Time, warm_up: Duration) -> bool {
    warm_up.is_zero() || over > Time::ZERO + warm_up
}
