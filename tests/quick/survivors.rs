//! What is not answered has no latency: what tables, rankings, tails and claims make of that.

use crate::answers::answer;
use crate::statistics::t_statistic;
use crate::values::{estimate, node_estimate, node_value, value};
use rushhour::lab::results::{Results, Verdict};
use rushhour::report::{Format, Terminal, render};

/// Half as much again as can be served: one arm lets all wait, one turns most away, one is large enough.
fn overloaded(claims: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "150/s"), to: "web"),
                "web": Fleet(workers: 1, queue: 400, service: Exponential(mean: "10 ms")),
            }}),
            run: (duration: "60 s", warm_up: "20 s", replications: 6),
            arms: {{
                "waits": {{}},
                "sheds": {{"web.queue": 1, "web.service": Exponential(mean: "20 ms")}},
                "sheds less": {{"web.queue": 2, "web.service": Exponential(mean: "12 ms")}},
                "large": {{"web.workers": 3}},
            }},
            measure: [Latency([0.5, 0.99]), Within("300 ms"), DropRate],
            claims: [{claims}],
        )"#
    ))
}

fn verdicts(results: &Results) -> Vec<(Verdict, &str)> {
    results.claims.iter().map(|claim| (claim.verdict, &*claim.evidence)).collect()
}

#[test]
fn a_quantile_of_all_calls_has_no_bound_where_too_few_were_answered() {
    let results = overloaded(
        r#"Below(P99("sheds"), "10 s"), Above(P99("sheds"), "10 s"), Below(Mean("sheds"), "10 s"),
           Below(P99("large"), "1 s"), Below(P99("sheds", answers: Served), "10 s"), Below(Quantile(0.1, "sheds"), "10 s")"#,
    );
    use Verdict::{Fails, Holds};
    let found = verdicts(&results);
    let expected = [Fails, Holds, Fails, Holds, Holds, Holds];
    assert_eq!(found.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>(), expected, "{found:?}");
    for place in [0, 1, 2, 5] {
        assert!(found[place].1.contains("% of calls were answered"), "{}", found[place].1);
    }
    assert!(found[0].1.contains("too few for a p99 of all calls, which has no bound"), "{}", found[0].1);
    assert!(!found[3].1.contains("answered") && !found[4].1.contains("answered"), "{found:?}");
}

#[test]
fn the_lower_of_two_latencies_says_nothing_where_fewer_calls_were_answered() {
    let results = overloaded(
        r#"Less(P99("sheds"), P99("large")), Less(P99("large"), P99("sheds")), Less(P50("sheds less"), P50("waits")),
           Less(P99("sheds", answers: Served), P99("waits", answers: Served)), Less(Quantile(0.3, "sheds"), Quantile(0.3, "waits"))"#,
    );
    use Verdict::{Fails, Holds, Undecided};
    let found = verdicts(&results);
    let expected = [Fails, Holds, Undecided, Holds, Undecided];
    assert_eq!(found.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>(), expected, "{found:?}");
    assert!(found[0].1.contains("were answered, too few for a p99 of all calls"), "{}", found[0].1);
    assert!(found[4].1.contains("the lower latency is of fewer"), "{}", found[4].1);
}

#[test]
fn a_ranking_does_not_put_a_loser_first_for_losing() {
    let results = overloaded("");
    let ranking = results.rankings.iter().find(|ranking| ranking.id == "latency_p99").expect("ranked");
    // "large" answers all; an arm that answers fewer stands apart, the quickest first.
    assert_eq!(ranking.groups, [[3]]);
    assert_eq!(ranking.fewer.concat().len(), 3);
    assert_eq!(ranking.fewer.last(), Some(&vec![0]));
    // Shares are ranked as they are.
    let within = results.rankings.iter().find(|ranking| ranking.id == "within_300ms").expect("ranked");
    assert!(within.fewer.is_empty() && within.groups.last() == Some(&vec![3]));
    let text = render(&results, Format::Table, Terminal { colour: true, width: 160, details: false });
    let plain = render(&results, Format::Table, Terminal { colour: false, width: 160, details: false });
    assert!(plain.contains("Ranking by p99 latency: large; apart, as fewer calls were answered: "), "{plain}");
    assert!(plain.contains("answered: in time and as asked, as a share of all calls"), "{plain}");
    // No green beside what lost more: of "sheds", lower latencies stand without a colour.
    let row = text.lines().find(|line| line.contains("sheds") && !line.contains("less")).expect("a row");
    assert!(row.contains('▼') && !row.contains("\u{1b}[38;5;10m") && !row.contains("\u{1b}[32m"), "{row:?}");
}

#[test]
fn a_tail_ends_flat_at_the_share_that_was_never_answered() {
    let results = overloaded("");
    let cell = &results.cells[1];
    let lost = 1.0 - value(cell, "answered");
    assert!((cell.never_answered - lost).abs() < 1e-3, "{} {lost}", cell.never_answered);
    let last = cell.tail.last().expect("a tail");
    assert_eq!(last.above, cell.never_answered);
    assert!(cell.tail.windows(2).all(|pair| pair[0].latency < pair[1].latency && pair[0].above >= pair[1].above));
    let large = &results.cells[3];
    assert_eq!(large.never_answered, 0.0);
    assert!(large.tail.last().is_some_and(|last| last.above < 1e-3));
}

