//! Runs at the edges of time: very long ones, ones in which the clock stands still, and ones that are stopped.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::answers::{answer, planned};
use crate::values::{estimate, value};
use rushhour::lab::results::{Results, Stability, Verdict};
use rushhour::lab::{Observation, Progress, run};

#[test]
fn utilization_of_many_workers_over_weeks_is_right() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Deterministic(rate: "0.01/s"), to: "web"),
                "web": Fleet(workers: 20000, service: Constant("1500000 s")),
            }),
            run: (duration: "2000000 s", replications: 1),
            measure: [Utilization, Throughput],
        )"#,
    );
    // One more is at work every 100 s from 100 s on, until 15,000 are: an arrival takes the place of one who leaves.
    let busy: f64 = (1..20_000).map(|number| 2e6 - f64::from(number) * 100.0).map(|left| left.min(1.5e6)).sum();
    let expected = busy / (20_000.0 * 2e6);
    let found = value(&results.cells[0], "utilization");
    assert!((found - expected).abs() < 1e-4, "{found} against {expected}");
    let heat = &results.cells[0].nodes[1].heat;
    assert!(heat.iter().flatten().all(|share| (0.0..=1.0).contains(share)), "{heat:?}");
}

#[test]
fn a_run_that_would_outlast_the_clock_ends_and_says_so() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Users(count: 1), to: "web"),
                "web": Fleet(service: Constant("30000 days")),
            }),
            run: (requests: 10, replications: 2),
        )"#,
    );
    let Stability::Overflow { limit, .. } = &results.cells[0].stability else {
        panic!("{:?}", results.cells[0].stability)
    };
    assert!(limit.contains("beyond the end of time, 585 years"), "{limit}");
}

#[test]
fn a_call_that_is_tried_again_at_once_and_never_served_is_found_to_stand_still() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(
                    arrivals: Users(count: 5),
                    to: "limit",
                    retry: Retry(attempts: 1000, backoff: Immediate, on: [RateLimited], honours_retry_after: false),
                ),
                "limit": Limiter(limit: TokenBucket(capacity: 1, refill: "1/d"), to: "web"),
                "web": Fleet(service: Constant("10 ms")),
            }),
            run: (duration: "10 s", replications: 1),
        )"#,
    );
    let Stability::Overflow { limit, .. } = &results.cells[0].stability else {
        panic!("{:?}", results.cells[0].stability)
    };
    assert!(limit.contains("time stands still at "), "{limit}");
}

/// Sets a flag as soon as one replication is done.
struct StopAfterOne<'a>(&'a AtomicBool);

impl Progress for StopAfterOne<'_> {
    fn replication_done(&self, _observation: &Observation) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn what_runs_is_given_up_when_a_run_is_stopped_and_what_is_finished_is_kept() {
    // The second point would take hours.
    let text = r#"Experiment(
        system: System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "1/s"), to: "web"),
            "web": Fleet(workers: 100, service: Exponential(mean: "1 us")),
        }),
        run: (duration: "1000 s", replications: 1),
        sweep: ("users.arrivals.rate", ["1/s", "50000000/s"]),
    )"#;
    let stop = AtomicBool::new(false);
    let results = run(&planned(text), &StopAfterOne(&stop), &stop).expect("no defect");
    assert!(results.interrupted);
    let done: Vec<u32> = results.cells.iter().map(|cell| cell.replications).collect();
    assert_eq!(done, [1, 0]);
}

/// M/M/1 at a load of one half behind a limit that turns nearly all away at first, with claims that would hold.
fn claims(run: &str, claims: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "500/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "1 ms")),
            }}),
            run: ({run}, replications: 4),
            arms: {{"half": {{}}, "tenth": {{"users.arrivals.rate": "100/s"}}}},
            measure: [Latency([0.99]), DropRate, Throughput, Utilization],
            claims: [{claims}],
        )"#
    ))
}

