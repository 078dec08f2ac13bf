//! Draws that belong to a call and draws that belong to a visit: an attempt at another server has other luck with the
//! server, and the same request in hand.

use crate::answers::answer;
use crate::values::{only_cell, value};
use rushhour::lab::results::Cell;

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

/// Calls that are tried again or hedged at a fleet with an unlimited number of servers, so that no request waits.
fn race(clients: &str, fleet: &str) -> Cell {
    only_cell(answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "1000/s"), {clients} to: "web"),
                "web": Fleet(workers: 100000, {fleet}),
            }}),
            run: (duration: "100 s", replications: 1, seed: 1),
            measure: [Latency([0.5, 0.99]), Attempts, DropRate],
        )"#
    )))
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

#[test]
fn two_fallbacks_in_a_row_ask_two_others() {
    // Each asks the spare fleet, which fails half the time: a quarter fails twice.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "outer"),
                    "outer": Fallback(on: [Error], answers: [Smaller(to: "spare")], to: "inner"),
                    "inner": Fallback(on: [Error], answers: [Smaller(to: "spare")], to: "web"),
                    "web": Fleet(workers: 1000, service: Constant("1 ms")),
                    "spare": Fleet(workers: 1000, service: Constant("1 ms")),
                },
                faults: [
                    (at: "0 s", node: "web", fault: Errors(rate: "100 %")),
                    (at: "0 s", node: "spare", fault: Errors(rate: "50 %")),
                ],
            ),
            run: (duration: "100 s", replications: 1, seed: 1),
            measure: [DropRate],
        )"#,
    );
    let lost = value(&results.cells[0], "drop_rate");
    assert!((lost - 0.25).abs() < 0.0075, "{lost}");
}

#[test]
fn balancers_in_a_row_that_each_try_again_never_meet_the_same_luck() {
    // Two tries at each are four visits.
    for timeout in ["", r#"timeout: "10 s","#] {
        let results = answer(&format!(
            r#"Experiment(
                system: System(
                    nodes: {{
                        "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "outer"),
                        "outer": Balancer({timeout} retry: RetryElsewhere(tries: 2, on: [Error]), to: "inner"),
                        "inner": Balancer({timeout} copies: 2, retry: RetryElsewhere(tries: 2, on: [Error]), to: "web"),
                        "web": Fleet(servers: 8, workers: 1000, service: Constant("1 ms")),
                    }},
                    faults: [(at: "0 s", node: "web", fault: Errors(rate: "50 %"))],
                ),
                run: (duration: "100 s", replications: 1, seed: 1),
                measure: [DropRate],
            )"#
        ));
        let lost = value(&results.cells[0], "drop_rate");
        assert!((lost - 0.0625).abs() < 0.0042, "{timeout}: {lost}");
    }
}

#[test]
fn limiters_in_a_row_that_share_a_store_find_it_in_another_state() {
    // The store fails half of the commands, and the limiters with it: a quarter gets through both.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), to: "first"),
                    "first": Limiter(to: "second", distributed: Distributed(
                        limit: 10000, window: "1 s", store: "store", when_down: FailClosed, commands: Atomic)),
                    "second": Limiter(to: "web", distributed: Distributed(
                        limit: 10000, window: "1 s", store: "store", when_down: FailClosed, commands: Atomic)),
                    "store": Store(service: Constant("1 us")),
                    "web": Fleet(workers: 1000, service: Constant("1 ms")),
                },
                faults: [(at: "0 s", node: "store", fault: Errors(rate: "50 %"))],
            ),
            run: (duration: "100 s", replications: 1, seed: 1),
            measure: [DropRate],
        )"#,
    );
    let lost = value(&results.cells[0], "drop_rate");
    assert!((lost - 0.75).abs() < 0.0075, "{lost}");
}

#[test]
fn word_of_a_cancellation_is_lost_as_often_as_the_request_it_follows() {
    // Requests hang for a second and are cancelled after 100 ms; a third of all messages from the balancer to the fleet
    // is lost. Of those that arrive, the work of a third goes on, as their cancellation is lost.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), attempt_timeout: "100 ms", cancels: true, to: "gate"),
                    "gate": ConcurrencyLimiter(limit: Fixed(limit: 100000), to: (to: "web", delay: Constant("1 ms"))),
                    "web": Fleet(workers: 100000, service: Constant("1 s")),
                },
                faults: [(at: "0 s", node: "gate", to: "web", fault: Loss(rate: "30 %", way: There))],
            ),
            run: (duration: "100 s", warm_up: "10 s", replications: 1, seed: 1),
            measure: [Utilization],
        )"#,
    );
    let busy = value(&results.cells[0], "utilization") * 100_000.0;
    // 700 a second arrive; each works for 0.1 s, and 0.3 of them for a whole second.
    let expected = 700.0 * (0.7 * 0.1 + 0.3);
    assert!((busy / expected - 1.0).abs() < 0.03, "{busy} for {expected}");
}

#[test]
fn each_attempt_has_its_own_network_waits_and_choice() {
    // Two attempts, each lost with a fifth on its way there and with a fifth on its way back; a third of servers fails.
    let results = answer(
        r#"Experiment(
            system: System(
                nodes: {
                    "users": Clients(arrivals: Deterministic(rate: "1000/s"), attempt_timeout: "100 ms",
                        retry: Retry(attempts: 2, backoff: Immediate), to: (to: "lb", delay: Exponential(mean: "1 ms"))),
                    "lb": Balancer(policy: Random, to: "web"),
                    "web": Fleet(servers: 3, workers: 1000, service: Constant("1 ms")),
                },
                faults: [
                    (at: "0 s", node: "users", to: "lb", fault: Loss(rate: "20 %")),
                    (at: "0 s", node: "web", servers: [1], fault: Errors(rate: "100 %")),
                ],
            ),
            run: (duration: "100 s", replications: 1, seed: 1),
            measure: [DropRate],
        )"#,
    );
    let lost = value(&results.cells[0], "drop_rate");
    let alone = 1.0 - 0.64 * 2.0 / 3.0;
    assert!((lost - alone * alone).abs() < 0.0082, "{lost} for {}", alone * alone);
}
