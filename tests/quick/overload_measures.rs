//! Measures of overload: goodput against throughput, wasted work, single nodes of clients, and recovery.

use crate::answers::{answer, planned};
use crate::ledger::ended;
use crate::values::{estimate, value};
use rushhour::lab::results::{IntervalKind, Results, Verdict};

/// Calls each second, each of which takes 400 ms of work, from a client that waits for `timeout`.
fn even(timeout: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Deterministic(rate: "1/s"), to: "web", timeout: "{timeout}"),
                "web": Fleet(service: Constant("400 ms")),
            }}),
            run: (duration: "100.5 s", replications: 2),
            measure: [Throughput, Goodput, OfferedRate, Attempts, LateAnswers, WastedWork, DropRate, Degraded,
                Outcomes([Served, TimedOut])],
        )"#
    ))
}

#[test]
fn answers_in_time_are_goodput_and_late_ones_only_throughput() {
    let in_time = &even("500 ms").cells[0];
    assert!((value(in_time, "goodput") - 1.0).abs() < 0.02);
    assert_eq!(value(in_time, "goodput"), value(in_time, "throughput"));
    for id in ["late_answers", "wasted_work", "drop_rate", "degraded", "share_timed_out"] {
        assert_eq!(value(in_time, id), 0.0, "{id}");
    }
    assert_eq!(value(in_time, "share_served"), 1.0);
    let late = &even("300 ms").cells[0];
    assert_eq!(value(late, "goodput"), 0.0);
    assert_eq!(value(late, "throughput"), value(in_time, "throughput"));
    for id in ["late_answers", "wasted_work", "drop_rate", "share_timed_out"] {
        assert_eq!(value(late, id), 1.0, "{id}");
    }
    for cell in [in_time, late] {
        assert_eq!(value(cell, "attempts"), 1.0);
        assert!(value(cell, "goodput") <= value(cell, "throughput") && value(cell, "throughput") <= 1.01);
    }
}

#[test]
fn goodput_and_late_answers_are_those_of_the_ledger() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "95/s"), to: "web", timeout: "60 ms"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "50 s", replications: 4),
            measure: [Goodput, Throughput, LateAnswers, WastedWork, Utilization],
        )"#,
    );
    let cell = &results.cells[0];
    assert!((value(cell, "goodput") - ended(cell, "served") as f64 / 200.0).abs() < 1e-9);
    let late = value(cell, "throughput") - value(cell, "goodput");
    assert!(late > 1.0 && late * 200.0 <= ended(cell, "timed out") as f64, "{late}");
    // Every request costs as much on average, whether anyone waits for it or not.
    let (wasted, late_share) = (value(cell, "wasted_work"), value(cell, "late_answers"));
    assert!((wasted - late_share).abs() < 0.1 * late_share, "{wasted} {late_share}");
    let series = |quantity: &str| -> f64 {
        let series = cell.series.iter().find(|series| series.quantity == quantity).expect(quantity);
        series.mean.iter().flatten().sum::<f64>() * cell.window
    };
    assert!((series("goodput") * 4.0 - ended(cell, "served") as f64).abs() < 1e-6);
    assert!(series("throughput") > series("goodput"));
}

#[test]
fn each_node_of_clients_has_numbers_of_its_own() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "near": Clients(arrivals: Poisson(rate: "300/s"), to: "web"),
                "far": Clients(arrivals: Poisson(rate: "100/s"), to: (to: "web", delay: Constant("50 ms"))),
                "web": Fleet(servers: 1, workers: 8, service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "20 s", replications: 5),
            measure: [Latency([0.99], by: Clients), Latency([0.99]), Goodput(by: Clients), Goodput, Fairness,
                DropRate(by: Clients), InSystem(by: Clients), InSystem],
            claims: [
                Greater(P99(of: "far"), P99(of: "near")),
                Greater(Goodput(of: "near"), Goodput(of: "far")),
                Below(DropRate(of: "far"), "1 %"),
            ],
        )"#,
    );
    let cell = &results.cells[0];
    let (near, far) = (value(cell, "goodput:near"), value(cell, "goodput:far"));
    assert!((near + far - value(cell, "goodput")).abs() < 1e-9);
    assert!((value(cell, "in_system:near") + value(cell, "in_system:far") - value(cell, "in_system")).abs() < 1e-9);
    assert!((value(cell, "latency_mean:far") - value(cell, "latency_mean:near") - 0.1).abs() < 0.002);
    assert!(value(cell, "latency_p99:near") < 0.1 && value(cell, "latency_p99:far") > 0.1);
    assert!(matches!(estimate(cell, "latency_p99:far").interval, IntervalKind::Quantiles { .. }));
    // Jain's index of 300 and 100 is 400² over 2 (300² + 100²).
    assert!((value(cell, "fairness") - 0.8).abs() < 0.02, "{}", value(cell, "fairness"));
    assert!(results.claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{:?}", results.claims);
}

