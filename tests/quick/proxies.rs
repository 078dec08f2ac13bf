//! Queues at a balancer and its timeouts, against what HAProxy 2.6.12 and nginx 1.22.1 did on loopback with the same
//! requests, and against queueing theory.

use crate::answers::{answer, answer_with};
use crate::ledger::ended_as;
use crate::statistics::t_statistic;
use crate::values::{estimate, node_value, only_cell, value};
use rushhour::lab::results::Cell;
use rushhour::stats::theory::Mmc;

/// Requests at these times, in seconds, that go to "lb", which stands before two servers or more.
fn replay(times: &[f64], keys: &str, balancer: &str, fleet: &str) -> Cell {
    let log: String = times.iter().fold("time,size\n".to_owned(), |log, time| format!("{log}{time:.4},1\n"));
    let experiment = format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(
                    arrivals: Replay(file: "test.csv", format: Csv(time: "time", size: "size")), {keys} to: "lb"),
                "lb": Balancer({balancer}, to: "web"),
                "web": Fleet({fleet}),
            }}),
            run: (replications: 1),
            measure: [Latency([0.5]), DropRate, Waiting],
        )"#
    );
    only_cell(answer_with(&experiment, &[("test.csv", log.as_bytes())]))
}

/// So many times, one after each gap.
pub fn every(gap: f64, count: usize) -> Vec<f64> {
    (0..count).map(|n| n as f64 * gap).collect()
}

fn mean_latency(cell: &Cell) -> f64 {
    value(cell, "latency_mean")
}

#[track_caller]
fn close(found: f64, expected: f64) {
    // Latencies are kept to three digits.
    assert!((found - expected).abs() < 1e-3 + 5e-3 * expected, "{found} instead of {expected}");
}

/// Two servers with `maxconn 2`, ten requests 20 ms apart, each held 0.4 s: one queue in order of arrival, whichever server
/// comes free first takes the head. HAProxy answered after 0.4 s (four), 0.72 s (four) and 1.04 s (two).
#[test]
fn haproxy_queues_at_maxconn_in_order_of_arrival() {
    let cell = replay(
        &every(0.02, 10),
        "",
        "queue: Queue(timeout: \"30 s\")",
        r#"servers: 2, workers: 9, max_connections: [2, 2], service: Constant("400 ms")"#,
    );
    assert_eq!(ended_as(&cell, "served"), 10, "{:?}", cell.ledger);
    close(mean_latency(&cell), (4.0 * 0.4 + 4.0 * 0.72 + 2.0 * 1.04) / 10.0);
    close(node_value(&cell, "lb", "waiting_mean"), (4.0 * 0.32 + 2.0 * 0.64) / 10.0);
    close(node_value(&cell, "web", "waiting_mean"), 0.0);
    close(value(&cell, "waiting_mean:lb"), 0.256);
}

/// `timeout queue 500ms`, places held 2 s: 503 after 0.5 s in the queue.
#[test]
fn haproxy_rejects_a_request_that_waits_longer_than_the_timeout_of_its_queue() {
    let cell = replay(
        &every(0.02, 4),
        "",
        "queue: Queue(timeout: \"500 ms\")",
        r#"servers: 2, workers: 9, max_connections: [1, 1], service: Constant("2 s")"#,
    );
    assert_eq!(ended_as(&cell, "served"), 2, "{:?}", cell.ledger);
    assert_eq!(ended_as(&cell, "rejected: waited too long by lb"), 2, "{:?}", cell.ledger);
    close(mean_latency(&cell), 2.0);
}

/// `balance uri`: all on one server; full, its requests wait for it although the other is idle: 0.3, 0.58, 0.86, 1.14 s.
#[test]
fn a_request_that_a_hash_places_waits_for_its_own_server() {
    let hashed = |queue: &str| {
        replay(
            &every(0.02, 4),
            "keys: Uniform(n: 1),",
            &format!("policy: RingHash(by: Key), queue: {queue}"),
            r#"servers: 2, workers: 9, max_connections: [1, 1], service: Constant("300 ms")"#,
        )
    };
    let cell = hashed("Queue(timeout: \"30 s\")");
    assert_eq!(ended_as(&cell, "served"), 4, "{:?}", cell.ledger);
    close(mean_latency(&cell), (0.3 + 0.58 + 0.86 + 1.14) / 4.0);
    // `maxqueue`: the hash would bring it to the same server again.
    let cell = hashed("Queue(per_server: 1)");
    assert_eq!((ended_as(&cell, "served"), ended_as(&cell, "rejected: queue full by lb")), (2, 2), "{:?}", cell.ledger);
}

