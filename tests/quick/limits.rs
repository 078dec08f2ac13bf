//! Concurrency limits and fallbacks in whole systems.

use crate::answers::answer;
use crate::ledger::ended_as_of;
use crate::statistics::t_statistic;
use crate::values::{node_estimate, node_value, only_cell, value};
use rushhour::lab::results::{Cell, Results};
use rushhour::stats::theory::{ErlangB, Mmck};

fn run(seconds: u32, replications: u32, system: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "{seconds} s", warm_up: "5 s", replications: {replications}, seed: 5),
            measure: [Latency([0.5, 0.99]), Throughput, DropRate, Goodput, Utilization],
        )"#
    ))
}

/// What a system gave in one replication.
fn one(seconds: u32, system: &str) -> Cell {
    only_cell(run(seconds, 1, system))
}

/// Ten workers that do 1000 requests a second together, with twice as much before them, from clients who wait 100 ms.
fn overloaded(limit: &str, service: &str) -> Cell {
    one(
        30,
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "2000/s"), timeout: "100 ms", to: "limit"),
                "limit": ConcurrencyLimiter(limit: {limit}, to: "web"),
                "web": Fleet(workers: 10, service: {service}),
            }}"#
        ),
    )
}

#[test]
fn limits_keep_goodput_and_latency_where_an_unlimited_service_has_neither() {
    let constant = r#"Constant("10 ms")"#;
    let varied = r#"Erlang(shape: 16, mean: "10 ms")"#;
    // The queue grows without end, and every request is served after its client has given up.
    let unlimited = overloaded("Fixed(1000000)", constant);
    assert!(ended_as_of(&unlimited, "users", "timed out") > 55_000);
    for (limit, service, goodput, mean) in [
        ("Fixed(15)", constant, 990.0, 0.016),
        ("Fixed(15)", varied, 980.0, 0.016),
        (r#"Aimd(timeout: "25 ms")"#, constant, 980.0, 0.031),
        (r#"Aimd(timeout: "25 ms")"#, varied, 980.0, 0.031),
        ("Vegas", constant, 950.0, 0.018),
        // Where service times differ, the shortest is no round trip without a queue: Vegas stays below what it could.
        ("Vegas", varied, 800.0, 0.013),
        // Where the overload lasts, the long run is one of long round trips: this limit drifts up and falls back.
        ("Gradient2", constant, 900.0, 0.065),
        (r"Gradient2(tolerance: 1.0)", varied, 970.0, 0.040),
    ] {
        let cell = overloaded(limit, service);
        let (throughput, latency) = (value(&cell, "throughput"), value(&cell, "latency_mean"));
        assert!(throughput > goodput && throughput < 1010.0, "{limit} {service}: {throughput}/s");
        assert!(latency > 0.0095 && latency < mean, "{limit} {service}: {latency} s");
        assert!(ended_as_of(&cell, "users", "rejected: concurrency limit by limit") > 20_000, "{:?}", cell.ledger);
        assert!(node_value(&cell, "limit", "in_flight") <= node_value(&cell, "limit", "limit") + 2.0, "{limit}");
    }
}

#[test]
fn a_limit_that_is_not_reached_changes_nothing() {
    let with = |first: &str, limiter: &str| {
        let system = format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "300/s"), to: "{first}"), {limiter}
                "web": Fleet(workers: 4, service: Exponential(mean: "10 ms")),
            }}"#
        );
        only_cell(run(30, 3, &system))
    };
    let plain = with("web", "");
    for limit in ["Fixed(1000)", "Aimd(initial: 200)", "Vegas(initial: 1000)", "Gradient2(initial: 200, least: 200)"] {
        let limited = with("limit", &format!(r#""limit": ConcurrencyLimiter(limit: {limit}, to: "web"),"#));
        assert_eq!(limited.estimates, plain.estimates, "{limit}");
    }
}

#[test]
fn as_many_permits_as_workers_make_an_erlang_loss_system() {
    let results = run(
        60,
        40,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "900/s"), to: "limit"),
            "limit": ConcurrencyLimiter(limit: Fixed(8), to: "web"),
            "web": Fleet(workers: 8, service: Exponential(mean: "10 ms")),
        }"#,
    );
    let theory = ErlangB::new(900.0, 0.01, 8).expect("valid");
    for (id, expected) in [("share_rejected", theory.blocked()), ("in_flight", theory.in_system())] {
        let t = t_statistic(node_estimate(&results.cells[0], "limit", id), expected);
        assert!(t.abs() < 6.5, "{id}: {t}");
    }
}