/// A spike of calls into a queue that has an end or has none; users wait for half a second.
fn spike(claims: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Spike(base: "350/s", peak: "1300/s", at: "20 s", length: "5 s"), to: "web",
                    timeout: "500 ms"),
                "web": Fleet(workers: 10, service: Exponential(mean: "25 ms"), queue: 1000000),
            }}),
            run: (duration: "60 s", replications: 8, warm_up: "2 s"),
            arms: {{"endless": {{}}, "short": {{"web.queue": 100}}}},
            measure: [Goodput, Recovery],
            claims: [{claims}],
        )"#
    ))
}

#[test]
fn a_collapse_that_outlives_its_trigger_is_told_from_one_that_does_not() {
    let results = spike(
        r#"Below(Recovered("endless"), "40 %"), Above(Recovered("short"), "60 %"), StaysDown("endless"),
           Recovers("short", within: "5 s", by: Goodput, tolerance: "30 %"), Below(RecoveryTime("short"), "5 s"),
           Below(GoodputLeft("endless"), "50 %"), Less(Recovered("endless"), Recovered("short")),
           StaysDown("endless", below: "60 %", start: "20 s", end: "26 s")"#,
    );
    for claim in &results.claims {
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
    let [endless, short] = &results.cells[..] else { panic!("two arms") };
    let trouble = endless.trouble.expect("the spike");
    assert_eq!((trouble.start, trouble.end), (20.0, Some(25.0)));
    assert_eq!((value(endless, "recovered"), value(short, "recovered")), (0.0, 1.0));
    assert!(estimate(endless, "recovery_time").value.is_none());
    assert!((value(short, "goodput_before") - 350.0).abs() < 12.0);
    assert!((value(short, "goodput_after") - 350.0).abs() < 12.0);
    assert!(matches!(estimate(short, "recovered").interval, IntervalKind::Wilson { .. }));
    let failing = spike(
        r#"StaysDown("short"), Recovers("endless", within: "5 s", by: Goodput), Above(Recovered("endless"), "60 %")"#,
    );
    assert!(failing.claims.iter().all(|claim| claim.verdict == Verdict::Fails), "{:?}", failing.claims);
}

#[test]
fn the_manifest_of_an_experiment_with_every_measure_reads_back() {
    let text = r#"Experiment(
        system: System(nodes: {
            "a": Clients(arrivals: Poisson(rate: "10/s"), to: "web"),
            "b": Clients(arrivals: Poisson(rate: "10/s"), to: "web"),
            "web": Fleet(service: Constant("5 ms")),
        }),
        run: (duration: "10 s", replications: 2),
        measure: [Goodput(by: Clients), Attempts, LateAnswers, WastedWork, Degraded, Fairness, OfferedRate,
            Outcomes([GaveUp, RateLimited], by: Clients), Recovery(start: "3 s", end: "4 s", smooth: "2 s")],
        claims: [Below(Share(GaveUp, of: "a"), "1 %"), StaysDown(below: "10 %", start: "3 s", end: "5 s")],
    )"#;
    let plan = planned(text);
    let again = planned(&plan.manifest());
    assert_eq!(plan.quantities, again.quantities);
    assert_eq!(plan.manifest(), again.manifest());
    assert!(plan.quantities.iter().any(|quantity| quantity.id == "share_gave_up:b"));
}
