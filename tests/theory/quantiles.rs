//! Quantiles are those of all requests together, and what is said of two of them follows from the two: the difference, the
//! ratio, the claim and the rank, for the whole system and for each node.

use crate::answers::answer;
use crate::values::{estimate, node_estimate, value};
use rushhour::lab::results::{Cell, Comparison, Results, Verdict};
use rushhour::stats::theory::Mm1;

fn comparison<'a>(cell: &'a Cell, id: &str) -> &'a Comparison {
    cell.comparisons.iter().find(|comparison| comparison.id == id).unwrap_or_else(|| panic!("no comparison {id}"))
}

/// Every difference and every ratio is that of the values beside it.
fn nothing_contradicts(results: &Results) {
    let base = &results.cells[0];
    for cell in &results.cells[1..] {
        for (comparison, estimate) in cell.comparisons.iter().zip(&cell.estimates) {
            let (Some(ours), Some(theirs)) = (estimate.value, value_if(base, &estimate.id)) else { continue };
            assert_eq!(comparison.difference, Some(ours - theirs), "{}", estimate.id);
            assert_eq!(comparison.relative, (theirs != 0.0).then(|| (ours - theirs) / theirs), "{}", estimate.id);
            if let Some(ratio) = comparison.ratio {
                assert_eq!(ratio, ours / theirs, "{}", estimate.id);
            }
            // What takes time falls by no more than all of it.
            assert!(!estimate.id.starts_with("latency") || comparison.relative.is_none_or(|part| part > -1.0));
        }
    }
}

fn value_if(cell: &Cell, id: &str) -> Option<f64> {
    estimate(cell, id).value
}

fn verdicts(results: &Results) -> Vec<Verdict> {
    results.claims.iter().map(|claim| claim.verdict).collect()
}

#[test]
fn a_rare_slow_answer_that_short_replications_often_miss_still_makes_the_p99_of_all() {
    // Two answers of a hundred take a second. Thirty requests a replication, whose own p99 is their slowest: a second in
    // fewer than half of them.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "10/s"), to: "q"),
                "q": Fleet(workers: 1000, service: Constant("400 ms")),
            }),
            run: (duration: "3 s", warm_up: "0 s", replications: 1000, seed: 1),
            arms: {
                "constant": {},
                "bimodal": {"q.service": Bimodal(fast: "10 ms", slow: "1 s", slow_share: "2 %")},
            },
            measure: [Latency([0.5, 0.99])],
            claims: [
                Less(P99("constant"), P99("bimodal")),
                Greater(P99("bimodal"), P99("constant")),
                Times(P99("bimodal"), P99("constant"), factor: 2.4),
                Times(P99("bimodal"), P99("constant"), factor: 2.6),
                Less(P50("bimodal"), P50("constant")),
            ],
        )"#,
    );
    nothing_contradicts(&results);
    let bimodal = &results.cells[1];
    assert!((value(bimodal, "latency_p99") - 1.0).abs() < 1e-3);
    let relative = comparison(bimodal, "latency_p99").relative.expect("both have a value");
    assert!((relative - 1.5).abs() < 0.003, "{relative}");
    assert!(comparison(bimodal, "latency_p99").significant);
    let (holds, fails) = (Verdict::Holds, Verdict::Fails);
    assert_eq!(verdicts(&results), [holds, holds, holds, fails, holds], "{:?}", results.claims);
    let ranking = results.rankings.iter().find(|ranking| ranking.id == "latency_p99").expect("ranked");
    assert_eq!((&ranking.groups, &ranking.fewer), (&vec![vec![0], vec![1]], &Vec::new()));
    // The numbers stand in the order of the claim.
    assert!(results.claims[0].evidence.starts_with("400"), "{}", results.claims[0].evidence);
    assert!(results.claims[1].evidence.starts_with("1.000"), "{}", results.claims[1].evidence);
}

