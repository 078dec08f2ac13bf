//! The numbers of a node, and what its clients saw in each window, over all replications.
//!
//! Numbers of the whole system are made in `estimate`, by the same rules.

use std::cell::LazyCell;

use super::observe::{NodeSeen, Observation};
use super::pool::{Number, Pool};
use super::results::{Estimate, IntervalKind};
use crate::measure::latency::{Latency, Packed};

/// The numbers of each node in the replications that were `done`, in the order of the nodes' numbers.
#[must_use]
pub fn estimates(done: &[&Observation], place: usize, confidence: f64) -> Vec<Estimate> {
    let Some(first) = done.first() else { return Vec::new() };
    let seen: Vec<&NodeSeen> = done.iter().map(|observation| &observation.nodes[place]).collect();
    let mut pools: Vec<(usize, Pool)> = Vec::new();
    let numbers = &first.nodes[place].values;
    let mut estimates = Vec::with_capacity(numbers.len());
    for (index, (name, id, unit, _)) in numbers.iter().enumerate() {
        let replicates: Vec<Option<f64>> = seen.iter().map(|node| node.values[index].3).collect();
        let of_times = times_of(seen[0], id);
        let is_seen = |times: usize| seen.iter().any(|node| node.times[times].count > 0);
        if of_times.is_some_and(|(times, _)| seen[0].times[times].only_where_seen && !is_seen(times)) {
            continue;
        }
        let number = match of_times {
            Some((times, Of::Quantile(p))) => {
                if !pools.iter().any(|(other, _)| *other == times) {
                    let buckets: Vec<_> =
                        seen.iter().map(|node| Latency::<10>::unpacked(&node.times[times].buckets)).collect();
                    pools.push((times, Pool::of(buckets.iter().map(Vec::as_slice))));
                }
                pools.iter().find(|(other, _)| *other == times).and_then(|(_, pool)| pool.quantile(p))
            }
            Some((times, Of::Mean)) => {
                Number::of(&replicates, &seen.iter().map(|node| node.times[times].count as f64).collect::<Vec<_>>())
            }
            None => Number::of(&replicates, &seen.iter().map(|node| weight(node, id)).collect::<Vec<_>>()),
        };
        estimates.push(Estimate {
            name: name.clone().into_owned(),
            id: id.clone().into_owned(),
            unit: *unit,
            value: number.as_ref().map(|number| number.value),
            half_width: number.as_ref().and_then(|number| number.half_width(confidence)),
            interval: IntervalKind::Replications,
            replicates,
            influences: number.map(Number::beyond_replicates).unwrap_or_default(),
            of_all: None,
        });
    }
    estimates
}

/// A statistic of lengths of time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    Mean,
    Quantile(f64),
}

impl Of {
    /// The statistic that a name such as "mean", "p50", "p99" or "p999" stands for: the decimal point after the second
    /// digit is left out.
    fn parse(word: &str) -> Option<Self> {
        if word == "mean" {
            return Some(Self::Mean);
        }
        let digits = word.strip_prefix('p').filter(|digits| digits.len() >= 2)?;
        let number: u32 = digits.parse().ok()?;
        Some(Self::Quantile(f64::from(number) / digits.bytes().fold(1.0, |power, _| power * 10.0)))
    }
}

/// The lengths of time from which the number called `id` is computed, and the statistic that it is.
fn times_of(node: &NodeSeen, id: &str) -> Option<(usize, Of)> {
    node.times.iter().enumerate().find_map(|(place, times)| {
        let word = id.strip_prefix(&*times.of)?.strip_prefix('_')?;
        Some((place, Of::parse(word)?))
    })
}

fn weight(node: &NodeSeen, id: &str) -> f64 {
    node.weights.iter().find(|(other, _)| other == id).map_or(1.0, |(_, weight)| *weight)
}

/// What a series shows: in each window the value of all replications together, and its half-width.
pub type Shown = (Vec<Option<f64>>, Vec<Option<f64>>);

