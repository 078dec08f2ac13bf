//! Connections, layers, proxies and routers in whole systems.

use crate::answers::{answer, answer_with};
use crate::ledger::ended;
use crate::statistics::t_statistic;
use crate::values::{estimate, node_value, value};
use rushhour::lab::results::{Results, Stability};
use rushhour::stats::theory::{Md1, Mmc};

/// Replications of a system.
fn run(seconds: u32, replications: u32, system: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System({system}),
            run: (duration: "{seconds} s", warm_up: "1 s", replications: {replications}, seed: 5),
            measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, Waiting, InSystem, Imbalance],
        )"#
    ))
}

/// Standard deviation over mean.
fn variation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt() / mean
}

#[test]
fn with_a_connection_a_request_the_layers_are_the_same_to_the_last_bit() {
    for policy in ["RoundRobin", "Random", "LeastConnections", "PowerOfChoices(d: 2)", "IpHash"] {
        let with = |layer: &str| {
            run(
                20,
                2,
                &format!(
                    r#"nodes: {{
                        "users": Clients(arrivals: Poisson(rate: "300/s"), timeout: "100 ms", to: (to: "lb", delay: Exponential(mean: "2 ms"))),
                        "lb": Balancer(policy: {policy}, layer: {layer}, copies: 2, to: (to: "web", delay: Constant("1 ms"))),
                        "web": Fleet(servers: 5, service: Exponential(mean: "14 ms")),
                    }}, faults: [(at: "5 s", node: "web", servers: [1], fault: Crash, lasts: "4 s")]"#
                ),
            )
        };
        assert_eq!(with("Layer4"), with("Layer7"), "{policy}");
    }
}

#[test]
fn a_kept_connection_behind_layer_7_changes_nothing() {
    let with = |connections: &str| {
        let results = run(
            20,
            2,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "300/s"), clients: 40, connections: {connections}, to: (to: "lb", delay: Constant("2 ms"))),
                    "lb": Balancer(policy: IpHash, to: "web"),
                    "web": Fleet(servers: 5, service: Exponential(mean: "10 ms")),
                }}"#
            ),
        );
        results.cells[0].estimates.clone()
    };
    let plain = with("PerRequest");
    assert_eq!(with("KeepAlive"), plain);
    assert_eq!(with("Multiplexed(streams: 3)"), plain);
}

/// Ten connections, never closed, over `servers` servers.
fn pinned(layer: &str, policy: &str, clients: u32, servers: u32, replications: u32) -> Results {
    run(
        21,
        replications,
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "2000/s"), clients: {clients}, connections: Multiplexed(streams: 1000000, requests: 0), to: "lb"),
                "lb": Balancer(policy: {policy}, layer: {layer}, to: "web"),
                "web": Fleet(servers: {servers}, workers: 1000, service: Constant("10 ms")),
            }}"#
        ),
    )
}

#[test]
fn layer_4_pins_requests_to_the_servers_of_their_connections() {
    // Round robin deals ten connections out to four servers as 3, 3, 2, 2.
    let cell = &pinned("Layer4", "RoundRobin", 10, 4, 2).cells[0];
    let web = cell.nodes.iter().find(|node| node.name == "web").expect("there");
    let mut shares: Vec<f64> = web.servers.iter().map(|busy| busy / web.servers.iter().sum::<f64>()).collect();
    shares.sort_by(f64::total_cmp);
    // 40,000 requests a replication: five and a half standard deviations of a share are 1.2 %.
    for (share, connections) in shares.iter().zip([2.0, 2.0, 3.0, 3.0]) {
        assert!((share - connections / 10.0).abs() < 0.012, "{shares:?}");
    }
    assert!((value(cell, "imbalance") - 1.2).abs() < 0.05, "{}", value(cell, "imbalance"));
    let cell = &pinned("Layer7", "RoundRobin", 10, 4, 2).cells[0];
    assert!(value(cell, "imbalance") < 1.01, "{}", value(cell, "imbalance"));
    assert!((node_value(cell, "users", "open_connections") - 10.0).abs() < 1e-9);
}

