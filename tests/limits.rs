//! Concurrency limits and fallbacks in whole systems.

mod common;

use common::{answer, estimate, node_estimate};
use rushhour::lab::results::{Cell, Stability};

/// What a system gave in one long replication.
fn run(seconds: u32, system: &str) -> Cell {
    let results = answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "{seconds} s", warm_up: "5 s", replications: 1, seed: 5),
            measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization],
        )"#
    ));
    results.cells.into_iter().next().expect("a cell")
}

fn value(cell: &Cell, id: &str) -> f64 {
    estimate(cell, id).value.unwrap_or_else(|| panic!("{id} has no value"))
}

fn of(cell: &Cell, node: &str, id: &str) -> f64 {
    node_estimate(cell, node, id).value.unwrap_or_else(|| panic!("{id} of {node} has no value"))
}

/// Ten workers that do 1000 requests a second together, with twice as much before them.
fn overloaded(limiter: &str, service: &str) -> Cell {
    run(
        30,
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "2000/s"), to: "limit"),
                "limit": ConcurrencyLimiter(limit: {limiter}, to: "web"),
                "web": Fleet(workers: 10, service: {service}),
            }}"#
        ),
    )
}

#[test]
fn look() {
    for rule in [
        "Fixed(15)",
        r#"Aimd(least: 1, timeout: "20 ms")"#,
        "Vegas",
        "Gradient2",
        "Gradient2(most: 1000)",
        "Gradient2(tolerance: 1.0)",
    ] {
        for law in [r#"Constant("10 ms")"#, r#"Erlang(shape: 16, mean: "10 ms")"#, r#"Exponential(mean: "10 ms")"#] {
            let cell = overloaded(rule, law);
            println!(
                "{rule} {law}: mean {:.1} p99 {:.1} throughput {:.0} limit {:.1} in flight {:.1}",
                value(&cell, "latency_mean") * 1e3,
                value(&cell, "latency_p99") * 1e3,
                value(&cell, "throughput"),
                of(&cell, "limit", "limit"),
                of(&cell, "limit", "in_flight")
            );
        }
    }
}
