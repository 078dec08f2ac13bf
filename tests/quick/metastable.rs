//! Metastable failures: whether systems come back after a trigger, against the outcomes of a published simulator.
//!
//! The systems, the triggers and the outcomes are those of Brooker's stability simulator, where every seed that was
//! tried had the same outcome: goodput below 10 % of what is offered is a collapse, at least 90 % a recovery.

use crate::answers::answer;
use crate::values::{estimate, only_cell, value};
use rushhour::lab::results::{Cell, ClaimResult, Verdict};

fn run(system: &str, trouble: &str) -> Cell {
    only_cell(answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "60 s", replications: 8, seed: 7),
            measure: [Goodput, Recovery{trouble}],
        )"#
    )))
}

/// Goodput of each replication in the later half of the time after the trouble.
fn after(cell: &Cell) -> Vec<f64> {
    estimate(cell, "goodput_after").replicates.iter().map(|value| value.expect("there is a time after")).collect()
}

fn during(cell: &Cell) -> f64 {
    value(cell, "goodput_during")
}

/// Two servers of 50 a second take 70; one is down for five seconds.
fn retry_storm(more: &str) -> Cell {
    run(
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "70/s"), attempt_timeout: "1 s", to: "lb"{more}),
                "lb": Balancer(policy: RoundRobin, to: "web"),
                "web": Fleet(servers: 2, workers: 5, queue: 10000, service: Exponential(mean: "100 ms")),
            }}, faults: [(at: "5 s", node: "web", servers: [0], fault: Crash, lasts: "5 s")]"#
        ),
        "",
    )
}

#[test]
fn three_immediate_retries_keep_a_system_down_that_recovers_without() {
    let naive = retry_storm(", retry: Retry(attempts: 4, backoff: Immediate)");
    assert!(after(&naive).iter().all(|&goodput| goodput < 7.0), "{:?}", after(&naive));
    for remedy in ["", ", retry: Retry(attempts: 4, backoff: Immediate, budget: RetryBucket)"] {
        let cell = retry_storm(remedy);
        assert!(after(&cell).iter().all(|&goodput| goodput > 63.0), "{remedy}: {:?}", after(&cell));
    }
}

#[test]
fn a_server_that_fails_at_once_attracts_what_is_counted_and_lets_go_when_it_is_back() {
    let cell = run(
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "150/s"), to: "lb"),
            "lb": Balancer(policy: LeastConnections, health: Unaware, to: "web"),
            "web": Fleet(servers: 3, workers: 20, service: Exponential(mean: "50 ms")),
        }, faults: [(at: "8 s", node: "web", servers: [0], fault: Crash, lasts: "10 s")]"#,
        "",
    );
    // Published: 29.8 of 150 from two seconds after the beginning until two seconds after the end.
    assert!((20.0..40.0).contains(&during(&cell)), "{}", during(&cell));
    assert!(after(&cell).iter().all(|&goodput| goodput > 135.0), "{:?}", after(&cell));
}

/// Ten workers of 10 a second take 90, with patience of a second and no end to the queue.
fn stale_work(fault: &str) -> Cell {
    run(
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "90/s"), timeout: "1 s", to: "web"),
                "web": Fleet(workers: 10, service: Exponential(mean: "100 ms")),
            }}, faults: [{fault}]"#
        ),
        r#"(start: "8 s", end: "16 s")"#,
    )
}

#[test]
fn an_endless_queue_serves_no_request_in_time_long_after_the_trigger() {
    let slow = stale_work(r#"(at: "8 s", node: "web", fault: SlowDown(factor: 3), lasts: "8 s")"#);
    let windows = &slow.series.iter().find(|series| series.quantity == "goodput").expect("a series").mean;
    // Published: nothing at all from 20 s to 40 s in the run that is shown, and then it depends on the seed.
    let between: Vec<f64> = windows[40..60].iter().map(|goodput| goodput.expect("a window")).collect();
    assert!(between.iter().sum::<f64>() / 20.0 < 18.0, "{between:?}");
    let plain = stale_work("");
    assert!(after(&plain).iter().all(|&goodput| goodput > 75.0), "{:?}", after(&plain));
}

#[test]
fn a_recovery_that_does_not_come_takes_longer_than_any_bound() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "70/s"), attempt_timeout: "1 s", to: "lb"),
                "lb": Balancer(policy: RoundRobin, to: "web"),
                "web": Fleet(servers: 2, workers: 5, queue: 10000, service: Exponential(mean: "100 ms")),
            }, faults: [(at: "10 s", node: "web", servers: [0], fault: Crash, lasts: "5 s")]),
            run: (duration: "90 s", replications: 8, seed: 7),
            arms: {"once": {}, "again and again": {"users.retry": Retry(attempts: 4, backoff: Immediate)}},
            measure: [Recovery],
            claims: [
                Below(RecoveryTime("once"), "30 s"),
                Below(RecoveryTime("again and again"), "1000 s"),
                Less(RecoveryTime("once"), RecoveryTime("again and again")),
                Above(RecoveryTime("again and again"), "1000 s"),
            ],
        )"#,
    );
    let verdicts: Vec<Verdict> = results.claims.iter().map(|claim| claim.verdict).collect();
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Fails, Verdict::Holds, Verdict::Holds], "{:?}", results.claims);
}

#[test]
fn a_run_that_overflows_decides_nothing_about_its_recovery() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }, faults: [(at: "10 s", node: "web", fault: SlowDown(factor: 100), lasts: "20 s")]),
            run: (duration: "100 s", replications: 5, seed: 1, in_flight: 500),
            measure: [Recovery],
            claims: [
                Above(Recovered, "90 %"),
                Below(Recovered, "60 %"),
                Above(GoodputLeft, "90 %"),
                Below(RecoveryTime, "100 s"),
                StaysDown,
            ],
        )"#,
    );
    // It was cut short, so nothing is decided: neither that it recovers nor that it stays down.
    let why = |claim: &ClaimResult| claim.verdict == Verdict::Undecided && claim.evidence.contains("cut short");
    assert!(results.claims.iter().all(why), "{:?}", results.claims);
}
