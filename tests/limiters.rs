//! Limiters and their stores in whole systems.

mod common;

use common::{answer, node_estimate};
use rushhour::lab::results::{Cell, Results};

fn run(seconds: u32, system: &str) -> Results {
    answer(&format!(
        r#"Experiment(system: System({system}), run: (duration: "{seconds} s", replications: 4, seed: 3))"#
    ))
}

fn of(cell: &Cell, node: &str, id: &str) -> f64 {
    node_estimate(cell, node, id).value.unwrap_or_else(|| panic!("{id} of {node} has no value"))
}

/// Requests of `clients` that ended in `outcome`, a replication.
fn count(cell: &Cell, clients: &str, outcome: &str) -> f64 {
    let rows = cell.ledger.iter().filter(|row| row.clients == clients && row.outcome.starts_with(outcome));
    rows.map(|row| row.count as f64).sum::<f64>() / f64::from(cell.replications)
}

#[test]
fn a_token_bucket_lets_its_capacity_and_its_refill_pass() {
    // A request each 10 ms, from 10 ms on: 999 in ten seconds. The bucket holds 5; one token comes each 100 ms.
    let results = run(
        10,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "limit"),
            "limit": Limiter(limit: TokenBucket(capacity: 5, refill: "10/s"), to: "web"),
            "web": Fleet(service: Constant("1 us")),
        }"#,
    );
    let cell = &results.cells[0];
    // Full at 10 ms: five pass until 50 ms, when 0.4 has dripped; then one each 100 ms, at 110 ms, 210 ms and so on.
    let passed = 5.0 + 99.0;
    assert_eq!(count(cell, "users", "served"), passed);
    assert_eq!(count(cell, "users", "rejected: rate limit by limit"), 999.0 - passed);
}

#[test]
fn each_tier_has_its_own_bucket_and_unknown_tiers_are_turned_away() {
    let clients: String = ["premium", "standard", "basic", "other"]
        .map(|name| format!(r#""{name}": Clients(arrivals: Deterministic(rate: "200/s"), to: "limit"), "#))
        .concat();
    let results = run(
        20,
        &format!(
            r#"nodes: {{ {clients}
                "limit": Limiter(to: "web", tiers: {{
                    "premium": TokenBucket(capacity: 1000, refill: "100/s"),
                    "standard": TokenBucket(capacity: 100, refill: "10/s"),
                    "basic": TokenBucket(capacity: 10, refill: "1/s"),
                }}),
                "web": Fleet(service: Constant("1 us")),
            }}"#
        ),
    );
    let cell = &results.cells[0];
    // From the first request at 5 ms until the last at 19.995 s.
    for (tier, capacity, rate) in [("premium", 1000.0, 100.0), ("standard", 100.0, 10.0), ("basic", 10.0, 1.0)] {
        assert_eq!(count(cell, tier, "served"), f64::floor(capacity + rate * 19.99), "{tier}");
    }
    assert_eq!(count(cell, "other", "served"), 0.0);
    assert_eq!(count(cell, "other", "rejected: rate limit by limit"), 3999.0);
}

#[test]
fn a_leaky_bucket_holds_back_what_it_does_not_turn_away() {
    // Four times as many come as drip; nginx with rate=5r/s burst=4 keeps four waiting, 200 ms apart.
    let results = run(
        100,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "20/s"), to: "limit"),
            "limit": Limiter(limit: LeakyBucket(rate: "5/s", burst: 4), to: "web"),
            "web": Fleet(service: Constant("1 us")),
        }"#,
    );
    let cell = &results.cells[0];
    let served = count(cell, "users", "served") + count(cell, "users", "in flight at the end");
    assert!((500.0..=505.0).contains(&served), "{served}");
    let held = of(cell, "limit", "held") * 100.0;
    assert!((498.0..=504.0).contains(&held), "{held}");
    let p99 = of(cell, "users", "latency_p99");
    assert!((0.7..=0.801).contains(&p99), "{p99}");
}

#[test]
fn every_client_has_an_account_as_long_as_there_are_places() {
    let with = |keys: u32| {
        run(
            20,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "limit", clients: 50),
                    "limit": Limiter(limit: FixedWindow(limit: 2, window: "100 s"), by: [Client], keys: {keys}, to: "web"),
                    "web": Fleet(service: Constant("1 us")),
                }}"#
            ),
        )
    };
    // Twenty thousand requests of fifty clients, two each.
    let (all, few) = (with(50), with(25));
    assert_eq!(count(&all.cells[0], "users", "served"), 100.0);
    assert_eq!(of(&all.cells[0], "limit", "forgotten"), 0.0);
    // Who was forgotten begins anew: about half of the requests find no account.
    assert!(count(&few.cells[0], "users", "served") > 5000.0);
    assert!(of(&few.cells[0], "limit", "forgotten") > 5000.0);
}

