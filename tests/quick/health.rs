//! The health of servers as balancers see it, in systems small enough to know the answer beforehand.

use crate::answers::{answer, answer_with};
use crate::ledger::ended;
use crate::values::{estimate, node_estimate, node_value, value};
use rushhour::lab::results::{Cell, Results};

/// A balancer before a fleet, asked `rate` times a second at even gaps.
struct Setup<'a> {
    rate: &'a str,
    balancer: &'a str,
    fleet: &'a str,
    faults: &'a str,
    run: &'a str,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            rate: "400/s",
            balancer: "policy: RoundRobin",
            fleet: "servers: 4, workers: 4, service: Constant(\"1 ms\")",
            faults: "",
            run: "duration: \"100 s\", replications: 2",
        }
    }
}

impl Setup<'_> {
    fn run(&self) -> Results {
        let Self { rate, balancer, fleet, faults, run } = self;
        answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "{rate}"), to: "lb"),
                    "lb": Balancer({balancer}, to: "web"),
                    "web": Fleet({fleet}),
                }}, faults: [{faults}]),
                run: ({run}, seed: 5),
                measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, FailoverTime],
            )"#
        ))
    }
}

fn of_balancer(cell: &Cell, id: &str) -> f64 {
    node_value(cell, "lb", id)
}

const REFUSED: &str = "failed: connection refused by web";

/// Server 0 stops; requests come to it at whole hundredths of a second, so none is there at this moment.
fn crash(at: &str, lasts: &str) -> String {
    let lasts = if lasts.is_empty() { String::new() } else { format!(r#", lasts: "{lasts}""#) };
    format!(r#"(at: "{at}", node: "web", servers: [0], fault: Crash{lasts})"#)
}

#[test]
fn the_third_failed_check_takes_a_server_down_and_the_second_passed_one_brings_it_back() {
    let results = Setup {
        balancer: "health: Active(interval: \"5 s\", timeout: \"1 s\", work: \"1 ms\")",
        faults: &crash("20.0041 s", "30 s"),
        run: "duration: \"100 s\", replications: 20",
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    // The first check after the crash comes within 5 s, the third 10 s later; requests come to a server each 10 ms.
    let times: Vec<f64> = estimate(cell, "failover_time").replicates.iter().flatten().copied().collect();
    assert_eq!(times.len(), 20);
    assert!(times.iter().all(|time| (9.98..=15.0).contains(time)), "{times:?}");
    let (least, most) = times.iter().fold((f64::MAX, 0.0_f64), |(a, b), &time| (a.min(time), b.max(time)));
    // Where in the interval checks stand is drawn anew for each replication.
    assert!(most - least > 1.0, "{times:?}");
    // Down with the third check after 20 s, up with the answer to the second after 50 s: 25.001 s, wherever checks stand.
    for available in node_estimate(cell, "lb", "available").replicates.iter().flatten() {
        assert!((available - 3.749_99).abs() < 1e-6, "{available}");
    }
    assert_eq!(of_balancer(cell, "falls"), 1.0);
    // Six checks or five find the server down, as the last before the restart may still.
    assert!((5.9..=6.1).contains(&of_balancer(cell, "failed_checks")), "{}", of_balancer(cell, "failed_checks"));
    let refused = times.iter().map(|time| (time / 0.01).floor() + 1.0).sum::<f64>();
    assert!((ended(cell, REFUSED) as f64 - refused).abs() <= 20.0, "{} {refused}", ended(cell, REFUSED));
}

#[test]
fn a_server_that_hangs_is_found_after_the_timeout_of_the_third_check() {
    let results = Setup {
        balancer: "health: Active(interval: \"5 s\", timeout: \"1 s\", work: \"1 ms\")",
        faults: r#"(at: "20 s", node: "web", servers: [0], fault: SlowDown(factor: 1000000))"#,
        run: "duration: \"100 s\", replications: 20",
        ..Setup::default()
    }
    .run();
    for available in node_estimate(&results.cells[0], "lb", "available").replicates.iter().flatten() {
        let found = 100.0 - (4.0 - available) * 100.0;
        assert!((30.99..=36.0).contains(&found), "{found}");
    }
}

#[test]
fn checks_load_servers_with_members_times_copies_over_interval_times_work() {
    let setup = |health: &'static str| {
        answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "40/s"), to: (to: "lb", spread: RoundRobin)),
                    "lb": Balancer(policy: RoundRobin, copies: 3{health}, to: "web"),
                    "web": Fleet(servers: 4, workers: 2, speeds: [2, 2, 2, 2], service: Constant("10 ms")),
                }}),
                run: (duration: "110 s", warm_up: "10 s", replications: 3),
            )"#
        ))
    };
    let with = setup(", health: Active(interval: \"1 s\", work: \"40 ms\")");
    let without = setup("");
    let (with, without) = (&with.cells[0], &without.cells[0]);
    // Three checks a second at each server, of 20 ms at double speed, shared by two workers.
    let load = node_value(with, "web", "check_load");
    assert!((load - 3.0 * 0.020 / 2.0).abs() < 1e-4, "{load}");
    // Forty requests of 5 ms a second over eight workers come on top.
    assert!((value(with, "utilization") - (load + 40.0 * 0.005 / 8.0)).abs() < 1e-4);
    for copy in 0..3 {
        let checks = node_value(with, &format!("lb[{copy}]"), "checks");
        assert!((checks - 4.0).abs() < 0.05, "{checks}");
    }
    // Of clients nothing changes but what they wait for workers that are busy with checks.
    assert_eq!(with.ledger, without.ledger);
    assert_eq!(node_estimate(with, "users", "offered").value, node_estimate(without, "users", "offered").value);
    let service = |cell| node_estimate(cell, "web", "service_mean").value;
    assert_eq!(service(with), service(without));
}

