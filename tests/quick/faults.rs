//! What goes wrong with nodes of every kind and on links, and what is left of it when it is over.

use crate::answers::{Memory, answer};
use crate::ledger::ended;
use crate::values::{estimate, node_value, only_cell, value};
use rushhour::lab::results::Cell;

fn run(system: &str, seconds: u32) -> Cell {
    only_cell(answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "{seconds} s", replications: 1, seed: 1),
            measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, InSystem],
        )"#
    )))
}

/// A hundred requests a second, 10 ms apart, through a balancer to four servers; the network takes 1 ms each way.
fn behind_a_balancer(clients: &str, faults: &str) -> String {
    format!(
        r#"nodes: {{
            "users": Clients(arrivals: Deterministic(rate: "100/s"), {clients} to: (to: "lb", delay: Constant("1 ms"))),
            "lb": Balancer(health: Unaware, to: (to: "web", delay: Constant("1 ms"))),
            "web": Fleet(servers: 4, service: Constant("4 ms")),
        }}, faults: [{faults}]"#
    )
}

const TIMEOUT: &str = r#"timeout: "500 ms","#;

#[test]
fn what_is_sent_into_a_partition_is_lost_and_nothing_else() {
    for (from, to) in [("users", "lb"), ("lb", "web")] {
        for (way, served_in_vain) in [("Both", 0), ("There", 0), ("Back", 1000)] {
            let fault = format!(
                r#"(at: "10.0001 s", node: "{from}", to: "{to}", fault: Partition(way: {way}), lasts: "10 s")"#
            );
            let cell = run(&behind_a_balancer(TIMEOUT, &fault), 30);
            // The network of a partition is not asked twice: a request is lost that sets out while it lasts, or whose answer does.
            let lost = ended(&cell, "timed out");
            assert!((1000..=1001).contains(&lost), "{from} {way}: {lost}");
            let busy = node_value(&cell, "web", "departures") * 30.0;
            let expected = 2999.0 - 1000.0 + f64::from(served_in_vain);
            assert!((busy - expected).abs() <= 2.5, "{from} {way}: {busy} for {expected}");
            // A client that gives up ends the request at all nodes that waited with it.
            let inside = node_value(&cell, "lb", "in_system");
            assert!(inside < 0.5 * 1000.0 / 30.0 + 1.0, "{from} {way}: {inside}");
        }
    }
}

#[test]
fn clients_without_a_timeout_wait_for_ever_for_what_is_lost() {
    let fault = r#"(at: "10.0001 s", node: "lb", to: "web", servers: [0], fault: Partition, lasts: "10 s")"#;
    let cell = run(&behind_a_balancer("", fault), 30);
    // A quarter of a thousand, for the balancer takes turns and knows nothing.
    let hang = ended(&cell, "in flight at the end");
    assert!((249..=252).contains(&hang), "{hang}");
    assert_eq!(ended(&cell, "served") + hang, 2999);
}

#[test]
fn losses_each_way_and_of_several_faults_are_independent() {
    let loss = r#"(at: "0 s", node: "users", to: "lb", fault: Loss(rate: "10 %"))"#;
    let there = r#"(at: "0 s", node: "users", to: "lb", fault: Loss(rate: "20 %", way: There))"#;
    for (faults, served) in [(loss.to_owned(), 0.81), (format!("{loss}, {there}"), 0.81 * 0.8)] {
        let cell = run(&behind_a_balancer(TIMEOUT, &faults), 500);
        // 50,000 requests: five and a half standard deviations.
        assert!((1.0 - value(&cell, "drop_rate") - served).abs() < 0.0118, "{served}");
    }
}

#[test]
fn delays_add_up_each_way() {
    let faults = r#"(at: "0 s", node: "users", to: "lb", fault: Delay(by: Constant("20 ms"))),
        (at: "0 s", node: "users", to: "lb", fault: Delay(by: Constant("5 ms"), way: Back)),
        (at: "0 s", node: "lb", fault: Delay(by: Constant("100 ms")))"#;
    let cell = run(&behind_a_balancer("", faults), 20);
    assert!((value(&cell, "latency_p50") / (0.008 + 0.045 + 0.1) - 1.0).abs() < 1e-3);
}