#[test]
fn connections_at_random_are_balls_in_bins() {
    // k balls in n bins: a share has mean 1/n and variance (1/k)(1/n)(1 - 1/n), so its squared coefficient of variation is
    // (n - 1)/k on average, whatever the requests; requests add (n - 1)/requests.
    let (clients, servers, replications) = (40, 10, 60);
    let results = run(
        6,
        replications,
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "4000/s"), clients: {clients}, connections: Multiplexed(streams: 1000000, requests: 0), to: "lb"),
                "lb": Balancer(policy: Random, layer: Layer4, copies: 60, to: "web"),
                "web": Fleet(servers: {servers}, workers: 1000, service: Constant("10 ms")),
            }}"#
        ),
    );
    // What a server gets is the mean over replications here: sixty times as many balls.
    let web = results.cells[0].nodes.iter().find(|node| node.name == "web").expect("there");
    let uneven = variation(&web.servers);
    let squared = uneven * uneven;
    let expected = f64::from(servers - 1) / f64::from(clients * replications);
    // A sum of nine squares of normal numbers: between 0.09 and 5 times its mean but once in ten million.
    assert!((0.09..5.0).contains(&(squared / expected)), "{squared} for {expected}");
    // One replication is far less even than the mean of sixty.
    let imbalance = value(&results.cells[0], "imbalance");
    assert!((1.5..2.5).contains(&imbalance), "{imbalance}");
    let even = value(&pinned("Layer7", "Random", 40, 10, 2).cells[0], "imbalance");
    assert!(even < 1.06, "{even}");
}

#[test]
fn layer_4_counts_connections_where_layer_7_counts_requests() {
    // Two clients on two servers: one asks a hundred times as often. Least connections of layer 4 sees one connection on
    // each and is content.
    let with = |layer: &str| {
        run(
            20,
            2,
            &format!(
                r#"nodes: {{
                    "busy": Clients(arrivals: Poisson(rate: "1000/s"), clients: 1, connections: Multiplexed(requests: 0), to: "lb"),
                    "calm": Clients(arrivals: Poisson(rate: "10/s"), clients: 1, connections: Multiplexed(requests: 0), to: "lb"),
                    "lb": Balancer(policy: LeastConnections, layer: {layer}, to: "web"),
                    "web": Fleet(servers: 2, workers: 100, service: Constant("20 ms")),
                }}"#
            ),
        )
    };
    assert!(value(&with("Layer4").cells[0], "imbalance") > 1.9);
    assert!(value(&with("Layer7").cells[0], "imbalance") < 1.02);
}

#[test]
fn a_connection_is_pinned_until_it_has_carried_its_requests() {
    // Connections of 50 requests each, dealt out in turn, one at a time: every server gets the same in the end.
    let results = run(
        41,
        1,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), clients: 1, connections: KeepAlive(requests: 50), to: "lb"),
            "lb": Balancer(layer: Layer4, to: "web"),
            "web": Fleet(servers: 2, service: Constant("1 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert!(
        (node_value(cell, "users", "connections") - 2.0).abs() < 0.05,
        "{}",
        node_value(cell, "users", "connections")
    );
    assert!(value(cell, "imbalance") < 1.03, "{}", value(cell, "imbalance"));
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let opened = |idle: &str| {
        let results = run(
            101,
            1,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "1/s"), clients: 1, connections: KeepAlive(idle: "{idle}"), to: "web"),
                    "web": Fleet(service: Constant("100 ms")),
                }}"#
            ),
        );
        let cell = &results.cells[0];
        (node_value(cell, "users", "connections"), node_value(cell, "users", "open_connections"))
    };
    let (rate, open) = opened("300 ms");
    assert!((rate - 1.0).abs() < 0.02 && (open - 0.4).abs() < 0.01, "{rate} {open}");
    let (rate, open) = opened("0 s");
    assert!((rate - 1.0).abs() < 0.02 && (open - 0.1).abs() < 0.01, "{rate} {open}");
    let (rate, open) = opened("2 s");
    assert!(rate < 0.02 && open > 0.98, "{rate} {open}");
}

