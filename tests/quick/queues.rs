//! Queues in whole systems: what the disciplines, bounds and ways to shed load do to users.

use crate::answers::answer;
use crate::ledger::ended;
use crate::values::{node_value, only_cell, value};
use rushhour::lab::results::Cell;

/// One cell of a system that runs `seconds`.
fn run(seconds: &str, nodes: &str) -> Cell {
    let experiment = format!(
        r#"Experiment(system: System(nodes: {{{nodes}}}), run: (duration: "{seconds}", replications: 2, seed: 5),
            measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, Waiting, InSystem])"#
    );
    only_cell(answer(&experiment))
}

#[test]
fn the_seed_of_a_bounded_queue_with_a_put_that_waits() {
    // Ten workers and 0.1 s each serve 100 a second. With 120 a second, 1000 places fill in 50 s and then a put waits 0.1 s:
    // those that get in wait ten seconds, the others are told after 0.1 s that the system is overloaded.
    let system = |rate: u32| {
        format!(
            r#""users": Clients(arrivals: Deterministic(rate: "{rate}/s"), to: "pool"),
            "pool": Fleet(workers: 10, queue: 1000, when_full: Wait("100 ms"), service: Constant("100 ms"))"#
        )
    };
    let calm = run("60 s", &system(80));
    assert_eq!(ended(&calm, "rejected: waited too long by pool"), 0);
    assert!(value(&calm, "latency_mean") < 0.101);
    let busy = run("250 s", &system(120));
    let (served, told) = (ended(&busy, "served"), ended(&busy, "rejected: waited too long by pool"));
    // Two replications of 100 a second; 20 a second too many from 50 s on.
    assert!((2 * 24_900..=2 * 25_000).contains(&served), "{served}");
    assert!((2 * 3950..=2 * 4010).contains(&told), "{told}");
    assert!((10.0..10.25).contains(&value(&busy, "latency_p99")), "{}", value(&busy, "latency_p99"));
    assert_eq!(ended(&busy, "rejected: queue full by pool"), 0);
}

/// Overload by a fifth for two minutes, with users who wait one second; the share of requests served in time.
fn in_time(fleet: &str, users: &str) -> f64 {
    let cell = run(
        "120 s",
        &format!(
            r#""users": Clients(arrivals: Poisson(rate: "1200/s"), to: "web", timeout: "1 s"{users}),
            "web": Fleet(workers: 10, {fleet}, service: Exponential(mean: "10 ms"))"#
        ),
    );
    1.0 - value(&cell, "drop_rate")
}

#[test]
fn overload_ruins_first_come_first_served_and_not_the_others() {
    // 1000 of 1200 a second can be served: 83 % at best.
    let fifo = in_time("discipline: Fifo", "");
    let lifo = in_time("discipline: Lifo", "");
    let adaptive = in_time("discipline: AdaptiveLifo", "");
    let codel = in_time("shed: CoDel", "");
    let timeout = in_time("shed: AdaptiveTimeout", "");
    let dropped = in_time("discipline: Fifo", ", propagates_deadline: true");
    let cancelled = in_time("discipline: Fifo", ", cancels: true");
    let rejected = in_time("shed: ByDeadline", ", propagates_deadline: true");
    // The queue grows by 200 a second: after five seconds every request is served too late.
    assert!(fifo < 0.07, "{fifo}");
    for (share, least) in [(lifo, 0.8), (adaptive, 0.8), (timeout, 0.75), (rejected, 0.75)] {
        assert!((least..0.84).contains(&share), "{lifo} {adaptive} {timeout} {rejected}");
    }
    // Not to work for who has gone leaves those to serve who are about to go.
    for share in [dropped, cancelled] {
        assert!(share > 4.0 * fifo, "{dropped} {cancelled} {fifo}");
    }
    assert!(codel > 4.0 * fifo, "{codel}");
}

#[test]
fn wasted_work_is_measured_and_cancelling_ends_it() {
    let wasted = |users: &str| {
        let nodes = format!(
            r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: "web", timeout: "200 ms"{users}),
            "web": Fleet(service: Exponential(mean: "10 ms"))"#
        );
        node_value(&run("60 s", &nodes), "web", "wasted_work")
    };
    assert!(wasted("") > 0.9);
    // Only what was under way when its client left. The time left when a service begins is about exponential with mean
    // 1 / (150/s - 100/s) = 20 ms, by the queue's growth; of services of 10 ms cut short then, a third of the work is wasted.
    let cut_short = wasted(", cancels: true");
    assert!((0.28..0.38).contains(&cut_short), "{cut_short}");
}

