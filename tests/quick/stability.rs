//! Stable, unstable, not settled: three verdicts, each with what is printed and claimed by it.

use crate::answers::answer;
use crate::values::{estimate, value};
use rushhour::lab::results::{Results, Stability, Verdict};

fn run(nodes: &str, run: &str, more: &str) -> Results {
    answer(&format!("Experiment(system: System(nodes: {{{nodes}}}), run: ({run}), {more})"))
}

fn stability(nodes: &str, how: &str) -> Stability {
    run(nodes, how, "").cells[0].stability.clone()
}

fn not_settled(nodes: &str, how: &str) -> (String, Option<f64>) {
    match stability(nodes, how) {
        Stability::NotSettled { node, needed, .. } => (node, needed),
        other => panic!("{other:?}"),
    }
}

fn unstable(nodes: &str, how: &str) -> (String, f64, Option<f64>) {
    match stability(nodes, how) {
        Stability::Unstable { node, growth, load } => (node, growth, load),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hundred_queues_that_fill_up_together_are_stable() {
    for seed in 1..=6 {
        let found = stability(
            r#""users": Clients(arrivals: Poisson(rate: "900/s"), to: "lb"),
            "lb": Balancer(policy: Random, to: "web"),
            "web": Fleet(servers: 100, service: Exponential(mean: "100 ms"))"#,
            &format!(r#"duration: "200 s", warm_up: "20 s", replications: 2, seed: {seed}"#),
        );
        assert_eq!(found, Stability::Stable);
    }
}

#[test]
fn overload_is_told_by_arithmetic_however_short_the_run() {
    for seed in 1..=6 {
        let (node, growth, load) = unstable(
            r#""users": Clients(arrivals: Poisson(rate: "1010/s"), to: "web"),
            "web": Fleet(service: Exponential(mean: "1 ms"))"#,
            &format!(r#"duration: "20 s", replications: 2, seed: {seed}"#),
        );
        assert_eq!(node, "web");
        assert!((growth - 10.0).abs() < 1e-6 && (load.expect("by arithmetic") - 1.01).abs() < 1e-9);
    }
}

#[test]
fn a_load_of_exactly_one_never_settles_unless_all_is_regular() {
    let nodes = |arrivals: &str, service: &str| {
        format!(r#""users": Clients(arrivals: {arrivals}, to: "web"), "web": Fleet(workers: 3, service: {service})"#)
    };
    let how = r#"duration: "10 s", replications: 2"#;
    let poisson = nodes(r#"Poisson(rate: "300/s")"#, r#"Constant("10 ms")"#);
    assert!(matches!(stability(&poisson, how), Stability::Unstable { .. }));
    let regular = nodes(r#"Deterministic(rate: "300/s")"#, r#"Constant("10 ms")"#);
    assert_eq!(stability(&regular, how), Stability::Stable);
}

#[test]
fn one_server_too_slow_for_its_share_is_overloaded_though_others_idle() {
    let web = r#""web": Fleet(servers: 3, speeds: [1, 1, 0.5], service: Exponential(mean: "10 ms"))"#;
    let nodes = |policy: &str| {
        format!(
            r#""users": Clients(arrivals: Poisson(rate: "180/s"), to: "lb"), "lb": Balancer(policy: {policy}, to: "web"), {web}"#
        )
    };
    let (_, growth, load) = unstable(&nodes("RoundRobin"), r#"duration: "10 s", replications: 2"#);
    assert!((growth - 10.0).abs() < 1e-6 && (load.expect("by arithmetic") - 1.2).abs() < 1e-9);
    assert_eq!(stability(&nodes("LeastConnections"), r#"duration: "60 s", replications: 2"#), Stability::Stable);
}

#[test]
fn a_server_that_a_hash_gives_too_much_is_found_in_the_run() {
    // One client, so one server: 150 of 100 requests a second.
    let (node, growth, load) = unstable(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), clients: 1, to: "lb"),
        "lb": Balancer(policy: IpHash, to: "web"),
        "web": Fleet(servers: 4, service: Exponential(mean: "10 ms"))"#,
        r#"duration: "60 s", replications: 2"#,
    );
    assert_eq!((node.as_str(), load), ("web", None));
    assert!((growth - 50.0).abs() < 10.0, "{growth}");
}

#[test]
fn retries_that_make_an_overload_are_found_in_the_run() {
    // A load of 0.95 by first attempts; attempts that take 20 ms are made again, and their work goes on.
    let (node, _, load) = unstable(
        r#""users": Clients(arrivals: Poisson(rate: "950/s"), attempt_timeout: "20 ms", retry: (attempts: 4, backoff: Fixed(wait: "1 ms")), to: "web"),
        "web": Fleet(service: Exponential(mean: "1 ms"))"#,
        r#"duration: "30 s", replications: 3"#,
    );
    assert_eq!((node.as_str(), load), ("web", None));
}

#[test]
fn a_store_that_cannot_keep_up_is_overloaded() {
    let (node, growth, _) = unstable(
        r#""users": Clients(arrivals: Poisson(rate: "1000/s"), to: "limit"),
        "limit": Limiter(distributed: (limit: 1000, window: "1 s", store: "store"), to: "web"),
        "store": Store(service: Exponential(mean: "2 ms")),
        "web": Fleet(workers: 10, service: Exponential(mean: "1 ms"))"#,
        r#"duration: "20 s", replications: 2"#,
    );
    assert_eq!(node, "store");
    assert!((growth - 500.0).abs() < 1e-6, "{growth}");
}

#[test]
fn a_limit_that_queues_has_not_settled_until_its_burst_is_full() {
    let (node, needed) = not_settled(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: "limit"),
        "limit": Limiter(limit: LeakyBucket(rate: "100/s", burst: 100000), to: "web"),
        "web": Fleet(workers: 10, service: Exponential(mean: "1 ms"))"#,
        r#"duration: "60 s", replications: 2"#,
    );
    assert_eq!(node, "limit");
    // It fills in 2000 s; half of that is missing from the mean.
    assert!((needed.expect("known") - 20_000.0).abs() < 500.0, "{needed:?}");
}

#[test]
fn the_queue_of_a_concurrency_limit_that_grows_is_seen() {
    let (node, _) = not_settled(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: "limit"),
        "limit": ConcurrencyLimiter(limit: Fixed(limit: 10), wait: "1000 s", queue: 1000000, to: "web"),
        "web": Fleet(workers: 10, service: Exponential(mean: "100 ms"))"#,
        r#"duration: "60 s", replications: 2"#,
    );
    assert_eq!(node, "limit");
}

#[test]
fn retries_that_wait_in_the_calendar_are_seen() {
    let (node, _) = not_settled(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), retry: (attempts: 10, backoff: Fixed(wait: "100 s")), to: "web"),
        "web": Fleet(queue: 0, service: Exponential(mean: "10 ms"))"#,
        r#"duration: "60 s", replications: 2"#,
    );
    assert_eq!(node, "users");
}

#[test]
fn answers_on_a_long_link_have_not_settled() {
    let (node, needed) = not_settled(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: (to: "web", delay: Exponential(mean: "100 s"))),
        "web": Fleet(workers: 10, service: Exponential(mean: "1 ms"))"#,
        r#"duration: "60 s", replications: 2"#,
    );
    assert_eq!((node.as_str(), needed), ("users", Some(4000.0)));
}

#[test]
fn numbers_of_a_run_too_short_are_printed_and_decide_nothing() {
    // M/M/1 at 0.99: a relaxation time of 39 s.
    let results = run(
        r#""users": Clients(arrivals: Poisson(rate: "990/s"), to: "web"),
        "web": Fleet(service: Exponential(mean: "1 ms"))"#,
        r#"duration: "20 s", replications: 4"#,
        r#"measure: [Latency([0.99]), Throughput, OfferedRate],
        claims: [Below(P99, "10 s"), EqualsTheory(Mean), Unstable, Above(OfferedRate, "900/s"), Below(Throughput, "2000/s")]"#,
    );
    let Stability::NotSettled { node, run, needed } = &results.cells[0].stability else {
        panic!("{:?}", results.cells[0].stability)
    };
    assert_eq!((node.as_str(), *run), ("web", 20.0));
    assert!((needed.expect("known") - 196.0).abs() < 5.0, "{needed:?}");
    assert!(estimate(&results.cells[0], "latency_p99").value.is_some());
    let verdicts: Vec<Verdict> = results.claims.iter().map(|claim| claim.verdict).collect();
    use Verdict::{Holds, Undecided};
    assert_eq!(verdicts, [Undecided, Undecided, Undecided, Holds, Undecided]);
    assert!(results.claims[0].evidence.contains("web has not settled in this run"), "{}", results.claims[0].evidence);
}

#[test]
fn a_difference_to_a_run_too_short_is_no_difference() {
    let results = run(
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: "web"),
        "web": Fleet(service: Exponential(mean: "1 ms"))"#,
        r#"duration: "20 s", replications: 4"#,
        r#"arms: {"half": {}, "full": {"users.arrivals.rate": "990/s"}, "more": {"users.arrivals.rate": "600/s"}}, measure: [Latency([0.99])]"#,
    );
    let significant = |arm: usize| results.cells[arm].comparisons.iter().any(|comparison| comparison.significant);
    assert!(!significant(1) && significant(2));
    assert!(results.rankings.iter().all(|ranking| ranking.without == [1]));
}

#[test]
fn the_line_before_a_breaker_that_lets_one_through_at_a_time_is_seen() {
    let (node, growth, _) = unstable(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: "breaker"),
        "breaker": Breaker(serial: true, to: "web"),
        "web": Fleet(workers: 10, service: Exponential(mean: "10 ms"))"#,
        r#"duration: "60 s", replications: 2"#,
    );
    assert_eq!(node, "breaker");
    assert!((growth - 50.0).abs() < 10.0, "{growth}");
}

/// A balancer that lets each of two servers have three requests at once: 600 a second can be served.
fn queued(rate: u32, balancer: &str) -> String {
    format!(
        r#""users": Clients(arrivals: Poisson(rate: "{rate}/s"), to: "lb"),
        "lb": Balancer({balancer}, to: "web"),
        "web": Fleet(servers: 2, workers: 8, max_connections: [3, 3], service: Exponential(mean: "10 ms"))"#
    )
}

#[test]
fn a_queue_at_a_balancer_is_told_by_arithmetic() {
    let how = r#"duration: "5 s", replications: 2"#;
    let (node, growth, load) = unstable(&queued(612, "policy: LeastConnections, queue: ()"), how);
    assert_eq!(node, "lb");
    assert!((growth - 12.0).abs() < 1e-6 && (load.expect("by arithmetic") - 1.02).abs() < 1e-9);
    for seed in 1..=6 {
        let how = format!(r#"duration: "20 s", warm_up: "2 s", replications: 2, seed: {seed}"#);
        assert_eq!(stability(&queued(540, "policy: Random, queue: ()"), &how), Stability::Stable);
    }
    // A bounded one has a steady state, whatever comes.
    assert_eq!(
        stability(&queued(900, "queue: (places: 20)"), r#"duration: "20 s", replications: 2"#),
        Stability::Stable
    );
}

#[test]
fn a_queue_at_a_balancer_whose_flow_is_not_known_is_seen_in_the_run() {
    // One client, so one server: 400 of 300 requests a second, though half of all workers idle.
    let hashed =
        |rate: u32| queued(rate, "policy: IpHash, queue: ()").replace(", to: \"lb\")", ", clients: 1, to: \"lb\")");
    let how = r#"duration: "60 s", replications: 2"#;
    let (node, growth, load) = unstable(&hashed(400), how);
    assert_eq!((node.as_str(), load), ("lb", None));
    assert!((growth - 100.0).abs() < 15.0, "{growth}");
    assert_eq!(stability(&hashed(200), how), Stability::Stable);
    // Beside a proxy of its own.
    let both = hashed(400).replace("queue: ()", r#"proxy: (per_request: "100 us"), queue: ()"#);
    assert_eq!(unstable(&both, how).0, "lb");
}

#[test]
fn what_changes_with_time_is_not_said_to_be_stable() {
    // Twice as much as can be served from half of the run on.
    let results = run(
        r#""users": Clients(arrivals: Ramp(from: "500/s", to: "2000/s", start: "5 s", length: "1 s"), to: "web"),
        "web": Fleet(service: Exponential(mean: "1 ms"))"#,
        r#"duration: "10 s", replications: 2"#,
        r#"claims: [Unstable, Above(InSystem, 100)]"#,
    );
    let [unstable, there] = &results.claims[..] else { panic!("{:?}", results.claims) };
    assert!(unstable.verdict == Verdict::Undecided && unstable.evidence.contains("change with time"), "{unstable:?}");
    assert_eq!(there.verdict, Verdict::Holds);
    assert!(results.cells[0].changes && results.cells[0].stability == Stability::Stable);
}

#[test]
fn what_holds_requests_back_below_its_capacity_is_stable_at_every_kind_of_node() {
    let web = r#""web": Fleet(workers: 10, service: Exponential(mean: "10 ms"))"#;
    for nodes in [
        // One call through the breaker at a time: a load of a half.
        r#""users": Clients(arrivals: Poisson(rate: "50/s"), to: "breaker"), "breaker": Breaker(serial: true, to: "web")"#,
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: "limit"), "limit": ConcurrencyLimiter(limit: Fixed(limit: 10), wait: "1 s", to: "web")"#,
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: "limit"), "limit": Limiter(limit: LeakyBucket(rate: "800/s", burst: 1000), to: "web")"#,
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: "limit"), "store": Store(service: Exponential(mean: "1 ms")),
        "limit": Limiter(distributed: (limit: 1000, window: "1 s", store: "store"), to: "web")"#,
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: "lb"), "lb": Balancer(proxy: (per_request: "1 ms"), to: "web")"#,
        // Calls that wait in the calendar, and on their way.
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), attempt_timeout: "40 ms", retry: (attempts: 4, backoff: Fixed(wait: "200 ms")), to: "web")"#,
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), to: (to: "web", delay: Exponential(mean: "100 ms")))"#,
    ] {
        let found = stability(&format!("{nodes}, {web}"), r#"duration: "60 s", warm_up: "5 s", replications: 3"#);
        assert_eq!(found, Stability::Stable, "{nodes}");
    }
}