#[test]
fn a_run_that_ends_within_its_warm_up_has_no_numbers_and_decides_nothing() {
    let all = r#"Below(P99("tenth"), "1 s"), Below(DropRate("tenth"), "1 %"), Less(P99("tenth"), P99("half")), Unstable("tenth")"#;
    for run in [
        r#"requests: 100, warm_up: "60 s""#,
        r#"duration: "120 s", warm_up: "60 s", events: 1000"#,
        r#"duration: "120 s", warm_up: "60 s", in_flight: 1"#,
    ] {
        let results = claims(run, all);
        for cell in &results.cells {
            assert!(matches!(cell.stability, Stability::Overflow { .. }), "{run}: {:?}", cell.stability);
            assert!(cell.estimates.iter().all(|e| e.value.is_none() && e.half_width.is_none()), "{run}");
            let node_values = cell.nodes.iter().flat_map(|node| &node.estimates).filter_map(|e| e.value);
            assert_eq!(node_values.count(), 0, "{run}");
            assert!(cell.tail.is_empty() && !cell.ledger.is_empty(), "{run}");
        }
        for claim in &results.claims {
            assert_eq!(claim.verdict, Verdict::Undecided, "{run}: {claim:?}");
            assert!(claim.evidence.contains("\"tenth\" was cut short: "), "{run}: {claim:?}");
        }
    }
    let results = claims(r#"requests: 100, warm_up: "60 s""#, all);
    let Stability::Overflow { limit, .. } = &results.cells[0].stability else { panic!() };
    assert!(limit.starts_with("ended at ") && limit.ends_with("within the warm-up of 60 s"), "{limit}");
}

#[test]
fn a_run_that_uses_up_its_events_decides_nothing_and_says_where_it_stopped() {
    let results =
        claims(r#"duration: "60 s", events: 2000"#, r#"Below(P99("half"), "1 s"), Above(Throughput("half"), "1/s")"#);
    for claim in &results.claims {
        assert_eq!(claim.verdict, Verdict::Undecided, "{claim:?}");
        assert!(claim.evidence.contains("its budget of 2000 events was used up at "), "{claim:?}");
        assert!(claim.evidence.contains(" of 60 s"), "{claim:?}");
    }
    // What was asked for and done decides.
    let results = claims(r#"requests: 5000"#, r#"Below(P99("half"), "1 s")"#);
    assert_eq!(results.claims[0].verdict, Verdict::Holds, "{:?}", results.claims);
}

#[test]
fn a_claim_about_an_arm_that_was_not_finished_is_undecided() {
    let text = r#"Experiment(
        system: System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
            "web": Fleet(workers: 100, service: Exponential(mean: "1 ms")),
        }),
        run: (duration: "10 s", replications: 2000),
        claims: [Below(P99, "1 s")],
    )"#;
    let stop = AtomicBool::new(false);
    let results = run(&planned(text), &StopAfterOne(&stop), &stop).expect("no defect");
    assert_eq!(results.claims[0].verdict, Verdict::Undecided);
    assert!(
        results.claims[0].evidence.contains("it was cut short: the run was stopped after "),
        "{:?}",
        results.claims
    );
}

/// The notices of a system with a crash after 30 s.
fn notices(run: &str, arrivals: &str) -> String {
    let results = answer(&format!(
        r#"Experiment(
            system: System(
                nodes: {{
                    "users": Clients(arrivals: {arrivals}, to: "web"),
                    "web": Fleet(service: Exponential(mean: "1 ms")),
                }},
                faults: [(at: "30 s", node: "web", fault: Crash, lasts: "1 s")],
            ),
            run: ({run}, replications: 3),
        )"#
    ));
    results.notices.join("\n")
}

#[test]
fn a_fault_or_spike_that_never_happens_is_named() {
    let poisson = r#"Poisson(rate: "100/s")"#;
    let spike = r#"Spike(base: "100/s", peak: "200/s", at: "40 s", length: "1 s")"#;
    let early = notices(r#"duration: "20 s""#, spike);
    for expected in [
        "the fault of \"web\" at 30 s never happens in this run, which ends at 20 s",
        "the spike of \"users\" at 40 s never happens in this run, which ends at 20 s",
    ] {
        assert!(early.contains(expected), "{early}");
    }
    let by_count = notices(r#"requests: 1000"#, poisson);
    assert!(
        by_count.contains("system: the fault of \"web\" at 30 s never happened: all replications ended by "),
        "{by_count}"
    );
    let late = notices(r#"duration: "60 s""#, spike);
    assert!(!late.contains("happen"), "{late}");
}

/// M/M/1 at a load of one half, 60 s of it, with the warm-up found.
fn settling(seed: u64) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "50/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }}),
            run: (duration: "60 s", warm_up: Auto, replications: 10, seed: {seed}),
        )"#
    ))
}

#[test]
fn where_there_is_nothing_to_cut_nothing_or_little_is_cut_whatever_the_seed() {
    let cuts: Vec<f64> = (1..=8).map(|seed| settling(seed).cells[0].warm_up).collect();
    println!("{cuts:?}");
    assert!(cuts.iter().all(|cut| *cut <= 7.5), "{cuts:?}");
    assert!(cuts.iter().filter(|cut| **cut == 0.0).count() >= 5, "{cuts:?}");
}

/// Counts what is run, and remembers what was said to be still to come.
#[derive(Default)]
struct Counting {
    done: AtomicUsize,
    planned: Mutex<Vec<usize>>,
}

impl Progress for Counting {
    fn planned(&self, replications: usize) {
        self.planned.lock().expect("one at a time").push(replications);
    }