#[test]
fn a_crash_breaks_the_connections_to_a_server_and_the_next_requests_open_others() {
    let system = |layer: &str, health: &str| {
        run(
            11,
            1,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), clients: 1, connections: Multiplexed, to: "lb"),
                    "lb": Balancer(layer: {layer}, health: {health}, to: "web"),
                    "web": Fleet(servers: 2, workers: 4, service: Constant("25 ms")),
                }}, faults: [(at: "5.001 s", node: "web", servers: [0], fault: Crash)]"#
            ),
        )
    };
    // The only connection leads to server 0, which holds the requests of 4.98, 4.99 and 5.00 s. Then all go to server 1.
    let results = system("Layer4", "Notified");
    let cell = &results.cells[0];
    assert_eq!(ended(cell, "failed: server crashed by web"), 3, "{:?}", cell.ledger);
    assert_eq!(ended(cell, "failed: connection refused by web"), 0);
    assert_eq!(ended(cell, "served"), 1099 - 3 - ended(cell, "in flight at the end"));
    // A balancer that is not told opens every other connection to the server that is gone, until one leads elsewhere.
    let results = system("Layer4", "Unaware");
    let cell = &results.cells[0];
    assert_eq!(ended(cell, "failed: server crashed by web"), 3, "{:?}", cell.ledger);
    assert!(ended(cell, "failed: connection refused by web") <= 1, "{:?}", cell.ledger);
    // Each request for itself: every other one is refused until the end.
    let refused = ended(&system("Layer7", "Unaware").cells[0], "failed: connection refused by web");
    assert!((298..=302).contains(&refused), "{refused}");
}

#[test]
fn an_idle_connection_to_a_server_that_goes_down_is_opened_anew_without_a_loss() {
    let results = run(
        11,
        1,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), clients: 1, connections: KeepAlive, handshake: Tcp, to: (to: "lb", delay: Constant("1 ms"))),
            "lb": Balancer(layer: Layer4, to: "web"),
            "web": Fleet(servers: 2, service: Constant("5 ms")),
        }, faults: [(at: "5.05 s", node: "web", servers: [0], fault: Crash)]"#,
    );
    let cell = &results.cells[0];
    assert_eq!(value(cell, "drop_rate"), 0.0);
    // After the warm-up, ten seconds.
    assert!((node_value(cell, "users", "connections") - 0.1).abs() < 1e-9);
    // One of a hundred requests took a handshake of 2 ms longer than 7 ms.
    let mean = value(cell, "latency_mean");
    assert!((mean - 0.00702).abs() < 0.000_01, "{mean}");
}

#[test]
fn a_proxy_that_cannot_keep_up_is_unstable() {
    let results = run(
        60,
        4,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "500/s"), to: "lb"),
            "lb": Balancer(proxy: (per_request: "2.2 ms"), to: "web"),
            "web": Fleet(servers: 2, service: Constant("1 ms")),
        }"#,
    );
    let Stability::Unstable { node, growth, .. } = &results.cells[0].stability else {
        panic!("{:?}", results.cells[0].stability)
    };
    assert_eq!(node, "lb");
    // 500/s come and 1/2.2 ms go: 45 a second are left over.
    assert!((growth - 45.45).abs() < 10.0, "{growth}");
}

