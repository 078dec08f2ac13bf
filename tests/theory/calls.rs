//! Clients that retry, hedge, hold back, give up and ask anew: against closed forms and published simulations.

use crate::answers::answer;
use crate::statistics::t_statistic;
use crate::values::{estimate, node_estimate, node_value, only_cell, value};
use rushhour::lab::results::Cell;

fn cell(experiment: &str) -> Cell {
    only_cell(answer(experiment))
}

/// Mean over replications of a number of a node.
fn of(cell: &Cell, node: &str, id: &str) -> f64 {
    let replicates: Vec<f64> = node_estimate(cell, node, id).replicates.iter().copied().flatten().collect();
    replicates.iter().sum::<f64>() / replicates.len() as f64
}

fn near(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{what}: {value}, expected {expected} within {tolerance}");
}

/// A server that never queues and fails a share of requests behind an exponential network of 10 ms each way, as in
/// Brooker, "Fixing retries with token buckets and circuit breakers", 2022.
fn failing(clients: &str, failures: f64, run: &str) -> Cell {
    cell(&format!(
        r#"Experiment(system: System(
            nodes: {{ {clients} "web": Fleet(workers: 1000, service: Constant("0 s")) }},
            faults: [(at: "0 s", node: "web", fault: Errors(rate: "{} %"))],
        ), run: ({run}), measure: [DropRate])"#,
        failures * 100.0
    ))
}

const NET: &str = r#"to: (to: "web", delay: Exponential(mean: "10 ms"))"#;

#[test]
fn a_fixed_number_of_attempts_succeeds_and_multiplies_as_the_closed_form_says() {
    for (attempts, failures) in [(1, 0.02), (1, 0.75), (4, 0.02), (4, 0.3), (4, 0.5), (4, 0.0325)] {
        let clients = format!(
            r#""users": Clients(arrivals: Poisson(rate: "1000/s"), {NET},
                retry: Retry(attempts: {attempts}, backoff: Immediate)),"#
        );
        let cell = failing(&clients, failures, r#"duration: "11 s", warm_up: "1 s", replications: 20"#);
        let p: f64 = failures;
        let lost = if attempts == 1 { p } else { p * p * p * p };
        let expected = (1.0 - lost) / (1.0 - p);
        let amplification = node_value(&cell, "users", "attempts");
        if attempts == 1 {
            near("amplification", of(&cell, "users", "attempts"), 1.0, 0.0);
        } else {
            let t = t_statistic(node_estimate(&cell, "users", "attempts"), expected);
            assert!(t.abs() < 5.5, "{attempts} attempts, {p}: amplification {amplification}, expected {expected}");
        }
        let drop = estimate(&cell, "drop_rate");
        let (value, n) = (drop.value.expect("a value"), 200_000.0);
        let error = (lost * (1.0 - lost) / n).sqrt();
        // Few losses are no normal number: a handful more is allowed.
        near("lost", value, lost, 5.5 * error + 8.0 / n);
    }
}