#[test]
fn half_the_work_at_a_load_of_eighty_percent_is_a_sixth_of_the_tail() {
    // M/M/1 at 0.8 against 0.4 at the same arrivals: sojourns of mean 1/(1000 - 800) and 1/(2000 - 800). Replications of
    // 1600 requests, whose own p99s are far too short at 0.8.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "800/s"), to: "q"),
                "q": Fleet(service: Exponential(mean: "1 ms")),
            }),
            run: (duration: "2.2 s", warm_up: "200 ms", replications: 400, seed: 2),
            arms: {"slow": {}, "fast": {"q.service": Exponential(mean: "0.5 ms")}},
            measure: [Latency([0.5, 0.99]), DropRate, Throughput],
            claims: [
                Times(P99("slow"), P99("fast"), factor: 5),
                Times(P99("slow"), P99("fast"), factor: 7),
                Times(Mean("slow"), Mean("fast"), factor: 5),
            ],
        )"#,
    );
    nothing_contradicts(&results);
    let fast = comparison(&results.cells[1], "latency_p99");
    assert!((fast.relative.expect("both have a value") + 5.0 / 6.0).abs() < 0.02, "{fast:?}");
    assert_eq!(verdicts(&results), [Verdict::Holds, Verdict::Fails, Verdict::Holds], "{:?}", results.claims);
    for (cell, rate) in results.cells.iter().zip([1000.0, 2000.0]) {
        let theory = Mm1::new(800.0, rate).expect("stable").answer();
        // At the node, too: what waits there is the sojourn less the service, which only theory tells apart.
        for (found, id) in [
            (estimate(cell, "latency_p99"), "latency_p99"),
            (node_estimate(cell, "users", "latency_p99"), "latency_p99"),
            (node_estimate(cell, "users", "latency_p50"), "latency_p50"),
        ] {
            let truth = theory.value(id).expect("theory knows");
            let (value, half) = (found.value.expect("stable"), found.half_width.expect("many"));
            assert!((value - truth).abs() < 2.7 * half, "{id} {value} ± {half}, truth {truth}");
            assert!(half < 0.06 * truth, "{id} {value} ± {half}");
        }
        // The waiting time exceeds t with chance 0.8 exp(-(mu - lambda) t), 0.4 at the faster server.
        let truth = libm::log(800.0 / rate / 0.01) / (rate - 800.0);
        let found = node_estimate(cell, "q", "waiting_p99");
        let (value, half) = (found.value.expect("stable"), found.half_width.expect("many"));
        assert!((value - truth).abs() < 2.7 * half && half < 0.06 * truth, "{value} ± {half}, truth {truth}");
        // What the whole system's clients see is what its only node of clients sees.
        for id in ["latency_mean", "latency_p50", "latency_p99", "throughput"] {
            let (all, node) = (estimate(cell, id), node_estimate(cell, "users", id));
            assert_eq!((all.value, all.half_width), (node.value, node.half_width), "{id}");
        }
    }
}

#[test]
fn work_of_heavy_tails_falls_by_no_more_than_all_of_it() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "100/s"), to: "q"),
                "q": Fleet(service: LogNormal(mean: "7 ms", cv: 5)),
            }),
            run: (duration: "20 s", warm_up: "2 s", replications: 12, seed: 3),
            arms: {"slow": {}, "fast": {"q.service": LogNormal(mean: "2 ms", cv: 5)}},
            measure: [Latency([0.5, 0.9, 0.99, 0.999])],
        )"#,
    );
    nothing_contradicts(&results);
}

#[test]
fn replications_that_hold_few_calls_count_little() {
    // Some replications hold a burst of hundreds of calls, most of which are dropped, others fifty quiet ones.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Mmpp(states: [(rate: "5/s", stay: "20 s"), (rate: "2000/s", stay: "100 ms")]), to: "q"),
                "q": Fleet(queue: 5, service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "10 s", warm_up: "0 s", replications: 40, seed: 4),
            arms: {"one": {}, "two": {"q.workers": 2}},
            measure: [Latency([0.9]), DropRate, Attempts, Goodput],
        )"#,
    );
    nothing_contradicts(&results);
    for cell in &results.cells {
        let drops = estimate(cell, "drop_rate");
        let mean = drops.replicates.iter().flatten().sum::<f64>() / drops.replicates.iter().flatten().count() as f64;
        let count = |served: bool| -> u64 {
            let rows = cell.ledger.iter().filter(|row| !row.outcome.starts_with("in flight"));
            rows.filter(|row| (row.outcome == "served") == served).map(|row| row.count).sum()
        };
        let truth = count(false) as f64 / (count(true) + count(false)) as f64;
        let value = drops.value.expect("there are calls");
        assert!((value - truth).abs() < 1e-12, "{value} {truth}");
        assert!((mean - truth).abs() > 0.05, "in the mean of shares, quiet replications count as much as bursts");
    }
}

#[test]
fn the_windows_of_a_series_are_pooled_too() {
    // A window holds few requests of each replication, of which one of twenty takes a second.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "100/s"), to: "q"),
                "q": Fleet(workers: 1000, service: Bimodal(fast: "10 ms", slow: "1 s", slow_share: "5 %")),
            }),
            run: (duration: "6 s", warm_up: "0 s", replications: 200, seed: 5),
            measure: [Latency([0.99])],
        )"#,
    );
    let cell = &results.cells[0];
    let series = |id: &str| {
        let mut all = cell.series.iter().filter(|series| series.node == "users" && series.quantity == id);
        all.next().unwrap_or_else(|| panic!("no series {id}"))
    };
    // In the first second no slow answer can have come.
    for window in (1.5 / cell.window) as usize..(6.0 / cell.window) as usize {
        let p99 = series("latency_p99").mean[window].expect("there are answers");
        assert!((0.95..1.05).contains(&p99), "{p99} in window {window}");
        let mean = series("latency_mean").mean[window].expect("there are answers");
        assert!((0.02..0.2).contains(&mean), "{mean} in window {window}");
    }
}
