//! Numbers told of single nodes: what comes to each, how long it stays there, what is lost there.

use crate::answers::answer;
use crate::statistics::t_statistic;
use crate::values::{estimate, value};
use rushhour::lab::results::{Results, Verdict};

/// An M/M/1 queue at a load of 0.7 behind a balancer and a limiter that lets nearly a third pass not.
fn chain(measure: &str, claims: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "100/s"), to: "limit"),
                "limit": Limiter(limit: TokenBucket(capacity: 5, refill: "70/s"), to: "lb"),
                "lb": Balancer(policy: RoundRobin, to: (to: "web", delay: Constant("1 ms"))),
                "web": Fleet(servers: 2, service: Exponential(mean: "10 ms"), queue: 2),
            }}),
            run: (duration: "60 s", warm_up: "5 s", replications: 8),
            measure: [{measure}],
            claims: [{claims}],
        )"#
    ))
}

#[test]
fn what_stands_in_a_chain_loses_what_the_nodes_lose_together() {
    let results = chain(
        "DropRate, DropRate(by: Nodes), OfferedRate, OfferedRate(by: Nodes), Throughput, Throughput(by: Nodes)",
        r#"Above(DropRate(node: "limit"), "20 %"), Below(DropRate(node: "lb"), "1 %"),
           Below(DropRate(node: "web"), "20 %"), Above(DropRate(node: "users"), "20 %"),
           Greater(OfferedRate(node: "limit"), OfferedRate(node: "lb"))"#,
    );
    let cell = &results.cells[0];
    let kept = 1.0 - value(cell, "drop_rate");
    let apart = (1.0 - value(cell, "drop_rate:limit")) * (1.0 - value(cell, "drop_rate:web"));
    assert!((kept - apart).abs() < 1e-3, "{kept} {apart}");
    assert_eq!(value(cell, "drop_rate:lb"), 0.0);
    // What a node passes on is what comes to the next.
    assert_eq!(value(cell, "offered"), value(cell, "offered:limit"));
    assert_eq!(value(cell, "offered:lb"), value(cell, "offered:web"));
    let passed = value(cell, "offered:limit") * (1.0 - value(cell, "drop_rate:limit"));
    assert!((passed / value(cell, "offered:lb") - 1.0).abs() < 1e-3);
    for id in ["throughput:limit", "throughput:lb", "throughput:web"] {
        assert!((value(cell, id) / value(cell, "throughput") - 1.0).abs() < 2e-3, "{id}");
    }
    for claim in &results.claims {
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
}

#[test]
fn a_stay_at_a_node_includes_all_behind_it_and_obeys_littles_law() {
    let results = chain("Latency([0.99]), Latency([0.99], by: Nodes), InSystem(by: Nodes), OfferedRate(by: Nodes)", "");
    let cell = &results.cells[0];
    // A delay of a millisecond each way lies between the balancer and the fleet, none before it.
    let (clients, limit, lb, web) = (
        value(cell, "latency_mean"),
        value(cell, "latency_mean:limit"),
        value(cell, "latency_mean:lb"),
        value(cell, "latency_mean:web"),
    );
    assert_eq!(clients, limit);
    assert_eq!(limit, lb);
    assert!((lb - web - 2e-3).abs() < 1e-5, "{lb} {web}");
    assert_eq!(value(cell, "latency_p99"), value(cell, "latency_p99:lb"));
    // Rejected requests stay for no time at the limiter, and for the way there and back at the balancer.
    let answered = 70.0;
    assert!(value(cell, "in_system:web") < answered * web && value(cell, "in_system:web") > 0.8 * answered * web);
    let sojourn = value(cell, "in_system:lb") / value(cell, "offered:lb");
    assert!(sojourn < lb && sojourn > 0.8 * lb);
    assert_eq!(value(cell, "in_system:lb"), value(cell, "in_system:limit"));
}

#[test]
fn a_queue_behind_a_balancer_is_what_theory_says() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "70/s"), to: "lb"),
                "lb": Balancer(policy: RoundRobin, to: (to: "web", delay: Constant("50 ms"))),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "200 s", warm_up: "10 s", replications: 20, seed: 3),
            measure: [Latency([0.9], node: "web"), Within("50 ms", node: "web"), InSystem(node: "web"), Within("50 ms"),
                Within("150 ms")],
        )"#,
    );
    let cell = &results.cells[0];
    // M/M/1: the sojourn is exponential with rate mu - lambda = 30/s.
    let within = 1.0 - libm::exp(-30.0 * 0.05);
    for (id, expected) in [
        ("latency_mean:web", 1.0 / 30.0),
        ("latency_p90:web", libm::log(10.0) / 30.0),
        ("within_50ms:web", within),
        ("in_system:web", 7.0 / 3.0),
        // A tenth of a second is spent on the way.
        ("within_150ms", within),
    ] {
        let t = t_statistic(estimate(cell, id), expected);
        assert!(t.abs() < 6.0, "{id}: {t} {:?}", estimate(cell, id).value);
    }
    assert_eq!(value(cell, "within_50ms"), 0.0);
}

#[test]
fn looking_at_nodes_changes_nothing_else() {
    let plain = chain("Latency([0.5, 0.99]), DropRate, InSystem, Utilization", "");
    let looked = chain(
        "Latency([0.5, 0.99]), DropRate, InSystem, Utilization, Latency([0.5], by: Nodes), DropRate(by: Nodes)",
        "",
    );
    for (mine, theirs) in plain.cells[0].estimates.iter().zip(&looked.cells[0].estimates) {
        assert_eq!(mine, theirs);
    }
    assert_eq!(plain.cells[0].series, looked.cells[0].series);
    assert_eq!(plain.cells[0].ledger, looked.cells[0].ledger);
}