#[test]
fn a_server_that_cannot_keep_up_fails_its_checks_and_gets_a_rest() {
    let results = Setup {
        balancer: "policy: RoundRobin, health: Active(interval: \"2 s\", timeout: \"1 s\")",
        fleet: r#"servers: 4, workers: 1, speeds: [0.1, 1, 1, 1], service: Constant("2 ms")"#,
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    assert!(of_balancer(cell, "falls") >= 2.0, "{}", of_balancer(cell, "falls"));
    let available = of_balancer(cell, "available");
    assert!((3.0..3.9).contains(&available), "{available}");
    assert_eq!(value(cell, "drop_rate"), 0.0);
}

#[test]
fn passive_health_pays_one_request_for_each_fail_timeout() {
    let results = Setup {
        balancer: "health: Unaware, passive: Passive(max_fails: 1, fail_timeout: \"10 s\")",
        faults: &crash("20.0041 s", "35 s"),
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    // At 20, 30, 40 and 50 s; the probe at 60 s finds it well. Two replications.
    assert_eq!(ended(cell, REFUSED), 2 * 4);
    assert_eq!(of_balancer(cell, "misdirected"), 4.0);
    assert!((30.0..30.1).contains(&value(cell, "failover_time")), "{}", value(cell, "failover_time"));
    // Out from 20 s to 60 s but for the moments between the end of a timeout and the probe.
    let available = of_balancer(cell, "available");
    assert!((available - 3.6).abs() < 2e-3, "{available}");
}

#[test]
fn three_failures_are_what_it_takes_where_three_are_asked_for() {
    let results = Setup {
        balancer: "health: Unaware, passive: Passive(max_fails: 3, fail_timeout: \"10 s\")",
        faults: &crash("20.0041 s", "35 s"),
        ..Setup::default()
    }
    .run();
    // Three at 20 s, and then one probe each time.
    assert_eq!(ended(&results.cells[0], REFUSED), 2 * (3 + 3));
}

#[test]
fn outliers_are_ejected_for_thirty_sixty_ninety_seconds() {
    let results = Setup {
        balancer: "health: Unaware, outliers: OutlierEjection(always_eject_one: true)",
        faults: r#"(at: "5 s", node: "web", servers: [0], fault: Errors(rate: "100 %"), lasts: "395 s")"#,
        run: "duration: \"400 s\", replications: 2",
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    // Out at 5 s, back with the sweep at 40 s; out again for 60 s until 110 s, for 90 s until 210 s, for 120 s until
    // 340 s, and out for the rest. Each time costs five errors.
    assert_eq!(of_balancer(cell, "ejections"), 5.0);
    assert_eq!(ended(cell, "failed: error answer by web"), 2 * 5 * 5);
    let available = of_balancer(cell, "available");
    assert!((available - (4.0 - (35.0 + 70.0 + 100.0 + 130.0 + 60.0) / 400.0)).abs() < 3e-3, "{available}");
}

#[test]
fn a_tenth_of_the_members_is_ejected_at_most() {
    let results = Setup {
        rate: "2000/s",
        balancer: "health: Unaware, outliers: OutlierEjection",
        fleet: "servers: 20, workers: 4, service: Constant(\"1 ms\")",
        faults: r#"(at: "5 s", node: "web", servers: [0, 1, 2, 3, 4], fault: Errors(rate: "100 %"))"#,
        run: "duration: \"105 s\", warm_up: \"5 s\", replications: 2",
    }
    .run();
    let cell = &results.cells[0];
    let series = cell.series.iter().find(|series| series.node == "lb" && series.quantity == "available");
    let windows: Vec<f64> = series.expect("recorded").mean.iter().flatten().copied().collect();
    assert!(windows.iter().all(|&available| available >= 18.0 - 1e-9), "{windows:?}");
    // Three of the eighteen that are left go on failing.
    assert!((value(cell, "drop_rate") - 3.0 / 18.0).abs() < 2e-3, "{}", value(cell, "drop_rate"));
}

#[test]
fn a_success_rate_far_below_the_others_ejects_at_a_sweep() {
    let results = Setup {
        rate: "1000/s",
        balancer: "health: Unaware, outliers: OutlierEjection(consecutive_5xx: 0)",
        fleet: "servers: 10, workers: 4, service: Constant(\"1 ms\")",
        faults: r#"(at: "0 s", node: "web", servers: [0], fault: Errors(rate: "30 %"))"#,
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    // Nine at 100 % and one at about 70 %: the threshold is about 80 %. Out from 10 s to 40 s, and from 50 s on.
    assert_eq!(of_balancer(cell, "ejections"), 2.0);
    assert!((of_balancer(cell, "available") - 9.2).abs() < 1e-6, "{}", of_balancer(cell, "available"));
}

#[test]
fn below_the_panic_threshold_all_members_are_used() {
    let drops = |panic: &str| {
        let results = Setup {
            balancer: &format!(
                "health: Unaware, outliers: OutlierEjection(max_ejection: \"100 %\", panic: \"{panic}\")"
            ),
            faults: r#"(at: "0 s", node: "web", servers: [0, 1, 2], fault: Errors(rate: "100 %"))"#,
            run: "duration: \"25 s\", replications: 2",
            ..Setup::default()
        }
        .run();
        value(&results.cells[0], "drop_rate")
    };
    // No member comes back within 25 s. Fifteen errors of ten thousand requests until the three are out.
    assert!((drops("0 %") - 15.0 / 10_000.0).abs() < 1e-6, "{}", drops("0 %"));
    assert!((drops("50 %") - 0.75).abs() < 2e-3, "{}", drops("50 %"));
}

#[test]
fn after_recovery_the_share_of_a_server_rises_with_its_weight() {
    for (policy, tolerance) in [("WeightedRoundRobin", 0.01), ("Random", 0.05), ("RoundRobin", 0.01)] {
        let results = Setup {
            rate: "1000/s",
            balancer: &format!("policy: {policy}, slow_start: \"30 s\""),
            fleet: "servers: 2, workers: 4, service: Constant(\"1 ms\")",
            faults: &crash("10.0005 s", "10 s"),
            run: "duration: \"50 s\", warm_up: \"20 s\", replications: 2",
        }
        .run();
        let web = results.cells[0].nodes.iter().find(|node| node.name == "web").expect("there");
        let steps = [0.10, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95];
        let share = steps.iter().map(|weight| weight / (1.0 + weight)).sum::<f64>() / 10.0;
        // A thousand requests of 1 ms a second over four workers.
        let expected = share / 4.0;
        assert!((web.servers[0] / expected - 1.0).abs() < tolerance, "{policy}: {} {expected}", web.servers[0]);
    }
}

#[test]
fn a_backup_gets_requests_only_while_the_others_are_down() {
    let results = Setup {
        balancer: "policy: LeastConnections",
        fleet: "servers: 3, workers: 4, backups: [2], service: Constant(\"1 ms\")",
        faults: r#"(at: "20.0011 s", node: "web", servers: [0], fault: Crash, lasts: "20 s"),
                   (at: "30.0011 s", node: "web", servers: [1], fault: Crash, lasts: "20 s")"#,
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    let web = cell.nodes.iter().find(|node| node.name == "web").expect("there");
    // Alone from 30 s to 40 s: 400 requests of 1 ms a second, over four workers, a tenth of the time.
    assert!((web.servers[2] - 0.1 * 0.4 / 4.0).abs() < 1e-4, "{:?}", web.servers);
    assert_eq!(value(cell, "drop_rate"), 0.0);
}

#[test]
fn a_server_with_as_many_requests_as_it_may_have_is_passed_over() {
    // As two workers without a queue: an arrival each 10 ms, 25 ms of service; of every three, two find a place.
    let results = Setup {
        rate: "100/s",
        fleet: "servers: 2, workers: 10, max_connections: [1, 1], service: Constant(\"25 ms\")",
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    assert!((value(cell, "drop_rate") - 1.0 / 3.0).abs() < 1e-3, "{}", value(cell, "drop_rate"));
    assert!(ended(cell, "rejected: no server available by lb") > 0);
    // Where one has no limit, it takes what the other may not.
    let results = Setup {
        rate: "100/s",
        balancer: "policy: LeastConnections",
        fleet: "servers: 2, workers: 10, max_connections: [1, 0], service: Constant(\"25 ms\")",
        ..Setup::default()
    }
    .run();
    let cell = &results.cells[0];
    let web = cell.nodes.iter().find(|node| node.name == "web").expect("there");
    assert_eq!(value(cell, "drop_rate"), 0.0);
    assert!(web.servers[0] <= 0.1 && web.servers[0] > 0.07, "{:?}", web.servers);
}

#[test]
fn a_failed_request_is_served_by_another_member() {
    let run = |policy: &str, retry: &str, dead: &str| {
        Setup {
            balancer: &format!("policy: {policy}, health: Unaware, {retry}"),
            faults: &format!(r#"(at: "0 s", node: "web", servers: {dead}, fault: Crash)"#),
            ..Setup::default()
        }
        .run()
    };
    let sent = 40_000.0;
    let results = run("RoundRobin", "retry: None", "[0]");
    assert!((value(&results.cells[0], "drop_rate") - 0.25).abs() < 1e-3);
    let results = run("RoundRobin", "retry: RetryElsewhere", "[0]");
    let cell = &results.cells[0];
    assert_eq!(value(cell, "drop_rate"), 0.0);
    assert_eq!(of_balancer(cell, "retries"), of_balancer(cell, "saved"));
    // The turn goes on with each retry: of four sends one meets the dead server, so of three requests one.
    assert!((of_balancer(cell, "saved") / sent - 1.0 / 3.0).abs() < 1e-3, "{}", of_balancer(cell, "saved"));
    // Two attempts are not enough where two in a row are dead; three are.
    let results = run("RoundRobin", "retry: (tries: 2)", "[0, 1]");
    assert!(value(&results.cells[0], "drop_rate") > 0.1, "{}", value(&results.cells[0], "drop_rate"));
    for policy in ["RoundRobin", "WeightedRoundRobin", "LeastConnections", "Random", "PowerOfChoices(d: 2)", "IpHash"] {
        let results = run(policy, "retry: (tries: 3)", "[0, 1]");
        assert_eq!(value(&results.cells[0], "drop_rate"), 0.0, "{policy}");
    }
    // No member is left to try: the last failure stands.
    let results = run("LeastConnections", "retry: RetryElsewhere", "[0, 1, 2, 3]");
    assert_eq!(value(&results.cells[0], "drop_rate"), 1.0);
    assert!((of_balancer(&results.cells[0], "retries") / sent - 3.0).abs() < 1e-3);
}

#[test]
fn a_retry_comes_to_a_backup_when_all_others_have_been_tried() {
    let results = Setup {
        balancer: "health: Unaware, retry: RetryElsewhere",
        fleet: "servers: 3, workers: 4, backups: [2], service: Constant(\"1 ms\")",
        faults: r#"(at: "0 s", node: "web", servers: [0, 1], fault: Crash)"#,
        ..Setup::default()
    }
    .run();
    assert_eq!(value(&results.cells[0], "drop_rate"), 0.0);
    assert!((of_balancer(&results.cells[0], "retries") / 40_000.0 - 2.0).abs() < 1e-3);
}

#[test]
fn a_retry_waits_for_no_timeout_that_is_over() {
    // The server crashes each request after 500 ms, which is later than a retry is allowed.
    let drops = |timeout: &str| {
        let results = Setup {
            rate: "10/s",
            balancer: &format!("health: Unaware, retry: (timeout: \"{timeout}\")"),
            fleet: "servers: 2, workers: 100, service: Constant(\"800 ms\")",
            faults: r#"(at: "50.01 s", node: "web", servers: [0], fault: Crash, lasts: "1 ms")"#,
            ..Setup::default()
        }
        .run();
        ended(&results.cells[0], "failed: server crashed by web") / 2
    };
    // Four or so of the last 800 ms are there; those that came within 400 ms may still go elsewhere.
    assert_eq!(drops("0 s"), 0);
    assert_eq!(drops("400 ms"), 2);
}

#[test]
fn a_server_that_fails_fast_attracts_least_connections_until_it_is_ejected() {
    let run = |balancer: &str, after: &str| {
        let results = Setup {
            balancer,
            fleet: "servers: 4, workers: 4, service: Constant(\"30 ms\")",
            faults: &format!(
                r#"(at: "10 s", node: "web", servers: [0], fault: Errors(rate: "100 %"{after}), lasts: "90 s")"#
            ),
            ..Setup::default()
        }
        .run();
        value(&results.cells[0], "drop_rate")
    };
    let fast = ", after: \"0 s\"";
    // A quarter of nine tenths of the time for a balancer without checks; as much where errors take as long as answers.
    assert!((run("policy: RoundRobin, health: Unaware", fast) - 0.225).abs() < 2e-3);
    assert!((run("policy: LeastConnections, health: Unaware", "") - 0.225).abs() < 0.02);
    // Each of the others takes a request when it is idle, which is once in 30 ms and an arrival; all else sinks.
    let sinkhole = run("policy: LeastConnections, health: Unaware", fast);
    assert!((sinkhole - 0.9 * (1.0 - 3.0 / (0.0325 * 400.0))).abs() < 0.005, "{sinkhole}");
    let ejected =
        run("policy: LeastConnections, health: Unaware, outliers: OutlierEjection(always_eject_one: true)", fast);
    assert!(ejected < 0.001, "{ejected}");
}

#[test]
fn what_has_no_effect_is_said() {
    let notices = |balancer: &str| Setup { balancer, ..Setup::default() }.run().notices;
    let said = notices("policy: IpHash, slow_start: \"30 s\"");
    assert!(said.iter().any(|notice| notice.contains("`slow_start` says nothing to IpHash")), "{said:?}");
    for policy in ["LeastConnections", "LeastConnections(ties: IdleFirst)", "JoinIdleQueue"] {
        let said = notices(&format!("policy: {policy}, slow_start: \"30 s\""));
        assert!(said.iter().any(|notice| notice.contains("while servers are idle")), "{policy}: {said:?}");
    }
    let said = notices("health: Unaware, outliers: OutlierEjection");
    assert!(said.iter().any(|notice| notice.contains("10 % of 4 members is less than one")), "{said:?}");
    for policy in ["RoundRobin", "LeastConnections(ties: Weighted)"] {
        assert_eq!(notices(&format!("policy: {policy}, slow_start: \"30 s\"")), Vec::<String>::new());
    }
    let said = notices("passive: Passive");
    assert!(said.iter().any(|notice| notice.contains("`health: Unaware`")), "{said:?}");
    let said = notices("policy: Random, slow_start: \"30 s\", health: Unaware, passive: Passive");
    assert_eq!(said, Vec::<String>::new());
}

#[test]
fn a_replay_ends_though_members_are_ejected() {
    // Twenty requests in two seconds, all failed; the ejections would go on for ever.
    let log: String = (0..20).fold("time,size\n".to_owned(), |log, n| format!("{log}{}.{}5,1\n", n / 10, n % 10));
    let results = answer_with(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Replay(file: "test.csv", format: Csv(time: "time", size: "size")), to: "lb"),
                "lb": Balancer(health: Unaware, passive: Passive(on: [Error]), outliers: OutlierEjection(panic: "0 %", always_eject_one: true),
                    slow_start: "20 s", retry: RetryElsewhere, to: "web"),
                "web": Fleet(servers: 2, service: Constant("1 ms")),
            }, faults: [(at: "0 s", node: "web", fault: Errors(rate: "100 %"))]),
            run: (replications: 2),
        )"#,
        &[("test.csv", log.as_bytes())],
    );
    let cell = &results.cells[0];
    let all: u64 = cell.ledger.iter().map(|row| row.count).sum();
    assert_eq!(all, 2 * 20, "{:?}", cell.ledger);
    assert_eq!(ended(cell, "failed: error answer by web"), 2 * 2);
    assert_eq!(ended(cell, "rejected: no server available by lb"), 2 * 18);
}

#[test]
fn a_check_that_passes_ends_an_ejection_as_in_envoy() {
    let results = Setup {
        balancer: "health: Active(interval: \"5 s\", work: \"0 s\"), outliers: OutlierEjection(always_eject_one: true)",
        // Half of the requests fail, so half of the checks pass.
        faults: r#"(at: "5 s", node: "web", servers: [0], fault: Errors(rate: "60 %"))"#,
        ..Setup::default()
    }
    .run();
    // Ejections of half a minute and more would be three at most in 100 s.
    assert!(of_balancer(&results.cells[0], "ejections") > 4.0, "{}", of_balancer(&results.cells[0], "ejections"));
}
