//! Systems small enough to know their answer to the last request.

use crate::answers::answer;
use crate::statistics::t_statistic;
use crate::values::{estimate, node_estimate, node_value, value};
use rushhour::lab::results::{Cell, Results, Series, Stability};

/// One replication of a system for `seconds`.
fn run(seconds: &str, system: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "{seconds}", replications: 2, seed: 3),
            measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, Waiting, InSystem],
        )"#
    ))
}

fn ledger(cell: &Cell) -> Vec<(&str, u64)> {
    cell.ledger.iter().map(|row| (row.outcome.as_str(), row.count)).collect()
}

/// Equal to the three digits that a histogram keeps.
fn near(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-3
}

#[test]
fn a_steady_stream_through_a_steady_server_waits_for_nothing() {
    // An arrival each 10 ms, the first after 10 ms; service 4 ms; network 1 ms each way.
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: (to: "web", delay: Constant("1 ms"))),
            "web": Fleet(service: Constant("4 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert!(near(value(cell, "latency_mean"), 0.006));
    assert!(near(value(cell, "latency_p99"), 0.006));
    assert_eq!(value(cell, "waiting_mean"), 0.0);
    let served: u64 = ledger(cell).iter().filter(|(outcome, _)| *outcome == "served").map(|(_, count)| count).sum();
    assert!((1996..=2000).contains(&served), "{served}");
    assert!((value(cell, "utilization") - 0.4).abs() < 1e-3);
    assert!((value(cell, "in_system") - 0.6).abs() < 2e-3);
}

#[test]
fn a_request_passes_three_thousand_nodes_and_comes_back() {
    let hop = |place: usize| format!(r#""hop{place}": Delay(there: Constant("1 us"), to: "hop{}"),"#, place + 1);
    let hops: String = (0..3000).map(hop).collect();
    let results = answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "hop0"),
                {hops}
                "hop3000": Fleet(service: Constant("4 ms")),
            }}),
            run: (duration: "5 s", replications: 2, in_flight: 100),
            measure: [Latency([0.5]), DropRate],
        )"#
    ));
    let cell = &results.cells[0];
    // A microsecond at each on the way there.
    assert!(near(value(cell, "latency_mean"), 0.007), "{}", value(cell, "latency_mean"));
    assert_eq!(value(cell, "drop_rate"), 0.0);
}

#[test]
fn two_workers_take_turns_and_a_full_queue_rejects() {
    // Three arrivals fit in each service of 25 ms less one; two workers serve 80 a second of 100.
    let results = run(
        "100 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "web"),
            "web": Fleet(workers: 2, queue: 0, service: Constant("25 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    // Workers free up after 25 ms, arrivals come each 10 ms: of every three, two find a free worker.
    assert!((value(cell, "drop_rate") - 1.0 / 3.0).abs() < 1e-3, "{}", value(cell, "drop_rate"));
    assert!(near(value(cell, "latency_p99"), 0.025));
    assert!(ledger(cell).iter().any(|(outcome, _)| *outcome == "rejected: queue full by web"), "{:?}", ledger(cell));
}

#[test]
fn a_client_that_gives_up_is_counted_once_and_the_work_goes_on() {
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web", timeout: "20 ms"),
            "web": Fleet(service: Constant("50 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert_eq!(value(cell, "drop_rate"), 1.0);
    assert!((value(cell, "utilization") - 0.5).abs() < 6e-3);
    assert!(ledger(cell).iter().all(|(outcome, _)| matches!(*outcome, "timed out" | "in flight at the end")));
    assert_eq!(estimate(cell, "latency_mean").value, None);
}

#[test]
fn an_answer_at_the_very_moment_of_the_timeout_comes_in_time() {
    // At one instant what ends comes before what begins, and the end of a service before a timeout.
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web", timeout: "50 ms"),
            "web": Fleet(service: Constant("50 ms")),
        }"#,
    );
    assert_eq!(value(&results.cells[0], "drop_rate"), 0.0);
}

#[test]
fn a_crash_loses_what_is_held_and_refuses_until_the_restart() {
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "web"),
            "web": Fleet(workers: 1, service: Constant("8 ms")),
        },
        faults: [(at: "4.005 s", node: "web", fault: Crash, lasts: "2 s")]"#,
    );
    let rows = ledger(&results.cells[0]);
    let count = |outcome: &str| rows.iter().find(|(name, _)| *name == outcome).map_or(0, |(_, count)| *count);
    // Two replications: the request of 4.00 s is in service; those of 4.01 s to 6.00 s are refused.
    assert_eq!(count("failed: server crashed by web"), 2);
    assert_eq!(count("failed: connection refused by web"), 400);
}

