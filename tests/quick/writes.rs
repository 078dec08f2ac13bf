//! Writes whose work is done more than once, for retries and hedges.

use crate::answers::answer;
use crate::values;
use crate::values::{estimate, node_estimate};
use rushhour::lab::results::{Results, Verdict};

/// Ten calls a second, each of which takes 100 ms of work at one of many workers.
fn system(clients: &str, web: &str, more: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web", {clients}),
                "web": Fleet(workers: 1000, service: Constant("100 ms"){web}),
            }}{more}),
            run: (duration: "20.05 s", replications: 2),
            measure: [DuplicateWrites, Attempts, DropRate, WastedWork],
        )"#
    ))
}

fn value(results: &Results, id: &str) -> f64 {
    values::value(&results.cells[0], id)
}

#[test]
fn a_call_tried_again_while_its_work_goes_on_is_done_twice() {
    // Each attempt times out 20 ms before its answer; its work goes on, and all three are done.
    let retried = r#"writes: "100 %", attempt_timeout: "80 ms", retry: Retry(attempts: 3, backoff: Immediate)"#;
    let results = system(retried, "", "");
    // Of the last call, attempts are still to come.
    assert!(value(&results, "attempts") > 2.98, "{}", value(&results, "attempts"));
    assert!(value(&results, "duplicate_writes") > 0.98, "{}", value(&results, "duplicate_writes"));
    // Work that is cancelled before its end is not done.
    let cancelled = system(&format!("{retried}, cancels: true"), "", "");
    assert_eq!(value(&cancelled, "duplicate_writes"), 0.0);
    // Clients that know better do not ask again.
    let careful = system(&format!("{retried}, repeats_writes: false"), "", "");
    assert_eq!((value(&careful, "duplicate_writes"), value(&careful, "attempts")), (0.0, 1.0));
}

#[test]
fn a_hedge_does_the_work_again_unless_it_is_taken_back_in_time() {
    let hedged = r#"writes: "100 %", hedge: Hedge(after: "50 ms")"#;
    let results = system(hedged, "", "");
    assert!(value(&results, "duplicate_writes") > 0.98, "{}", value(&results, "duplicate_writes"));
    let cancelled = system(&format!("{hedged}, cancels: true"), "", "");
    assert_eq!(value(&cancelled, "duplicate_writes"), 0.0);
    let careful = system(&format!("{hedged}, repeats_writes: false"), "", "");
    assert_eq!((value(&careful, "duplicate_writes"), value(&careful, "attempts")), (0.0, 1.0));
}

#[test]
fn a_request_that_was_rejected_or_failed_did_no_work() {
    let retry = r#"writes: "100 %", retry: Retry(attempts: 3, backoff: Immediate)"#;
    let failing = system(retry, "", r#", faults: [(at: "0 s", node: "web", fault: Errors(rate: "50 %"))]"#);
    assert!(value(&failing, "attempts") > 1.2);
    assert_eq!(value(&failing, "duplicate_writes"), 0.0);
    // What never reached a server is tried again even by careful clients, an error is not.
    let down = r#", faults: [(at: "0 s", node: "web", fault: Crash)]"#;
    let careful = system(&format!("{retry}, repeats_writes: false"), "", down);
    assert_eq!(value(&careful, "attempts"), 3.0);
    let careful = system(
        &format!("{retry}, repeats_writes: false"),
        "",
        r#", faults: [(at: "0 s", node: "web", fault: Errors(rate: "100 %"))]"#,
    );
    assert_eq!(value(&careful, "attempts"), 1.0);
}

#[test]
fn only_calls_that_write_are_counted_and_counting_changes_nothing() {
    let hedge = r#"hedge: Hedge(after: "50 ms")"#;
    let some = system(&format!(r#"writes: "30 %", {hedge}"#), "", "");
    let cell = &some.cells[0];
    let (writes, offered) = (node_estimate(cell, "users", "writes"), node_estimate(cell, "users", "offered"));
    let share = writes.value.expect("counted") / offered.value.expect("counted");
    assert!((share - 0.3).abs() < 0.1, "{share}");
    assert!(value(&some, "duplicate_writes") > 0.95);
    let all = system(&format!(r#"writes: "100 %", {hedge}"#), "", "");
    for id in ["attempts", "drop_rate", "wasted_work"] {
        assert_eq!(estimate(cell, id), estimate(&all.cells[0], id), "{id}");
    }
}

#[test]
fn a_claim_may_speak_of_writes_done_twice() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "50/s"), to: "web", writes: "20 %", hedge: Hedge(after: "20 ms")),
                "web": Fleet(workers: 100, service: Exponential(mean: "20 ms")),
            }),
            run: (duration: "30 s", replications: 4),
            arms: {"hedges": {}, "careful": {"users.repeats_writes": false}},
            measure: [DuplicateWrites],
            claims: [Above(DuplicateWrites("hedges"), "20 %"), Below(DuplicateWrites("careful"), "1 %"),
                Less(DuplicateWrites("careful"), DuplicateWrites("hedges"))],
        )"#,
    );
    assert!(results.claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{:?}", results.claims);
}

/// Calls through nodes that do not wait for ever: a balancer that asks another server, and a fallback.
#[test]
fn work_that_a_node_asked_for_again_is_counted_wherever_it_was_asked() {
    let through = |clients: &str, node: &str, more: &str| {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "node", writes: "100 %", {clients}),
                    "node": {node},
                    "web": Fleet(servers: 2, workers: 1000, service: Constant("100 ms")),
                }}{more}),
                run: (duration: "60.05 s", replications: 2),
                measure: [DuplicateWrites, DropRate],
            )"#
        ));
        let value = |id: &str| values::value(&results.cells[0], id);
        (value("duplicate_writes"), value("drop_rate"))
    };
    let elsewhere =
        |timeout: &str| format!(r#"Balancer(timeout: "{timeout}", retry: RetryElsewhere(on: [TimedOut]), to: "web")"#);
    // Both servers take longer than the balancer waits, and finish nevertheless.
    let (twice, dropped) = through("", &elsewhere("50 ms"), "");
    assert!(twice > 0.98 && dropped == 1.0, "{twice}, {dropped}");
    // The first server is slow, the second answers: the call is over before, or after, the first is done.
    for factor in ["1.5", "5"] {
        let slow = format!(r#", faults: [(at: "0 s", node: "web", servers: [0], fault: SlowDown(factor: {factor}))]"#);
        let (twice, dropped) = through("", &elsewhere("110 ms"), &slow);
        assert!((0.47..0.53).contains(&twice) && dropped == 0.0, "{twice}, {dropped}");
    }
    // Answers of one server are lost on their way back.
    let lost = r#", faults: [(at: "0 s", node: "node", to: "web", servers: [0], fault: Partition(way: Back))]"#;
    let (twice, dropped) = through("", &elsewhere("150 ms"), lost);
    assert!((0.47..0.53).contains(&twice) && dropped == 0.0, "{twice}, {dropped}");
    // No request is sent twice, though the balancer does not wait: once.
    let (twice, dropped) = through("", r#"Balancer(timeout: "50 ms", to: "web")"#, "");
    assert_eq!((twice, dropped), (0.0, 1.0));
    // The client asks again when the balancer has not waited.
    let retry = r#"retry: Retry(attempts: 2, backoff: Immediate)"#;
    let (twice, dropped) = through(retry, r#"Balancer(timeout: "50 ms", to: "web")"#, "");
    assert!(twice > 0.98 && dropped == 1.0, "{twice}, {dropped}");
}
