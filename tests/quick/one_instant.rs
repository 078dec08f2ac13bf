//! At one instant what ends comes before what begins: deterministic traffic at exactly the capacity of a node loses
//! nothing, whatever kind of node it is and however far away.

use crate::answers::answer;
use crate::values::{estimate, node_estimate, value};

/// The drop rate and the mean latency of 100 requests a second, evenly spaced, that all take 10 ms.
fn measured(users: &str, nodes: &str) -> (f64, f64) {
    let results = answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), {users}),
                {nodes}
            }}),
            run: (duration: "20 s", warm_up: "1 s", replications: 1, seed: 1),
            measure: [Latency([0.5]), DropRate],
        )"#
    ));
    let of = |id| value(&results.cells[0], id);
    (of("drop_rate"), of("latency_mean"))
}

const WEB: &str = r#""web": Fleet(workers: 100, service: Constant("10 ms")),"#;

#[track_caller]
fn loses_nothing(users: &str, nodes: &str, latency: f64) {
    let (drop_rate, mean) = measured(users, nodes);
    assert_eq!(drop_rate, 0.0, "{nodes}");
    assert!((mean - latency).abs() < 1e-9, "{mean} s instead of {latency} s: {nodes}");
}

#[test]
fn fleets_have_a_place_for_who_comes_when_another_leaves() {
    for fleet in [r#"queue: 0"#, r#"queue: 0, discipline: Lifo"#, r#"queue: 0, discipline: ProcessorSharing"#] {
        let web = format!(r#""web": Fleet({fleet}, service: Constant("10 ms")),"#);
        loses_nothing(r#"to: "web""#, &web, 0.010);
        // A link whose delay is longer than the service: who comes set out before who leaves.
        for (delay, latency) in [("5 ms", 0.020), ("10 ms", 0.030), ("50 ms", 0.110)] {
            let to = format!(r#"to: (to: "web", delay: Constant("{delay}"))"#);
            loses_nothing(&to, &web, latency);
        }
    }
}

#[test]
fn concurrency_limits_have_a_permit_for_who_comes_when_another_leaves() {
    for delay in ["0 s", "5 ms", "50 ms"] {
        let to = format!(r#"to: (to: "limit", delay: Constant("{delay}"))"#);
        let limit = format!(r#""limit": ConcurrencyLimiter(limit: Fixed(1), to: "web"), {WEB}"#);
        let seconds: f64 = delay.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        loses_nothing(&to, &limit, 0.010 + 2.0 * seconds / 1000.0);
    }
    // The network between the limit and the service counts as time under way.
    let far = r#""limit": ConcurrencyLimiter(limit: Fixed(3), to: (to: "web", delay: Constant("10 ms"))),"#;
    loses_nothing(r#"to: "limit""#, &format!("{far} {WEB}"), 0.030);
}

#[test]
fn balancers_have_a_server_for_who_comes_when_another_leaves() {
    for delay in [0.0, 10.0] {
        let servers = if delay > 0.0 { 3 } else { 1 };
        let most = vec!["1"; servers].join(", ");
        let nodes = format!(
            r#""lb": Balancer(policy: RoundRobin, to: (to: "web", delay: Constant("{delay} ms"))),
            "web": Fleet(servers: {servers}, max_connections: [{most}], service: Constant("10 ms")),"#
        );
        loses_nothing(r#"to: "lb""#, &nodes, 0.010 + 2.0 * delay / 1000.0);
    }
    let nodes = r#"
        "lb": Balancer(proxy: (per_request: "10 ms", queue: 0), to: "web"),
        "web": Fleet(servers: 2, service: Constant("10 ms")),"#;
    loses_nothing(r#"to: "lb""#, nodes, 0.020);
}

#[test]
fn limiters_let_pass_who_comes_when_there_is_room_again() {
    for limit in [
        r#"TokenBucket(capacity: 1, refill: "100/s")"#,
        r#"Gcra(rate: "100/s", burst: 1)"#,
        r#"LeakyBucket(rate: "100/s")"#,
        r#"FixedWindow(limit: 1, window: "10 ms")"#,
    ] {
        let nodes = format!(r#""limit": Limiter(limit: {limit}, to: "web"), {WEB}"#);
        loses_nothing(r#"to: "limit""#, &nodes, 0.010);
    }
}

#[test]
fn stores_are_free_for_who_comes_when_another_leaves() {
    let nodes = format!(
        r#""limit": Limiter(
            distributed: Distributed(store: "store", limit: 1000, window: "1 s", commands: Atomic, timeout: "1 s"),
            to: "web",
        ),
        "store": Store(service: Constant("10 ms")), {WEB}"#
    );
    loses_nothing(r#"to: "limit""#, &nodes, 0.020);
}

#[test]
fn an_answer_at_the_last_moment_is_in_time() {
    for users in [
        r#"timeout: "10 ms", to: "web""#,
        r#"timeout: "10 ms", retry: Retry(attempts: 2), to: "web""#,
        r#"timeout: "30 ms", to: (to: "web", delay: Constant("10 ms"))"#,
    ] {
        let (drop_rate, _) = measured(users, WEB);
        assert_eq!(drop_rate, 0.0, "{users}");
    }
}

/// Two clients whose requests come at the same instants, fifty pairs a second: the drop rate and the mean latency.
#[track_caller]
fn pairs_lose_nothing(to: &str, nodes: &str, latency: f64) {
    let results = answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "ones": Clients(arrivals: Deterministic(rate: "50/s"), to: "{to}"),
                "others": Clients(arrivals: Deterministic(rate: "50/s"), to: "{to}"),
                {nodes}
            }}),
            run: (duration: "20 s", warm_up: "1 s", replications: 1, seed: 1),
            measure: [Latency([0.5]), DropRate],
        )"#
    ));
    let of = |id| value(&results.cells[0], id);
    assert_eq!(of("drop_rate"), 0.0, "{nodes}");
    assert!((of("latency_mean") - latency).abs() < 1e-9, "{nodes}: {}", of("latency_mean"));
}

#[test]
fn who_may_wait_so_long_as_it_takes_gets_the_place_at_the_last_moment() {
    // The second of each pair waits for 10 ms.
    pairs_lose_nothing(
        "limit",
        &format!(r#""limit": ConcurrencyLimiter(limit: Fixed(1), wait: "10 ms", to: "web"), {WEB}"#),
        0.015,
    );
    pairs_lose_nothing(
        "lb",
        r#""lb": Balancer(queue: Queue(timeout: "10 ms"), to: "web"),
        "web": Fleet(workers: 9, max_connections: [1], service: Constant("10 ms")),"#,
        0.015,
    );
    pairs_lose_nothing("web", r#""web": Fleet(longest_wait: Constant("10 ms"), service: Constant("10 ms")),"#, 0.015);
    // A queue of one place, which is free when the one before begins.
    pairs_lose_nothing("web", r#""web": Fleet(queue: 1, service: Constant("10 ms")),"#, 0.015);
    // Held back by a bucket until the tick in which the one before has leaked out.
    pairs_lose_nothing(
        "limit",
        &format!(
            r#""limit": Limiter(limit: LeakyBucket(rate: "100/s", burst: 1, arithmetic: Exact), to: "web"), {WEB}"#
        ),
        0.015,
    );
}

#[test]
fn an_answer_comes_before_the_timeout_of_every_kind_of_node() {
    for nodes in [
        r#""first": Balancer(timeout: "10 ms", to: "web"),"#,
        r#""first": Balancer(timeout: "10 ms", retry: RetryElsewhere, to: "web"),"#,
        r#""first": Breaker(rule: ConsecutiveFailures(failures: 1), timeout: "10 ms", to: "web"),"#,
        r#""first": Fallback(timeout: "10 ms", answers: [Default(takes: "1 ms")], to: "web"),"#,
        r#""first": Balancer(health: Active(interval: "10 ms", timeout: "10 ms", fall: 1, work: "10 ms"), to: "web"),"#,
    ] {
        loses_nothing(r#"to: "first""#, &format!("{nodes} {WEB}"), 0.010);
    }
    let store = format!(
        r#""first": Limiter(to: "web", distributed: Distributed(
            store: "store", limit: 1000, window: "1 s", commands: Atomic, timeout: "10 ms", when_down: FailClosed,
        )), "store": Store(service: Constant("10 ms")), {WEB}"#
    );
    loses_nothing(r#"to: "first""#, &store, 0.020);
    // Clients of all kinds.
    for users in [
        r#"attempt_timeout: "10 ms", retry: Retry(attempts: 2), to: "web""#,
        r#"patience: Constant("10 ms"), to: "web""#,
        r#"timeout: "10 ms", propagates_deadline: true, cancels: true, to: "web""#,
        r#"timeout: "10 ms", connections: KeepAlive, to: "web""#,
    ] {
        loses_nothing(users, WEB, 0.010);
    }
}

#[test]
fn an_answer_comes_before_a_hedge_that_is_due() {
    let results = answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), hedge: Hedge(after: "10 ms"), to: "web"), {WEB}
            }}),
            run: (duration: "20 s", warm_up: "1 s", replications: 1, seed: 1),
            measure: [Attempts],
        )"#
    ));
    assert_eq!(estimate(&results.cells[0], "attempts").value, Some(1.0));
}

