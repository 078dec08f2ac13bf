//! Runs at the edges of time: very long ones, ones in which the clock stands still, and ones that are stopped.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{Memory, answer, estimate};
use rushhour::lab::observe::Observation;
use rushhour::lab::results::Stability;
use rushhour::lab::{Progress, load, plan, run};

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
    let found = estimate(&results.cells[0], "utilization").value.expect("measured");
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
    let Stability::Overflow { limit } = &results.cells[0].stability else { panic!("{:?}", results.cells[0].stability) };
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
    let Stability::Overflow { limit } = &results.cells[0].stability else { panic!("{:?}", results.cells[0].stability) };
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
    let files = Memory { experiment: text, logs: &[] };
    let plan = plan(load(&files, "test.ron").expect("reads"), &files).expect("fits");
    let stop = AtomicBool::new(false);
    let results = run(&plan, &StopAfterOne(&stop), &stop).expect("no defect");
    assert!(results.interrupted);
    let done: Vec<u32> = results.cells.iter().map(|cell| cell.replications).collect();
    assert_eq!(done, [1, 0]);
}