#[test]
fn a_proxy_that_cannot_keep_up_is_overloaded() {
    let (node, growth, load) = unstable(
        r#""users": Clients(arrivals: Poisson(rate: "1050/s"), to: "lb"), "lb": Balancer(proxy: (per_request: "1 ms"), to: "web"),
        "web": Fleet(workers: 20, service: Exponential(mean: "10 ms"))"#,
        r#"duration: "5 s", replications: 2"#,
    );
    assert_eq!(node, "lb");
    assert!((growth - 50.0).abs() < 1e-6 && (load.expect("by arithmetic") - 1.05).abs() < 1e-9);
}

#[test]
fn a_queue_at_a_balancer_and_the_servers_behind_it_are_one_station_in_the_run() {
    // Nothing fails, so no request is rejected or tried again. The description does not say so, so the arrival rate is
    // not known.
    let retried = |rate: u32| {
        let breaker = r#", attempt_timeout: "1000000 s", retry: (), to: "breaker"), "breaker": Breaker(to: "lb")"#;
        queued(rate, "policy: LeastConnections, queue: ()").replace(r#", to: "lb")"#, breaker)
    };
    let how = r#"duration: "60 s", replications: 3"#;
    let (node, growth, load) = unstable(&retried(630), how);
    assert_eq!((node.as_str(), load), ("lb", None));
    assert!((growth - 30.0).abs() < 10.0, "{growth}");
    assert_eq!(stability(&retried(540), how), Stability::Stable);
    // Five relaxation times would be 3 s; nothing can be said of less.
    assert_eq!(not_settled(&retried(540), r#"duration: "500 ms", replications: 1"#).0, "lb");
}

/// Overload that follows from the description needs no run, not even one that goes on to its end.
#[test]
fn a_run_that_was_cut_short_is_overloaded_by_arithmetic_and_decides_nothing_else() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "200/s"), to: "web"), "web": Fleet(service: Constant("10 ms")),
            }),
            run: (duration: "60 s", in_flight: 500, replications: 2),
            measure: [Throughput],
            claims: [Unstable(), Above(Throughput(), "10/s"), Below(P99(), "1 s")],
        )"#,
    );
    let verdicts: Vec<Verdict> = results.claims.iter().map(|claim| claim.verdict).collect();
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Undecided, Verdict::Undecided]);
    assert_eq!(results.claims[0].evidence, "web has a load of 200 %");
}

