//! The numbers of a node, and what its clients saw in each window, over all replications.
//!
//! Numbers of the whole system are made in `estimate`, by the same rules.

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

/// One window of a series of the node at `place`: the value of all replications together and its half-width.
#[must_use]
pub fn window(
    done: &[&Observation],
    place: usize,
    quantity: &str,
    window: usize,
    values: &[Option<f64>],
    confidence: f64,
) -> (Option<f64>, Option<f64>) {
    let latencies = || done.iter().map(|observation| observation.nodes[place].latencies.get(window));
    let number = match quantity.strip_prefix("latency_").and_then(Of::parse) {
        Some(Of::Quantile(p)) => {
            let unpacked =
                |packed: Option<&Packed>| packed.map_or_else(Vec::new, |packed| Latency::<4>::unpacked(packed));
            let buckets: Vec<_> = latencies().map(unpacked).collect();
            Pool::<4>::of(buckets.iter().map(Vec::as_slice)).quantile(p)
        }
        Some(Of::Mean) => {
            let count =
                |packed: Option<&Packed>| -> f64 { packed.into_iter().flatten().map(|&(_, n)| f64::from(n)).sum() };
            Number::of(values, &latencies().map(count).collect::<Vec<_>>())
        }
        None => {
            let whole = |observation: &&Observation| {
                let wholes = observation.nodes[place].wholes.iter().find(|(id, _)| id == quantity);
                wholes.map_or(1.0, |(_, wholes)| wholes.get(window).map_or(0.0, |whole| *whole as f64))
            };
            Number::of(values, &done.iter().map(whole).collect::<Vec<_>>())
        }
    };
    (number.as_ref().map(|number| number.value), number.and_then(|number| number.half_width(confidence)))
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
