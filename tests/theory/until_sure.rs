//! Replications until sure: the rule that stops and the note that judges go by the same intervals, those that are printed.

use crate::answers::answer;
use rushhour::lab::results::Results;

/// A system with a quantile, means, shares near zero and near one, and numbers of nodes, of which some take long to know.
fn until_sure(seed: u64, half_width: &str, more: &str) -> Results {
    answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "160/s"), to: "lb"),
                "batch": Clients(arrivals: Poisson(rate: "10/s"), to: "lb"),
                "lb": Balancer(policy: Random, to: "web"),
                "web": Fleet(servers: 2, queue: 12, service: Exponential(mean: "10 ms")),
            }}),
            run: (duration: "20 s", warm_up: {more}, seed: {seed}, replications: AtMost(n: 40, half_width: "{half_width}", batch: 4, share_half_width: "0.2 %")),
            arms: {{"calm": {{"users.arrivals.rate": "100/s"}}, "full": {{}}}},
            measure: [
                Latency([0.5, 0.99]), Throughput, DropRate, Within("100 ms"), InSystem, Utilization,
                Outcomes([QueueFull]), Latency([0.9], node: "web"), DropRate(by: Clients), InSystem(node: "lb"),
            ],
        )"#
    ))
}

#[test]
fn a_run_that_stopped_is_within_what_was_asked() {
    let (mut stopped, mut full) = (0, 0);
    for seed in 1..=3 {
        for (half_width, warm_up) in
            [("60 %", r#""2 s""#), ("30 %", r#""2 s""#), ("10 %", r#""2 s""#), ("40 %", "Auto")]
        {
            let results = until_sure(seed, half_width, warm_up);
            let target: f64 = half_width.trim_end_matches(" %").parse().expect("a number");
            for cell in &results.cells {
                let wide: Vec<&str> = cell
                    .estimates
                    .iter()
                    .filter(|estimate| {
                        let (Some(value), Some(half)) = (estimate.value, estimate.half_width) else { return true };
                        let share = matches!(estimate.unit, rushhour::lab::results::Unit::Fraction);
                        half > (target / 100.0 * value.abs()).max(if share { 0.002 } else { 0.0 })
                    })
                    .map(|estimate| &*estimate.name)
                    .collect();
                let arm = &results.arms[cell.arm];
                let noted = results
                    .notices
                    .iter()
                    .find(|notice| notice.starts_with(&format!("{arm}: ")) && notice.contains("not within"));
                // The note names what is too wide by what is printed, and nothing is where the run stopped by itself.
                match noted {
                    Some(notice) => {
                        assert!(cell.replications == 40 && notice.contains(&wide.join(", ")), "{notice} {wide:?}")
                    }
                    None => assert!(wide.is_empty(), "{seed} {half_width} {warm_up}: {wide:?}"),
                }
            }
            let all = results.cells[0].replications;
            assert!(results.cells.iter().all(|cell| cell.replications == all));
            *if all < 40 { &mut stopped } else { &mut full } += 1;
        }
    }
    assert!(stopped >= 3 && full >= 3, "{stopped} stopped, {full} went on");
}