/// A node that is overloaded says nothing of those who have nothing to do with it.
#[test]
fn what_an_overloaded_node_does_not_touch_has_numbers_of_its_own() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "shop": Clients(arrivals: Poisson(rate: "50/s"), to: "web"), "web": Fleet(service: Exponential(mean: "10 ms")),
                "batch": Clients(arrivals: Poisson(rate: "30/s"), to: "mill"), "mill": Fleet(service: Constant("40 ms")),
            }),
            run: (duration: "400 s", warm_up: "20 s", replications: 5),
            measure: [Latency([0.99], by: Clients), Latency([0.99], node: "web"), Latency([0.99], node: "mill")],
            claims: [
                Below(P99(of: "shop"), "130 ms"), Below(P99(of: "batch"), "1000 s"), Below(P99(node: "web"), "130 ms"), Unstable(),
            ],
        )"#,
    );
    let cell = &results.cells[0];
    assert!(matches!(&cell.stability, Stability::Unstable { node, .. } if node == "mill"), "{:?}", cell.stability);
    assert_eq!(cell.steady, ["shop", "web"]);
    let verdicts: Vec<Verdict> = results.claims.iter().map(|claim| claim.verdict).collect();
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Fails, Verdict::Holds, Verdict::Holds], "{:?}", results.claims);
    // M/M/1 at a load of one half: the p99 of 20 ms of mean.
    let p99 = value(cell, "latency_p99:shop");
    assert!((p99 / 0.0921 - 1.0).abs() < 0.05, "{p99}");
    assert_eq!(estimate(cell, "latency_p99:batch").value, None);
}

/// Those who are served first do not wait for those who gather behind them.
#[test]
fn who_is_served_first_at_an_overloaded_node_has_numbers() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "gold": Clients(arrivals: Poisson(rate: "50/s"), to: "web"), "free": Clients(arrivals: Poisson(rate: "60/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "10 ms"), discipline: Priority(order: ["gold", "free"])),
            }),
            run: (duration: "400 s", warm_up: "20 s", replications: 5),
            measure: [Latency([0.99], by: Clients)],
            claims: [Below(P99(of: "gold"), "300 ms"), Below(P99(of: "free"), "300 ms"), Unstable()],
        )"#,
    );
    assert_eq!(results.cells[0].steady, ["gold"]);
    let verdicts: Vec<Verdict> = results.claims.iter().map(|claim| claim.verdict).collect();
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Fails, Verdict::Holds], "{:?}", results.claims);
}
