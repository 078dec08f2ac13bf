//! How often the intervals hold the truth: 95 % of them should, whatever the number.
//!
//! Each experiment has ten replications, as many as a file gets that does not say, of about 4000 requests at a moderate
//! load. Shorter replications, or busier systems, cover less: means and above all p99s of single replications are then
//! skewed, because one busy hour makes the tail of a whole run. At four workers and a load of 0.7 the same 4000 requests
//! cover p99 to 90 % only, and 11,000 to 94 %: results warn of such intervals (see `stats::tail`).

use crate::answers::answer;
use crate::values::estimate;
use rushhour::stats::theory::{Answer, Mm1, Mmc};

/// Independent experiments of each system.
const EXPERIMENTS: u64 = 600;

/// Runs the system with seed after seed, and counts the intervals that hold what theory says.
fn check(name: &str, nodes: &str, run: &str, theory: &Answer, ids: &[&str]) {
    let mut held = vec![0_u64; ids.len()];
    for seed in 1..=EXPERIMENTS {
        let results = answer(&format!(
            "Experiment(system: System(nodes: {{{nodes}}}), run: ({run}, replications: 10, seed: {seed}), \
             measure: [Latency([0.5, 0.99]), InSystem])"
        ));
        for (held, id) in held.iter_mut().zip(ids) {
            let estimate = estimate(&results.cells[0], id);
            let (value, half) = (estimate.value.expect("stable"), estimate.half_width.expect("ten replications"));
            let truth = theory.value(id).expect("theory knows");
            *held += u64::from((value - truth).abs() <= half);
        }
    }
    for (held, id) in held.iter().zip(ids) {
        let share = *held as f64 / EXPERIMENTS as f64;
        println!("{name}: {held} of {EXPERIMENTS} intervals of {id} hold theory's value ({:.1} %)", share * 100.0);
        assert!((0.92..=0.98).contains(&share), "{name}: {id} {share}");
    }
}

#[test]
fn intervals_of_mean_and_p99_of_an_m_m_1_queue_cover_the_truth() {
    let theory = Mm1::new(500.0, 1000.0).expect("stable").answer();
    check(
        "M/M/1 at load 0.5",
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: "q"), "q": Fleet(service: Exponential(mean: "1 ms"))"#,
        r#"duration: "8.2 s", warm_up: "200 ms""#,
        &theory,
        &["latency_mean", "latency_p50", "latency_p99", "in_system"],
    );
}

#[test]
fn intervals_of_mean_and_p99_of_an_m_m_4_queue_cover_the_truth() {
    let theory = Mmc::new(2000.0, 1000.0, 4).expect("stable").answer();
    check(
        "M/M/4 at load 0.5",
        r#""users": Clients(arrivals: Poisson(rate: "2000/s"), to: "q"), "q": Fleet(workers: 4, service: Exponential(mean: "1 ms"))"#,
        r#"duration: "2.1 s", warm_up: "100 ms""#,
        &theory,
        &["latency_mean", "latency_p50", "latency_p99", "in_system"],
    );
}