#[test]
fn a_balancer_that_crashes_loses_what_it_has_passed_on_and_refuses_until_it_is_back() {
    // Requests take 60 ms at the servers, so that six are there at any time.
    let system = behind_a_balancer("", r#"(at: "10.0051 s", node: "lb", fault: Crash, lasts: "5 s")"#);
    let cell = run(&system.replace("service: Constant(\"4 ms\")", "workers: 10, service: Constant(\"60 ms\")"), 20);
    assert_eq!(ended(&cell, "failed: server crashed by lb"), 6);
    assert_eq!(ended(&cell, "failed: connection refused by lb"), 500);
    // What was passed on is not worked on to the end: connections are closed.
    let departures = node_value(&cell, "web", "departures") * 20.0;
    assert!((departures - (1999.0 - 500.0)).abs() < 7.5, "{departures}");
    assert_eq!(ended(&cell, "served"), 1999 - 506 - ended(&cell, "in flight at the end"));
}

#[test]
fn another_balancer_hears_of_a_crash_and_goes_round_it() {
    let system = |health: &str| {
        format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "front"),
                "front": Balancer(health: {health}, to: "lb"),
                "lb": Balancer(copies: 2, to: "web"),
                "web": Fleet(servers: 4, service: Constant("1 ms")),
            }}, faults: [(at: "10.005 s", node: "lb[1]", fault: Crash, lasts: "5 s")]"#
        )
    };
    let refused = |health: &str| {
        let cell = run(&system(health), 20);
        let refused = ended(&cell, "failed: connection refused by lb[1]");
        let of = |id: &str| node_value(&cell, "front", id);
        assert_eq!(of("misdirected"), refused as f64, "{health}");
        // From the crash at 10.005 s until the last; they come every 20 ms.
        let expected = if refused == 0 { 0.0 } else { 0.02 * refused as f64 };
        assert!((of("failover_time") - expected).abs() < 0.02, "{health}: {}", of("failover_time"));
        refused
    };
    assert_eq!(refused("Notified"), 0);
    assert_eq!(refused(r#"Notified(after: "1 s")"#), 50);
    assert_eq!(refused("Unaware"), 250);
    let checked = refused(r#"Active(interval: "500 ms", timeout: "100 ms", fall: 1, rise: 1)"#);
    assert!((1..=30).contains(&checked), "{checked}");
}

#[test]
fn a_proxy_that_slows_down_or_crashes_takes_its_queue_along() {
    let system = |faults: &str| {
        format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
                "lb": Balancer(proxy: (workers: 1, per_request: "5 ms"), to: "web"),
                "web": Fleet(servers: 4, service: Constant("1 ms")),
            }}, faults: [{faults}]"#
        )
    };
    // Four times slower serves half of what comes: from 10 s on a second of queue is there after two.
    let slow =
        r#"(at: "10 s", node: "lb", fault: SlowDown(factor: 2)), (at: "10 s", node: "lb", fault: SlowDown(factor: 2))"#;
    let crash = format!(r#"{slow}, (at: "12.0051 s", node: "lb", fault: Crash, lasts: "1 s")"#);
    let cell = run(&system(&crash), 13);
    let lost = ended(&cell, "failed: server crashed by lb");
    assert!((99..=101).contains(&lost), "{lost}");
    assert!((99..=101).contains(&ended(&cell, "failed: connection refused by lb")));
}

#[test]
fn a_limiter_forgets_its_accounts_with_its_host_and_a_breaker_closes() {
    let system = |node: &str, faults: &str| {
        format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "first"),
                "first": {node},
                "web": Fleet(workers: 1000, service: Constant("1 ms")),
            }}, faults: [{faults}]"#
        )
    };
    let limiter = r#"Limiter(limit: FixedWindow(limit: 10, window: "1 h"), to: "web")"#;
    assert_eq!(ended(&run(&system(limiter, ""), 10), "served"), 10);
    let crash = r#"(at: "5.005 s", node: "first", fault: Crash, lasts: "1 s")"#;
    assert_eq!(ended(&run(&system(limiter, crash), 10), "served"), 20);
    // Errors until 5 s open it for an hour; a crash closes it.
    let breaker = r#"Breaker(rule: ConsecutiveFailures(failures: 5, recovery: "1 h"), to: "web")"#;
    let errors = r#"(at: "0 s", node: "web", fault: Errors(rate: "100 %"), lasts: "4 s")"#;
    assert_eq!(ended(&run(&system(breaker, errors), 10), "served"), 0);
    let served = ended(&run(&system(breaker, &format!("{errors}, {crash}")), 10), "served");
    assert!((399..=401).contains(&served), "{served}");
}