/// `balance first`, `maxconn 2`: the first server is filled before the second; two of eight wait for 0.38 s.
#[test]
fn haproxy_fills_the_first_server_before_the_second() {
    let cell = replay(
        &every(0.02, 8),
        "",
        "policy: First, queue: Queue",
        r#"servers: 3, workers: 9, max_connections: [2, 2, 2], service: Constant("500 ms")"#,
    );
    close(mean_latency(&cell), (6.0 * 0.5 + 2.0 * 0.88) / 8.0);
}

/// `max_conns=1` and no queue: the third of three at once gets 502 at once.
#[test]
fn nginx_rejects_a_request_that_no_server_may_take() {
    let cell = replay(
        &[0.0, 0.02, 0.04, 1.0],
        "",
        "policy: WeightedRoundRobin",
        r#"servers: 2, workers: 9, max_connections: [1, 1], service: Constant("500 ms")"#,
    );
    assert_eq!((ended_as(&cell, "served"), ended_as(&cell, "rejected: no server")), (3, 1), "{:?}", cell.ledger);
}

/// `retry-on response-timeout` with `timeout server 1s` and one server that hangs: tried again on the other after 1 s.
#[test]
fn haproxy_tries_elsewhere_after_the_timeout_of_an_answer() {
    let cell = replay(
        &[0.0, 1.5, 1.6],
        "",
        "health: Unaware, timeout: \"1 s\", retry: RetryElsewhere(tries: 4, on: [TimedOut])",
        r#"servers: 2, workers: 9, speeds: [0.000001, 1], service: Constant("1 ms")"#,
    );
    assert_eq!(ended_as(&cell, "served"), 3, "{:?}", cell.ledger);
    close(mean_latency(&cell), (1.001 + 1.001 + 0.001) / 3.0);
    close(node_value(&cell, "lb", "overdue"), 2.0);
}

/// `proxy_read_timeout 1s` and servers that hang. Three tries, 504 after 3 s; `max_fails` is 1, so afterwards none is left:
/// 502 at once; after `fail_timeout` (10 s) all are tried again.
#[test]
fn servers_that_hang_are_taken_out_by_the_failures_of_nginx() {
    let hung = |times: &[f64], retry: &str| {
        replay(
            times,
            "",
            &format!("policy: WeightedRoundRobin, health: Unaware, timeout: \"1 s\", {retry}"),
            r#"servers: 3, workers: 9, speeds: [0.000001, 0.000001, 0.000001], service: Constant("1 ms")"#,
        )
    };
    let cell = hung(&[0.0, 3.5, 14.5], "passive: Passive, retry: RetryElsewhere");
    let (late, none) = (ended_as(&cell, "failed: no answer in time by lb"), ended_as(&cell, "rejected: no server"));
    assert_eq!((late, none), (2, 1), "{:?}", cell.ledger);
    close(node_value(&cell, "lb", "overdue"), 6.0);
    // `proxy_next_upstream_tries 2`.
    let cell = hung(&[0.0], "passive: Passive, retry: RetryElsewhere(tries: 2)");
    close(node_value(&cell, "lb", "overdue"), 2.0);
    // Envoy: what is late is a gateway failure.
    let cell =
        hung(&every(1.5, 10), "outliers: OutlierEjection(consecutive_5xx: 1, max_ejection: \"100 %\", panic: \"0 %\")");
    assert_eq!(node_value(&cell, "lb", "ejections"), 3.0, "{:?}", cell.ledger);
}

/// `max_fails=0` on the server that hangs: never taken out; each second request pays 1 s.
#[test]
fn nginx_takes_a_step_of_its_round_robin_for_each_attempt() {
    let cell = replay(
        &every(1.3, 4),
        "",
        "policy: WeightedRoundRobin, health: Unaware, timeout: \"1 s\", retry: RetryElsewhere",
        r#"servers: 2, workers: 9, speeds: [0.000001, 1], service: Constant("1 ms")"#,
    );
    assert_eq!(ended_as(&cell, "served"), 4, "{:?}", cell.ledger);
    close(mean_latency(&cell), (1.001 + 0.001 + 1.001 + 0.001) / 4.0);
}