#[test]
fn a_queue_before_the_permits_is_that_of_theory() {
    // Who waits at the limiter waits as at the workers: M/M/8/13.
    let results = run(
        60,
        40,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "900/s"), to: "limit"),
            "limit": ConcurrencyLimiter(limit: Fixed(8), wait: "1 h", queue: 5, to: "web"),
            "web": Fleet(workers: 8, service: Exponential(mean: "10 ms")),
        }"#,
    );
    let theory = Mmck::new(900.0, 100.0, 8, 5).expect("valid");
    let cell = &results.cells[0];
    for (id, expected) in [("share_rejected", theory.blocked()), ("waiting", theory.in_queue())] {
        let t = t_statistic(node_estimate(cell, "limit", id), expected);
        assert!(t.abs() < 6.5, "{id}: {t}");
    }
    assert!(ended_as_of(cell, "users", "rejected: queue full by limit") > 0);
    assert_eq!(node_value(cell, "web", "queue"), 0.0);
}

#[test]
fn a_request_that_has_waited_long_enough_is_rejected() {
    // A request every 10 ms, and one worker that takes 100 ms.
    let cell = one(
        65,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "limit"),
            "limit": ConcurrencyLimiter(limit: Fixed(1), wait: "25 ms", to: "web"),
            "web": Fleet(service: Constant("100 ms")),
        }"#,
    );
    // Of ten requests in 100 ms one is served. The others wait 25 ms in vain, the one that is served for less.
    assert!((value(&cell, "throughput") - 10.0).abs() < 0.1);
    assert!((node_value(&cell, "limit", "rejected") - 90.0).abs() < 0.2);
    assert!((node_value(&cell, "limit", "waiting") - 2.4).abs() < 0.15, "{}", node_value(&cell, "limit", "waiting"));
    let waited = ended_as_of(&cell, "users", "rejected: waited too long by limit");
    assert!(waited.abs_diff(65 * 90) <= 20, "{waited}");
}

#[test]
fn a_limit_for_each_server_leaves_no_queue_at_any() {
    let with = |limit: &str| {
        one(
            35,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "1500/s"), to: "lb"),
                    "lb": Balancer(policy: Random, to: "limit"),
                    "limit": ConcurrencyLimiter({limit}, to: "web"),
                    "web": Fleet(servers: 4, workers: 3, service: Exponential(mean: "10 ms")),
                }}"#
            ),
        )
    };
    let (each, all) = (with("limit: Fixed(3), per: Server"), with("limit: Fixed(12)"));
    assert_eq!(node_value(&each, "web", "queue"), 0.0);
    assert!(node_value(&all, "web", "queue") > 1.0);
    assert_eq!((node_value(&each, "limit", "limit"), node_value(&all, "limit", "limit")), (12.0, 12.0));
    // Each server is a loss system of its own.
    let theory = ErlangB::new(375.0, 0.01, 3).expect("valid");
    let blocked = node_value(&each, "limit", "share_rejected");
    assert!((blocked - theory.blocked()).abs() < 0.02, "{blocked} of {}", theory.blocked());
}