#[test]
fn errors_of_a_node_in_between_fail_their_share() {
    let errors =
        r#"(at: "0 s", node: "lb", fault: Errors(rate: "30 %")), (at: "0 s", node: "lb", fault: Errors(rate: "50 %"))"#;
    let cell = run(&behind_a_balancer("", errors), 500);
    assert!((value(&cell, "drop_rate") - 0.65).abs() < 0.0118);
}

#[test]
fn availability_is_the_mean_time_between_failures_over_that_and_the_time_to_repair() {
    let recurs = |what: &str| {
        format!(r#"(at: "0 s", {what}, recurs: (mtbf: Exponential(mean: "9 s"), mttr: Exponential(mean: "1 s")))"#)
    };
    for what in [
        r#"node: "web", fault: Crash"#,
        r#"node: "lb", fault: Crash"#,
        r#"node: "users", to: "lb", fault: Partition(way: There)"#,
    ] {
        let cell = run(&behind_a_balancer(TIMEOUT, &recurs(what)), 5000);
        // The standard deviation of the share of time down is sqrt(2 9^2 1^2 / (10^3 5000)) = 0.0057 for one; of the fleet,
        // four servers fail by themselves, and their mean has half of that.
        let lost = value(&cell, "drop_rate");
        assert!((lost - 0.1).abs() < 0.031, "{what}: {lost}");
    }
}

#[test]
fn faults_at_random_are_the_same_in_every_arm() {
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
                    "lb": Balancer(policy: Random, to: "web"),
                    "web": Fleet(servers: 4, service: Constant("1 ms")),
                },
                faults: [(at: "0 s", node: "lb", fault: Crash, recurs: (mtbf: Exponential(mean: "2 s"), mttr: Exponential(mean: "1 s")))],
            ),
            run: (duration: "100 s", replications: 3, seed: 1),
            arms: {"random": {}, "turns": {"lb.policy": RoundRobin, "web.servers": 9}},
            measure: [DropRate],
        )"#,
    );
    let [one, other] = [0, 1].map(|arm| estimate(&results.cells[arm], "drop_rate").replicates.clone());
    assert_eq!(one, other);
    assert!(one.windows(2).all(|pair| pair[0] != pair[1]), "each replication has faults of its own");
}

#[test]
fn a_limiter_cut_off_from_its_store_decides_without_it() {
    // The command or its answer is lost, for 5 s of 10 s; the timeout of 50 ms is all that tells.
    for way in ["There", "Back"] {
        for (when_down, served) in [("FailOpen", 500), ("FailClosed", 0)] {
            let cell = run(
                &format!(
                    r#"nodes: {{
                        "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "limit"),
                        "limit": Limiter(distributed: Distributed(
                            limit: 10000, window: "1 h", store: (to: "redis", delay: Constant("1 ms")), timeout: "50 ms",
                            when_down: {when_down},
                        ), to: "web"),
                        "redis": Store(),
                        "web": Fleet(workers: 1000, service: Constant("1 ms")),
                    }}, faults: [(at: "2.005 s", node: "limit", to: "redis", fault: Partition(way: {way}), lasts: "5 s")]"#
                ),
                10,
            );
            let found = ended(&cell, "served");
            assert!((498 + served..=500 + served).contains(&found), "{way} {when_down}: {found}");
        }
    }
}

#[test]
fn probes_and_words_of_idleness_that_are_lost_leave_nothing_behind() {
    for policy in ["Prequal", "JoinIdleQueue"] {
        let system = behind_a_balancer(
            TIMEOUT,
            r#"(at: "2 s", node: "lb", to: "web", servers: [1], fault: Partition, lasts: "5 s"),
            (at: "3 s", node: "lb", to: "web", fault: Loss(rate: "30 %"))"#,
        );
        let system = system.replace("health: Unaware", &format!("policy: {policy}, health: Unaware"));
        let cell = run(&system, 20);
        assert!(ended(&cell, "served") > 600, "{policy}");
        // No request waits longer than the timeout.
        assert!(ended(&cell, "in flight at the end") <= 51, "{policy}");
    }
}

