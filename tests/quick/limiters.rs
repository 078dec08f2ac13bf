//! Limiters and their stores in whole systems.

use crate::answers::answer;
use crate::ledger::ended_as_of;
use crate::values::node_value;
use rushhour::lab::results::{Cell, Results};

fn run(seconds: u32, system: &str) -> Results {
    answer(&format!(
        r#"Experiment(system: System({system}), run: (duration: "{seconds} s", replications: 4, seed: 3))"#
    ))
}

/// Requests of `clients` that ended in `outcome`, a replication.
fn count(cell: &Cell, clients: &str, outcome: &str) -> f64 {
    ended_as_of(cell, clients, outcome) as f64 / f64::from(cell.replications)
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
fn requests_exactly_at_a_limit_all_pass_whatever_the_gap() {
    for rate in ["3/s", "7/s", "300/s", "999/s", "20/min"] {
        for limit in [
            format!(r#"TokenBucket(capacity: 1, refill: "{rate}")"#),
            format!(r#"Gcra(rate: "{rate}", burst: 1)"#),
            format!(r#"LeakyBucket(rate: "{rate}", arithmetic: Exact)"#),
        ] {
            let results = run(
                60,
                &format!(
                    r#"nodes: {{
                        "users": Clients(arrivals: Deterministic(rate: "{rate}"), to: (to: "limit", delay: Constant("7 us"))),
                        "limit": Limiter(limit: {limit}, to: "web"),
                        "web": Fleet(service: Constant("1 us")),
                    }}"#
                ),
            );
            assert_eq!(count(&results.cells[0], "users", "rejected"), 0.0, "{rate} {limit}");
        }
    }
}

#[test]
fn a_request_takes_as_many_tokens_as_it_costs() {
    // A request each 100 ms from 100 ms on, 99 in ten seconds.
    let results = run(
        10,
        r#"nodes: {
            "large": Clients(arrivals: Deterministic(rate: "10/s"), to: "by size", size: "10 KiB"),
            "batch": Clients(arrivals: Deterministic(rate: "10/s"), to: "by client"),
            "people": Clients(arrivals: Deterministic(rate: "10/s"), to: "by client"),
            "checks": Clients(arrivals: Deterministic(rate: "10/s"), to: "by client"),
            "giants": Clients(arrivals: Deterministic(rate: "10/s"), to: "by client"),
            "by size": Limiter(limit: TokenBucket(capacity: 30, refill: "15/s"), costs: [(per: "4 KiB")], to: "web"),
            "by client": Limiter(
                limit: FixedWindow(limit: 20, window: "1 s"),
                by: [Tier],
                costs: [(clients: "batch", tokens: 5), (clients: "checks", tokens: 0), (clients: "giants", tokens: 21)],
                to: "web",
            ),
            "web": Fleet(workers: 10, service: Constant("1 us")),
        }"#,
    );
    let served = |clients| count(&results.cells[0], clients, "served");
    // Three tokens for 10 KiB; 30 at first, and 15 x 9.8 until the last request at 9.9 s: 59 times three.
    assert_eq!(served("large"), 59.0);
    // Four of cost 5 in each of ten seconds; all of cost 1 and of cost 0; none that costs more than the limit.
    assert_eq!([served("batch"), served("people"), served("checks"), served("giants")], [40.0, 99.0, 99.0, 0.0]);
}

#[test]
fn a_shared_limit_counts_what_requests_cost() {
    let results = run(
        10,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "20/s"), to: "gateway"),
            "gateway": Limiter(to: "web", costs: [(tokens: 4)], distributed: Distributed(
                limit: 11, window: "1 s", store: (to: "redis", delay: Constant("1 ms")), commands: Atomic,
            )),
            "redis": Store,
            "web": Fleet(service: Constant("1 us")),
        }"#,
    );
    // Two of cost 4 in each of ten seconds, from 50 ms on.
    assert_eq!(count(&results.cells[0], "users", "served"), 20.0);
}

#[test]
fn an_adaptive_limit_is_a_series() {
    let results = run(
        60,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "50/s"), to: "limit"),
            "limit": Limiter(
                limit: Adaptive(base: 100, most: 1000, every: "10 s", window: "1 s"),
                tiers: {"guests": Adaptive(base: 50, least: 40, every: "10 s", window: "1 s")},
                to: "lb",
            ),
            "guests": Clients(arrivals: Deterministic(rate: "40/s"), to: "limit"),
            "lb": Router(rules: [(clients: "guests", to: "bad")], otherwise: "web"),
            "web": Fleet(service: Constant("1 ms")),
            "bad": Fleet(service: Constant("1 ms")),
        }, faults: [(at: "0 s", node: "bad", fault: Errors(rate: "100 %"))]"#,
    );
    let cell = &results.cells[0];
    let series = |id: &str| {
        let series = cell.series.iter().find(|series| series.node == "limit" && series.quantity == id).expect(id);
        let in_middle = |second: usize| series.mean[(second as f64 / cell.window) as usize].expect("a mean");
        [5, 15, 25, 35, 45, 55].map(in_middle).map(f64::round)
    };
    // Ten percent more for each ten good seconds, in whole requests; ten percent less for each ten bad ones, down to 40.
    assert_eq!(series("limit"), [100.0, 110.0, 121.0, 133.0, 146.0, 161.0]);
    assert_eq!(series("limit_guests"), [50.0, 45.0, 40.0, 40.0, 40.0, 40.0]);
    let mean = node_value(cell, "limit", "limit");
    assert!((mean - 128.5).abs() < 0.1, "{mean}");
}