#[test]
fn the_share_within_a_time_is_what_theory_says() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "200 s", warm_up: "20 s", replications: 20, seed: 5),
            measure: [Within("50 ms"), Within("200 ms")],
            claims: [EqualsTheory(Within("50 ms"), tolerance: "5 %"), EqualsTheory(Within("200 ms"), tolerance: "5 %")],
        )"#,
    );
    let cell = &results.cells[0];
    let theory = cell.theory.as_ref().expect("M/M/1");
    // The sojourn is exponential with rate mu - lambda = 20/s.
    for (id, seconds) in [("within_50ms", 0.05), ("within_200ms", 0.2)] {
        let expected = 1.0 - libm::exp(-20.0 * seconds);
        assert!((theory.value(id).expect(id) - expected).abs() < 1e-9);
        let t = t_statistic(estimate(cell, id), expected);
        assert!(t.abs() < 6.0, "{id}: {t}");
    }
    assert!(results.claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{:?}", results.claims);
}

#[test]
fn a_cell_whose_latency_has_no_meaning_shows_its_other_numbers() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "200/s"), to: "web", timeout: "1 s"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "60 s", warm_up: "10 s", replications: 4),
            measure: [Latency([0.99]), Goodput, LateAnswers, DropRate],
            claims: [Above(DropRate, "40 %"), Above(LateAnswers, "50 %"), Below(Goodput, "90/s"), Unstable()],
        )"#,
    );
    assert!(results.claims.iter().all(|claim| claim.verdict == Verdict::Holds), "{:?}", results.claims);
    for (format, marks) in [(Format::Table, "unstable (web"), (Format::Markdown, "system: unstable (web")] {
        let text = render(&results, format, Terminal { colour: false, width: 100, details: false });
        assert!(text.contains(marks), "{text}");
        let row = text.lines().find(|line| line.contains("system")).expect("a row");
        assert!(row.contains('–') && row.matches('%').count() >= 2, "{row}");
    }
}

/// Short replications of calls of which two in a hundred are slow.
fn short(service: &str, claims: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "10/s"), to: "web"),
                "web": Fleet(workers: 1000, service: {service}),
            }}),
            run: (duration: "3 s", replications: 300),
            measure: [Latency([0.5, 0.99]), Within("300 ms")],
            claims: [{claims}],
        )"#
    ))
}

#[test]
fn short_replications_that_lose_nothing_say_nothing_and_decide() {
    for service in [
        r#"Bimodal(fast: "10 ms", slow: "1 s", slow_share: "2 %")"#,
        r#"Exponential(mean: "300 ms")"#,
        r#"LogNormal(mean: "100 ms", cv: 5)"#,
    ] {
        let results = short(service, r#"Below(P50, "400 ms"), Above(P50, "1 ms")"#);
        let answered = value(&results.cells[0], "answered");
        assert!(answered > 0.999_8, "{service}: {answered}");
        for claim in &results.claims {
            assert!(claim.verdict == Verdict::Holds && !claim.evidence.contains("answered"), "{service}: {claim:?}");
        }
        let text = render(&results, Format::Table, Terminal { colour: false, width: 120, details: false });
        assert!(!text.contains("answered"), "{text}");
    }
}

#[test]
fn calls_that_never_end_count_as_not_answered() {
    let results = short(r#"Bimodal(fast: "10 ms", slow: "10000 s", slow_share: "41 %")"#, "");
    // All but those that came within the last 20 ms or so.
    let answered = value(&results.cells[0], "answered");
    assert!((answered - 0.59).abs() < 0.02, "{answered}");
    assert!((results.cells[0].never_answered - (1.0 - answered)).abs() < 1e-12);
}

#[test]
fn a_quantile_of_all_calls_is_a_higher_one_of_those_that_were_answered() {
    // One worker without a queue loses 41 % at a load of 0.695 (Erlang B); the others take an exponential time.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "69.5/s"), to: "web"),
                "web": Fleet(queue: 0, service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "200 s", warm_up: "1 s", replications: 10),
            measure: [Latency([0.5, 0.99])],
            claims: [
                Below(P99, "10 s"), Below(P50, "15 ms"), Below(P50, "22 ms"), Above(P50, "15 ms"),
                Below(P50(answers: Served), "8 ms"), Below(Quantile(0.59), "1 s"),
            ],
        )"#,
    );
    let cell = &results.cells[0];
    let lost = 0.695 / 1.695;
    assert!((value(cell, "answered") - (1.0 - lost)).abs() < 0.01);
    let ends = estimate(cell, "latency_p50").of_all.expect("some were lost");
    let expected = -0.01 * libm::log(1.0 - 0.5 / (1.0 - lost));
    let (low, high) = (ends.low.expect("bounded"), ends.high.expect("bounded"));
    assert!(low < expected && expected < high && high - low < 0.2 * expected, "{low} {expected} {high}");
    let ends = estimate(cell, "latency_p99").of_all.expect("some were lost");
    assert_eq!((ends.low, ends.high), (None, None));
    use Verdict::{Fails, Holds, Undecided};
    let found = verdicts(&results);
    let expected = [Fails, Fails, Holds, Holds, Holds, Undecided];
    assert_eq!(found.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>(), expected, "{found:?}");
    assert!(found[1].1.contains("a p50 of all calls lies between"), "{}", found[1].1);
    assert!(found[5].1.contains("may have no bound"), "{}", found[5].1);
}

