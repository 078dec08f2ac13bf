//! Circuit breakers in whole systems.

use crate::answers::answer;
use crate::ledger::ended_as;
use crate::values::node_value;
use rushhour::lab::results::{Cell, Results};

fn run(seconds: u32, system: &str) -> Results {
    answer(&format!(
        r#"Experiment(system: System({system}), run: (duration: "{seconds} s", replications: 2, seed: 3))"#
    ))
}

/// Requests that ended in `outcome`, a replication.
fn count(cell: &Cell, outcome: &str) -> f64 {
    ended_as(cell, outcome) as f64 / f64::from(cell.replications)
}

#[test]
fn five_failures_open_a_circuit_for_a_minute() {
    // A request each 100 ms. All fail from 20 s on, until 50 s.
    let results = run(
        200,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "breaker"),
            "breaker": Breaker(rule: ConsecutiveFailures, to: "web"),
            "web": Fleet(workers: 100, service: Constant("1 ms")),
        }, faults: [(at: "20.05 s", node: "web", fault: Errors(rate: "100 %"), lasts: "30 s")]"#,
    );
    let cell = &results.cells[0];
    // Failures at 20.1, 20.2, 20.3, 20.4 and 20.5 s, each 1 ms later. A minute after 20.501 s the next request comes at
    // 80.6 s, and is served.
    assert_eq!(count(cell, "failed: error answer"), 5.0);
    assert_eq!(count(cell, "rejected: circuit open by breaker"), 600.0);
    assert_eq!(node_value(cell, "breaker", "openings"), 1.0);
    let open = node_value(cell, "breaker", "open") * 200.0;
    assert!((open - (80.6 - 20.501)).abs() < 1e-9, "{open}");
    let half_open = node_value(cell, "breaker", "half_open") * 200.0;
    assert!((half_open - 0.001).abs() < 1e-9, "{half_open}");
}

#[test]
fn a_trial_that_fails_opens_it_anew() {
    let results = run(
        20,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "breaker"),
            "breaker": Breaker(rule: ConsecutiveFailures(failures: 3, recovery: "2 s"), to: "web"),
            "web": Fleet(workers: 100, service: Constant("1 ms")),
        }, faults: [(at: "0 s", node: "web", fault: Errors(rate: "100 %"))]"#,
    );
    let cell = &results.cells[0];
    // Open from 0.301 s on; trials at 2.4, 4.5, 6.6 s and so on, each 2.1 s after the one before.
    assert_eq!(count(cell, "failed: error answer"), 3.0 + 9.0);
    assert_eq!(node_value(cell, "breaker", "openings"), 10.0);
    assert_eq!(count(cell, "served"), 0.0);
}

#[test]
fn every_server_may_have_a_circuit_of_its_own() {
    let with = |per: &str| {
        run(
            60,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "400/s"), to: "lb"),
                    "lb": Balancer(policy: RoundRobin, to: "breaker"),
                    "breaker": Breaker(per: {per}, to: "web"),
                    "web": Fleet(servers: 4, workers: 10, service: Exponential(mean: "5 ms")),
                }}, faults: [(at: "20 s", node: "web", servers: [2], fault: Errors(rate: "100 %"))]"#
            ),
        )
    };
    // A quarter of all calls fails: not enough for one circuit of the whole service.
    let (server, service) = (with("Server"), with("Service"));
    assert_eq!(node_value(&service.cells[0], "breaker", "openings"), 0.0);
    assert!(count(&service.cells[0], "failed") > 3500.0);
    assert_eq!(node_value(&server.cells[0], "breaker", "openings"), 1.0);
    // Fifty of the last hundred calls must fail, and ten trials may.
    assert!((45.0..=70.0).contains(&count(&server.cells[0], "failed")), "{}", count(&server.cells[0], "failed"));
    // One of four circuits, for forty of sixty seconds.
    assert!((node_value(&server.cells[0], "breaker", "open") - 1.0 / 6.0).abs() < 0.01);
}