#[test]
fn nothing_fails_and_nothing_is_tried_again() {
    let clients = format!(r#""users": Clients(arrivals: Poisson(rate: "1000/s"), {NET}, retry: Retry(attempts: 4)),"#);
    let cell = failing(&clients, 0.0, r#"duration: "10 s", warm_up: "0 s", replications: 2"#);
    assert_eq!(of(&cell, "users", "attempts"), 1.0);
    assert_eq!(estimate(&cell, "drop_rate").value, Some(0.0));
}

/// Success and amplification of a hundred clients, each with a budget of its own, in ten seconds of ten calls each.
fn hundred(budget: &str, attempts: u32, failures: f64) -> (f64, f64) {
    let clients: String = (0..100)
        .map(|client| {
            format!(
                r#""c{client}": Clients(arrivals: Poisson(rate: "10/s"), {NET},
                    retry: Retry(attempts: {attempts}, backoff: Immediate, budget: {budget})),"#
            )
        })
        .collect();
    let cell = failing(&clients, failures, r#"duration: "10 s", warm_up: "0 s", replications: 3"#);
    let sum = |what: fn(&Cell, &str) -> f64| (0..100).map(|client| what(&cell, &format!("c{client}"))).sum::<f64>();
    let attempts = sum(|cell, node| of(cell, node, "attempts") * of(cell, node, "offered"));
    (1.0 - value(&cell, "drop_rate"), attempts / sum(|cell, node| of(cell, node, "offered")))
}

#[test]
fn a_bucket_of_retries_limits_them_as_in_the_published_simulation() {
    for (failures, success, amplification) in [
        (0.02, 1.0, 1.0210),
        (0.05, 1.0, 1.0520),
        (0.1, 0.9923, 1.0960),
        (0.2, 0.9048, 1.1343),
        (0.5, 0.5701, 1.1429),
        (0.75, 0.2853, 1.1427),
    ] {
        let (here, times) = hundred("RetryBucket(capacity: 5, ratio: 0.1)", 1000, failures);
        near(&format!("success at {failures}"), here, success, 0.02);
        near(&format!("amplification at {failures}"), times, amplification, 0.02);
    }
}

#[test]
fn a_breaker_of_retries_stops_them_as_in_the_published_simulation() {
    for (failures, success, amplification) in [
        (0.002, 0.9997, 1.0010),
        (0.02, 0.9977, 1.0145),
        (0.0325, 0.9935, 1.0277),
        (0.1, 0.9177, 1.0258),
        (0.2, 0.8018, 1.0040),
        (0.3, 0.7056, 1.0006),
        (0.4, 0.6023, 1.0),
    ] {
        let (here, times) = hundred(r#"FailureRate("10 %")"#, 4, failures);
        near(&format!("success at {failures}"), here, success, 0.02);
        near(&format!("amplification at {failures}"), times, amplification, 0.02);
    }
}

/// One client in 100 meets a slow server: mean 5 ms and 500 ms, both exponential; no request waits.
fn two_speeds(hedge: &str, run: &str) -> Cell {
    cell(&format!(
        r#"Experiment(system: System(nodes: {{
            "users": Clients(arrivals: Poisson(rate: "2000/s"), to: "web"{hedge}),
            "web": Fleet(workers: 5000, service: Mixture([
                (weight: 99, law: Exponential(mean: "5 ms")), (weight: 1, law: Exponential(mean: "500 ms")),
            ])),
        }}), run: ({run}), measure: [Latency([0.99, 0.999])])"#
    ))
}

