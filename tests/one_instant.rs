//! At one instant what ends comes before what begins: deterministic traffic at exactly the capacity of a node loses
//! nothing, whatever kind of node it is and however far away.

mod common;

use common::{answer, estimate};

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
    let of = |id| estimate(&results.cells[0], id).value.unwrap_or_else(|| panic!("{nodes}: {id} has no value"));
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
