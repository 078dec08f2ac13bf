//! A balancer before many servers: random split, round robin, and the shortest of d queues.

use super::length::REPLICATIONS;
use super::{Allowance, Expected, Family, Run, Suite};
use crate::stats::theory::{Answer, Gm1, Mmc, Supermarket, TheoryError};

/// Mean service in seconds.
const SERVICE: f64 = 0.01;

fn system(rate: f64, policy: &str, fleet: &str) -> String {
    format!(
        "        \"users\": Clients(arrivals: Poisson(rate: \"{rate}/s\"), to: \"lb\"),\n        \
         \"lb\": Balancer(policy: {policy}, to: \"q\"),\n        \
         \"q\": Fleet({fleet}, service: Exponential(mean: \"10 ms\")),\n"
    )
}

/// The run of one station, at a fleet of `servers` of them which gives so many more requests a second.
fn run(load: f64, servers: usize, workers: usize) -> Run {
    let one = Run::steady(load, SERVICE, workers, 1.0);
    let fewest = 20_000.0 * SERVICE / (load * (servers * workers) as f64);
    one.shortened(servers as f64, fewest.max(one.warm_up() / 2.0))
}

const IDS: [&str; 5] = ["latency_mean", "latency_p50", "latency_p99", "waiting_mean", "utilization"];

pub(super) fn random_split(suite: &mut Suite) -> Result<(), TheoryError> {
    for (servers, workers, load) in [(5, 1, 0.8), (20, 1, 0.6), (4, 2, 0.9)] {
        // Splitting a Poisson process by chance gives independent Poisson processes.
        let rate = load * workers as f64 / SERVICE;
        let answer = Mmc::new(rate, 1.0 / SERVICE, workers)?.answer();
        let system = system(rate * servers as f64, "Random", &format!("servers: {servers}, workers: {workers}"));
        let name = format!("{servers} x M/M/{workers}, load {load}");
        suite.push(Family::RandomSplit, name, &system, run(load, servers, workers), &answer, &IDS);
    }
    Ok(())
}

pub(super) fn round_robin(suite: &mut Suite) -> Result<(), TheoryError> {
    for (servers, load) in [(2, 0.8), (3, 0.95), (4, 0.9), (10, 0.5), (10, 0.9), (100, 0.7)] {
        let rate = load * servers as f64 / SERVICE;
        let answer = Gm1::round_robin(rate, 1.0 / SERVICE, servers)?.answer_round_robin(servers);
        let system = system(rate, "RoundRobin", &format!("servers: {servers}"));
        let name = format!("{servers} x E{servers}/M/1, load {load}");
        suite.push(Family::RoundRobin, name, &system, run(load, servers, 1), &answer, &IDS);
    }
    Ok(())
}

pub(super) fn supermarket(suite: &mut Suite) -> Result<(), TheoryError> {
    /// A finite number of servers is slower than the limit by a share of order 1 / servers.
    const SERVERS: usize = 500;
    for (choices, load, allowed) in [(2, 0.7, 0.01), (2, 0.9, 0.01), (3, 0.8, 0.01), (3, 0.9, 0.01)] {
        let answer: Answer = Supermarket::new(load, SERVICE, choices)?.answer();
        let rate = load * SERVERS as f64 / SERVICE;
        let policy = format!("PowerOfChoices(d: {choices})");
        let system = system(rate, &policy, &format!("servers: {SERVERS}"));
        let mut expected = Expected::of(&answer, &IDS);
        for expected in &mut expected {
            if answer.value("utilization") != Some(expected.value) {
                expected.allowance = expected.allowance.and(Allowance::finite_size(allowed));
            }
        }
        // The limit forgets an empty start in a few services; a hundred leave nothing of it.
        let run = Run::fixed(100.0 * SERVICE, 12_000.0 / f64::from(REPLICATIONS) * SERVICE);
        suite.push_expected(Family::Supermarket, format!("d = {choices}, load {load}"), &system, run, expected);
    }
    Ok(())
}