#[test]
fn hedging_follows_the_product_of_tails() {
    // P(T > x) = S(x) S(x - 20 ms).
    let cell =
        two_speeds(r#", hedge: Hedge(after: "20 ms")"#, r#"duration: "105 s", warm_up: "5 s", replications: 10"#);
    let mean = node_estimate(&cell, "users", "latency_mean");
    let t = t_statistic(mean, 0.005_172_273_864_8);
    assert!(t.abs() < 5.5, "mean {:?}, {t} errors", mean.value);
    for (id, expected) in [("latency_p99", 0.023_254_907_4), ("latency_p999", 0.032_443_770_0)] {
        let quantile = estimate(&cell, id);
        let t = t_statistic(quantile, expected);
        let value = quantile.value.expect("a value");
        // The histogram has three digits.
        assert!(t.abs() < 5.5 || (value / expected - 1.0).abs() < 1e-3, "{id} {value}, {t} errors");
    }
    let (hedges, calls) = (of(&cell, "users", "hedges"), of(&cell, "users", "offered"));
    let (share, n) = (0.027_740_376_9_f64, 2_000_000.0);
    near("hedges", hedges / calls, share, 5.5 * (share * (1.0 - share) / n).sqrt() + 1e-5);
}

#[test]
fn a_few_hedges_take_most_of_the_tail() {
    let run = r#"duration: "65 s", warm_up: "5 s", replications: 3"#;
    let without = two_speeds("", run);
    let with = two_speeds(", hedge: Hedge(after: Quantile(0.95))", run);
    let p999 = |cell: &Cell| value(cell, "latency_p999");
    near("p99.9 without", p999(&without), 1.151, 0.1);
    assert!(p999(&with) < p999(&without) / 20.0, "{} and {}", p999(&with), p999(&without));
    let extra = of(&with, "users", "attempts") - 1.0;
    // A twentieth by definition, whatever hedges do to the latencies that are seen.
    near("hedges", extra, 0.05, 0.004);
    let won = of(&with, "users", "hedges_won") / of(&with, "users", "hedges");
    assert!(won > 0.1 && won < 0.9, "{won}");
}

#[test]
fn an_attempt_is_given_up_in_time_and_tried_again_after_the_backoff() {
    // 0.3 s, a tenth of waiting, 0.3 s, a tenth, 0.3 s: 1.1 s, then a pause of 0.9 s.
    let experiment = |more: &str| {
        format!(
            r#"Experiment(system: System(nodes: {{
                "user": Clients(arrivals: Users(count: 1, think: Constant("900 ms")), to: "web",
                    attempt_timeout: "300 ms", retry: Retry(attempts: 3, backoff: Fixed("100 ms")){more}),
                "web": Fleet(workers: 10, service: Constant("1 s")),
            }}), run: (duration: "20500 ms", warm_up: "0 s", replications: 1), measure: [InSystem, DropRate])"#
        )
    };
    let whole = cell(&experiment(""));
    let ledger: Vec<(&str, u64)> = whole.ledger.iter().map(|row| (row.outcome.as_str(), row.count)).collect();
    assert_eq!(ledger, [("timed out", 10)]);
    near("attempts a call", of(&whole, "user", "attempts"), 3.0, 0.0);
    near("calls under way", of(&whole, "user", "in_system"), 0.55, 0.06);
    // The whole call may take 0.5 s: the second attempt is cut short, the third never sent.
    let cut = cell(&experiment(r#", timeout: "500 ms""#));
    near("attempts a call", of(&cut, "user", "attempts"), 2.0, 0.15);
    near("calls under way", of(&cut, "user", "in_system"), 5.0 / 14.0, 0.03);
}

#[test]
fn users_give_up_as_their_patience_says_and_ask_anew_up_to_a_limit() {
    let cell = cell(
        r#"Experiment(system: System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "1000/s"), to: "web", patience: Exponential(mean: "100 ms"),
                reload: Reload(chance: "70 %", after: "20 ms", most: 3)),
            "web": Fleet(workers: 1000, service: Constant("50 ms")),
        }), run: (duration: "31 s", warm_up: "1 s", replications: 10), measure: [DropRate])"#,
    );
    let gives_up = 1.0 - libm::exp(-0.5);
    let drop = estimate(&cell, "drop_rate");
    let t = t_statistic(drop, gives_up);
    assert!(t.abs() < 5.5, "{:?}, {t} errors from {gives_up}", drop.value);
    let anew = gives_up * 0.7;
    let expected = anew + anew * anew + anew * anew * anew;
    let (reloads, calls) = (of(&cell, "users", "reloads"), of(&cell, "users", "offered"));
    // 300,000 visits.
    near("calls made anew", reloads / (calls - reloads), expected, 0.008);
    assert!(cell.ledger.iter().any(|row| row.outcome == "given up"), "{:?}", cell.ledger);
}

#[test]
fn throttled_clients_send_twice_what_is_accepted() {
    // Ten times more calls than the server takes, and an immediate answer for the calls that it rejects.
    let system = |throttle: &str| {
        cell(&format!(
            r#"Experiment(system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "1000/s"), to: "web"{throttle}),
                "web": Fleet(workers: 1, queue: 5, service: Constant("10 ms")),
            }}), run: (duration: "70 s", warm_up: "20 s", replications: 5), measure: [Throughput, DropRate])"#
        ))
    };
    let with = system(r#", throttle: AdaptiveThrottling(k: 2, window: "10 s")"#);
    near("attempts a second", of(&with, "users", "attempts") * of(&with, "users", "offered"), 200.0, 10.0);
    near("held back", of(&with, "users", "throttled"), 800.0, 20.0);
    near("served", value(&with, "throughput"), 100.0, 2.0);
    assert!(with.ledger.iter().any(|row| row.outcome == "rejected: throttled by its client"), "{:?}", with.ledger);
}

#[test]
fn retries_against_a_stalled_server_multiply_its_load_unless_a_budget_stops_them() {
    let stalled = |budget: &str| {
        cell(&format!(
            r#"Experiment(system: System(
                nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "500/s"), to: "web", attempt_timeout: "100 ms",
                        retry: Retry(attempts: 4, backoff: Exponential(base: "10 ms", cap: "100 ms"), budget: {budget})),
                    "web": Fleet(workers: 10, service: Exponential(mean: "10 ms")),
                }},
                faults: [(at: "10 s", node: "web", fault: SlowDown(factor: 1000))],
            ), run: (duration: "70 s", warm_up: "20 s", replications: 3), measure: [DropRate])"#
        ))
    };
    let amplification = |budget| of(&stalled(budget), "users", "attempts");
    near("no budget", amplification("None"), 4.0, 0.05);
    // A fifth of the calls, and ten a second of five hundred.
    near("Finagle", amplification("RetryBudget"), 1.0 + 0.2 + 10.0 / 500.0, 0.02);
    near("gRPC", amplification("RetryThrottling"), 1.0, 0.002);
    near("AWS", amplification("RetryQuota"), 1.0, 0.002);
    near("bucket", amplification("RetryBucket"), 1.1, 0.005);
    near("breaker", amplification("FailureRate"), 1.0, 0.002);
}

