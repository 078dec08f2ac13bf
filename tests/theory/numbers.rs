//! How sure the numbers are: stopping rules, warm-up, single replications, shares near zero, claims over time.

use crate::answers::answer;
use crate::values::estimate;
use rushhour::lab::results::{IntervalKind, Results, Stability, Verdict};

fn experiment(system: &str, run: &str, rest: &str) -> String {
    format!("Experiment(system: System({system}), run: ({run}), {rest})")
}

const QUEUE: &str = r#"nodes: {
    "users": Clients(arrivals: Poisson(rate: "800/s"), to: "q"),
    "q": Fleet(service: Exponential(mean: "1 ms")),
}"#;

/// Results but for how they were asked for.
fn cells(results: &Results) -> String {
    format!("{:?}", results.cells)
}

#[test]
fn a_run_until_sure_is_the_fixed_run_of_as_many_replications() {
    let measure = "measure: [Latency([0.99]), Utilization]";
    let sure = r#"duration: "20 s", warm_up: "2 s", replications: AtMost(60, half_width: "8 %", batch: 5), seed: 3"#;
    let adaptive = answer(&experiment(QUEUE, sure, measure));
    let n = adaptive.cells[0].replications;
    assert!((5..60).contains(&n) && n.is_multiple_of(5), "{n} replications");
    let run = format!(r#"duration: "20 s", warm_up: "2 s", replications: {n}, seed: 3"#);
    let fixed = answer(&experiment(QUEUE, &run, measure));
    assert_eq!(cells(&adaptive), cells(&fixed));
    for estimate in &adaptive.cells[0].estimates {
        // The quantile's point is pooled, so its own share may differ a little from that of the replicates.
        let share = estimate.half_width.expect("many") / estimate.value.expect("stable");
        assert!(share < 0.09, "{} is within {share}", estimate.id);
    }
}

#[test]
fn what_was_not_reached_is_said() {
    let run = r#"duration: "2 s", replications: AtMost(4, half_width: "0.01 %", batch: 2)"#;
    let results = answer(&experiment(QUEUE, run, "measure: [Latency([0.99])]"));
    assert_eq!(results.cells[0].replications, 4);
    assert!(results.notices.iter().any(|notice| notice.contains("not within 0.01 %")), "{:?}", results.notices);
}

#[test]
fn an_automatic_warm_up_is_the_fixed_one_that_it_finds() {
    // Requests take five seconds each: it takes a few times as long until as many leave as come.
    let system = QUEUE.replace("1 ms", "5 s").replace("service:", "workers: 100000, service:");
    let measure = "measure: [Latency([0.5]), InSystem]";
    let auto = r#"duration: "150 s", warm_up: Auto, replications: 10, seed: 5"#;
    let found = answer(&experiment(&system, auto, measure));
    let warm_up = found.cells[0].warm_up;
    assert!((5.0..70.0).contains(&warm_up), "{warm_up} s of warm-up");
    let fixed = format!(r#"duration: "150 s", warm_up: "{warm_up} s", replications: 10, seed: 5"#);
    assert_eq!(cells(&found), cells(&answer(&experiment(&system, &fixed, measure))));
}

#[test]
fn a_run_that_is_all_warm_up_is_warned_about() {
    let system = QUEUE.replace("800/s", "1100/s").replace("service:", "queue: 1000000, service:");
    let auto = r#"duration: "20 s", warm_up: Auto, replications: 10, seed: 5"#;
    let results = answer(&experiment(&system, auto, "measure: [Latency([0.5])]"));
    let unstable = format!("{:?}", results.cells[0].stability);
    assert!(unstable.contains("NotSettled"), "{unstable}");
}

#[test]
fn one_replication_falls_back_on_batches_and_says_so() {
    let run = r#"duration: "200 s", warm_up: "5 s", replications: 1, seed: 4"#;
    let results =
        answer(&experiment(QUEUE, run, "measure: [Latency([0.99]), Throughput, Utilization, InSystem, Waiting]"));
    let cell = &results.cells[0];
    for (id, expected) in [
        ("latency_mean", 0.005),
        ("throughput", 800.0),
        ("utilization", 0.8),
        ("in_system", 4.0),
        ("waiting_mean", 0.004),
    ] {
        let estimate = estimate(cell, id);
        assert!(matches!(estimate.interval, IntervalKind::Batches { .. }), "{id}");
        let (value, half) = (estimate.value.expect("stable"), estimate.half_width.expect("from batches"));
        // t of 19 degrees of freedom beyond 7.2 / 2.09 = 3.4 half-widths is less likely than one in a million.
        assert!((value - expected).abs() < 3.4 * half, "{id}: {value} ± {half} for {expected}");
        assert!(half < 0.2 * value, "{id} ± {half} says nothing");
    }
    assert_eq!(estimate(cell, "latency_p99").half_width, None);
    assert!(results.notices.iter().any(|notice| notice.starts_with("one replication")), "{:?}", results.notices);
}

#[test]
fn a_share_near_zero_has_an_interval_that_stays_above_it() {
    let lossy = |places: u32| {
        let system = QUEUE.replace("service:", &format!("queue: {places}, service:"));
        let run = r#"duration: "20 s", replications: 10, seed: 6"#;
        answer(&experiment(&system, run, "measure: [DropRate]"))
    };
    // At load 0.8, one place of 200 is full once in 10^20.
    let never = lossy(200);
    match estimate(&never.cells[0], "drop_rate").interval {
        IntervalKind::Wilson { low, high } => assert!(low == 0.0 && high > 0.0 && high < 1e-4, "{low} to {high}"),
        other => panic!("{other:?}"),
    }
    // M/M/1/41: P = (1 - r) r^41 / (1 - r^42) = 2.1e-5, a few losses in 160,000.
    let rare = lossy(40);
    if let IntervalKind::Wilson { low, high } = estimate(&rare.cells[0], "drop_rate").interval {
        assert!(low >= 0.0 && high > low);
    }
    let often = lossy(3);
    assert_eq!(estimate(&often.cells[0], "drop_rate").interval, IntervalKind::Replications);
}

#[test]
fn many_arms_are_corrected_for_and_ranked_in_groups() {
    let arms = r#"baseline: "a", arms: {"a": {}, "b": {}, "c": {"q.service": Exponential(mean: "1010 us")}, "d": {"q.service": Exponential(mean: "700 us")}}"#;
    let run = r#"duration: "20 s", warm_up: "2 s", replications: 10, seed: 7"#;
    let results = answer(&experiment(QUEUE, run, &format!("{arms}, measure: [Latency([0.5])]")));
    let mean = |arm: usize| &results.cells[arm].comparisons[0];
    // The same system with the same random numbers: no difference at all.
    assert_eq!((mean(1).difference, mean(1).significant), (Some(0.0), false));
    assert!(mean(2).significant && mean(3).significant);
    assert!(mean(2).variance_saved.expect("there is variance") > 0.5, "{:?}", mean(2).variance_saved);
    assert!(mean(3).ratio.expect("above zero") < 0.6);
    let ranking = results.rankings.iter().find(|ranking| ranking.id == "latency_mean").expect("ranked");
    assert_eq!(ranking.groups, [vec![3], vec![0, 1], vec![2]]);
}

#[test]
fn a_system_that_comes_back_recovers_and_one_that_does_not_fails() {
    // A server that is slow for 15 s. Round robin goes on sending it a quarter of the requests; clients give up after a
    // second, but their work stays in its queue, and the queue never empties again.
    let verdict = |policy: &str| {
        let system = format!(
            r#"nodes: {{
                "users": Clients(arrivals: Poisson(rate: "400/s"), to: "lb", timeout: "1 s"),
                "lb": Balancer(policy: {policy}, to: "web"),
                "web": Fleet(servers: 4, workers: 4, service: LogNormal(mean: "25 ms", cv: 1)),
            }}, faults: [(at: "40 s", node: "web", servers: [0], fault: SlowDown(factor: 20), lasts: "15 s")]"#
        );
        let claims = r#"claims: [Recovers(within: "10 s", tolerance: "50 %")]"#;
        let results = answer(&experiment(&system, r#"duration: "120 s", replications: 8, seed: 8"#, claims));
        (results.claims[0].verdict, results.claims[0].evidence.clone())
    };
    let (least, evidence) = verdict("LeastConnections");
    assert_eq!(least, Verdict::Holds, "{evidence}");
    let (robin, evidence) = verdict("RoundRobin");
    assert_eq!(robin, Verdict::Fails, "{evidence}");
}

#[test]
fn claims_along_a_sweep_look_at_every_step() {
    let run = r#"duration: "20 s", warm_up: "2 s", replications: 10, seed: 9"#;
    let sweep = r#"sweep: ("users.arrivals.rate", ["300/s", "600/s", "900/s"])"#;
    let claims = "claims: [Rises(Mean), Falls(Mean), Rises(Utilization)]";
    let results = answer(&experiment(QUEUE, run, &format!("{sweep}, {claims}")));
    let verdicts: Vec<Verdict> = results.claims.iter().map(|claim| claim.verdict).collect();
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Fails, Verdict::Holds]);
}

