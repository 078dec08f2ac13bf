//! Policies in whole systems, against known answers and against one another.

use crate::answers::answer;
use crate::statistics::t_statistic;
use crate::values::{estimate, value};
use rushhour::lab::results::Cell;

/// Exponential servers of mean 1 s behind a balancer.
fn system(servers: usize, load: f64, balancer: &str, fleet: &str, run: &str) -> String {
    let rate = servers as f64 * load;
    format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "{rate}/s"), to: "lb"),
                "lb": Balancer({balancer}),
                "web": Fleet(servers: {servers}, service: Exponential(mean: "1 s"){fleet}),
            }}),
            run: ({run}),
            measure: [Latency([0.5, 0.99]), DropRate, Utilization, Waiting],
        )"#
    )
}

fn mean(cell: &Cell) -> f64 {
    value(cell, "latency_mean")
}

/// Mean sojourn times of a simulation of the Markov chain by another program, 2e8 events each.
#[test]
fn join_idle_queue_is_as_fast_as_its_markov_chain() {
    for (servers, load, seconds, expected) in [
        (10, 0.7, 3000, 1.198_747),
        (10, 0.8, 4000, 1.483_923),
        (10, 0.9, 10_000, 2.407_031),
        (100, 0.8, 500, 1.005_824),
    ] {
        let run = format!("duration: \"{seconds} s\", warm_up: \"{} s\", replications: 12, seed: 5", seconds / 5);
        let results = answer(&system(servers, load, r#"policy: JoinIdleQueue, to: "web""#, "", &run));
        let t = t_statistic(estimate(&results.cells[0], "latency_mean"), expected);
        // Student's t with 11 degrees of freedom: beyond 9.8 less than once in a million.
        assert!(t.abs() < 9.8, "{servers} servers at {load}: {} against {expected}, t {t}", mean(&results.cells[0]));
    }
}

/// Several balancers whose queues of idle servers are a network away still learn of them.
#[test]
fn join_idle_queue_works_for_several_balancers_over_a_network_and_through_a_crash() {
    let run = r#"duration: "400 s", replications: 2, seed: 5"#;
    let jiq = r#"policy: JoinIdleQueue, copies: 3, to: (to: "web", delay: Exponential(mean: "1 ms"))"#;
    let random = jiq.replace("JoinIdleQueue", "Random");
    let with_faults = |text: String| {
        let fault = r#"faults: [(at: "50 s", node: "web", servers: [0, 1, 2], fault: Crash, lasts: "20 s")],"#;
        text.replacen("}),\n            run", &format!("}}, {fault}),\n            run"), 1)
    };
    let mean_of = |balancer: &str| mean(&answer(&with_faults(system(30, 0.5, balancer, "", run))).cells[0]);
    let (idle, at_random) = (mean_of(jiq), mean_of(&random));
    // Half the servers are idle and known to be: hardly any request waits. M/M/1 at random: 2 s.
    assert!(idle < 1.2 && at_random > 1.6, "{idle} s and {at_random} s");
}

#[test]
fn policies_that_look_at_load_or_speed_avoid_slow_servers() {
    let speeds = (0..100).map(|n| if n % 5 == 0 { "0.7" } else { "1.2" }).collect::<Vec<_>>().join(", ");
    let fleet = format!(", speeds: [{speeds}]");
    let run = r#"duration: "300 s", warm_up: "30 s", replications: 2, seed: 5"#;
    let mean_of = |policy: &str| {
        let balancer = format!(r#"policy: {policy}, to: (to: "web", delay: Constant("1 ms"))"#);
        mean(&answer(&system(100, 0.6, &balancer, &fleet, run)).cells[0])
    };
    // M/M/1 at random: 1 / (0.7 - 0.6) s at one server in five, 1 / (1.2 - 0.6) s at the others.
    let at_random = mean_of("Random");
    assert!(at_random > 2.7, "{at_random} s");
    for policy in ["PeakEwma", "LeastResponseTime", "Prequal", "PowerOfChoices"] {
        let found = mean_of(policy);
        assert!(found < 1.6, "{policy}: {found} s");
    }
}

#[test]
fn every_policy_keeps_the_books_with_faults_a_network_and_a_subset() {
    for policy in [
        "RingHash",
        "BoundedLoadHash",
        "Maglev",
        "Rendezvous",
        "PeakEwma",
        "LeastResponseTime",
        "JoinIdleQueue",
        "Prequal",
        "RoundRobin",
        "IpHash",
        "LeastConnections",
    ] {
        let text = format!(
            r#"Experiment(
                system: System(
                    nodes: {{
                        "users": Clients(arrivals: Poisson(rate: "300/s"), to: "lb", timeout: "200 ms"),
                        "lb": Balancer(policy: {policy}, copies: 7, subset: 4, health: Notified(after: "100 ms"),
                                       to: (to: ["web", "slow"], delay: Exponential(mean: "1 ms"))),
                        "web": Fleet(servers: 9, queue: 20, service: Exponential(mean: "20 ms")),
                        "slow": Fleet(servers: 5, workers: 2, discipline: ProcessorSharing, service: LogNormal(mean: "50 ms", cv: 2)),
                    }},
                    faults: [(at: "3 s", node: "web", servers: [1, 2], fault: Crash, lasts: "4 s"),
                             (at: "5 s", node: "slow", fault: Crash, lasts: "2 s"),
                             (at: "8 s", node: "slow", fault: SlowDown(factor: 2), lasts: "2 s")],
                ),
                run: (duration: "12 s", replications: 2, seed: 3),
                measure: [Latency([0.5]), DropRate],
            )"#
        );
        // The run itself checks every ledger.
        let results = answer(&text);
        assert!(mean(&results.cells[0]) > 0.0, "{policy}");
    }
}