#[test]
fn every_attempt_has_the_same_draws_in_every_arm() {
    // The latency of a user depends on attempts alone, which never queue: a longer wait between them shifts each by as
    // much.
    let mean = |wait: &str| {
        let cell = cell(&format!(
            r#"Experiment(system: System(
                nodes: {{
                    "users": Clients(arrivals: Users(count: 50, think: Exponential(mean: "1 s")), to: "web",
                        retry: Retry(attempts: 9, backoff: Fixed("{wait}"))),
                    "web": Fleet(workers: 1000, service: Exponential(mean: "10 ms")),
                }},
                faults: [(at: "0 s", node: "web", fault: Errors(rate: "50 %"))],
            ), run: (requests: 2000, warm_up: "0 s", replications: 1), measure: [Latency([0.5])])"#
        ));
        (of(&cell, "users", "latency_mean"), of(&cell, "users", "attempts"))
    };
    let ((short, few), (long, many)) = (mean("0 s"), mean("1 ms"));
    near("attempts", few, many, 0.01);
    near("a millisecond for each retry", long - short, 0.001, 0.0003);
}

#[test]
fn answers_that_no_client_waits_for_are_late_and_their_work_is_done() {
    let cell = cell(
        r#"Experiment(system: System(nodes: {
            "users": Clients(arrivals: Deterministic(rate: "10/s"), to: "web", attempt_timeout: "20 ms"),
            "web": Fleet(workers: 100, service: Constant("50 ms")),
        }), run: (duration: "10 s", warm_up: "0 s", replications: 1), measure: [Utilization, DropRate])"#,
    );
    assert_eq!(estimate(&cell, "drop_rate").value, Some(1.0));
    near("utilization", value(&cell, "utilization"), 0.005, 0.0001);
}

#[test]
fn clients_that_honour_it_wait_as_long_as_the_limiter_asks() {
    // A token a second: a rejected request is told how long it takes until the next.
    let attempts = |honours: bool| {
        let cell = cell(&format!(
            r#"Experiment(system: System(nodes: {{
                "users": Clients(arrivals: Users(count: 1, think: Constant("100 ms")), to: "limit",
                    retry: Retry(attempts: 1000, backoff: Fixed("10 ms"), honours_retry_after: {honours})),
                "limit": Limiter(limit: TokenBucket(capacity: 1, refill: "1/s"), to: "web"),
                "web": Fleet(service: Constant("1 ms")),
            }}), run: (duration: "20500 ms", warm_up: "500 ms", replications: 1), measure: [DropRate])"#
        ));
        of(&cell, "users", "attempts")
    };
    near("honoured", attempts(true), 2.0, 0.1);
    // The 0.9 s until the next token are 90 times 10 ms.
    near("not honoured", attempts(false), 90.0, 3.0);
}

/// An overloaded fleet behind a balancer and a network, whose clients give up after 50 ms.
fn given_up(more: &str) -> Cell {
    cell(&format!(
        r#"Experiment(system: System(nodes: {{
            "users": Clients(arrivals: Poisson(rate: "300/s"), to: (to: "lb", delay: Exponential(mean: "1 ms")),
                attempt_timeout: "50 ms"{more}),
            "lb": Balancer(policy: RoundRobin, to: (to: "web", delay: Constant("500 us"))),
            "web": Fleet(servers: 2, service: Exponential(mean: "10 ms")),
        }}), run: (duration: "40 s", warm_up: "10 s", replications: 3), measure: [Goodput, WastedWork])"#
    ))
}