#[test]
fn a_slow_down_stretches_what_is_in_service_and_ends() {
    for discipline in ["Fifo", "ProcessorSharing"] {
        let results = run(
            "10 s",
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Timetable(steps: [(at: "0 s", rate: "1/s")]), to: "web"),
                    "one": Clients(arrivals: Deterministic(rate: "1/s"), to: "slow"),
                    "slow": Fleet(discipline: {discipline}, service: Constant("100 ms")),
                    "web": Fleet(service: Constant("1 ms")),
                }},
                faults: [(at: "1.05 s", node: "slow", fault: SlowDown(factor: 3), lasts: "150 ms")]"#
            ),
        );
        // The request of second 1 has done 50 ms when the server slows to a third: 150 ms later it is done.
        let cell = &results.cells[0];
        let worst = node_value(cell, "one", "latency_p99");
        assert!(near(worst, 0.2), "{discipline}: {worst}");
        assert!(near(node_value(cell, "one", "latency_p50"), 0.1), "{discipline}");
    }
}

#[test]
fn an_error_rate_fails_its_share_after_the_usual_work() {
    let results = run(
        "1000 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "web"),
            "web": Fleet(service: Constant("5 ms")),
        },
        faults: [(at: "0 s", node: "web", fault: Errors(rate: "20 %"))]"#,
    );
    let cell = &results.cells[0];
    // 200,000 requests: five and a half standard deviations of the share are 0.5 %.
    assert!((value(cell, "drop_rate") - 0.2).abs() < 0.005);
    assert!((value(cell, "utilization") - 0.5).abs() < 1e-3);
}

#[test]
fn a_server_of_double_speed_needs_half_the_time() {
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
            "lb": Balancer(policy: RoundRobin, to: "web"),
            "web": Fleet(servers: 2, speeds: [1, 2], service: Constant("8 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert!(near(value(cell, "latency_mean"), 0.006));
    let web = cell.nodes.iter().find(|node| node.name == "web").expect("there");
    assert!((web.servers[0] - 0.4).abs() < 1e-3 && (web.servers[1] - 0.2).abs() < 1e-3, "{:?}", web.servers);
}

#[test]
fn work_in_proportion_to_size_comes_on_top() {
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web", size: "1000 B"),
            "web": Fleet(service: Constant("8 ms"), service_per_unit: "2 us"),
        }"#,
    );
    assert!(near(value(&results.cells[0], "latency_mean"), 0.010));
}

#[test]
fn a_balancer_hears_of_a_crash_after_its_delay_and_sends_no_more() {
    let refused = |health: &str| {
        let results = run(
            "10 s",
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
                    "lb": Balancer(policy: RoundRobin, health: {health}, to: "web"),
                    "web": Fleet(servers: 2, service: Constant("1 ms")),
                }},
                faults: [(at: "2.0001 s", node: "web", servers: [0], fault: Crash)]"#
            ),
        );
        let rows = ledger(&results.cells[0]);
        rows.iter().find(|(name, _)| *name == "failed: connection refused by web").map_or(0, |(_, count)| count / 2)
    };
    assert_eq!(refused("Notified(after: \"0 s\")"), 0);
    // One second of every other arrival.
    assert_eq!(refused("Notified(after: \"1 s\")"), 50);
    // Until the end.
    assert!((399..=400).contains(&refused("Unaware")));
}