#[test]
fn a_lock_is_free_for_who_comes_when_another_leaves() {
    let nodes = format!(r#""first": Breaker(serial: true, to: "web"), {WEB}"#);
    loses_nothing(r#"to: "first""#, &nodes, 0.010);
}

#[test]
fn a_connection_is_free_for_who_comes_when_another_is_closed() {
    let nodes = r#"
        "lb": Balancer(layer: Layer4, policy: LeastConnections, to: "web"),
        "web": Fleet(workers: 9, max_connections: [1], service: Constant("10 ms")),"#;
    loses_nothing(r#"to: "lb""#, nodes, 0.010);
}

#[test]
fn sorted_sets_have_room_for_who_comes_when_another_has_aged() {
    // A `SlidingLog` is the other way by definition: what is as old as the window still counts there.
    for commands in ["Atomic", "CheckThenAdd", "Pipeline", "Pipeline(members: Requests)"] {
        let nodes = format!(
            r#""limit": Limiter(to: "web", distributed: Distributed(
                store: "store", limit: 1, window: "10 ms", commands: {commands},
            )), "store": Store(service: Constant("0 s")), {WEB}"#
        );
        loses_nothing(r#"to: "limit""#, &nodes, 0.010);
    }
}

#[test]
fn a_circuit_hears_of_an_answer_before_it_is_asked() {
    // The request at 10 ms fails at 20 ms, before that of 20 ms asks: 101 are rejected until 1.02 s, when no more than
    // a second has passed. The trial of 1.03 s is answered at 1.04 s, before the next asks: no request is rejected
    // after that.
    let results = answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "breaker"),
                "breaker": Breaker(rule: ConsecutiveFailures(failures: 1, recovery: "1 s"), to: "web"), {WEB}
            }}, faults: [(at: "0 s", node: "web", fault: Errors(rate: "100 %"), lasts: "25 ms")]),
            run: (duration: "20 s", replications: 1, seed: 1),
            measure: [DropRate],
        )"#
    ));
    let count = |outcome: &str| {
        let rows = results.cells[0].ledger.iter().filter(|row| row.outcome.starts_with(outcome));
        rows.map(|row| row.count).sum::<u64>()
    };
    assert_eq!((count("failed"), count("rejected")), (1, 101), "{:?}", results.cells[0].ledger);
}