#[test]
fn the_share_within_a_time_is_a_series_whose_windows_add_up_to_it() {
    let results = overloaded("");
    let cell = &results.cells[1];
    let series = |quantity: &str| {
        let found = cell.series.iter().find(|series| series.node == "users" && series.quantity == quantity);
        found.unwrap_or_else(|| panic!("no {quantity}"))
    };
    let within = &series("within_300ms").mean;
    let ended: Vec<f64> = ["goodput", "rejected"]
        .map(|quantity| &series(quantity).mean)
        .iter()
        .fold(vec![0.0; within.len()], |sum, means| {
            sum.iter().zip(*means).map(|(sum, mean)| sum + mean.unwrap_or(0.0)).collect()
        });
    // After the warm-up, every window weighed by the calls that ended in it.
    let skip = (cell.warm_up / cell.window).round() as usize;
    let weighed =
        within.iter().zip(&ended).skip(skip).filter_map(|(share, calls)| Some((*share)? * calls)).sum::<f64>();
    let found = weighed / ended.iter().skip(skip).sum::<f64>();
    // Calls that wait at the end and are over the limit are in the number alone.
    assert!((found - value(cell, "within_300ms")).abs() < 1e-3, "{found}");
    assert!(found > 0.2 && found < 0.5);
}

#[test]
fn answers_that_are_late_degraded_or_failed_have_latencies_at_their_clients() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "90/s"), timeout: "50 ms", to: "web"),
                "calm": Clients(arrivals: Poisson(rate: "1/s"), to: "other"),
                "web": Fleet(service: Exponential(mean: "10 ms")),
                "other": Fleet(service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "60 s", warm_up: "5 s", replications: 3),
            measure: [Latency([0.5], answers: Late)],
        )"#,
    );
    let cell = &results.cells[0];
    let late = node_estimate(cell, "users", "late_latency_p50");
    assert_eq!((late.value, late.half_width), {
        let whole = estimate(cell, "late_latency_p50");
        (whole.value, whole.half_width)
    });
    let failed = node_value(cell, "users", "failed_latency_mean");
    assert!((failed - 0.05).abs() < 1e-12);
    let has = |node: &str, id: &str| {
        let node = cell.nodes.iter().find(|other| other.name == node).expect("it is there");
        node.estimates.iter().any(|estimate| estimate.id == id)
    };
    assert!(!has("users", "degraded_latency_p50") && !has("calm", "late_latency_p50") && has("calm", "latency_p50"));
}

/// Half of the calls are sent where they hang; those that hung before the warm-up was over are not measured.
#[test]
fn calls_that_hung_during_the_warm_up_are_no_calls_of_the_time_after_it() {
    let hung = |warm_up: &str, lasts: &str| {
        let results = answer(&format!(
            r#"Experiment(
                system: System(nodes: {{
                    "users": Clients(arrivals: Deterministic(rate: "100/s"), to: "lb"), "lb": Balancer(to: "web"),
                    "web": Fleet(servers: 2, workers: 100, service: Constant("10 ms")),
                }}, faults: [(at: "0 s", node: "lb", to: "web", servers: [0], fault: Partition {lasts})]),
                run: (duration: "60 s", warm_up: "{warm_up}", replications: 2),
                measure: [Answered, Answered(node: "lb"), Within("20 ms"), Within("20 ms", node: "lb"), Within("20 s"), Within("20 s", node: "lb")],
                claims: [Below(P99(), "20 ms")],
            )"#
        ));
        let cell = &results.cells[0];
        let shares: Vec<f64> = cell
            .estimates
            .iter()
            .filter(|estimate| estimate.id.contains("answered") || estimate.id.contains("within"))
            .map(|estimate| estimate.value.expect("there are calls"))
            .collect();
        assert_eq!(shares.len(), 6, "{:?}", cell.estimates);
        (shares, results.claims[0].verdict)
    };
    // Mended before measuring begins.
    assert_eq!(hung("50 s", r#", lasts: "40 s""#), (vec![1.0; 6], Verdict::Holds));
    // All the time: half of them, whenever measuring begins.
    for warm_up in ["0 s", "50 s"] {
        let (shares, verdict) = hung(warm_up, "");
        // Within twenty seconds no more are answered than ever.
        assert!(shares.iter().all(|share| (share - 0.5).abs() < 0.005), "{shares:?}");
        assert_eq!(verdict, Verdict::Fails);
    }
}