/// Servers that may have one request each and one queue before them are the workers of M/M/c.
#[test]
fn one_queue_at_the_balancer_is_that_of_erlang() {
    for policy in ["RoundRobin", "LeastConnections", "Random", "PowerOfChoices(d: 2)", "LeastRequest"] {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "320/s"), to: "lb"),
                    "lb": Balancer(policy: {policy}, queue: Queue, to: "web"),
                    "web": Fleet(servers: 4, max_connections: [1, 1, 1, 1], service: Exponential(mean: "10 ms")),
                }}),
                run: (duration: "200 s", warm_up: "10 s", replications: 10, seed: 3),
                measure: [Latency([0.5]), DropRate, Waiting(node: "lb")],
            )"#
        ));
        let cell = &results.cells[0];
        let theory = Mmc::new(320.0, 100.0, 4).expect("stable").waiting_mean();
        let t = t_statistic(estimate(cell, "waiting_mean:lb"), theory);
        // Student's t with nine degrees of freedom: beyond 11 less than once in a million.
        assert!(t.abs() < 11.0, "{policy}: {t}");
        assert_eq!(estimate(cell, "drop_rate").value, Some(0.0));
    }
}

/// The queue holds as many requests as it has places, and a cancelled request leaves it.
#[test]
fn places_are_bounded_and_who_gives_up_leaves() {
    let system = |clients: &str, queue: &str| {
        answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "300/s"), {clients} to: "lb"),
                    "lb": Balancer(queue: {queue}, to: (to: "web", delay: Constant("1 ms"))),
                    "web": Fleet(servers: 2, max_connections: [1, 1], service: Exponential(mean: "10 ms")),
                }}),
                run: (duration: "60 s", warm_up: "5 s", replications: 2, seed: 3),
                measure: [Latency([0.5]), DropRate, Waiting],
            )"#
        ))
        .cells
        .remove(0)
    };
    let cell = system("", "Queue(places: 5)");
    assert!(node_value(&cell, "lb", "queue") <= 5.0, "{}", node_value(&cell, "lb", "queue"));
    assert!(ended_as(&cell, "rejected: queue full by lb") > 10_000, "{:?}", cell.ledger);
    // No request waits for longer than its client does, if clients cancel the requests that they give up.
    let patient = system(r#"timeout: "50 ms","#, "Queue");
    let cancelling = system(r#"timeout: "50 ms", cancels: true,"#, "Queue");
    assert!(node_value(&patient, "lb", "queue") > 100.0, "{}", node_value(&patient, "lb", "queue"));
    assert!(node_value(&cancelling, "lb", "queue") < 16.0, "{}", node_value(&cancelling, "lb", "queue"));
    assert!(ended_as(&cancelling, "served") > 2 * ended_as(&patient, "served"), "{:?}", cancelling.ledger);
}

/// An endless queue at a balancer is found to grow like any other.
#[test]
fn a_queue_at_a_balancer_that_grows_is_no_steady_state() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "260/s"), to: "lb"),
                "lb": Balancer(queue: Queue, to: "web"),
                "web": Fleet(servers: 2, max_connections: [1, 1], service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "60 s", warm_up: "5 s", replications: 4, seed: 3),
        )"#,
    );
    let cell = &results.cells[0];
    assert_ne!(cell.stability, rushhour::lab::results::Stability::Stable);
}

/// Those who wait for a server that goes down are placed anew; those who wait for any go on when it comes back.
#[test]
fn who_waits_for_a_server_that_goes_down_is_placed_anew() {
    for policy in ["RingHash(by: Key)", "RoundRobin"] {
        let results = answer(&format!(
            r#"Experiment(
                system: System(
                    nodes: {{
                        "users": Clients(arrivals: Poisson(rate: "150/s"), keys: Uniform(n: 100), to: "lb"),
                        "lb": Balancer(policy: {policy}, queue: Queue(timeout: "5 s"), to: "web"),
                        "web": Fleet(servers: 3, max_connections: [1, 1, 1], service: Exponential(mean: "10 ms")),
                    }},
                    faults: [
                        (at: "10 s", node: "web", servers: [0], fault: Crash, lasts: "5 s"),
                        (at: "25 s", node: "web", fault: Crash, lasts: "1 s"),
                    ],
                ),
                run: (duration: "40 s", replications: 2, seed: 3),
                measure: [Latency([0.5]), DropRate],
            )"#
        ));
        let cell = &results.cells[0];
        assert_eq!(ended_as(cell, "rejected: waited too long"), 0, "{policy}: {:?}", cell.ledger);
        // At most those that were at servers when they crashed.
        assert!(ended_as(cell, "failed: server crashed") <= 2 * 4, "{policy}: {:?}", cell.ledger);
        // A request that comes while all servers are down finds none.
        let none = ended_as(cell, "rejected: no server");
        assert!((50..600).contains(&none), "{policy}: {none}");
    }
}