#[test]
fn a_handshake_takes_its_round_trips_once_a_connection() {
    let mean = |connections: &str, handshake: &str, delay: &str| {
        let results = run(
            101,
            1,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "10/s"), clients: 1, connections: {connections}, handshake: {handshake}, to: (to: "web", delay: {delay})),
                    "web": Fleet(service: Constant("5 ms")),
                }}"#
            ),
        );
        value(&results.cells[0], "latency_mean")
    };
    // 5 ms of work and 10 ms of network, and 20 ms for each round trip of the handshake.
    for (handshake, expected) in [("Free", 0.025), ("Tcp", 0.045), ("Quic", 0.045), ("Tls13", 0.065), ("Tls12", 0.085)]
    {
        let found = mean("PerRequest", handshake, r#"Constant("10 ms")"#);
        assert!((found / expected - 1.0).abs() < 1e-3, "{handshake}: {found}");
    }
    let kept = mean("KeepAlive", "Tls12", r#"Constant("10 ms")"#);
    assert!((kept / 0.025 - 1.0).abs() < 4e-3, "{kept}");
    // Of random delays, six are added up: 60 ms on average, with a standard deviation of 24 ms; 1000 requests.
    let random = mean("PerRequest", "Tls12", r#"Exponential(mean: "10 ms")"#);
    assert!((random - 0.085).abs() < 5.5 * 0.0283 / 31.6, "{random}");
}

#[test]
fn requests_wait_together_for_the_connection_they_share() {
    // A burst of five on one connection, 1 ms apart: all leave when the handshake of 40 ms is over.
    let results = run(
        3,
        1,
        r#"nodes: {
            "users": Clients(arrivals: Timetable(steps: [(at: "0 s", rate: "0.001/s"), (at: "1.5 s", rate: "1000/s"), (at: "1.52 s", rate: "0.001/s")]), clients: 1, connections: Multiplexed, handshake: Tls13, to: (to: "web", delay: Constant("10 ms"))),
            "web": Fleet(workers: 1000, service: Constant("1 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert_eq!(estimate(cell, "throughput").unit, rushhour::lab::results::Unit::PerSecond);
    let (low, high) = (cell.tail.first().expect("served").latency, cell.tail.last().expect("served").latency);
    assert!(high <= 0.0611 && high > 0.050 && low >= 0.040, "{low} to {high}");
    assert!(node_value(cell, "users", "connections") < 0.6);
}

#[test]
fn a_client_that_gives_up_during_the_handshake_leaves_no_trace() {
    let results = run(
        11,
        1,
        r#"nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), timeout: "30 ms", handshake: Tls13, to: (to: "web", delay: Constant("10 ms"))),
            "web": Fleet(service: Constant("1 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert_eq!(value(cell, "drop_rate"), 1.0);
    assert_eq!(value(cell, "utilization"), 0.0);
}

#[test]
fn a_proxy_of_constant_cost_is_an_md1_queue() {
    for load in [0.5, 0.8] {
        let rate = load / 0.002;
        let results = run(
            200,
            10,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "{rate}/s"), to: "lb"),
                    "lb": Balancer(proxy: (per_request: "2 ms"), to: "web"),
                    "web": Fleet(servers: 4, workers: 1000, service: Constant("5 ms")),
                }}"#
            ),
        );
        let cell = &results.cells[0];
        let theory = Md1::new(rate, 0.002).expect("stable");
        let waiting = t_statistic(estimate(cell, "waiting_mean:lb"), theory.waiting_mean());
        // Student's t with nine degrees of freedom exceeds 11.5 once in a million.
        assert!(waiting.abs() < 11.5, "load {load}: {waiting}");
        let busy = t_statistic(estimate(cell, "utilization:lb"), load);
        assert!(busy.abs() < 11.5, "load {load}: {busy}");
        let sojourn = value(cell, "latency_mean");
        assert!((sojourn / (theory.sojourn_mean() + 0.005) - 1.0).abs() < 0.03, "load {load}: {sojourn}");
    }
}

#[test]
fn a_proxy_of_several_workers_lies_between_its_bounds() {
    // M/D/c: Cosmetatos 1975 gives W(M/D/c) from half of W(M/M/c) within a percent or so.
    let (workers, rate, cost) = (4, 1600.0, 0.002);
    let results = run(
        200,
        10,
        &format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "{rate}/s"), to: "lb"),
                "lb": Balancer(layer: Layer4, proxy: (workers: {workers}, per_request: "2 ms"), to: "web"),
                "web": Fleet(servers: 4, workers: 1000, service: Constant("5 ms")),
            }}"#
        ),
    );
    let half = 0.5 * Mmc::new(rate, 1.0 / cost, workers).expect("stable").waiting_mean();
    let (load, c) = (0.8_f64, workers as f64);
    let correction = 1.0 + (1.0 - load) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * load * c);
    let found = value(&results.cells[0], "waiting_mean:lb");
    assert!((found / (half * correction) - 1.0).abs() < 0.03, "{found} for {}", half * correction);
}