/// What each series of the node at `place` shows, of the replications that were `done`, in the order of the series.
#[must_use]
pub fn series(done: &[&Observation], place: usize, confidence: f64) -> Vec<Shown> {
    let nodes: Vec<&NodeSeen> = done.iter().map(|observation| &observation.nodes[place]).collect();
    let Some(first) = nodes.first() else { return Vec::new() };
    let lines: Vec<Line<'_>> = (0..first.series.len()).map(|index| Line::of(&nodes, index)).collect();
    let mut shown = vec![Shown::default(); lines.len()];
    for window in 0..lines.iter().map(|line| line.length).max().unwrap_or(0) {
        // Several series are quantiles of the same latencies.
        let pool = LazyCell::new(|| pool(&nodes, window));
        for (line, (value, half_width)) in lines.iter().zip(&mut shown).filter(|(line, _)| window < line.length) {
            let number = match line.of {
                Some(Of::Quantile(p)) => pool.quantile(p),
                Some(Of::Mean) => Number::of(&line.values(window), &counts(&nodes, window)),
                None => Number::of(&line.values(window), &line.weights(window)),
            };
            value.push(number.as_ref().map(|number| number.value));
            half_width.push(number.and_then(|number| number.half_width(confidence)));
        }
    }
    shown
}

/// What each replication gave for one series.
struct Line<'a> {
    values: Vec<&'a [Option<f64>]>,
    /// Of what windows are shares; `None` where they all count alike.
    wholes: Vec<Option<&'a [u64]>>,
    /// What it says of latencies, if it does.
    of: Option<Of>,
    /// Its number of windows.
    length: usize,
}

impl<'a> Line<'a> {
    fn of(nodes: &[&'a NodeSeen], index: usize) -> Self {
        let quantity = &nodes[0].series[index].0;
        let values: Vec<&[Option<f64>]> = nodes.iter().map(|node| &node.series[index].2[..]).collect();
        // Where replications end at different times, a window counts that at least half of them saw.
        let mut lengths: Vec<usize> = values.iter().map(|values| values.len()).collect();
        lengths.sort_unstable();
        let length = lengths[(lengths.len() - 1) / 2];
        let wholes = nodes.iter().map(|node| {
            let wholes = node.wholes.iter().find(|(id, _)| id == quantity);
            wholes.map(|(_, wholes)| &wholes[..])
        });
        let of = quantity.strip_prefix("latency_").and_then(Of::parse);
        Self { values, wholes: wholes.collect(), of, length }
    }

    fn values(&self, window: usize) -> Vec<Option<f64>> {
        self.values.iter().map(|values| values.get(window).copied().flatten()).collect()
    }

    fn weights(&self, window: usize) -> Vec<f64> {
        let weight = |wholes: &[u64]| wholes.get(window).map_or(0.0, |whole| *whole as f64);
        self.wholes.iter().map(|wholes| wholes.map_or(1.0, weight)).collect()
    }
}

/// The latencies of a window of all replications.
fn pool(nodes: &[&NodeSeen], window: usize) -> Pool<4> {
    let unpacked = |packed: &Packed| Latency::<4>::unpacked(packed);
    let buckets: Vec<_> =
        nodes.iter().map(|node| node.latencies.get(window).map(unpacked).unwrap_or_default()).collect();
    Pool::of(buckets.iter().map(Vec::as_slice))
}

/// How many latencies each replication has in a window.
fn counts(nodes: &[&NodeSeen], window: usize) -> Vec<f64> {
    let count = |packed: &Packed| -> f64 { packed.iter().map(|&(_, n)| f64::from(n)).sum() };
    nodes.iter().map(|node| node.latencies.get(window).map_or(0.0, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_says_what_it_asks_of_lengths_of_time() {
        for (word, expected) in [
            ("mean", Some(Of::Mean)),
            ("p50", Some(Of::Quantile(0.5))),
            ("p99", Some(Of::Quantile(0.99))),
            ("p999", Some(Of::Quantile(0.999))),
            ("p5", None),
            ("max", None),
        ] {
            assert_eq!(Of::parse(word), expected, "{word}");
        }
    }
}