/// How many of the intervals of a p99 carry the warning, over `experiments` seeds of ten replications of M/M/`workers`.
fn warned(workers: u32, load: f64, duration: &str, experiments: u64) -> u64 {
    let rate = load * 1000.0 * f64::from(workers);
    let system =
        QUEUE.replace("800/s", &format!("{rate}/s")).replace("service:", &format!("workers: {workers}, service:"));
    let warned = |seed: &u64| {
        let run = format!(r#"duration: "{duration}", warm_up: "200 ms", replications: 10, seed: {seed}"#);
        let results = answer(&experiment(&system, &run, "measure: [Latency([0.5, 0.99])]"));
        let few = |id: &str| match estimate(&results.cells[0], id).interval {
            IntervalKind::Quantiles { few, .. } => few,
            other => panic!("{other:?}"),
        };
        assert!(!few("latency_p50"), "half of all requests lie beyond the median");
        let said = results.notices.iter().any(|notice| {
            notice.contains("p99 latency may be too narrow in system") && notice.contains("make replications longer")
        });
        assert_eq!(few("latency_p99"), said, "{:?}", results.notices);
        said
    };
    (1..=experiments).filter(warned).count() as u64
}

#[test]
fn intervals_of_a_p99_from_short_replications_are_warned_about() {
    // Ten replications of 1000 requests each, whose intervals hold the true p99 84 % of the time (M/M/4) and 83 % (M/M/1).
    let (four, one) = (warned(4, 0.7, "557 ms", 30), warned(1, 0.7, "1629 ms", 30));
    // At least 94 % are warned about: 18 of 30 or fewer is less likely than one in a million.
    assert!(four > 18 && one > 18, "{four} and {one} of 30");
}

#[test]
fn intervals_of_a_p99_from_long_replications_are_not_warned_about() {
    // 40,000 requests each: the intervals hold the true p99 96 % (M/M/4) and 94 % (M/M/1) of the time.
    let (four, one) = (warned(4, 0.7, "14.5 s", 10), warned(1, 0.5, "80.2 s", 10));
    assert_eq!((four, one), (0, 0));
}

/// The verdict on a claim that the mean is what theory says, of so many seconds at a load of 0.8, and its evidence.
fn equals_theory(seconds: &str, replications: u32, tolerance: &str) -> (Verdict, String) {
    let run = format!(r#"duration: "{seconds} s", warm_up: "1 s", replications: {replications}, seed: 6"#);
    let claim = format!(r#"measure: [Latency([0.5])], claims: [EqualsTheory(Mean(), tolerance: "{tolerance}")]"#);
    let claim = answer(&experiment(QUEUE, &run, &claim)).claims.remove(0);
    (claim.verdict, claim.evidence)
}

#[test]
fn a_number_equals_theory_where_its_whole_interval_is_within_the_tolerance() {
    let (verdict, evidence) = equals_theory("100", 20, "10 %");
    assert_eq!(verdict, Verdict::Holds, "{evidence}");
}

#[test]
fn an_interval_too_wide_for_the_tolerance_decides_nothing() {
    let (verdict, evidence) = equals_theory("4", 5, "1 %");
    assert_eq!(verdict, Verdict::Undecided, "{evidence}");
}

#[test]
fn a_run_without_a_steady_state_does_not_deny_theory() {
    // Seed after seed of one queue just below its capacity, for a time in which it cannot settle.
    let system = QUEUE.replace("800/s", "990/s");
    for seed in 1..=6 {
        let run = format!(r#"duration: "20 s", replications: 10, seed: {seed}"#);
        let claims = "measure: [Latency([0.5])], claims: [EqualsTheory(Mean())]";
        let results = answer(&experiment(&system, &run, claims));
        let claim = &results.claims[0];
        let is_settled = matches!(results.cells[0].stability, Stability::Stable);
        assert!(is_settled || claim.verdict == Verdict::Undecided, "{claim:?}");
        assert!(!claim.evidence.contains("no theory"), "{}", claim.evidence);
    }
}