#[test]
fn with_every_server_down_requests_are_rejected_by_the_balancer() {
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
            "lb": Balancer(policy: LeastConnections, to: "web"),
            "web": Fleet(servers: 3, service: Constant("1 ms")),
        },
        faults: [(at: "5.0001 s", node: "web", fault: Crash)]"#,
    );
    let rows = ledger(&results.cells[0]);
    let count = |outcome: &str| rows.iter().find(|(name, _)| *name == outcome).map_or(0, |(_, count)| *count);
    assert!((998..=1000).contains(&count("rejected: no server available by lb")), "{rows:?}");
}

#[test]
fn copies_of_a_balancer_share_the_traffic_and_copies_of_a_fleet_are_all_members() {
    let results = run(
        "100 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "300/s"), to: (to: "lb", spread: RoundRobin)),
            "lb": Balancer(policy: RoundRobin, to: "web", copies: 3),
            "web": Fleet(servers: 2, copies: 2, service: Constant("1 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    let names: Vec<&str> = cell.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["users", "lb[0]", "lb[1]", "lb[2]", "web[0]", "web[1]"]);
    for name in ["lb[0]", "lb[1]", "lb[2]"] {
        assert!((node_value(cell, name, "departures") - 100.0).abs() < 0.1);
    }
    for name in ["web[0]", "web[1]"] {
        assert!((node_value(cell, name, "utilization") - 0.075).abs() < 1e-3);
    }
}

#[test]
fn a_tree_of_balancers_leads_to_the_servers() {
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "front"),
            "front": Balancer(policy: RoundRobin, to: ["east", "west"]),
            "east": Balancer(policy: RoundRobin, to: "servers"),
            "west": Balancer(policy: RoundRobin, to: (to: "servers", delay: Constant("3 ms"))),
            "servers": Fleet(servers: 4, service: Constant("2 ms")),
        }"#,
    );
    assert!(near(value(&results.cells[0], "latency_mean"), (0.002 + 0.008) / 2.0));
}

#[test]
fn a_run_can_end_by_count_or_by_budget() {
    let system = r#"System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "1000/s"), to: "web"),
        "web": Fleet(service: Exponential(mean: "500 us")),
    })"#;
    let results = answer(&format!("Experiment(system: {system}, run: (requests: 10000, replications: 3))"));
    let served: u64 = results.cells[0].ledger.iter().filter(|row| row.outcome == "served").map(|row| row.count).sum();
    assert_eq!(served, 30_000);
    let results =
        answer(&format!("Experiment(system: {system}, run: (duration: \"1000 s\", events: 5000, replications: 2))"));
    let stability = &results.cells[0].stability;
    let stopped = matches!(stability, Stability::Overflow { limit, .. } if limit.contains("5000 events"));
    assert!(stopped, "{stability:?}");
}

#[test]
fn an_overloaded_queue_is_called_unstable_with_its_growth_and_has_no_mean() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "1200/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "1 ms")),
            }),
            run: (duration: "60 s", warm_up: "5 s", replications: 5),
            measure: [Latency([0.99]), Throughput, Utilization],
            claims: [Unstable],
        )"#,
    );
    let cell = &results.cells[0];
    match &cell.stability {
        Stability::Unstable { node, growth, .. } => {
            assert_eq!(node, "web");
            assert!((growth - 200.0).abs() < 20.0, "{growth}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(estimate(cell, "latency_mean").value, None);
    assert!((value(cell, "throughput") - 1000.0).abs() < 10.0);
    assert_eq!(results.claims[0].verdict, rushhour::lab::results::Verdict::Holds);
}

#[test]
fn a_system_that_outgrows_its_memory_limit_is_stopped_and_named() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "10000/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "1 ms")),
            }),
            run: (duration: "100 s", in_flight: 1000, replications: 2),
        )"#,
    );
    assert!(matches!(results.cells[0].stability, Stability::Overflow { .. }));
}