/// Clients that ask as fast as answers come, all from the same moment on, until there have been 400 requests; limit 100 in a
/// minute. As a real Redis 7.0.15 counted them: with `MULTI` and `EXEC`, members that differ or a script, exactly the limit
/// passes; with a clock of 1 ms and the time as member, all do; over round trips of their own, up to K - 1 too many.
#[test]
fn what_passes_a_shared_limit_is_what_a_real_redis_counted() {
    let passed = |clients: u32, more: &str| {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Users(count: {clients}), to: (to: "gateway", spread: RoundRobin)),
                    "gateway": Limiter(copies: {clients}, to: "web", distributed: Distributed(
                        limit: 100, window: "60 s", store: (to: "redis", delay: Exponential(mean: "20 us")), {more}
                    )),
                    "redis": Store(service: Exponential(mean: "30 us")),
                    "web": Fleet(workers: 100, service: Constant("1 us")),
                }}),
                run: (requests: 400, replications: 3, seed: 3),
            )"#
        ));
        count(&results.cells[0], "users", "served")
    };
    for clients in [1, 5, 20] {
        let all = f64::from(clients) - 1.0;
        // Here all begin in the same nanosecond, so that their first requests are one member.
        assert_eq!(passed(clients, "commands: Pipeline"), 100.0 + all);
        assert_eq!(passed(clients, "commands: Pipeline(members: Requests)"), 100.0);
        assert_eq!(passed(clients, "commands: Atomic"), 100.0);
        let coarse = passed(clients, r#"commands: Pipeline, clock: (step: "1 ms")"#);
        assert!((400.0 - all..=400.0).contains(&coarse), "{clients}: {coarse}");
        let race = passed(clients, "commands: CheckThenAdd");
        assert!((100.0..=100.0 + all).contains(&race), "{clients}: {race}");
        assert!(clients < 20 || race > 100.0, "twenty race");
    }
}

/// Limit 100 in 60 s, 1000 requests in 10 s: a real Redis kept 1000 members of the pipeline and 100 of the script.
#[test]
fn a_pipeline_fills_the_store_with_requests_that_it_rejects() {
    let kept = |commands: &str| {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "gateway"),
                    "gateway": Limiter(to: "web", distributed: Distributed(
                        limit: 100, window: "60 s", store: "redis", commands: {commands},
                    )),
                    "redis": Store,
                    "web": Fleet(service: Constant("1 us")),
                }}),
                run: (duration: "10.005 s", replications: 1, seed: 3),
            )"#
        ));
        node_value(&results.cells[0], "redis", "members")
    };
    assert_eq!([kept("Pipeline"), kept("Pipeline(members: Requests)"), kept("Atomic")], [1000.0, 1000.0, 100.0]);
}

#[test]
fn each_tier_has_its_own_bucket_and_unknown_tiers_are_rejected() {
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
fn a_leaky_bucket_holds_back_the_requests_that_it_does_not_reject() {
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
    let held = node_value(cell, "limit", "held") * 100.0;
    assert!((498.0..=504.0).contains(&held), "{held}");
    let p99 = node_value(cell, "users", "latency_p99");
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
    assert_eq!(node_value(&all.cells[0], "limit", "forgotten"), 0.0);
    // Who was forgotten begins anew: about half of the requests find no account.
    assert!(count(&few.cells[0], "users", "served") > 5000.0);
    assert!(node_value(&few.cells[0], "limit", "forgotten") > 5000.0);
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
    assert_eq!(node_value(&atomic.cells[0], "redis", "over_limit"), 0.0);
    let four_times = served(&local) / served(&atomic);
    assert!((3.6..=4.4).contains(&four_times), "{four_times}");
    // Two round trips leave 4 ms and more in which others find room: two requests at 500/s.
    let race = shared(", commands: CheckThenAdd");
    assert!(node_value(&race.cells[0], "redis", "over_limit") > 0.0);
    assert!(served(&race) > served(&atomic));
    // Rejected requests have been added too, and keep all others out from the first second on.
    let pipeline = shared("");
    assert!(served(&pipeline) < 0.3 * served(&atomic), "{} of {}", served(&pipeline), served(&atomic));
}

#[test]
fn without_its_store_a_limiter_fails_open_or_closed_or_raises() {
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
        let without = node_value(cell, "gateway", "without_store");
        assert!(without >= 900.0, "{without}");
        let failed = count(cell, "users", "failed: error answer by gateway");
        assert_eq!(failed, if when == "Raise" { without } else { 0.0 });
        count(cell, "users", "served")
    };
    // Ten each second for twenty seconds; while the store is down all or none of a hundred.
    for fault in ["Crash", "SlowDown(factor: 10000)", r#"Errors(rate: "100 %")"#] {
        let (open, closed, raised) = (with("FailOpen", fault), with("FailClosed", fault), with("Raise", fault));
        assert_eq!(closed, raised, "{fault}");
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