#[test]
fn limiters_by_themselves_let_a_multiple_pass_and_a_shared_limit_does_not() {
    let with = |limit: &str| {
        run(
            10,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "500/s"), to: (to: "gateway", spread: RoundRobin)),
                    "gateway": Limiter({limit}, copies: 4, to: "web"),
                    "redis": Store,
                    "web": Fleet(service: Constant("1 us")),
                }}"#
            ),
        )
    };
    let shared = |more: &str| {
        with(&format!(
            r#"distributed: Distributed(limit: 40, window: "1 s", store: (to: "redis", delay: Constant("2 ms")){more})"#
        ))
    };
    // The store takes no time between commands that come at once, so that an exact limit is exactly that.
    let local = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "500/s"), to: (to: "gateway", spread: RoundRobin)),
                "gateway": Limiter(limit: SlidingLog(limit: 40, window: "1 s"), copies: 4, to: "web"),
                "web": Fleet(service: Constant("1 us")),
            }),
            run: (duration: "10 s", replications: 4, seed: 3),
        )"#,
    );
    let served = |results: &Results| count(&results.cells[0], "users", "served");
    // Ten windows of at most 40 begin in ten seconds, and one more may have begun.
    let atomic = shared(", commands: Atomic");
    assert!((360.0..=440.0).contains(&served(&atomic)), "{}", served(&atomic));
    assert_eq!(of(&atomic.cells[0], "redis", "over_limit"), 0.0);
    let four_times = served(&local) / served(&atomic);
    assert!((3.6..=4.4).contains(&four_times), "{four_times}");
    // Two round trips leave 4 ms and more in which others find room: two requests at 500/s.
    let race = shared(", commands: CheckThenAdd");
    assert!(of(&race.cells[0], "redis", "over_limit") > 0.0);
    assert!(served(&race) > served(&atomic));
    // What was turned away has been added too, and keeps everybody out from the first second on.
    let pipeline = shared("");
    assert!(served(&pipeline) < 0.3 * served(&atomic), "{} of {}", served(&pipeline), served(&atomic));
}

#[test]
fn without_its_store_a_limiter_fails_open_or_closed() {
    let with = |when: &str, fault: &str| {
        let results = run(
            30,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "gateway"),
                    "gateway": Limiter(to: "web", distributed: Distributed(
                        limit: 10, window: "1 s", store: (to: "redis", delay: Constant("1 ms")), commands: Atomic,
                        timeout: "20 ms", when_down: {when},
                    )),
                    "redis": Store(service: Constant("10 us")),
                    "web": Fleet(service: Constant("1 us")),
                }}, faults: [(at: "10 s", node: "redis", fault: {fault}, lasts: "10 s")]"#
            ),
        );
        let cell = &results.cells[0];
        assert!(of(cell, "gateway", "without_store") >= 900.0, "{}", of(cell, "gateway", "without_store"));
        count(cell, "users", "served")
    };
    // Ten each second for twenty seconds; while the store is down all or none of a hundred.
    for fault in ["Crash", "SlowDown(factor: 10000)", r#"Errors(rate: "100 %")"#] {
        let (open, closed) = (with("FailOpen", fault), with("FailClosed", fault));
        assert!((1150.0..=1220.0).contains(&open), "{fault}: {open}");
        assert!((180.0..=220.0).contains(&closed), "{fault}: {closed}");
    }
}

#[test]
fn a_limiter_may_stand_between_a_balancer_and_its_fleet() {
    let results = run(
        20,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "300/s"), to: "lb"),
            "lb": Balancer(policy: RoundRobin, to: (to: "limit", delay: Constant("1 ms"))),
            "limit": Limiter(limit: FixedWindow(limit: 10, window: "1 s"), by: [Server], to: (to: "web", delay: Exponential(mean: "1 ms"))),
            "web": Fleet(servers: 3, service: Constant("1 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    // Each of three servers takes ten a second.
    assert!((595.0..=600.0).contains(&count(cell, "users", "served")));
    let servers = &cell.nodes.iter().find(|node| node.name == "web").expect("the fleet").servers;
    assert!(servers.iter().all(|&busy| (busy - 0.01).abs() < 2e-4), "{servers:?}");
}
