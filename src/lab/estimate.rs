//! Estimates one number of a cell with its interval: over replications, over batches of a single one, or as a share
//! near zero.

use super::measure::{Answers, Quantity, Source};
use super::observe::Observation;
use super::open::overdue;
use super::pool::{Number, Pool};
use super::results::{Estimate, IntervalKind, OfAll, Stability};
use crate::stats::{Interval, batch::lag_one, proportion::wilson_of_clusters, tail::independent_beyond};

/// Batches of a single replication (Schmeiser 1982: ten to thirty).
const BATCHES: usize = 20;
/// Correlation of neighbouring batches beyond which their interval is too narrow: independent batches exceed it in one
/// of a hundred runs.
const CORRELATED: f64 = 0.52;
/// Independent requests beyond a quantile, in all replications together, below which its interval may be too narrow:
/// their share is then known to no better than 11 %. Of 19,200 intervals of M/M/1 and M/M/4 queues at loads from 0.4 to
/// 0.9, made of 5 to 40 replications of 1000 to 16,000 requests, those without the warning held the truth 94 % of the
/// time, those with it 87 % (`pool::coverage`).
const ENOUGH_BEYOND: f64 = 80.0;
/// And below which in each replication: a quantile of fewer is that of another number of requests.
const ENOUGH_IN_EACH: f64 = 2.0;

/// The estimates of a cell, one for each quantity of the plan.
///
/// `apart` are the nodes that have a steady state where the cell has none ([`super::stability::steady_apart`]).
///
/// Each is a number of all replications together: a quantile that of all requests, a ratio of sums the ratio of the sums
/// over all, anything else the mean. How sure it is, and whatever it is compared with, follows from how far each
/// replication moves it ([`Estimate::influences`]).
#[must_use]
pub fn estimates(
    quantities: &[Quantity],
    seen: &[Option<Observation>],
    stability: &Stability,
    apart: &[String],
    confidence: f64,
) -> Vec<Estimate> {
    let steady =
        |quantity: &Quantity| stability.has_numbers() || quantity.of.as_ref().is_some_and(|of| apart.contains(of));
    let mut pools: Vec<(Source, Pool)> = Vec::new();
    let mut estimates = Vec::new();
    for (place, quantity) in quantities.iter().enumerate() {
        let source = quantity.source();
        if quantity.quantile().is_some() && !pools.iter().any(|(other, _)| *other == source) {
            let held = seen.iter().map(|observation| observation.as_ref().map_or(&[][..], |o| o.latencies(&source)));
            let pool = Pool::of(held);
            pools.push((source.clone(), pool));
        }
        let pool = || pools.iter().find(|(other, _)| *other == source).map(|(_, pool)| pool);
        let quantile = quantity.quantile().and_then(|p| Some((pool()?, p)));
        let counts = counts(quantity, seen, place);
        let replicates: Vec<Option<f64>> = if quantity.is_of_answers() {
            counts.iter().map(|counts| counts.and_then(ratio)).collect()
        } else {
            seen.iter().map(|observation| observation.as_ref().and_then(|o| o.values[place])).collect()
        };
        let number = match quantile {
            Some((pool, p)) => pool.quantile(p),
            None => {
                let weight = |(observation, counts): (&Option<Observation>, &Option<(u64, u64)>)| match counts {
                    Some((_, whole)) => *whole as f64,
                    None => observation.as_ref().map_or(0.0, |o| o.weights[place]),
                };
                Number::of(&replicates, &seen.iter().zip(&counts).map(weight).collect::<Vec<_>>())
            }
        };
        let value = number.as_ref().map(|number| number.value);
        let half_width = number.as_ref().and_then(|number| number.half_width(confidence));
        let (half_width, interval) = match (seen, quantile) {
            ([Some(only)], _) => over_batches(only, place, confidence),
            (_, Some((pool, p))) if half_width.is_some() => (half_width, few_beyond(&pool.shares_beyond(p))),
            _ if is_share(&counts) && share_is_extreme(value, half_width) => share(&counts, value, confidence),
            _ => (half_width, IntervalKind::Replications),
        };
        let shown = steady(quantity) || !quantity.what.grows_with_queues();
        estimates.push(Estimate {
            name: quantity.name.clone(),
            id: quantity.id.clone(),
            unit: quantity.unit,
            value: value.filter(|_| shown),
            half_width: half_width.filter(|_| shown),
            interval,
            replicates,
            influences: number.map(Number::beyond_replicates).unwrap_or_default(),
            of_all: None,
        });
    }
    add_of_all(quantities, &pools, &mut estimates, confidence);
    estimates
}