/// A balancer of layer 4 queues connections.
#[test]
fn connections_wait_for_a_place_too() {
    for queue in ["None", "Queue(timeout: \"5 s\")"] {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Users(count: 6, think: Exponential(mean: "20 ms")),
                        connections: KeepAlive(idle: "10 ms", requests: 5), to: "lb"),
                    "lb": Balancer(layer: Layer4, policy: LeastConnections, queue: {queue}, to: "web"),
                    "web": Fleet(servers: 2, workers: 4, max_connections: [2, 2], service: Exponential(mean: "10 ms")),
                }}),
                run: (duration: "60 s", warm_up: "5 s", replications: 2, seed: 3),
                measure: [Latency([0.5]), DropRate],
            )"#
        ));
        let drops = value(&results.cells[0], "drop_rate");
        assert_eq!(drops > 0.0, queue == "None", "{queue}: {drops}");
    }
}

/// Round robin goes by the weights of servers, and Envoy's begins at a random one.
#[test]
fn round_robin_goes_by_weight() {
    for policy in ["RoundRobin", "RoundRobin(start: Random)", "LeastRequest(active_request_bias: 0)"] {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "100/s"), to: "lb"),
                    "lb": Balancer(policy: {policy}, to: "web"),
                    "web": Fleet(servers: 3, workers: 50, weights: [3, 2, 1], service: Constant("60 ms")),
                }}),
                run: (duration: "200 s", warm_up: "5 s", replications: 2, seed: 3),
                measure: [Utilization, Imbalance],
            )"#
        ));
        let imbalance = value(&results.cells[0], "imbalance");
        assert!((imbalance - 1.5).abs() < 0.01, "{policy}: {imbalance}");
    }
}

/// A budget of retries keeps a failing service from having to do everything as often as there are servers.
#[test]
fn a_budget_of_retries_bounds_what_is_sent_again() {
    let attempts = |budget: &str| {
        let results = answer(&format!(
            r#"Experiment(
                system: System(
                    nodes: {{
                        "users": Clients(arrivals: Poisson(rate: "1000/s"), to: "lb"),
                        "lb": Balancer(retry: RetryElsewhere(on: [Error], budget: {budget}), to: "web"),
                        "web": Fleet(servers: 5, workers: 100, service: Constant("100 ms")),
                    }},
                    faults: [(at: "0 s", node: "web", fault: Errors(rate: "100 %"))],
                ),
                run: (duration: "60 s", warm_up: "5 s", replications: 2, seed: 3),
                measure: [Latency([0.5]), DropRate],
            )"#
        ));
        1.0 + node_value(&results.cells[0], "lb", "retries") / (2.0 * 55.0 * 1000.0) * 2.0
    };
    assert!((attempts("None") - 5.0).abs() < 0.1, "{}", attempts("None"));
    // At most a fifth of what is under way is on another attempt: a quarter as many as first attempts.
    let bounded = attempts("ActiveBudget");
    assert!((bounded - 1.25).abs() < 0.05, "{bounded}");
}

/// Wasted work: the server goes on with a request that the balancer no longer waits for.
#[test]
fn an_attempt_that_took_too_long_is_wasted_work() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "20/s"), to: "lb"),
                "lb": Balancer(timeout: "50 ms", to: "web"),
                "web": Fleet(servers: 2, workers: 50, service: Exponential(mean: "50 ms")),
            }),
            run: (duration: "500 s", warm_up: "5 s", replications: 4, seed: 3),
            measure: [Latency([0.5, 0.99]), DropRate, WastedWork, Outcomes([GatewayTimeout])],
        )"#,
    );
    let cell = &results.cells[0];
    let value = |id: &str| value(cell, id);
    // Of exponential services e^-1 take longer than their mean, and hold 2/e of all work.
    assert!((value("drop_rate") - libm::exp(-1.0)).abs() < 0.01, "{}", value("drop_rate"));
    assert!((value("wasted_work") - 2.0 * libm::exp(-1.0)).abs() < 0.02, "{}", value("wasted_work"));
    assert!(value("latency_p99") < 0.0501, "{}", value("latency_p99"));
}
