//! Every experiment the program carries, in quick mode: its table, and a hash of every bit of its results.
//!
//! A changed hash is a changed result: that is a breaking change, and is said in the changelog.

use assert_cmd::Command;

const EXPERIMENTS: [&str; 45] = [
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

fn run(name: &str, format: &str) -> String {
    let output = Command::cargo_bin("rushhour")
        .expect("the program is built")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .args(["run", name, "--quick", "--no-files", "--quiet", "--format", format])
        .output()
        .expect("the program runs");
    // A quick run may leave a claim undecided, never failed.
    assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_summary_of_every_experiment_stays_as_it_is() {
    for name in EXPERIMENTS {
        insta::assert_snapshot!(name, run(name, "markdown"));
    }
}

#[test]
fn the_bits_of_every_experiment_stay_as_they_are() {
    let mut hashes = String::new();
    for name in EXPERIMENTS {
        // The version is part of the results and not of their bits.
        let json: String = run(name, "json").lines().filter(|line| !line.contains("\"version\"")).collect();
        hashes += &format!("{name} {:016x}\n", xxhash_rust::xxh64::xxh64(json.as_bytes(), 0));
    }
    insta::assert_snapshot!("hashes", hashes);
}
