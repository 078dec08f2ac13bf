//! The simulator against queueing theory: where a closed form is known, the interval must hold it.
//!
//! Every case has 20 replications or more, so Student's t with 19 degrees of freedom stays within ±7.2 but once in a
//! million; warm-up bias is allowed for by a tolerance far below the interval, and is stated where it is not zero.

mod common;

use common::{answer, estimate, node_estimate, t_statistic};
use rushhour::lab::results::Stability;

/// Beyond this a t of 19 degrees of freedom lies less than once in a million.
const T_LIMIT: f64 = 7.2;

struct Case {
    name: &'static str,
    system: String,
    run: &'static str,
    /// Identifier and expected value.
    expected: Vec<(&'static str, f64)>,
}

fn queue(rate: &str, fleet: &str) -> String {
    format!(r#"System(nodes: {{"users": Clients(arrivals: Poisson(rate: "{rate}"), to: "q"), "q": Fleet({fleet})}})"#)
}

fn check(case: &Case) {
    let experiment = format!(
        "Experiment(system: {}, run: ({}), measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, Waiting, InSystem])",
        case.system, case.run
    );
    let results = answer(&experiment);
    let cell = &results.cells[0];
    assert_eq!(cell.stability, Stability::Stable, "{}", case.name);
    for (id, expected) in &case.expected {
        let estimate = estimate(cell, id);
        let t = t_statistic(estimate, *expected);
        assert!(
            t.abs() < T_LIMIT,
            "{}: {id} is {:?} ± {:?}, theory says {expected} (t = {t})",
            case.name,
            estimate.value,
            estimate.half_width
        );
        // An interval that is too wide would agree with anything.
        let half = estimate.half_width.expect("20 replications");
        assert!(half < 0.1 * expected.abs().max(1e-9), "{}: {id} ± {half} is too wide to tell", case.name);
    }
}

const RUN: &str = r#"duration: "100 s", warm_up: "10 s", replications: 20, seed: 11"#;
const LONG: &str = r#"duration: "400 s", warm_up: "20 s", replications: 20, seed: 12"#;

#[test]
fn single_server_queues_agree_with_pollaczek_khinchine() {
    // E[T] = E[S] + lambda E[S^2] / (2 (1 - rho)): Pollaczek 1930, Khinchine 1932.
    let pk = |load: f64, scv: f64| 0.001 * (1.0 + load * (1.0 + scv) / (2.0 * (1.0 - load)));
    for (load, rate) in [(0.3, "300/s"), (0.5, "500/s"), (0.7, "700/s"), (0.8, "800/s")] {
        for (law, scv) in [
            (r#"Exponential(mean: "1 ms")"#, 1.0),
            (r#"Constant("1 ms")"#, 0.0),
            (r#"Erlang(shape: 4, mean: "1 ms")"#, 0.25),
            (r#"Hyperexponential(mean: "1 ms", cv: 2)"#, 4.0),
            (r#"LogNormal(mean: "1 ms", cv: 1.5)"#, 2.25),
        ] {
            let latency = pk(load, scv);
            check(&Case {
                name: law,
                system: queue(rate, &format!("service: {law}")),
                run: RUN,
                expected: vec![
                    ("latency_mean", latency),
                    ("waiting_mean", latency - 0.001),
                    ("utilization", load),
                    ("in_system", latency * load * 1000.0),
                    ("throughput", load * 1000.0),
                ],
            });
        }
    }
}

#[test]
fn an_m_m_1_queue_has_an_exponential_sojourn_time() {
    for (load, rate) in [(0.5, "500/s"), (0.9, "900/s")] {
        // T is exponential with rate mu - lambda: Kleinrock 1975, section 3.2.
        let mean = 1.0 / (1000.0 - load * 1000.0);
        check(&Case {
            name: "M/M/1",
            system: queue(rate, r#"service: Exponential(mean: "1 ms")"#),
            run: LONG,
            expected: vec![("latency_mean", mean), ("latency_p50", mean * std::f64::consts::LN_2)],
        });
    }
}

#[test]
fn m_m_c_queues_agree_with_erlang_c() {
    // Waiting probability by Erlang's C formula, in the standard recursion over B.
    let erlang_c = |c: u32, offered: f64| {
        let b = (1..=c).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b));
        let load = offered / f64::from(c);
        b / (1.0 - load * (1.0 - b))
    };
    for (c, load) in [(2, 0.5), (2, 0.9), (4, 0.8), (8, 0.9), (32, 0.95)] {
        let offered = load * f64::from(c);
        let waiting = erlang_c(c, offered) * 0.01 / (f64::from(c) - offered);
        check(&Case {
            name: "M/M/c",
            system: queue(
                &format!("{}/s", offered * 100.0),
                &format!(r#"workers: {c}, service: Exponential(mean: "10 ms")"#),
            ),
            run: LONG,
            expected: vec![("latency_mean", 0.01 + waiting), ("waiting_mean", waiting), ("utilization", load)],
        });
    }
}

#[test]
fn processor_sharing_depends_on_the_mean_alone() {
    // M/G/1 processor sharing: E[T] = E[S] / (1 - rho), whatever the distribution (Kleinrock 1976, section 4.4).
    for law in [
        r#"Exponential(mean: "1 ms")"#,
        r#"Constant("1 ms")"#,
        r#"Hyperexponential(mean: "1 ms", cv: 3)"#,
        r#"Bimodal(fast: "500 us", slow: "5500 us", slow_share: "10 %")"#,
    ] {
        for (load, rate) in [(0.5, "500/s"), (0.8, "800/s")] {
            check(&Case {
                name: law,
                system: queue(rate, &format!("discipline: ProcessorSharing, service: {law}")),
                run: LONG,
                expected: vec![("latency_mean", 0.001 / (1.0 - load)), ("utilization", load)],
            });
        }
    }
}

#[test]
fn a_loss_system_drops_what_erlang_b_says_whatever_the_distribution() {
    // Erlang's B formula; insensitive to the distribution of the service time (Sevast'yanov 1957).
    let erlang_b = |c: u32, offered: f64| (1..=c).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b));
    for (c, offered) in [(5, 4.0), (10, 8.0), (20, 25.0)] {
        for law in [r#"Exponential(mean: "10 ms")"#, r#"Constant("10 ms")"#, r#"LogNormal(mean: "10 ms", cv: 2)"#] {
            let blocked = erlang_b(c, offered);
            check(&Case {
                name: law,
                system: queue(&format!("{}/s", offered * 100.0), &format!("workers: {c}, queue: 0, service: {law}")),
                run: RUN,
                expected: vec![("drop_rate", blocked), ("utilization", offered * (1.0 - blocked) / f64::from(c))],
            });
        }
    }
}

#[test]
fn a_bounded_queue_drops_what_m_m_1_k_says() {
    // M/M/1/K with K places in all: P(K) = (1 - rho) rho^K / (1 - rho^(K + 1)).
    for (load, places) in [(0.8_f64, 4_i32), (0.95, 9), (1.2, 4)] {
        let power = |n: i32| (0..n).fold(1.0, |product, _| product * load);
        let blocked = (1.0 - load) * power(places) / (1.0 - power(places + 1));
        check(&Case {
            name: "M/M/1/K",
            system: queue(
                &format!("{}/s", load * 1000.0),
                &format!(r#"queue: {}, service: Exponential(mean: "1 ms")"#, places - 1),
            ),
            run: RUN,
            expected: vec![("drop_rate", blocked)],
        });
    }
}

#[test]
fn round_robin_over_exponential_servers_is_an_erlang_k_queue() {
    // Each of k servers sees every k-th arrival: E_k/M/1. E[T] = 1 / (mu (1 - sigma)), sigma the root of
    // sigma = (k lambda / (k lambda + mu (1 - sigma)))^k, here by fixed-point iteration (Kleinrock 1975, section 6.4).
    for (k, load) in [(2_u32, 0.8_f64), (4, 0.9), (10, 0.9)] {
        let mut sigma = 0.5_f64;
        for _ in 0..10_000 {
            let base = f64::from(k) * load / (f64::from(k) * load + 1.0 - sigma);
            sigma = (0..k).fold(1.0, |product, _| product * base);
        }
        let system = format!(
            r#"System(nodes: {{"users": Clients(arrivals: Poisson(rate: "{}/s"), to: "lb"), "lb": Balancer(policy: RoundRobin, to: "q"), "q": Fleet(servers: {k}, service: Exponential(mean: "1 ms"))}})"#,
            load * 1000.0 * f64::from(k)
        );
        let expected = vec![("latency_mean", 0.001 / (1.0 - sigma)), ("utilization", load)];
        check(&Case { name: "E_k/M/1", system, run: RUN, expected });
    }
}

#[test]
fn a_random_split_makes_independent_m_m_1_queues() {
    let system = r#"System(nodes: {"users": Clients(arrivals: Poisson(rate: "4000/s"), to: "lb"), "lb": Balancer(policy: Random, to: "q"), "q": Fleet(servers: 5, service: Exponential(mean: "1 ms"))})"#;
    check(&Case {
        name: "random split",
        system: system.to_owned(),
        run: RUN,
        expected: vec![("latency_mean", 0.005), ("utilization", 0.8)],
    });
}

#[test]
fn users_in_a_closed_loop_follow_the_machine_repairman() {
    // N users with exponential thinking Z and one exponential server: throughput by mean value analysis
    // (Reiser and Lavenberg 1980): R(n) = S (1 + Q(n-1)), X(n) = n / (R(n) + Z), Q(n) = X(n) R(n).
    for (users, think, service) in [(10_u32, 0.1, 0.02), (50, 1.0, 0.01), (100, 1.0, 0.02)] {
        let (mut queue, mut throughput, mut response) = (0.0, 0.0, 0.0);
        for n in 1..=users {
            response = service * (1.0 + queue);
            throughput = f64::from(n) / (response + think);
            queue = throughput * response;
        }
        let system = format!(
            r#"System(nodes: {{"users": Clients(arrivals: Users(count: {users}, think: Exponential(mean: "{think} s")), to: "q"), "q": Fleet(service: Exponential(mean: "{service} s"))}})"#
        );
        check(&Case {
            name: "machine repairman",
            system,
            run: r#"duration: "1500 s", warm_up: "30 s", replications: 20, seed: 13"#,
            expected: vec![("throughput", throughput), ("latency_mean", response)],
        });
    }
}

#[test]
fn two_choices_among_five_hundred_servers_wait_as_the_supermarket_model_says() {
    // The limit of many servers at load 0.9 is a mean sojourn of 2.61406 service times (Mitzenmacher 2001). A finite
    // number n of servers waits longer by a share of order 1/n; 1 % is allowed for at 500.
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "45000/s"), to: "lb"),
                "lb": Balancer(policy: PowerOfChoices(d: 2), to: "q"),
                "q": Fleet(servers: 500, service: Exponential(mean: "10 ms")),
            }),
            run: (duration: "12 s", warm_up: "4 s", replications: 20, seed: 14),
            measure: [Latency([0.5]), Utilization],
        )"#,
    );
    let latency = estimate(&results.cells[0], "latency_mean");
    let (value, half) = (latency.value.expect("stable"), latency.half_width.expect("20 replications"));
    let low = t_statistic(latency, 0.0261406);
    let high = t_statistic(latency, 0.0261406 * 1.01);
    assert!(low > -T_LIMIT && high < T_LIMIT, "mean {value} ± {half} s for 0.0261406 s");
    assert!(half < 0.005 * value, "± {half} is too wide to tell");
}

