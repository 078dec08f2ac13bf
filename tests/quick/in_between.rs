//! Nodes that stand in the way of requests, together with what passes them: cancellation, connections, retry times.

use crate::answers::answer;
use crate::values::{node_value, only_cell, value};
use rushhour::lab::results::Cell;

fn run(seconds: u32, measure: &str, system: &str) -> Cell {
    only_cell(answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "{seconds} s", replications: 2, seed: 1),
            measure: [{measure}],
        )"#
    )))
}

#[test]
fn word_of_a_cancellation_finds_a_request_that_a_limiter_let_go_meanwhile() {
    for limit in [
        r#"distributed: Distributed(limit: 10000, window: "1 s", store: "redis", commands: Atomic)"#,
        r#"limit: LeakyBucket(rate: "10/s", burst: 100)"#,
    ] {
        let store = if limit.contains("redis") { r#""redis": Store(service: Constant("30 ms")),"# } else { "" };
        let cell = run(
            100,
            "Utilization",
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "10/s"), to: (to: "gateway", delay: Constant("50 ms")), timeout: "60 ms", cancels: true),
                    "gateway": Limiter({limit}, to: "web"),
                    {store}
                    "web": Fleet(workers: 100, service: Constant("1 s")),
                }}"#
            ),
        );
        // The word comes 110 ms after the request set out, which was at work for 60 ms at most.
        assert!(value(&cell, "utilization") < 0.0065, "{limit}: {}", value(&cell, "utilization"));
    }
}

#[test]
fn what_clients_take_back_is_no_failure_of_an_adaptive_limit() {
    let cell = run(
        200,
        "Goodput, DropRate",
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "gateway", hedge: Hedge(after: "1 ms"), cancels: true),
            "gateway": Limiter(limit: Adaptive(base: 1000, least: 10, most: 1000, window: "1 s", every: "1 s"), to: "web"),
            "web": Fleet(workers: 1000, service: Exponential(mean: "50 ms")),
        }"#,
    );
    assert_eq!(value(&cell, "drop_rate"), 0.0);
}

#[test]
fn a_connection_that_is_closed_leaves_its_place_whatever_stands_before_it() {
    for before in [
        "Balancer(layer: Layer4, policy: RoundRobin, ",
        "Breaker(rule: ConsecutiveFailures(failures: 1000000), ",
        r#"Limiter(limit: TokenBucket(capacity: 1000000, refill: "1000000/s"), "#,
        "ConcurrencyLimiter(limit: Fixed(100000), ",
    ] {
        let cell = run(
            40,
            "DropRate(by: Clients)",
            &format!(
                r#"nodes: {{
                    "early": Clients(arrivals: Timetable(steps: [(at: "0 s", rate: "300/s"), (at: "5 s")]), to: "first", connections: KeepAlive(idle: "1 s")),
                    "late": Clients(arrivals: Timetable(steps: [(at: "0 s"), (at: "10 s", rate: "20/s")]), to: "first", connections: KeepAlive(idle: "1 s")),
                    "first": {before}to: "lb"),
                    "lb": Balancer(layer: Layer4, policy: LeastConnections, to: "web"),
                    "web": Fleet(servers: 3, workers: 10, max_connections: [10, 10, 10], service: Exponential(mean: "20 ms")),
                }}"#
            ),
        );
        assert!(value(&cell, "drop_rate:late") < 0.1, "{before}: {}", value(&cell, "drop_rate:late"));
    }
}

#[test]
fn what_was_waited_for_in_vain_counts_for_the_quantile_of_hedges() {
    let attempts = |timeout: &str| {
        let cell = run(
            200,
            "Attempts",
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web", {timeout}: "100 ms", hedge: Hedge),
                    "web": Fleet(workers: 100000, service: Exponential(mean: "100 ms")),
                }}"#
            ),
        );
        value(&cell, "attempts")
    };
    // The 95th percentile is beyond the timeout, which bounds what can be observed.
    assert!(attempts("timeout") < 1.12, "{}", attempts("timeout"));
    assert!(attempts("attempt_timeout") < 1.12);
}

#[test]
fn a_retry_time_belongs_to_the_attempt_that_was_rejected() {
    let cell = run(
        400,
        "Attempts",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "1/s"), to: "lb", retry: Retry(attempts: 2, backoff: Immediate)),
            "lb": Balancer(policy: Random, retry: RetryElsewhere(on: [Unavailable, Error]), to: ["breaker", "web"]),
            "breaker": Breaker(rule: ConsecutiveFailures(failures: 1, recovery: "600 s"), to: "bad"),
            "bad": Fleet(service: Exponential(mean: "10 ms")),
            "web": Fleet(service: Exponential(mean: "10 ms")),
        }, faults: [(at: "0 s", node: "bad", fault: Errors(rate: "100 %")), (at: "0 s", node: "web", fault: Errors(rate: "100 %"))]"#,
    );
    // Calls that end with the error of "web" try again at once; those that end at the open circuit wait for it.
    let attempts = value(&cell, "attempts");
    assert!((1.35..=1.65).contains(&attempts), "{attempts}");
    assert!(node_value(&cell, "breaker", "openings") >= 1.0);
}