#[test]
fn cancellations_and_deadlines_save_wasted_work() {
    let of = |cell: &Cell, id: &str| value(cell, id);
    let (neither, cancels) = (given_up(""), given_up(", cancels: true"));
    let deadline = given_up(", propagates_deadline: true");
    assert!(of(&neither, "goodput") < 5.0, "everybody waits for a queue without end: {}", of(&neither, "goodput"));
    // Two servers of 100/s each.
    assert!(of(&cancels, "goodput") > 150.0, "{}", of(&cancels, "goodput"));
    // A queue served in order begins many requests so shortly before their deadline that they end after it; a deadline does
    // not stop what has begun, and word of a cancellation does.
    let told = of(&deadline, "goodput");
    assert!(told > 80.0 && told < of(&cancels, "goodput"), "{told}");
    let wasted = [&neither, &deadline, &cancels].map(|cell| of(cell, "wasted_work"));
    assert!(wasted[0] > 0.95 && wasted[0] > wasted[1] && wasted[1] > wasted[2], "{wasted:?}");
}

#[test]
fn hedges_are_paid_from_the_budget_of_retries() {
    // All fail after 100 ms, so that three hedges would go out 10 ms apart.
    let attempts = |budget: &str| {
        let clients = format!(
            r#""users": Clients(arrivals: Poisson(rate: "100/s"), to: (to: "web", delay: Constant("50 ms")),
                retry: Retry(attempts: 1, budget: {budget}), hedge: Hedge(after: "10 ms", most: 3)),"#
        );
        let cell = failing(&clients, 1.0, r#"duration: "110 s", warm_up: "10 s", replications: 4"#);
        of(&cell, "users", "attempts")
    };
    near("without a budget", attempts("None"), 4.0, 0.01);
    // Once half of the tokens are gone, nothing gives any back.
    near("with throttling", attempts("RetryThrottling"), 1.0, 0.01);
    // A fifth of the calls and none beside.
    near("with a budget", attempts("RetryBudget(ratio: \"20 %\", minimum: None)"), 1.2, 0.01);
}

#[test]
fn an_answer_on_its_way_home_is_not_taken_back() {
    // The answer leaves the server 5 ms after the request came, and takes 50 ms to the gate; the other attempt is 12 ms
    // behind, so that its answer is on the link when the first is home.
    let cell = |cancels: bool| {
        cell(&format!(
            r#"Experiment(system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "200/s"), to: "gate", hedge: Hedge(after: "12 ms"), cancels: {cancels}),
                "gate": ConcurrencyLimiter(limit: Fixed(limit: 100000), to: (to: "web", delay: Constant("50 ms"))),
                "web": Fleet(workers: 100, service: Constant("5 ms")),
            }}), run: (duration: "60 s", warm_up: "5 s", replications: 1), measure: [LateAnswers])"#
        ))
    };
    for cancels in [false, true] {
        let late = value(&cell(cancels), "late_answers");
        near("late answers", late, 0.5, 0.001);
    }
}

#[test]
fn a_budget_by_what_is_under_way_bounds_retries_and_hedges() {
    // A thousand a second fail after 100 ms, so that a hundred first attempts are under way, less the one that has just
    // failed, and as many others as may be.
    let attempts = |what: &str, budget: &str| {
        let clients = format!(
            r#""users": Clients(arrivals: Deterministic(rate: "1000/s"), to: (to: "web", delay: Constant("50 ms")),
                {what}, budget: {budget})),"#
        );
        let cell = failing(&clients, 1.0, r#"duration: "60 s", warm_up: "10 s", replications: 1"#);
        of(&cell, "users", "attempts")
    };
    let retry = r#"retry: Retry(attempts: 10, backoff: Immediate"#;
    // 24 are a fifth of 99 + 24, rounded down, and 25 are more; 99 are half of 99 + 99, in the long run.
    near("a fifth", attempts(retry, "ActiveBudget"), 1.24, 0.001);
    near("a half", attempts(retry, r#"ActiveBudget(share: "50 %")"#), 1.98, 0.011);
    near("three", attempts(retry, r#"ActiveBudget(share: "0 %")"#), 1.03, 0.001);
    let hedge = r#"hedge: Hedge(after: "10 ms", most: 1), retry: Retry(attempts: 1"#;
    near("hedges", attempts(hedge, r#"ActiveBudget(share: "0 %", minimum: 9)"#), 1.09, 0.003);
    // A retry counts from when it is decided on: with a backoff of 100 ms half as many fit.
    let late = r#"retry: Retry(attempts: 10, backoff: Fixed(wait: "100 ms")"#;
    near("with backoff", attempts(late, r#"ActiveBudget(share: "0 %", minimum: 40)"#), 1.2, 0.01);
}
