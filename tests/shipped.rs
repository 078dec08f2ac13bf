//! Every experiment the program carries, in quick mode: its table, and a hash of every bit of its results.
//!
//! A changed hash is a changed result: that is a breaking change, and is said in the changelog.

use std::fs;
use std::sync::OnceLock;

#[path = "common/program.rs"]
mod program;

const EXPERIMENTS: [&str; 46] = [
    "hockey-stick",
    "uneven-costs",
    "weights",
    "choices",
    "many-balancers",
    "failover",
    "partition",
    "availability",
    "churn",
    "herding",
    "sinkhole",
    "slow-start",
    "l4-pinning",
    "affinity",
    "tls-handshake",
    "tournament",
    "tournament-uniform",
    "tournament-heavy-tailed",
    "tournament-bimodal",
    "tournament-unequal",
    "burst-limiters",
    "exact-limits",
    "noisy-neighbour",
    "limiter-race",
    "limiter-race-delay",
    "limiter-store",
    "priority-tiers",
    "adaptive-limits",
    "hedging",
    "hedging-price",
    "hedging-demand",
    "lossy-hop",
    "retry-storm",
    "survivors",
    "where-to-wait",
    "vulnerable-load",
    "bufferbloat",
    "adaptive-lifo",
    "jitter",
    "reloads",
    "breaker-helps",
    "breaker-hurts",
    "fallbacks",
    "breaker-herd",
    "breaker-lock",
    "replay",
];

/// The table of an experiment and all of its results, from one run for both of the tests.
fn answer(place: usize) -> &'static (String, String) {
    static ANSWERS: [OnceLock<(String, String)>; EXPERIMENTS.len()] = [const { OnceLock::new() }; EXPERIMENTS.len()];
    ANSWERS[place].get_or_init(|| {
        let (name, folder) = (EXPERIMENTS[place], tempfile::tempdir().expect("a folder"));
        let results = folder.path().join("results.json").display().to_string();
        let quick = ["run", name, "--quick", "--no-files", "--quiet", "--format", "markdown", "--save-snapshot"];
        let (code, table, message) = program::run(&[&quick[..], &[&results]].concat());
        // A quick run may leave a claim undecided, never failed.
        assert_eq!(code, Some(0), "{name}: {table}{message}");
        (table, fs::read_to_string(results).expect("written"))
    })
}

#[test]
fn the_summary_of_every_experiment_stays_as_it_is() {
    for (place, name) in EXPERIMENTS.into_iter().enumerate() {
        insta::assert_snapshot!(name, answer(place).0);
    }
}

#[test]
fn the_bits_of_every_experiment_stay_as_they_are() {
    // From the other end than the tables, so that neither test waits for the other.
    let mut hashes = Vec::new();
    for (place, name) in EXPERIMENTS.into_iter().enumerate().rev() {
        // The version is part of the results and not of their bits.
        let json: String = answer(place).1.lines().filter(|line| !line.contains("\"version\"")).collect();
        hashes.push(format!("{name} {:016x}\n", xxhash_rust::xxh64::xxh64(json.as_bytes(), 0)));
    }
    hashes.reverse();
    insta::assert_snapshot!("hashes", hashes.concat());
}