#[test]
fn littles_law_holds_at_every_node() {
    let results = answer(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "900/s"), to: (to: "lb", delay: Constant("3 ms"))),
                "lb": Balancer(policy: LeastConnections, to: (to: "q", delay: Exponential(mean: "1 ms"))),
                "q": Fleet(servers: 5, workers: 2, service: LogNormal(mean: "8 ms", cv: 1.5)),
            }),
            run: (duration: "200 s", warm_up: "10 s", replications: 4, seed: 15),
        )"#,
    );
    let cell = &results.cells[0];
    let value = |node: &str, id: &str| node_estimate(cell, node, id).value.expect("measured");
    // L = lambda W, up to the requests that straddle the ends of the run: a few dozen in 170,000.
    let clients = value("users", "offered") * value("users", "latency_mean");
    assert!((value("users", "in_system") / clients - 1.0).abs() < 2e-3);
    let fleet = value("q", "departures") * (value("q", "waiting_mean") + value("q", "service_mean"));
    assert!((value("q", "in_system") / fleet - 1.0).abs() < 2e-3);
    // Requests on the network are inside the balancer and not inside the fleet: 2 ms there and back on average.
    let network = value("lb", "in_system") - value("q", "in_system");
    assert!((network / (900.0 * 0.002) - 1.0).abs() < 0.02, "{network}");
}