#[test]
fn a_server_that_comes_back_has_a_place_for_who_comes_then() {
    // Down from 1 s to 2 s: the request of 1 s finds it down, that of 2 s finds it up.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "lb"),
                "lb": Balancer(to: "web"),
                "web": Fleet(service: Constant("1 ms")),
            }, faults: [(at: "1 s", node: "web", fault: Crash, lasts: "1 s"), (at: "3 s", node: "lb", fault: Crash, lasts: "1 s")]),
            run: (duration: "5 s", replications: 1, seed: 1),
            measure: [DropRate],
        )"#,
    );
    let served = results.cells[0].ledger.iter().filter(|row| row.outcome == "served").map(|row| row.count).sum::<u64>();
    assert_eq!(served, 49 - 20);
}

#[test]
fn a_connection_carries_who_comes_when_the_answer_to_another_is_home() {
    // One client and one connection, which each request finds free: none but the first is opened.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Deterministic(rate: "100/s"), clients: 1, connections: KeepAlive(requests: 1000000),
                    to: (to: "web", delay: Constant("5 ms"))),
                "web": Fleet(workers: 9, service: Constant("0 s")),
            }),
            run: (duration: "20 s", warm_up: "1 s", replications: 1, seed: 1),
        )"#,
    );
    assert_eq!(node_estimate(&results.cells[0], "users", "connections").value, Some(0.0));
}
