//! A balancer before many servers: random split, round robin, the shortest of d queues and of all.

use super::length::REPLICATIONS;
use super::{Allowance, Expected, Family, Run, Suite, What};
use crate::stats::theory::{Answer, Gm1, JoinShortestOfTwo, Mmc, Supermarket, TheoryError};

/// Mean service in seconds.
const SERVICE: f64 = 0.01;

fn system(rate: f64, policy: &str, fleet: &str) -> String {
    format!(
        "        \"users\": Clients(arrivals: Poisson(rate: \"{rate}/s\"), to: \"lb\"),\n        \
         \"lb\": Balancer(policy: {policy}, to: \"q\"),\n        \
         \"q\": Fleet({fleet}, service: Exponential(mean: \"10 ms\")),\n"
    )
}

/// The run of one station, at a fleet of `servers` of them, which has that many times more requests a second.
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
    /// A hundred servers are slower by 3.1 % for three choices at a load of 0.95 (Mitzenmacher 2001, table 1).
    const ALLOWED: f64 = 0.01;
    for (choices, load) in [(2, 0.7), (2, 0.9), (3, 0.5), (3, 0.8), (3, 0.9), (3, 0.95)] {
        let answer: Answer = Supermarket::new(load, SERVICE, choices)?.answer();
        let rate = load * SERVERS as f64 / SERVICE;
        let policy = format!("PowerOfChoices(d: {choices})");
        let system = system(rate, &policy, &format!("servers: {SERVERS}"));
        let mut expected = Expected::of(&answer, &IDS);
        for expected in &mut expected {
            if answer.value("utilization") != Some(expected.value) {
                expected.allowance = expected.allowance.and(Allowance::finite_size(ALLOWED));
            }
        }
        // The limit forgets an empty start within a few service times; after a hundred no trace is left.
        let services = (1500.0 / (1.0 - load)).max(12_000.0);
        let run = Run::fixed(100.0 * SERVICE, services / f64::from(REPLICATIONS) * SERVICE);
        suite.push_expected(Family::Supermarket, format!("d = {choices}, load {load}"), &system, run, expected);
    }
    Ok(())
}

/// Three servers, solved once as a truncated Markov chain: load, mean, median and p99 of the sojourn in mean services.
/// The states cut off have a probability below 1e-11.
const THREE: [(f64, [f64; 3]); 2] = [
    (0.5, [1.244_835_857_636_394_7, 0.872_237_629_180_324_4, 5.627_466_591_533_977]),
    (0.8, [2.285_547_604_548_491_5, 1.660_219_286_110_558_2, 9.896_104_297_285_827]),
];

/// More servers, from an independent simulation of the jump chain over 2e8 events: servers, load, mean sojourn in mean
/// services, its standard error.
const MORE: [(usize, f64, f64, f64); 6] = [
    (4, 0.8, 1.951_803, 0.001_499),
    (4, 0.9, 3.229_298, 0.005_087),
    (10, 0.5, 1.023_92, 0.000_248),
    (10, 0.8, 1.355_012, 0.000_616),
    (100, 0.9, 1.067_334, 0.000_281),
    (100, 0.95, 1.222_415, 0.001_247),
];

pub(super) fn join_shortest(suite: &mut Suite) -> Result<(), TheoryError> {
    let family = Family::JoinShortest;
    let fleet = |servers: usize, load: f64, policy: &str| {
        let system = system(load * servers as f64 / SERVICE, policy, &format!("servers: {servers}"));
        (system, Run::steady(load, SERVICE, servers, 1.0))
    };
    let ids = [&IDS[..], &["in_system"]].concat();
    for (load, policy) in [
        (0.5, "LeastConnections"),
        (0.8, "LeastConnections"),
        (0.95, "LeastConnections"),
        (0.9, "PowerOfChoices(d: 2)"),
    ] {
        let (system, run) = fleet(2, load, policy);
        let answer = JoinShortestOfTwo::new(load, SERVICE)?.answer();
        let how = if policy == "LeastConnections" { "" } else { ", two choices" };
        suite.push(family, format!("2 servers, load {load}{how}"), &system, run, &answer, &ids);
    }
    let expect = |id: &str, services: f64, source: &str, allowance| Expected {
        what: What::Measure(id.to_owned()),
        value: services * SERVICE,
        source: source.to_owned(),
        allowance,
    };
    for (load, [mean, median, p99]) in THREE {
        let (system, run) = fleet(3, load, "LeastConnections");
        let source = "of three servers the truncated Markov chain";
        let expected = vec![
            expect("latency_mean", mean, source, Allowance::NONE),
            expect("latency_p50", median, source, Allowance::HISTOGRAM),
            expect("latency_p99", p99, source, Allowance::HISTOGRAM),
        ];
        suite.push_expected(family, format!("3 servers, load {load}"), &system, run, expected);
    }
    for (servers, load, mean, error) in MORE {
        let (system, run) = fleet(servers, load, "LeastConnections");
        let source = "of more an independent simulation of the jump chain, taken to within four standard errors";
        let expected = vec![expect("latency_mean", mean, source, Allowance::known_to(4.0 * error / mean))];
        suite.push_expected(family, format!("{servers} servers, load {load}"), &system, run, expected);
    }
    Ok(())
}
