//! How often intervals of differences and ratios of quantiles hold the truth: 95 % of them should.
//!
//! Two queues that share their arrivals and, but for a factor, their services, as arms of an experiment do. They are made
//! here by Lindley's and by Kiefer and Wolfowitz' recursion and not by the simulator, whose quantiles are held against
//! theory elsewhere, so that a study of many designs takes minutes.

use super::*;
use crate::engine::Duration;
use crate::engine::random::{StreamKey, exponential};
use crate::stats::interval::Interval;
use crate::stats::paired::Paired;
use crate::stats::tail::independent_beyond;
use crate::stats::theory::Mmc;

/// Requests that are left out at the start of each replication.
const WARM_UP: usize = 1500;

/// Two queues and how long they are looked at.
#[derive(Clone, Copy, Debug)]
struct Design {
    servers: usize,
    /// Of the baseline, and of the alternative at the same arrivals.
    loads: [f64; 2],
    replications: usize,
    requests: usize,
}

/// Whether the intervals of one experiment held the truth.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// The baseline's own quantile.
    value: bool,
    difference: bool,
    ratio: bool,
    /// The same of the difference by sectioning: quantiles of the replications around the pooled one.
    by_sections: bool,
    /// And of the mean over replications of the differences of their own quantiles.
    by_means: bool,
    /// True if a note would warn of either quantile.
    warned: bool,
}

impl Design {
    /// Latencies of both queues in one replication, to the histogram's digits.
    fn replication(&self, key: StreamKey) -> [Vec<(u64, u64)>; 2] {
        let (mut gaps, mut works) = (key.named("gaps").sequence(), key.named("works").sequence());
        // When each server is free, from now on, of both queues.
        let mut free = [vec![0.0_f64; self.servers], vec![0.0_f64; self.servers]];
        let mut latencies: [Latency; 2] = Default::default();
        for request in 0..WARM_UP + self.requests {
            // In units of the mean gap at one server.
            let (gap, work) = (exponential(&mut gaps) / self.servers as f64, exponential(&mut works));
            for ((free, latency), load) in free.iter_mut().zip(&mut latencies).zip(self.loads) {
                free.iter_mut().for_each(|left| *left = (*left - gap).max(0.0));
                let first = (0..free.len()).min_by(|&a, &b| free[a].total_cmp(&free[b])).unwrap_or(0);
                free[first] += work * load;
                if request >= WARM_UP {
                    latency.record(Duration::from_secs_f64(free[first] * 1e-3));
                }
            }
        }
        latencies.map(|latency| latency.buckets())
    }

    /// The quantile of one of the queues.
    fn truth(&self, load: f64, p: f64) -> f64 {
        let queue = Mmc::new(self.servers as f64, 1.0 / load, self.servers).expect("stable");
        queue.sojourn_quantile(p) * 1e-3
    }

    fn experiment(&self, seed: u64, quantiles: &[f64]) -> Vec<Held> {
        let seen: Vec<[Vec<(u64, u64)>; 2]> =
            (0..self.replications).map(|r| self.replication(StreamKey::root(seed, r as u32))).collect();
        let of = |arm: usize| seen.iter().map(move |both| &both[arm][..]);
        let pools: [Pool; 2] = [Pool::of(of(0)), Pool::of(of(1))];
        let own = |arm: usize, p: f64| -> Vec<f64> {
            of(arm)
                .filter_map(|buckets| Pool::<10>::of(std::iter::once(buckets)).quantile(p))
                .map(|q| q.value)
                .collect()
        };
        let held = |&p: &f64| {
            let [base, other] = [0, 1].map(|arm: usize| pools[arm].quantile(p).expect("there are requests"));
            let [base_truth, other_truth] = self.loads.map(|load| self.truth(load, p));
            let paired = Paired::of(
                Pooled { value: other.value, influences: &other.influences },
                Pooled { value: base.value, influences: &base.influences },
                0.95,
            );
            let holds =
                |middle: f64, half: Option<f64>, truth: f64| half.is_some_and(|half| (middle - truth).abs() <= half);
            let difference = other_truth - base_truth;
            let differences: Vec<f64> = own(1, p).iter().zip(own(0, p)).map(|(other, base)| other - base).collect();
            let own = Interval::of(&differences, 0.95).expect("there are replications");
            // Sectioning centres both the interval and the spread at the pooled value.
            let off = own.mean - paired.difference.mean;
            let t = crate::stats::student::quantile_two_sided(0.05, (self.replications - 1) as f64);
            let n = self.replications as f64;
            let sections = own.half_width.map(|half| (half * half + t * t * off * off / (n - 1.0)).sqrt());
            let few = |arm: usize| {
                let enough = 2_f64.max(80.0 / n);
                independent_beyond(&pools[arm].shares_beyond(p)).is_some_and(|independent| independent < enough)
            };
            Held {
                value: holds(base.value, base.half_width(0.95), base_truth),
                difference: holds(paired.difference.mean, paired.difference.half_width, difference),
                ratio: paired.ratio.is_some_and(|r| holds(r.mean, r.half_width, other_truth / base_truth)),
                by_sections: holds(paired.difference.mean, sections, difference),
                by_means: holds(own.mean, own.half_width, difference),
                warned: few(0) || few(1),
            }
        };
        quantiles.iter().map(held).collect()
    }
}