#[test]
fn a_weighted_fair_server_keeps_a_greedy_class_from_starving_the_other() {
    // The modest class wants 30 % of the server and has a right to half; the greedy one wants twice what there is.
    let latency = |discipline: &str| {
        let nodes = format!(
            r#""modest": Clients(arrivals: Poisson(rate: "30/s"), to: "web"),
            "greedy": Clients(arrivals: Poisson(rate: "200/s"), to: "web"),
            "web": Fleet(discipline: {discipline}, queue: 200, when_full: DropOldest, service: Exponential(mean: "10 ms"))"#
        );
        node_value(&run("100 s", &nodes), "modest", "latency_mean")
    };
    let (fifo, fair) = (latency("Fifo"), latency("WeightedFair"));
    assert!(fifo > 0.5, "{fifo}");
    assert!(fair < 0.06, "{fair}");
    let first = latency(r#"Priority(order: ["modest"])"#);
    assert!(first < fair, "{first} {fair}");
}

#[test]
fn the_class_of_the_lowest_level_is_shed_first() {
    let cell = run(
        "60 s",
        r#""premium": Clients(arrivals: Poisson(rate: "60/s"), to: "web"),
        "free": Clients(arrivals: Poisson(rate: "60/s"), to: "web"),
        "web": Fleet(queue: 100, shed: ByClass(levels: {"free": "30 %"}), service: Exponential(mean: "10 ms"))"#,
    );
    let shed = |clients: &str| {
        let rows = cell.ledger.iter().filter(|row| row.clients == clients && row.outcome != "served");
        rows.filter(|row| row.outcome != "in flight at the end").map(|row| row.count).sum::<u64>()
    };
    assert_eq!(shed("premium"), 0);
    // A sixth of all is too much: a third of the free ones, of 2 x 3600.
    assert!((1700..3200).contains(&shed("free")), "{}", shed("free"));
}

#[test]
fn a_crash_loses_what_waits_and_the_books_balance() {
    let cell = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "300/s"), to: "lb", timeout: "1 s", cancels: true),
                "lb": Balancer(policy: JoinIdleQueue, to: "web"),
                "web": Fleet(servers: 2, discipline: EarliestDeadline, queue: 20, when_full: Wait("200 ms"), longest_wait: Exponential(mean: "500 ms"), service: Exponential(mean: "10 ms")),
            }, faults: [
                (at: "5 s", node: "web", servers: [0], fault: Crash, lasts: "2 s"),
                (at: "12 s", node: "web", fault: SlowDown(factor: 4), lasts: "3 s"),
                (at: "13 s", node: "web", fault: Crash, lasts: "1 s"),
            ]),
            run: (duration: "20 s", replications: 4, seed: 9),
        )"#,
    )
    .cells
    .remove(0);
    assert!(ended(&cell, "failed: server crashed by web") > 4 * 20);
    assert!(ended(&cell, "rejected: waited too long by web") > 0);
    assert!(ended(&cell, "served") > 4 * 2000);
}

#[test]
fn fair_shares_do_not_depend_on_what_leaves_unserved() {
    let impatient = [
        r#"longest_wait: Constant("500 ms")"#,
        r#"queue: 100, when_full: DropOldest"#,
        r#"longest_wait: Exponential(mean: "300 ms")"#,
    ];
    for queue in impatient {
        for (weights, share) in [("{}", 0.5), (r#"{"a": 4}"#, 0.8)] {
            let results = answer(&format!(
                r#"Experiment(
                    system: System(nodes: {{
                        "a": Clients(arrivals: Poisson(rate: "600/s"), to: "web"),
                        "b": Clients(arrivals: Poisson(rate: "300/s"), to: "web"),
                        "web": Fleet(
                            workers: 10, service: Exponential(mean: "50 ms"),
                            discipline: WeightedFair(weights: {weights}), {queue},
                        ),
                    }}),
                    run: (duration: "120 s", warm_up: "20 s", replications: 4, seed: 1),
                    measure: [Goodput(by: Clients)],
                )"#
            ));
            let cell = &results.cells[0];
            let [a, b] = ["goodput:a", "goodput:b"].map(|id| value(cell, id));
            let found = a / (a + b);
            assert!((found - share).abs() < 0.03, "{queue}, weights {weights}: {a} and {b}");
        }
    }
}