#[test]
fn a_breaker_that_is_told_how_long_is_too_long_opens_before_the_answers_come() {
    let with = |timeout: &str| {
        run(
            30,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "breaker"),
                    "breaker": Breaker(rule: ConsecutiveFailures(failures: 5, recovery: "100 s"), timeout: {timeout}, to: "web"),
                    "web": Fleet(workers: 10000, service: Constant("50 ms")),
                }}, faults: [(at: "10 s", node: "web", fault: SlowDown(factor: 100))]"#
            ),
        )
    };
    let (patient, hasty) = (with("None"), with("\"200 ms\""));
    // Answers that come late are answers all the same.
    assert_eq!(node_value(&patient.cells[0], "breaker", "openings"), 0.0);
    // What is under way at 10 s is slowed down too: the fifth slow call is 200 ms old at about 10.2 s.
    assert_eq!(node_value(&hasty.cells[0], "breaker", "openings"), 1.0);
    let passed = count(&hasty.cells[0], "served");
    assert!((1015.0..=1025.0).contains(&passed), "{passed}");
}

#[test]
fn answers_that_no_client_waits_for_count_as_failures() {
    let results = run(
        60,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "breaker", timeout: "200 ms"),
            "breaker": Breaker(rule: FailureRate(wait: "5 s"), to: "web"),
            "web": Fleet(workers: 1, service: Constant("8 ms")),
        }, faults: [(at: "10 s", node: "web", fault: SlowDown(factor: 5), lasts: "10 s")]"#,
    );
    let cell = &results.cells[0];
    assert!(node_value(cell, "breaker", "openings") >= 1.0);
    assert!(count(cell, "rejected: circuit open") > 100.0);
}

#[test]
fn what_was_under_way_when_a_circuit_opened_does_not_close_it() {
    // A hundred calls are under way at any time, and six of ten fail.
    let results = run(
        300,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "200/s"), to: "breaker"),
            "breaker": Breaker(rule: ConsecutiveFailures(failures: 5, recovery: "60 s"), to: "web"),
            "web": Fleet(workers: 1000, service: Constant("500 ms")),
        }, faults: [(at: "0 s", node: "web", fault: Errors(rate: "60 %"))]"#,
    );
    let cell = &results.cells[0];
    // Each time it is open for a minute; two of five trials close it, and then it soon opens again.
    assert!(node_value(cell, "breaker", "open") > 0.9, "{}", node_value(cell, "breaker", "open"));
    assert!(
        (4.0..=6.0).contains(&node_value(cell, "breaker", "openings")),
        "{}",
        node_value(cell, "breaker", "openings")
    );
}

#[test]
fn a_trial_that_takes_too_long_opens_the_circuit_when_its_time_is_over() {
    // A request each 10 s, of which the first is lost; after that nothing is ever answered.
    let results = run(
        3600,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "6/min"), to: "breaker"),
            "breaker": Breaker(rule: FailureRate(window: Calls(1), least: 1, trials: 1, wait: "5 s", longest_trial: "1 s"), to: "web"),
            "web": Fleet(workers: 1000, service: Constant("10000 s")),
        }, faults: [(at: "5 s", node: "web", fault: Crash, lasts: "10 s")]"#,
    );
    let cell = &results.cells[0];
    assert_eq!(count(cell, "rejected: circuit open by breaker"), 0.0);
    // Half open for a second each time.
    let (openings, half_open) =
        (node_value(cell, "breaker", "openings"), node_value(cell, "breaker", "half_open") * 3600.0);
    assert!((half_open - (openings - 1.0)).abs() <= 1.0 && openings > 350.0, "{half_open} s, {openings} openings");
}