#[test]
fn who_takes_back_a_lost_request_frees_everybody_on_the_way() {
    // Calls that hedge and cancel through a breaker, a concurrency limit and a fallback, all on a network that loses a tenth.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(
                        arrivals: Poisson(rate: "200/s"), timeout: "500 ms", hedge: Hedge(after: "20 ms"), cancels: true,
                        retry: Retry(attempts: 2), attempt_timeout: "100 ms", to: (to: "permits", delay: Constant("1 ms")),
                    ),
                    "permits": ConcurrencyLimiter(limit: Fixed(50), to: (to: "fallback", delay: Constant("1 ms"))),
                    "fallback": Fallback(
                        on: [Error], timeout: "80 ms", answers: [Smaller(to: "web")], to: (to: "breaker", delay: Constant("1 ms")),
                    ),
                    "breaker": Breaker(to: (to: "web", delay: Exponential(mean: "1 ms"))),
                    "web": Fleet(workers: 50, service: Exponential(mean: "10 ms")),
                },
                faults: [
                    (at: "0 s", node: "users", to: "permits", fault: Loss(rate: "10 %")),
                    (at: "0 s", node: "permits", to: "fallback", fault: Loss(rate: "10 %")),
                    (at: "0 s", node: "fallback", to: "breaker", fault: Loss(rate: "10 %")),
                    (at: "0 s", node: "breaker", to: "web", fault: Loss(rate: "10 %")),
                ],
            ),
            run: (duration: "60 s", replications: 2, seed: 1),
            measure: [DropRate],
        )"#,
    );
    let cell = &results.cells[0];
    // If permits were never given back, all requests would be rejected in the end.
    let rejected = ended(cell, "rejected: concurrency limit by permits");
    assert_eq!(rejected, 0);
    let held = node_value(cell, "permits", "in_flight");
    assert!(held < 30.0, "{held}");
}

/// Two fleets of two servers each, in two zones, behind a balancer that hears of crashes at once.
fn two_zones(recurs: &str) -> String {
    let crash = |node: &str, zone: &str| {
        format!(
            r#"(at: "0 s", node: "{node}", fault: Crash, recurs: (
                mtbf: Exponential(mean: "4 s"), mttr: Exponential(mean: "1 s"){})),"#,
            recurs.replace("ZONE", zone)
        )
    };
    format!(
        r#"nodes: {{
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
            "lb": Balancer(policy: RoundRobin, to: ["east", "west"]),
            "east": Fleet(servers: 2, service: Constant("1 ms")),
            "west": Fleet(servers: 2, service: Constant("1 ms")),
        }}, faults: [{} {}]"#,
        crash("east", "east"),
        crash("west", "west")
    )
}