#[test]
fn every_kind_of_node_gives_numbers() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "100/s"), to: "router", timeout: "1 s"),
                "router": Router(rules: [], otherwise: "fallback"),
                "fallback": Fallback(to: "breaker", answers: [Default()]),
                "breaker": Breaker(to: "cap"),
                "cap": ConcurrencyLimiter(limit: Fixed(3), queue: 10, wait: "100 ms", to: "limit"),
                "limit": Limiter(
                    distributed: Distributed(limit: 60, window: "1 s", store: "store"),
                    to: "lb",
                ),
                "store": Store(service: Constant("100 us")),
                "lb": Balancer(policy: RoundRobin, to: "web", copies: 2),
                "web": Fleet(servers: 2, service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "20 s", replications: 2),
            measure: [Latency([0.9], by: Nodes), DropRate(by: Nodes), OfferedRate(by: Nodes), InSystem(by: Nodes),
                Within("30 ms", by: Nodes), Answered(by: Nodes), Throughput(by: Nodes), Utilization(node: "store")],
        )"#,
    );
    let cell = &results.cells[0];
    for node in ["router", "fallback", "breaker", "cap", "limit", "store", "lb", "web"] {
        for id in [
            "latency_mean",
            "latency_p90",
            "drop_rate",
            "offered",
            "in_system",
            "within_30ms",
            "answered",
            "throughput",
        ] {
            let number = value(cell, &format!("{id}:{node}"));
            assert!(number.is_finite() && (number > 0.0 || id == "drop_rate"), "{id}:{node} {number}");
        }
        let (within, answered) =
            (value(cell, &format!("within_30ms:{node}")), value(cell, &format!("answered:{node}")));
        assert!(within <= answered && answered <= 1.0, "{node}");
    }
    assert!((value(cell, "utilization:store") - 0.0001 * value(cell, "offered:store")).abs() < 1e-3);
    // Waiting for a permit is part of the stay at a concurrency limiter.
    assert!(value(cell, "latency_mean:cap") > value(cell, "latency_mean:limit"));
    assert!(value(cell, "drop_rate:limit") > 0.0);
}

#[test]
fn a_limit_of_time_is_exact() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Deterministic(rate: "1/s"), to: "web"),
                "web": Fleet(workers: 9, service: Constant("300 ms")),
            }),
            run: (duration: "50.5 s", replications: 2),
            measure: [Within("300 ms"), Within("299999999 ns"), Within("300 ms", node: "web")],
            claims: [Above(Within("300 ms"), "90 %"), Below(Within("299999999 ns"), "10 %")],
        )"#,
    );
    let cell = &results.cells[0];
    assert_eq!(value(cell, "within_300ms"), 1.0);
    assert_eq!(value(cell, "within_300ms:web"), 1.0);
    assert_eq!(value(cell, "within_299.999999ms"), 0.0);
    assert!(results.claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{:?}", results.claims);
}

#[test]
fn a_call_that_still_waits_counts_once_it_is_over_the_limit() {
    // Ten calls a second for ten seconds to a server that never answers.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web"),
                "lucky": Clients(arrivals: Deterministic(rate: "10/s"), to: "other"),
                "web": Fleet(workers: 1000, service: Constant("1 h")),
                "other": Fleet(workers: 1000, service: Constant("100 ms")),
            }),
            run: (duration: "10.05 s", replications: 2),
            measure: [Within("1 s", by: Clients), Answered(by: Clients), Within("1 s"), Within("1 s", node: "web")],
        )"#,
    );
    let cell = &results.cells[0];
    assert_eq!((value(cell, "within_1s:users"), value(cell, "within_1s:web")), (0.0, 0.0));
    assert_eq!((value(cell, "within_1s:lucky"), value(cell, "answered:lucky")), (1.0, 1.0));
    assert_eq!(value(cell, "answered:users"), 0.0);
    // 99 or 100 in time; of as many that hang, those that wait for less than twice the longest answer may still come.
    assert!((value(cell, "within_1s") - 100.0 / 198.0).abs() < 0.01, "{}", value(cell, "within_1s"));
}

#[test]
fn late_failed_and_degraded_answers_have_latencies_of_their_own() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web", timeout: "100 ms"),
                "web": Fleet(workers: 100, service: Bimodal(fast: "20 ms", slow: "300 ms", slow_share: "40 %")),
                "others": Clients(arrivals: Deterministic(rate: "10/s"), to: "soft"),
                "soft": Fallback(to: "down", answers: [Default(takes: "7 ms")]),
                "down": Fleet(service: Constant("1 ms")),
            }, faults: [(at: "0 s", node: "down", fault: Crash)]),
            run: (duration: "20 s", replications: 2),
            measure: [Latency([0.5], by: Clients), Latency([0.5], answers: Late), Latency([0.5], answers: Failed),
                Latency([0.5], answers: Degraded, by: Clients)],
            claims: [Above(P50(answers: Late), "299 ms"), Below(P50(of: "users", answers: Failed), "101 ms"),
                Below(Mean(of: "others", answers: Degraded), "8 ms")],
        )"#,
    );
    let cell = &results.cells[0];
    for (id, expected) in [
        ("latency_mean:users", 0.020),
        ("late_latency_mean", 0.300),
        ("failed_latency_mean", 0.100),
        ("degraded_latency_mean:others", 0.007),
    ] {
        assert!((value(cell, id) - expected).abs() < 1e-9, "{id} {}", value(cell, id));
    }
    assert!((value(cell, "late_latency_p50") / 0.3 - 1.0).abs() < 1e-3);
    assert_eq!(estimate(cell, "degraded_latency_p50:users").value, None);
    assert!(results.claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{:?}", results.claims);
}