/// Twenty calls of a second at once: behind a breaker that calls the service inside of its lock they end at 1, 2 ... 20 s.
#[test]
fn a_serial_breaker_makes_one_call_at_a_time() {
    let with = |serial: bool| {
        run(
            55,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Users(count: 20, think: Constant("30 s")), to: "breaker"),
                    "breaker": Breaker(rule: ConsecutiveFailures, serial: {serial}, to: "web"),
                    "web": Fleet(workers: 20, service: Constant("1 s")),
                }}"#
            ),
        )
    };
    for (serial, latency) in [(true, 10.5), (false, 1.0)] {
        let results = with(serial);
        let cell = &results.cells[0];
        assert_eq!(count(cell, "served"), 20.0);
        let mean = node_value(cell, "users", "latency_mean");
        assert!((mean - latency).abs() < 1e-9, "{mean}");
    }
    // 19 + 18 + ... + 1 seconds of waiting.
    let waiting = node_value(&with(true).cells[0], "breaker", "waiting") * 55.0;
    assert!((waiting - 190.0).abs() < 1e-6, "{waiting}");
}

/// Three calls at once, all of which fail at first. The first of them opens the circuit for five seconds; ten seconds later
/// the service is well again. In line, the first closes the circuit and the others find it closed; at once, only the trial
/// goes through.
#[test]
fn half_open_all_who_wait_for_a_serial_breaker_are_served() {
    let with = |serial: bool| {
        let results = run(
            28,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Users(count: 3, think: Constant("10 s")), to: "breaker"),
                    "breaker": Breaker(
                        rule: ConsecutiveFailures(failures: 1, recovery: "5 s"), serial: {serial}, to: "web",
                    ),
                    "web": Fleet(workers: 20, service: Constant("1 s")),
                }}, faults: [(at: "0 s", node: "web", fault: Errors(rate: "100 %"), lasts: "15 s")]"#
            ),
        );
        let cell = &results.cells[0];
        [count(cell, "served"), count(cell, "failed: error answer"), count(cell, "rejected: circuit open")]
    };
    assert_eq!(with(true), [3.0, 1.0, 2.0]);
    assert_eq!(with(false), [1.0, 3.0, 2.0]);
}

/// A client that takes its request back leaves the line; the books balance, which every run checks.
#[test]
fn who_is_taken_back_leaves_the_line_of_a_serial_breaker() {
    let results = run(
        60,
        r#"nodes: {
            "users": Clients(
                arrivals: Poisson(rate: "15/s"), to: (to: "breaker", delay: Constant("5 ms")),
                timeout: "500 ms", hedge: Hedge(after: "150 ms"), cancels: true,
            ),
            "breaker": Breaker(rule: ConsecutiveFailures(failures: 5, recovery: "100 ms"), serial: true, to: "lb"),
            "lb": Balancer(policy: RoundRobin, to: (to: "web", delay: Exponential(mean: "2 ms"))),
            "web": Fleet(servers: 2, service: Exponential(mean: "50 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert!(count(cell, "served") > 300.0 && count(cell, "timed out") > 10.0);
}

#[test]
fn a_breaker_counts_the_ends_that_it_is_told_to() {
    let openings = |lists: &str, fault: &str| {
        let results = run(
            20,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "breaker"),
                    "breaker": Breaker(rule: ConsecutiveFailures(recovery: "100 s"), {lists} to: "web"),
                    "web": Fleet(workers: 100, service: Constant("1 ms")),
                }}, faults: [(at: "5 s", node: "web", fault: {fault})]"#
            ),
        );
        node_value(&results.cells[0], "breaker", "openings")
    };
    let errors = r#"Errors(rate: "100 %")"#;
    assert_eq!([openings("", errors), openings("", "Crash")], [1.0, 1.0]);
    for lists in ["failures: [Refused, Crashed],", "ignored: [Error],", "failures: [Error], ignored: [Error],"] {
        assert_eq!(openings(lists, errors), 0.0, "{lists}");
    }
    assert_eq!(openings("failures: [Refused, Crashed],", "Crash"), 1.0);
}
