//! What belongs to a call and what to a visit: whoever tries again elsewhere has other luck with the server, and the same
//! request in hand.

mod common;

use common::{answer, estimate};
use rushhour::lab::results::Cell;

fn value(cell: &Cell, id: &str) -> f64 {
    estimate(cell, id).value.expect("measured")
}

#[test]
fn of_requests_that_fail_half_the_time_each_further_try_elsewhere_saves_half() {
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "lb"),
                    "lb": Balancer(policy: RoundRobin, health: Unaware, to: "web"),
                    "web": Fleet(servers: 8, workers: 1000, service: Constant("1 ms")),
                },
                faults: [(at: "0 s", node: "web", fault: Errors(rate: "50 %"))],
            ),
            run: (duration: "100 s", replications: 1, seed: 1),
            arms: {
                "one": {"lb.retry": RetryElsewhere(tries: 1, on: [Error])},
                "two": {"lb.retry": RetryElsewhere(tries: 2, on: [Error])},
                "four": {"lb.retry": RetryElsewhere(tries: 4, on: [Error])},
            },
            measure: [DropRate],
        )"#,
    );
    // 100,000 requests: five and a half standard deviations of each share.
    for (cell, lost, within) in
        [(&results.cells[0], 0.5, 0.0087), (&results.cells[1], 0.25, 0.0075), (&results.cells[2], 0.0625, 0.0042)]
    {
        let found = value(cell, "drop_rate");
        assert!((found - lost).abs() < within, "{found} for {lost}");
    }
}

#[test]
fn an_answer_in_place_of_another_has_luck_of_its_own() {
    // Both are asked of the same fleet: a quarter fails twice.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "fallback"),
                    "fallback": Fallback(on: [Error], answers: [Smaller(to: "web")], to: "web"),
                    "web": Fleet(workers: 1000, service: Constant("1 ms")),
                },
                faults: [(at: "0 s", node: "web", fault: Errors(rate: "50 %"))],
            ),
            run: (duration: "100 s", replications: 1, seed: 1),
            measure: [DropRate, Degraded],
        )"#,
    );
    let lost = value(&results.cells[0], "drop_rate");
    assert!((lost - 0.25).abs() < 0.0075, "{lost}");
}

/// Calls that are tried or hedged at servers without number, so that nobody waits.
fn race(clients: &str, fleet: &str) -> Cell {
    let results = answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "1000/s"), {clients} to: "web"),
                "web": Fleet(workers: 100000, {fleet}),
            }}),
            run: (duration: "100 s", replications: 1, seed: 1),
            measure: [Latency([0.5, 0.99]), Attempts, DropRate],
        )"#
    ));
    results.cells.into_iter().next().expect("a cell")
}

const HEDGE: &str = r#"hedge: Hedge(after: "10 ms"),"#;
const DEMAND: &str = r#"demand: Exponential(mean: "10 ms")"#;

#[test]
fn a_hedge_does_not_shorten_what_belongs_to_the_call() {
    let (alone, hedged) = (race("", DEMAND), race(HEDGE, DEMAND));
    // A share of 1/e takes longer than 10 ms, and is sent a second time, in vain.
    assert!((value(&hedged, "attempts") - 1.0 - libm::exp(-1.0)).abs() < 0.009);
    for id in ["latency_mean", "latency_p50", "latency_p99"] {
        assert_eq!(value(&alone, id), value(&hedged, id), "{id}");
    }
    // Servers of constant slowness make it longer, and leave it the call's.
    let slow = format!("{DEMAND}, slowness: Constant(2)");
    let slow = race("", &slow);
    assert!((value(&slow, "latency_mean") / value(&alone, "latency_mean") - 2.0).abs() < 1e-3);
}

#[test]
fn a_hedge_shortens_what_belongs_to_the_visit() {
    // A visit takes X S with X = 10 ms and S exponential, or as long by `service`: with a hedge after d = 10 ms the mean is
    // 10 ms (1 - 1/e) + 5 ms / e, for then two race.
    let mean = 0.010 * (1.0 - libm::exp(-1.0)) + 0.005 * libm::exp(-1.0);
    for fleet in [
        r#"demand: Constant("10 ms"), slowness: Exponential(mean: 1)"#,
        r#"service: Constant("10 ms"), slowness: Exponential(mean: 1)"#,
        r#"service: Exponential(mean: "10 ms")"#,
    ] {
        let hedged = race(HEDGE, fleet);
        let found = value(&hedged, "latency_mean");
        // 100,000 latencies with a standard deviation below 6 ms: more than five standard errors.
        assert!((found - mean).abs() < 0.000_11, "{fleet}: {found} for {mean}");
        assert!((value(&race("", fleet), "latency_mean") - 0.010).abs() < 0.000_18, "{fleet}");
    }
}

#[test]
fn a_retry_finds_the_same_demand_and_another_server() {
    // What takes longer than the timeout at the first attempt does so at every other.
    let retry = r#"attempt_timeout: "20 ms", retry: Retry(attempts: 3, backoff: Immediate),"#;
    let lost = libm::exp(-2.0);
    let of_the_call = value(&race(retry, DEMAND), "drop_rate");
    assert!((of_the_call - lost).abs() < 0.006, "{of_the_call}");
    let of_the_visit = value(&race(retry, r#"service: Exponential(mean: "10 ms")"#), "drop_rate");
    assert!((of_the_visit - lost * lost * lost).abs() < 0.000_87, "{of_the_visit}");
}

#[test]
fn a_try_elsewhere_takes_the_demand_along() {
    // The server that fails does the work first; a second try takes as long again, and no other time.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"),
                    "lb": Balancer(policy: RoundRobin, health: Unaware, retry: RetryElsewhere(tries: 2, on: [Error]), to: "web"),
                    "web": Fleet(servers: 2, workers: 1000, demand: Exponential(mean: "10 ms")),
                },
                faults: [(at: "0 s", node: "web", servers: [0, 1], fault: Errors(rate: "100 %"))],
            ),
            run: (duration: "100 s", replications: 1, seed: 1),
            arms: {"two": {}, "one": {"lb.retry": None}},
            measure: [Utilization],
        )"#,
    );
    let [two, one] = [0, 1].map(|arm| value(&results.cells[arm], "utilization"));
    assert!((two / one - 2.0).abs() < 0.01, "{two} and {one}");
}