#[test]
fn handshakes_and_bytes_cost_the_proxy_what_they_should() {
    let busy = |connections: &str| {
        let results = run(
            101,
            4,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "400/s"), clients: 20, size: "10 kB", connections: {connections}, to: "lb"),
                    "lb": Balancer(proxy: (workers: 2, per_request: "100 us", per_connection: "2 ms", per_byte: "20 ns"), to: "web"),
                    "web": Fleet(servers: 2, workers: 4, service: Constant("1 ms")),
                }}"#
            ),
        );
        (value(&results.cells[0], "utilization:lb"), node_value(&results.cells[0], "lb", "connections"))
    };
    // 400/s x (0.1 + 0.2 + 2 ms) over two workers; 160,000 requests in all: five and a half deviations are 1.4 %.
    let (each, opened) = busy("PerRequest");
    assert!((each / 0.46 - 1.0).abs() < 0.014, "{each}");
    assert!((opened / 400.0 - 1.0).abs() < 0.014, "{opened}");
    // On average a connection carries a hundred requests.
    let (kept, opened) = busy("Multiplexed(requests: 100)");
    assert!((kept / (0.06 + opened * 0.001) - 1.0).abs() < 0.014, "{kept}");
    assert!((opened - 4.0).abs() < 0.3, "{opened}");
}