    fn replication_done(&self, _observation: &Observation) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

fn count(text: &str) -> (Results, usize, Vec<usize>) {
    let progress = Counting::default();
    let results = run(&planned(text), &progress, &AtomicBool::new(false)).expect("no defect");
    (results, progress.done.into_inner(), progress.planned.into_inner().expect("no other thread"))
}

#[test]
fn pilots_that_need_no_cut_are_the_first_replications() {
    // A seed by which nothing is cut.
    let text = |warm_up: &str| {
        format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "50/s"), to: "web"),
                    "web": Fleet(service: Exponential(mean: "10 ms")),
                }}),
                run: (duration: "60 s", warm_up: {warm_up}, replications: 12, seed: 1),
            )"#
        )
    };
    let (found, runs, planned) = count(&text("Auto"));
    let (fixed, ..) = count(&text(r#""0 s""#));
    assert_eq!((runs, found.cells[0].warm_up), (12, 0.0));
    assert_eq!(found.cells, fixed.cells);
    assert_eq!(planned, [12, 2]);
}

#[test]
fn replications_stop_although_nothing_is_ever_dropped_and_the_note_agrees() {
    let (results, runs, planned) = count(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "50/s"), to: "web", timeout: "300 ms"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "60 s", replications: AtMost(400, half_width: "20 %")),
            measure: [Latency([]), DropRate, Utilization],
        )"#,
    );
    let drops = estimate(&results.cells[0], "drop_rate");
    assert!(drops.value.is_some_and(|share| share < 0.001), "{drops:?}");
    assert_eq!((runs, planned), (10, vec![400]));
    assert!(!results.notices.iter().any(|notice| notice.contains("not within")), "{:?}", results.notices);
}

#[test]
fn a_run_that_is_stopped_among_its_pilots_shows_what_they_found() {
    let text = r#"Experiment(
        system: System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
            "web": Fleet(workers: 100, service: Exponential(mean: "1 ms")),
        }),
        run: (duration: "200 s", warm_up: Auto, replications: 10),
        claims: [Below(P99, "1 s")],
    )"#;
    let stop = AtomicBool::new(false);
    let results = run(&planned(text), &StopAfterOne(&stop), &stop).expect("no defect");
    assert!(results.cells[0].replications >= 1);
    assert!(estimate(&results.cells[0], "latency_mean").value.is_some());
    assert_eq!(results.claims[0].verdict, Verdict::Undecided);
    let said = |words: &str| results.notices.iter().any(|notice| notice.contains(words));
    assert!(said("stopped while the warm-up was looked for"), "{:?}", results.notices);
}

#[test]
fn a_run_that_never_reaches_its_fault_decides_nothing_and_says_so() {
    let with = |run: &str, at: &str, lasts: &str| {
        answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Poisson(rate: "50/s"), to: "web"), "web": Fleet(service: Constant("2 ms")),
                }}, faults: [(at: "{at}", node: "web", fault: Crash {lasts})]),
                run: ({run}, replications: 3),
                arms: {{"with": {{}}, "without": {{"faults": []}}}},
                claims: [Below(DropRate("with"), "1 %"), Below(DropRate("without"), "1 %")],
            )"#
        ))
    };
    let verdicts = |results: &Results| results.claims.iter().map(|claim| claim.verdict).collect::<Vec<_>>();
    for (run, at) in [(r#"duration: "20 s""#, "30 s"), (r#"duration: "20 s""#, "20 s"), ("requests: 500", "15 s")] {
        let results = with(run, at, "");
        assert_eq!(verdicts(&results), [Verdict::Undecided, Verdict::Holds], "{run}, {at}");
        let why = &results.claims[0].evidence;
        assert!(why.contains("does not cover what is asked: the fault of \"web\""), "{why}");
    }
    // The arm without it is not meant.
    let results = with(r#"duration: "20 s""#, "30 s", "");
    let note = "the fault of \"web\" at 30 s never happens in this run, which ends at 20 s (in \"with\")";
    assert!(results.notices.iter().any(|notice| notice == note), "{:?}", results.notices);
    // One that is there from the beginning happened, even if nothing else did.
    let results = with(r#"duration: "20 s""#, "0 s", "");
    assert_eq!(verdicts(&results), [Verdict::Fails, Verdict::Holds]);
    assert!(!results.notices.iter().any(|notice| notice.contains("never happen")), "{:?}", results.notices);
    // And one that is over when measuring begins is told.
    let results = with(r#"duration: "20 s", warm_up: "10 s""#, "1 s", r#", lasts: "2 s""#);
    let note = "the fault of \"web\" at 1 s is over before the warm-up of 10 s (in \"with\")";
    assert!(results.notices.iter().any(|notice| notice == note), "{:?}", results.notices);
}
