//! The traffic profile of a log: rates, bursts, clients, keys, sizes.
//!
//! How a model of the same traffic is written belongs in `model`; how the profile is shown, in `show`.

mod model;
mod show;

use super::{Known, ReadReport, Trace};
use crate::engine::time::NANOS_PER_SECOND;

/// A longer gap between two requests, in nanoseconds, is no part of the busy time: 60 s.
pub const BUSY_GAP: u64 = 60_000_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
/// Keys named.
const TOP: usize = 10;

/// A summary of the traffic in a log. Rates are per second, lengths in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// How many lines were read, and why others were left out.
    pub report: ReadReport,
    /// What the log records beside times.
    pub known: Known,
    /// Requests.
    pub requests: u64,
    /// When the first came, in nanoseconds since 1970-01-01 UTC, or on the log's own clock.
    pub start: i64,
    /// From the first request to the last.
    pub span: f64,
    /// How coarse the stamps are.
    pub resolution: f64,
    /// Requests over the span; `None` if that is zero.
    pub mean_rate: Option<f64>,
    /// One over the mean of the gaps up to [`BUSY_GAP`]; `None` if there are none above zero.
    pub busy_rate: Option<f64>,
    /// Gaps longer than [`BUSY_GAP`].
    pub pauses: u64,
    /// The longest gap that is not longer than [`BUSY_GAP`].
    pub longest_busy_gap: f64,
    /// Most requests in one second of the clock.
    pub peak_second: u64,
    /// Most requests in one minute of the clock.
    pub peak_minute: u64,
    /// Variance of the gaps between requests over the square of their mean, by the stamps as they are: 1 for Poisson
    /// arrivals. `None` if the span is zero.
    pub scv: Option<f64>,
    /// Different clients.
    pub clients: u64,
    /// The share of requests of the busiest client, from 0 to 1.
    pub busiest_client: f64,
    /// Different keys.
    pub keys: u64,
    /// The keys asked for most with how often, most first.
    pub top_keys: Vec<(String, u64)>,
    /// How the popularity of keys falls with their rank; `None` if it cannot be told.
    pub zipf: Option<ZipfFit>,
    /// Sizes; `None` if the log has none.
    pub sizes: Option<Sizes>,
}

/// A straight line through the logarithms of the counts of keys over those of their ranks, by ordinary least squares.
/// Keys asked for once are left out: they would bend the tail of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZipfFit {
    /// The exponent: the slope, without its sign.
    pub exponent: f64,
    /// Keys asked for at least twice.
    pub points: u64,
}

/// Statistics of sizes, in bytes or the unit of the trace. Percentiles are by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// The mean.
    pub mean: f64,
    /// Half are not larger.
    pub p50: u64,
    /// 99 % are not larger.
    pub p99: u64,
    /// The largest.
    pub max: u64,
    /// All together.
    pub total: u128,
}

impl Profile {
    /// The profile of a trace as it was read, with `report`.
    #[must_use]
    pub fn of(trace: &Trace, report: &ReadReport) -> Self {
        let requests = trace.records.len() as u64;
        let span = seconds(trace.span());
        let gaps: Vec<u64> = trace.records.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
        let busy: Vec<u64> = gaps.iter().copied().filter(|&gap| gap <= BUSY_GAP).collect();
        let busy_seconds = seconds(busy.iter().sum());
        let clients = counts(trace.records.iter().map(|record| u64::from(record.client)));
        let mut keys = counts(trace.records.iter().map(|record| u64::from(record.key)));
        // The sort is stable: of two keys asked for equally often, the one seen first in the log stands first.
        keys.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let names = |&(key, count): &(u64, u64)| trace.keys.get(key as usize).map(|name| (name.clone(), count));
        Self {
            report: report.clone(),
            known: trace.known,
            requests,
            start: trace.start,
            span,
            resolution: seconds(trace.resolution),
            mean_rate: (span > 0.0).then(|| requests as f64 / span),
            busy_rate: (busy_seconds > 0.0).then(|| busy.len() as f64 / busy_seconds),
            pauses: (gaps.len() - busy.len()) as u64,
            longest_busy_gap: seconds(busy.iter().copied().max().unwrap_or_default()),
            peak_second: peak(trace, SECOND),
            peak_minute: peak(trace, MINUTE),
            scv: scv(&gaps),
            clients: if trace.known.client { clients.len() as u64 } else { 0 },
            busiest_client: match clients.iter().map(|&(_, count)| count).max() {
                Some(count) if trace.known.client => count as f64 / requests as f64,
                _ => 0.0,
            },
            keys: trace.keys.len() as u64,
            top_keys: keys.iter().take(TOP).filter_map(names).collect(),
            zipf: if trace.known.key { zipf(&keys) } else { None },
            sizes: if trace.known.size { sizes(trace) } else { None },
        }
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / NANOS_PER_SECOND
}

/// Each value with how often it occurs, in order of the values.
fn counts(values: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect()
}

/// Most requests in one window of the clock.
fn peak(trace: &Trace, window: u64) -> u64 {
    let window_of = |at: u64| (i128::from(trace.start) + i128::from(at)).div_euclid(i128::from(window));
    let same = trace.records.chunk_by(|a, b| window_of(a.at) == window_of(b.at));
    same.map(|records| records.len() as u64).max().unwrap_or_default()
}

/// Squared coefficient of variation.
fn scv(gaps: &[u64]) -> Option<f64> {
    let n = gaps.len() as f64;
    let mean = gaps.iter().map(|&gap| seconds(gap)).sum::<f64>() / n;
    let variance = gaps.iter().map(|&gap| (seconds(gap) - mean) * (seconds(gap) - mean)).sum::<f64>() / n;
    (mean > 0.0).then(|| variance / (mean * mean))
}

/// The line through counts in falling order.
fn zipf(keys: &[(u64, u64)]) -> Option<ZipfFit> {
    let counts: Vec<u64> = keys.iter().map(|&(_, count)| count).take_while(|&count| count >= 2).collect();
    let points =
        || counts.iter().enumerate().map(|(place, &count)| (libm::log((place + 1) as f64), libm::log(count as f64)));
    let n = counts.len() as f64;
    let (mean_x, mean_y) = points().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let (xx, xy) = points()
        .fold((0.0, 0.0), |(xx, xy), (x, y)| (xx + (x - mean_x) * (x - mean_x), xy + (x - mean_x) * (y - mean_y)));
    (counts.len() >= 2).then(|| ZipfFit { exponent: -xy / xx, points: counts.len() as u64 })
}

fn sizes(trace: &Trace) -> Option<Sizes> {
    let mut sizes: Vec<u64> = trace.records.iter().map(|record| record.size).collect();
    sizes.sort_unstable();
    let nearest = |percent: usize| sizes.get((sizes.len() * percent).div_ceil(100).checked_sub(1)?).copied();
    let total: u128 = sizes.iter().map(|&size| u128::from(size)).sum();
    Some(Sizes {
        mean: total as f64 / sizes.len() as f64,
        p50: nearest(50)?,
        p99: nearest(99)?,
        max: *sizes.last()?,
        total,
    })
}

#[cfg(test)]
mod tests;