#[test]
fn a_full_queue_of_the_proxy_rejects() {
    let results = run(
        101,
        1,
        r#"nodes: {
            "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
            "lb": Balancer(proxy: (per_request: "20 ms", queue: 3), to: "web"),
            "web": Fleet(servers: 2, workers: 4, service: Constant("1 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    assert!((value(cell, "drop_rate") - 0.5).abs() < 1e-3);
    assert!(ended(cell, "rejected: queue full by lb") > 4900);
    assert!((value(cell, "utilization:lb") - 1.0).abs() < 1e-9);
}

#[test]
fn behind_a_proxy_of_layer_7_there_are_no_pinned_connections() {
    let imbalance = |front: &str| {
        let results = run(
            21,
            2,
            &format!(
                r#"nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "1000/s"), clients: 1, connections: Multiplexed(requests: 0), to: "front"),
                    "front": {front},
                    "inner": Balancer(layer: Layer4, to: "web"),
                    "web": Fleet(servers: 4, workers: 100, service: Constant("5 ms")),
                }}"#
            ),
        );
        value(&results.cells[0], "imbalance")
    };
    assert!(imbalance(r#"Balancer(to: "inner")"#) < 1.01);
    assert!(imbalance(r#"Router(rules: [(keys: Between(1, 9), to: "inner")], otherwise: "inner")"#) < 1.01);
    // Two of layer 4 in a row: the connection leads through both.
    assert!(imbalance(r#"Balancer(layer: Layer4, to: "inner")"#) > 3.9);
}

#[test]
fn a_router_sends_each_class_key_and_size_where_its_rules_say() {
    let results = run(
        41,
        2,
        r#"nodes: {
            "mobile": Clients(arrivals: Deterministic(rate: "100/s"), to: "router"),
            "desktop": Clients(arrivals: Deterministic(rate: "200/s"), keys: Uniform(n: 10), to: "router"),
            "batch": Clients(arrivals: Deterministic(rate: "50/s"), size: "2 MB", keys: Uniform(n: 10), to: "router"),
            "router": Router(
                rules: [
                    (clients: "mobile", to: (to: "app", delay: Constant("3 ms"))),
                    (size: (at_least: "1 MB"), to: "bulk"),
                    (clients: ["desktop", "batch"], keys: OneOf([0]), to: "hot"),
                    (keys: Between(1, 4), to: "low"),
                ],
                otherwise: "rest",
            ),
            "app": Fleet(workers: 9, service: Constant("1 ms")),
            "bulk": Fleet(workers: 9, service: Constant("2 ms")),
            "hot": Fleet(workers: 9, service: Constant("3 ms")),
            "low": Fleet(workers: 9, service: Constant("4 ms")),
            "rest": Fleet(workers: 9, service: Constant("5 ms")),
        }"#,
    );
    let cell = &results.cells[0];
    let rates: Vec<f64> =
        ["app", "bulk", "hot", "low", "rest"].iter().map(|node| node_value(cell, node, "departures")).collect();
    assert!((rates[0] - 100.0).abs() < 0.1 && (rates[1] - 50.0).abs() < 0.1, "{rates:?}");
    // 16,000 requests for ten keys: five and a half deviations of a share of a tenth are 1.3 points, of 0.4 and 0.5 2.2.
    for (rate, share, within) in [(rates[2], 0.1, 0.013), (rates[3], 0.4, 0.022), (rates[4], 0.5, 0.022)] {
        assert!((rate / 200.0 - share).abs() < within, "{rates:?}");
    }
    for (id, rate) in ["rule_1", "rule_2", "rule_3", "rule_4", "otherwise"].iter().zip(&rates) {
        assert!((node_value(cell, "router", id) - rate).abs() < 0.2, "{id}");
    }
    // There and back over the link, and a millisecond of work.
    assert!((node_value(cell, "mobile", "latency_mean") / 0.007 - 1.0).abs() < 1e-3);
}

#[test]
fn the_end_of_a_log_does_not_wait_for_idle_connections() {
    let log = "time,client\n0,10.0.0.1\n1,10.0.0.2\n2,10.0.0.1\n3,10.0.0.3\n";
    let with = |connections: &str| {
        let experiment = format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Replay(file: "four.csv", format: Csv(time: "time", client: "client")), connections: {connections}, to: "lb"),
                    "lb": Balancer(layer: Layer4, policy: LeastConnections, to: "web"),
                    "web": Fleet(servers: 2, service: Constant("100 ms")),
                }}),
                run: (warm_up: "0 s", replications: 1),
                measure: [Latency([0.5]), Utilization],
            )"#
        );
        answer_with(&experiment, &[("four.csv", log.as_bytes())])
    };
    let (plain, kept) = (with("PerRequest"), with("KeepAlive"));
    assert_eq!(value(&plain.cells[0], "utilization"), value(&kept.cells[0], "utilization"));
}

#[test]
fn who_has_given_up_pins_nothing() {
    // A burst fills the queue of the proxy, so that clients give up and close connections whose requests stand in it.
    let results = answer(
        r#"Experiment(system: System(nodes: {
            "users": Clients(
                arrivals: Timetable(steps: [(at: "0 s", rate: "2000/s"), (at: "3 s", rate: "20/s")]),
                connections: KeepAlive(idle: "1 s"), timeout: "100 ms", to: "lb"),
            "lb": Balancer(policy: LeastConnections, layer: Layer4, proxy: (workers: 1, queue: 500, per_request: "2 ms"), to: "web"),
            "web": Fleet(servers: 2, workers: 50, service: Exponential(mean: "5 ms"), max_connections: [50, 50]),
        }), run: (duration: "60 s", warm_up: "20 s", replications: 2, seed: 5), measure: [DropRate])"#,
    );
    // Later there is room for all: none of the connections that were closed counts any more.
    assert_eq!(value(&results.cells[0], "drop_rate"), 0.0);
}