#[test]
fn who_has_a_share_gets_it_under_pressure() {
    let with = |shares: &str| {
        let cell = one(
            35,
            &format!(
                r#"nodes: {{
                    "premium": Clients(arrivals: Poisson(rate: "400/s"), to: "limit"),
                    "basic": Clients(arrivals: Poisson(rate: "2000/s"), to: "limit"),
                    "limit": ConcurrencyLimiter(limit: Fixed(20), shares: {shares}, to: "web"),
                    "web": Fleet(workers: 20, service: Exponential(mean: "10 ms")),
                }}"#
            ),
        );
        let share = |clients: &str| {
            let served = ended_as_of(&cell, clients, "served") as f64;
            served / (served + ended_as_of(&cell, clients, "rejected") as f64)
        };
        (share("premium"), share("basic"), node_value(&cell, "limit", "in_flight"))
    };
    let (premium, basic, _) = with("{}");
    assert!((premium - basic).abs() < 0.02, "{premium} {basic}");
    // Twelve permits are kept for a load of four.
    let (kept, rest, in_flight) = with(r#"{"premium": "60 %"}"#);
    assert!(kept > 0.999, "{kept}");
    assert!(rest < basic && rest > 0.66, "{rest} of {basic}");
    // For a while more than the limit may be in flight: as many more as premium holds at most.
    assert!(in_flight < 20.0 + 4.0, "{in_flight}");
}

/// A request every 10 ms, and a service that fails from 10 s to 20 s.
fn failing(fallback: &str, more: &str) -> Cell {
    one(
        35,
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "fallback"),
                "fallback": Fallback({fallback}, to: "web"),
                "web": Fleet(workers: 10, service: Constant("1 ms")), {more}
            }}, faults: [(at: "10 s", node: "web", fault: Errors(rate: "100 %"), lasts: "10 s")]"#
        ),
    )
}

const DEGRADED: &str = "served: degraded";

#[test]
fn an_answer_is_stale_until_it_is_too_old_and_then_the_next_one_is_given() {
    let cell = failing(r#"answers: [Stale(age: "4 s"), Default(takes: "5 ms")]"#, "");
    let degraded = ended_as_of(&cell, "users", DEGRADED);
    assert!(degraded.abs_diff(1000) <= 2, "{:?}", cell.ledger);
    let seconds = 30.0;
    assert!((node_value(&cell, "fallback", "stale") * seconds - 400.0).abs() <= 2.0);
    assert!((node_value(&cell, "fallback", "default") * seconds - 600.0).abs() <= 2.0);
    assert!((node_value(&cell, "fallback", "degraded") * seconds - 1000.0).abs() <= 2.0);
    assert!((node_value(&cell, "fallback", "share_degraded") - 1.0 / 3.0).abs() < 1e-3);
    assert_eq!(ended_as_of(&cell, "users", "failed"), 0);
}

#[test]
fn a_failure_stands_where_no_answer_is_found_or_it_is_not_covered() {
    let bare = failing(r#"answers: [Stale(age: "4 s")]"#, "");
    assert!(ended_as_of(&bare, "users", "failed: error answer by web").abs_diff(600) <= 2, "{:?}", bare.ledger);
    assert!((node_value(&bare, "fallback", "bare") * 30.0 - 600.0).abs() <= 2.0);
    let uncovered = failing("on: [Rejection, Refused], answers: [Default]", "");
    assert!(
        ended_as_of(&uncovered, "users", "failed: error answer by web").abs_diff(1000) <= 2,
        "{:?}",
        uncovered.ledger
    );
    assert_eq!(node_value(&uncovered, "fallback", "degraded"), 0.0);
}

#[test]
fn another_node_gives_smaller_answers_and_the_next_is_given_where_it_does_not() {
    // It takes 30 ms with two workers and no queue: two of three requests at most.
    let cell = failing(
        r#"answers: [Smaller(to: (to: "lite", delay: Constant("2 ms"))), Default]"#,
        r#""lite": Fleet(workers: 2, queue: 0, service: Constant("30 ms")),"#,
    );
    let (smaller, default) =
        (node_value(&cell, "fallback", "smaller") * 30.0, node_value(&cell, "fallback", "default") * 30.0);
    assert!((smaller + default - 1000.0).abs() <= 2.0, "{smaller} {default}");
    assert!((smaller - 2.0 * default).abs() < 350.0 && smaller > 450.0 && default > 250.0, "{smaller} {default}");
    assert!((node_value(&cell, "lite", "departures") * 30.0 - smaller - default).abs() < 1.0);
    assert!(ended_as_of(&cell, "users", DEGRADED).abs_diff(1000) <= 2);
}

#[test]
fn what_takes_too_long_gets_another_answer_while_the_work_goes_on() {
    let with = |answers: &str| {
        one(
            35,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "fallback"),
                    "fallback": Fallback(timeout: "50 ms", answers: [{answers}], to: "web"),
                    "web": Fleet(workers: 100, service: Constant("200 ms")),
                }}"#
            ),
        )
    };
    // Late answers are remembered: all requests but the first get a stale one.
    for (answers, kind) in [("Default", "default"), ("Stale, Default", "stale"), ("Stale", "stale")] {
        let cell = with(answers);
        assert!((node_value(&cell, "fallback", kind) - 100.0).abs() < 0.1, "{answers}");
        assert!((node_value(&cell, "fallback", "overdue") - 100.0).abs() < 0.1, "{answers}");
        assert!((node_value(&cell, "fallback", "late") - 100.0).abs() < 0.1, "{answers}");
        assert!((node_value(&cell, "web", "departures") - 100.0).abs() < 0.1, "{answers}");
        assert!((node_value(&cell, "web", "utilization") - 0.2).abs() < 1e-3, "{answers}");
        let (served, failed) =
            (ended_as_of(&cell, "users", "served"), ended_as_of(&cell, "users", "failed: error answer by fallback"));
        assert!(served > 2990 && failed <= if answers == "Stale" { 20 } else { 0 }, "{answers}: {:?}", cell.ledger);
    }
}