#[test]
fn what_is_in_one_zone_fails_together() {
    // A server is down a fifth of the time. No server is up while all are down: four servers by themselves, two zones,
    // one zone.
    let none = |recurs: &str| {
        let cell = run(&two_zones(recurs), 5000);
        let count = ended(&cell, "rejected: no server available by lb");
        count as f64 / 499_999.0
    };
    let down = 0.2;
    // The shares of 5000 s, in which zones change some 1000 times: a twentieth of a fifth is four standard deviations
    // and more (the variance of the share of time down is 2 x 16 / 125 / 5000 s).
    let shares = [none(""), none(r#", zone: "ZONE""#), none(r#", zone: "everything""#)];
    for (found, (expected, within)) in
        shares.into_iter().zip([(down * down * down * down, 0.0012), (down * down, 0.01), (down, 0.036)])
    {
        assert!((found - expected).abs() < within, "{found} for {expected}");
    }
}

#[test]
fn nodes_links_and_copies_of_a_zone_fail_at_the_same_moments() {
    // What fails together is never seen apart: the second of two nodes in a row never refuses, for the first did before.
    let zone = r#"recurs: (mtbf: Exponential(mean: "2 s"), mttr: Exponential(mean: "1 s"), zone: "z")"#;
    let system = |faults: &str| {
        format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), timeout: "500 ms", to: "limit"),
                "limit": Limiter(limit: TokenBucket(capacity: 1000, refill: "1000/s"), to: "lb"),
                "lb": Balancer(health: Unaware, to: "web"),
                "web": Fleet(servers: 2, copies: 1, service: Constant("1 us")),
            }}, faults: [{faults}]"#
        )
    };
    let limit = format!(r#"(at: "1 s", node: "limit", fault: Crash, {zone})"#);
    let web = format!(r#"(at: "1 s", node: "web", fault: Crash, {zone})"#);
    let link = format!(r#"(at: "1 s", node: "lb", to: "web", fault: Partition, {zone})"#);
    let refusals = |faults: &str, outcome: &str| ended(&run(&system(faults), 300), outcome);
    let first = refusals(&limit, "failed: connection refused by limit");
    assert!(first > 5000, "{first}");
    for other in [&web, &link] {
        let both = format!("{limit}, {other}");
        assert_eq!(refusals(&both, "failed: connection refused by limit"), first);
        assert_eq!(refusals(&both, "failed: connection refused by web"), 0);
        // At most what is under way for a microsecond when it begins.
        assert!(refusals(&both, "timed out") <= 1);
    }
    // The second by itself fails as often.
    assert_eq!(refusals(&web, "failed: connection refused by web"), first);
    let cell = run(&system(&link), 300);
    assert_eq!(ended(&cell, "timed out") + ended(&cell, "in flight at the end"), first);
}

#[test]
fn faults_of_one_zone_say_the_same_of_when() {
    let said = |second: &str| {
        let experiment = format!(
            r#"Experiment(system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "1/s"), to: "lb"),
                "lb": Balancer(to: "web"),
                "web": Fleet(servers: 2, service: Constant("1 ms")),
            }}, faults: [
                (at: "0 s", node: "web", servers: [0], fault: Crash, recurs: (mtbf: Constant("9 s"), mttr: Constant("1 s"), zone: "a")),
                (at: "0 s", node: "web", servers: [1], fault: Crash, recurs: (mtbf: Constant("9 s"), mttr: Constant("{second}"), zone: "a")),
            ]), run: (duration: "9 s", replications: 1))"#
        );
        let files = Memory { experiment: &experiment, logs: &[] };
        rushhour::lab::load(&files, "test.ron").err().map(|problems| problems.to_string())
    };
    assert_eq!(said("1 s"), None);
    let problem = said("2 s").expect("they differ");
    assert!(problem.contains(r#"what fails together in zone "a" has the same `mttr`"#), "{problem}");
}

#[test]
fn a_balancer_that_is_down_checks_no_member() {
    let system = |faults: &str| {
        format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
                "lb": Balancer(health: Active(interval: "100 ms", timeout: "50 ms", fall: 2, rise: 1, work: "1 ms"), to: "web"),
                "web": Fleet(servers: 4, service: Constant("1 ms")),
            }}, faults: [{faults}]"#
        )
    };
    let checks = |faults: &str| {
        let cell = run(&system(faults), 20);
        let of = |node: &str, id: &str| node_value(&cell, node, id);
        (of("lb", "checks") * 20.0, of("lb", "falls"), ended(&cell, "rejected: no server available by lb"))
    };
    let (all, falls, none) = checks("");
    assert_eq!((all, falls, none), (800.0, 0.0, 0));
    // Down for a quarter of the time; a check that was under way says nothing of its server.
    let (while_up, falls, none) = checks(r#"(at: "5.0005 s", node: "lb", fault: Crash, lasts: "5 s")"#);
    assert_eq!((while_up, falls, none), (600.0, 0.0, 0));
    // What it held of its servers it holds on: they were down before it went down, and up again before it came back.
    let web = r#"(at: "4 s", node: "web", fault: Crash, lasts: "2 s")"#;
    let (_, falls, none) = checks(&format!(r#"{web}, (at: "5.0005 s", node: "lb", fault: Crash, lasts: "5 s")"#));
    assert_eq!(falls, 4.0);
    // Until the first has been checked again.
    assert!((80..=110).contains(&none), "{none}");
}

#[test]
fn what_has_set_out_before_a_partition_arrives() {
    // Ten milliseconds each way and ten at the server. A partition of 5 ms begins while some answer, or some request, is on
    // the link: it hits what sets out, and not what is under way.
    let lost = |way: &str, at: f64, length: f64| {
        let system = format!(
            r#"nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "10/s"), timeout: "90 ms",
                    to: (to: "web", delay: Constant("10 ms"))),
                "web": Fleet(workers: 9, service: Constant("10 ms")),
            }}, faults: [(at: "{at} s", node: "users", to: "web", fault: Partition(way: {way}), lasts: "{length} s")]"#
        );
        let cell = run(&system, 2);
        let served = ended(&cell, "served");
        assert_eq!(served + ended(&cell, "timed out"), 19);
        let done = (node_value(&cell, "web", "departures") * 2.0).round();
        (19 - served, 19.0 - done)
    };
    // A request sets out at 1 s, arrives at 1.01 s, and its answer sets out at 1.02 s and is home at 1.03 s.
    for (way, begins, expected) in [
        ("Both", 0.999, (1, 1.0)),
        ("There", 0.999, (1, 1.0)),
        ("Back", 0.999, (0, 0.0)),
        ("Both", 1.005, (0, 0.0)),
        ("Both", 1.018, (1, 0.0)),
        ("Back", 1.018, (1, 0.0)),
        ("There", 1.018, (0, 0.0)),
        ("Both", 1.025, (0, 0.0)),
    ] {
        assert_eq!(lost(way, begins, 0.004), expected, "{way} at {begins}");
    }
}