/// Intervals that held: value, difference, ratio, by sections, by means; and how many there were.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    held: [u32; 5],
    all: u32,
}

impl Tally {
    fn add(&mut self, held: Held) {
        let each = [held.value, held.difference, held.ratio, held.by_sections, held.by_means];
        self.held.iter_mut().zip(each).for_each(|(count, held)| *count += u32::from(held));
        self.all += 1;
    }

    fn percent(&self, place: usize) -> f64 {
        100.0 * f64::from(self.held[place]) / f64::from(self.all.max(1))
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [v, d, r, s, m] = [0, 1, 2, 3, 4].map(|place| self.percent(place));
        write!(f, "{:6} | {v:5.1} | {d:5.1} | {r:5.1} | {s:5.1} | {m:5.1}", self.all)
    }
}

#[test]
fn intervals_of_differences_and_ratios_of_quantiles_hold_the_truth() {
    // Five standard errors of a proportion of 0.94 in 300 experiments are 7 %.
    for servers in [1, 4] {
        let design = Design { servers, loads: [0.4, 0.6], replications: 10, requests: 4000 };
        let quantiles = [0.5, 0.99];
        let mut tallies = [Tally::default(); 2];
        for seed in 1..=300 {
            for (tally, held) in tallies.iter_mut().zip(design.experiment(seed, &quantiles)) {
                tally.add(held);
            }
        }
        for (tally, p) in tallies.iter().zip(quantiles) {
            println!("M/M/{servers} p = {p}: {tally}");
            for place in [0, 1, 2] {
                assert!((87.0..=99.0).contains(&tally.percent(place)), "M/M/{servers} p = {p}: {tally}");
            }
        }
    }
}

/// The study of the architecture page: minutes. Run with `--ignored --nocapture`.
#[test]
#[ignore = "a study of many designs, which takes minutes"]
fn study_of_many_designs() {
    let quantiles = [0.5, 0.9, 0.99, 0.999];
    let experiments: u64 = std::env::var("EXPERIMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let mut designs = Vec::new();
    for servers in [1, 4] {
        for loads in [[0.4, 0.5], [0.5, 0.7], [0.7, 0.8], [0.8, 0.9]] {
            for replications in [5, 10, 20, 40] {
                for requests in [1000, 4000, 16_000] {
                    designs.push(Design { servers, loads, replications, requests });
                }
            }
        }
    }
    let mut tables: std::collections::BTreeMap<(String, bool), Tally> = std::collections::BTreeMap::new();
    for (place, design) in (0..).zip(&designs) {
        for experiment in 0..experiments {
            // No two share a seed, so their errors are independent.
            let seed = 1000 + place * experiments + experiment;
            for (held, p) in design.experiment(seed, &quantiles).into_iter().zip(quantiles) {
                let Design { servers, loads: [low, high], replications, requests } = design;
                for key in [
                    "all".to_owned(),
                    format!("p = {p}"),
                    format!("M/M/{servers}"),
                    format!("loads {low} and {high}"),
                    format!("replications {replications:2}"),
                    format!("requests {requests:5}"),
                ] {
                    tables.entry((key, held.warned)).or_default().add(held);
                }
            }
        }
    }
    println!("{} designs x {experiments} experiments x {} quantiles", designs.len(), quantiles.len());
    println!("what | warned | intervals | value | difference | ratio | by sections | by means");
    for ((key, warned), tally) in &tables {
        println!("{key:20} | {} | {tally}", if *warned { "warned" } else { "      " });
    }
}