#[test]
fn an_open_circuit_is_covered() {
    let cell = one(
        35,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), timeout: "1 s", to: (to: "fallback", delay: Constant("1 ms"))),
            "fallback": Fallback(on: [CircuitOpen], answers: [Default], to: "breaker"),
            "breaker": Breaker(rule: ConsecutiveFailures(recovery: "1 s"), to: "web"),
            "web": Fleet(workers: 10, service: Constant("1 ms")),
        }, faults: [(at: "10 s", node: "web", fault: Crash, lasts: "10 s")]"#,
    );
    // Only the few calls that try the service fail.
    let failed = ended_as_of(&cell, "users", "failed: connection refused by web");
    assert!((5..20).contains(&failed), "{:?}", cell.ledger);
    let degraded = node_value(&cell, "fallback", "default") * 30.0;
    assert!((850.0..1150.0).contains(&degraded), "{degraded}");
    assert_eq!(ended_as_of(&cell, "users", "rejected"), 0);
}

#[test]
fn a_limit_learns_nothing_from_those_who_waited_for_it_too_long() {
    // Ten times slower for 3 s: the queue before the permits grows to more than clients wait for. The limit must come back.
    let goodput = |deadlines: bool| {
        let results = run(
            300,
            1,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "120/s"), to: "lim", timeout: "300 ms", propagates_deadline: {deadlines}),
                    "lim": ConcurrencyLimiter(limit: Aimd(initial: 20, least: 1, most: 20), wait: "1 s", to: "web"),
                    "web": Fleet(workers: 20, service: Exponential(mean: "100 ms")),
                }}, faults: [(at: "20 s", node: "web", fault: SlowDown(factor: 10), lasts: "3 s")]"#
            ),
        );
        value(&results.cells[0], "goodput")
    };
    let (with, without) = (goodput(true), goodput(false));
    assert!(with > 90.0 && without > 90.0, "{with}/s with deadlines, {without}/s without");
}