#[test]
fn common_random_numbers_give_every_arm_the_same_arrivals_and_demands() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "500/s"), to: "lb"),
                "lb": Balancer(policy: RoundRobin, to: "web"),
                "web": Fleet(servers: 4, service: LogNormal(mean: "4 ms", cv: 2)),
            }),
            run: (duration: "60 s", replications: 5),
            arms: {"rr": {}, "p2": {"lb.policy": PowerOfChoices(d: 2)}, "lc": {"lb.policy": LeastConnections}},
        )"#,
    );
    let offered = |arm: usize| &node_estimate(&results.cells[arm], "users", "offered").replicates;
    let service = |arm: usize| node_value(&results.cells[arm], "web", "service_mean");
    assert_eq!(offered(0), offered(1));
    assert_eq!(offered(0), offered(2));
    // The same demands, but for the requests that are still inside at the end.
    assert!((service(0) / service(2) - 1.0).abs() < 2e-3);
}

#[test]
fn sessions_come_back_as_often_as_they_should() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "visitors": Clients(arrivals: Sessions(rate: "50/s", requests: 6, think: Exponential(mean: "100 ms")), to: "web"),
                "web": Fleet(workers: 50, service: Constant("5 ms")),
            }),
            run: (duration: "200 s", warm_up: "10 s", replications: 10),
        )"#,
    );
    let throughput = estimate(&results.cells[0], "throughput");
    // 300 a second; each replication's mean has a standard error of about 2.9 requests a second.
    assert!(t_statistic(throughput, 300.0).abs() < 12.0, "{:?}", throughput.value);
    assert!((throughput.value.expect("measured") - 300.0).abs() < 6.0);
}

#[test]
fn a_run_whose_arrivals_end_early_covers_its_whole_duration() {
    // A hundred requests a second for 10 s of 100, each of 5 ms; then none.
    let results = run(
        "100 s",
        r#"nodes: {
            "users": Clients(arrivals: Timetable(steps: [(at: "0 s", rate: "100/s"), (at: "10 s")]), to: "web"),
            "web": Fleet(workers: 10, service: Constant("5 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    let served = ledger(cell).iter().map(|(_, count)| *count).sum::<u64>() as f64 / 2.0;
    assert!((value(cell, "throughput") - served / 100.0).abs() < 1e-9);
    assert!((value(cell, "utilization") - served * 0.005 / 10.0 / 100.0).abs() < 1e-9);
    let is_offered = |series: &&Series| series.node == "users" && series.quantity == "offered";
    let offered = cell.series.iter().find(is_offered).expect("recorded");
    let windows = &offered.mean;
    let whole: f64 = windows.iter().map(|value| value.unwrap_or(0.0)).sum::<f64>() * 100.0 / windows.len() as f64;
    assert!((whole / served - 1.0).abs() < 1e-9, "{whole} in all windows, {served} in all");
    assert_eq!(windows.last(), Some(&Some(0.0)));
}

#[test]
fn time_that_stands_still_is_noticed_and_named() {
    // Users without think time, rejected at once while the only server is down.
    let results = run(
        "10 s",
        r#"nodes: {
            "users": Clients(arrivals: Users(count: 10, think: Constant("0 s")), to: "web", timeout: "30 s"),
            "web": Fleet(service: Constant("10 ms")),
        },
        faults: [(at: "1.234 s", node: "web", fault: Crash)]"#,
    );
    match &results.cells[0].stability {
        Stability::Overflow { limit, .. } => assert!(limit.contains("time stands still at 1.234 s"), "{limit}"),
        other => panic!("{other:?}"),
    }
}