/// Adds to quantiles of served calls those of all calls.
fn add_of_all(quantities: &[Quantity], pools: &[(Source, Pool)], estimates: &mut [Estimate], confidence: f64) {
    for (place, quantity) in quantities.iter().enumerate() {
        let Some(p) = quantity.quantile() else { continue };
        let source = quantity.source();
        let pool = pools.iter().find(|(other, _)| *other == source).map(|(_, pool)| pool);
        if let Some(pool) = pool.filter(|_| quantity.answers == Answers::Served && estimates[place].value.is_some()) {
            let companion = quantity.answered_like().id;
            let answered = estimates.iter().find(|estimate| estimate.id == companion);
            estimates[place].of_all = answered.and_then(|answered| of_all(pool, p, answered, confidence));
        }
    }
}

/// A quantile of all calls, with unanswered calls as infinitely long; `None` if all were answered, or if the
/// uncertainty is unknown.
fn of_all(pool: &Pool, p: f64, answered: &Estimate, confidence: f64) -> Option<OfAll> {
    answered.value.filter(|share| *share < 1.0)?;
    let (fewest, most) = answered.bounds()?;
    let ends = |share: f64| {
        let number = pool.quantile(p / share)?;
        let half = number.half_width(confidence)?;
        Some((number.value - half, number.value + half))
    };
    let low = if p > most { None } else { Some(ends(most)?.0) };
    let high = if p >= fewest { None } else { Some(ends(fewest)?.1) };
    Some(OfAll { low, high })
}

fn ratio((part, whole): (u64, u64)) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The numerator and the denominator of a share of calls, by replication; `None` if the quantity is no share of calls.
fn counts(quantity: &Quantity, seen: &[Option<Observation>], place: usize) -> Vec<Option<(u64, u64)>> {
    let counts = seen.iter().map(|observation| observation.as_ref().and_then(|o| o.counts[place]));
    if !quantity.is_of_answers() {
        return counts.collect();
    }
    // A replication counts the requests over a limit itself.
    let most = quantity.limit().map_or(u64::MAX, |limit| limit.duration().as_nanos());
    let of = quantity.of.as_deref();
    let open: Vec<_> = seen.iter().map(|observation| observation.as_ref().and_then(|o| o.open(of))).collect();
    let overdue = overdue(&open, most);
    counts.zip(overdue).map(|(counts, overdue)| counts.map(|(part, whole)| (part, whole + overdue))).collect()
}

/// The kind of interval for a quantile, given the share of each replication's requests beyond it: how many independent
/// ones each has.
fn few_beyond(shares: &[f64]) -> IntervalKind {
    let independent = independent_beyond(shares);
    let enough = ENOUGH_IN_EACH.max(ENOUGH_BEYOND / shares.len() as f64);
    let few = independent.is_some_and(|independent| independent < enough);
    IntervalKind::Quantiles { independent, few }
}

/// True if a symmetric interval would reach below zero or above one, or does not exist.
fn share_is_extreme(mean: Option<f64>, half_width: Option<f64>) -> bool {
    mean.is_some_and(|mean| half_width.is_none_or(|half| half == 0.0 || mean - half < 0.0 || mean + half > 1.0))
}

/// True of a quantity that is a share of calls or of replications.
fn is_share(counts: &[Option<(u64, u64)>]) -> bool {
    counts.iter().any(Option::is_some)
}

/// Wilson's interval of the calls that count, pooled over replications, which are independent where calls may not be.
fn share(counts: &[Option<(u64, u64)>], point: Option<f64>, confidence: f64) -> (Option<f64>, IntervalKind) {
    let counts: Vec<(u64, u64)> = counts.iter().flatten().copied().collect();
    match (wilson_of_clusters(&counts, confidence), point) {
        (Some(bounds), Some(point)) => {
            let longer = (bounds.high - point).max(point - bounds.low);
            (Some(longer), IntervalKind::Wilson { low: bounds.low, high: bounds.high })
        }
        _ => (None, IntervalKind::Replications),
    }
}

/// Student's interval over batches of one replication, each the ratio of its sums; none if the windows have no data.
fn over_batches(only: &Observation, place: usize, confidence: f64) -> (Option<f64>, IntervalKind) {
    let windows = &only.windows[place];
    let size = windows.len() / BATCHES;
    if size == 0 {
        return (None, IntervalKind::Replications);
    }
    let batches: Vec<f64> = windows[windows.len() - size * BATCHES..]
        .chunks_exact(size)
        .filter_map(|batch| {
            let (part, whole) = batch.iter().fold((0.0, 0.0), |(part, whole), w| (part + w.0, whole + w.1));
            (whole > 0.0).then(|| part / whole)
        })
        .collect();
    let half_width = Interval::of(&batches, confidence).and_then(|interval| interval.half_width);
    let correlated = lag_one(&batches).is_some_and(|r| r > CORRELATED);
    (half_width, IntervalKind::Batches { correlated })
}
