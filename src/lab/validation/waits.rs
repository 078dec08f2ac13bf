//! Queues with another order or with limited patience: priorities, last come first served, and Erlang A.

use super::{Allowance, Expected, Family, Run, Suite, What, poisson_queue};
use crate::stats::theory::priority::Class;
use crate::stats::theory::{ErlangA, Mmc, Priorities, TheoryError};

/// Mean service in seconds.
const SERVICE: f64 = 0.01;

pub(super) fn priorities(suite: &mut Suite) -> Result<(), TheoryError> {
    let constant = (r#"Constant("10 ms")"#, 0.0);
    let exponential = (r#"Exponential(mean: "10 ms")"#, 1.0);
    // Loads of the important and of the other class, workers, service.
    let systems = [
        (0.2, 0.3, 1, exponential),
        (0.4, 0.4, 1, constant),
        (0.1, 0.8, 1, exponential),
        (0.1, 0.8, 1, constant),
        (0.4, 0.4, 1, (r#"Hyperexponential(mean: "10 ms", cv: 2)"#, 4.0)),
        (0.3, 0.6, 4, exponential),
        (0.2, 0.7, 16, exponential),
    ];
    for (high, low, workers, (service, scv)) in systems {
        let rates = [high, low].map(|load| load * workers as f64 / SERVICE);
        let model = if workers == 1 {
            Priorities::single_server(&rates.map(|arrival_rate| Class {
                arrival_rate,
                service_mean: SERVICE,
                service_scv: scv,
            }))?
        } else {
            Priorities::several_servers(&rates, SERVICE, workers)?
        };
        let system = format!(
            "        \"high\": Clients(arrivals: Poisson(rate: \"{}/s\"), to: \"q\"),\n        \"low\": \
             Clients(arrivals: Poisson(rate: \"{}/s\"), to: \"q\"),\n        \"q\": Fleet(workers: {workers}, \
             discipline: Priority(order: [\"high\"]), service: {service}),\n",
            rates[0], rates[1]
        );
        let of = |at, node| Expected {
            what: What::OfNode(node, "latency_mean"),
            value: model.sojourn_mean(at),
            source: "Cobham 1954".to_owned(),
            allowance: Allowance::NONE,
        };
        let mut expected = vec![of(0, "high"), of(1, "low")];
        expected.push(Expected {
            what: What::Measure("waiting_mean".to_owned()),
            value: model.waiting_mean_of_all(),
            ..of(0, "high")
        });
        let run = Run::steady(high + low, SERVICE, workers, 0.5 * (1.0 + scv));
        let law = service.split('(').next().unwrap_or_default().to_lowercase();
        let name = format!("c = {workers}, loads {high} and {low}, {law}");
        suite.push_expected(Family::Priorities, name, &system, run, expected);
    }
    Ok(())
}

pub(super) fn lifo(suite: &mut Suite) -> Result<(), TheoryError> {
    for (workers, load) in [(1, 0.5), (1, 0.8), (4, 0.9)] {
        let rate = load * workers as f64 / SERVICE;
        // The means of M/M/c hold for any order that does not look at the work.
        let answer = Mmc::new(rate, 1.0 / SERVICE, workers)?.answer();
        let fleet = format!(r#"workers: {workers}, discipline: Lifo, service: Exponential(mean: "10 ms")"#);
        let ids = ["latency_mean", "waiting_mean", "in_system", "utilization", "throughput"];
        let run = Run::steady(load, SERVICE, workers, 1.0);
        let name = format!("c = {workers}, load {load}");
        suite.push(Family::Lifo, name, &poisson_queue(rate, &fleet), run, &answer, &ids);
    }
    Ok(())
}

pub(super) fn erlang_a(suite: &mut Suite) -> Result<(), TheoryError> {
    // Load of each worker, workers, giving up in mean services.
    let systems = [(0.8, 1, 0.5), (0.8, 10, 0.5), (1.0, 10, 0.1), (1.0, 10, 1.0), (1.2, 10, 0.5), (1.2, 10, 2.0)];
    for (load, workers, gives_up) in [&systems[..], &[(1.1, 100, 0.2)]].concat() {
        let rate = load * workers as f64 / SERVICE;
        let answer = ErlangA::new(rate, 1.0 / SERVICE, workers, gives_up / SERVICE)?.answer();
        let patience = SERVICE / gives_up * 1e3;
        let fleet = format!(
            r#"workers: {workers}, longest_wait: Exponential(mean: "{patience} ms"), service: Exponential(mean: "10 ms")"#
        );
        let ids = ["drop_rate", "utilization", "in_system", "throughput"];
        let run = Run::fixed(SERVICE * 200.0, 1.5e6 / rate / f64::from(super::length::REPLICATIONS));
        let name = format!("c = {workers}, load {load}, patience {} services", 1.0 / gives_up);
        suite.push(Family::ErlangA, name, &poisson_queue(rate, &fleet), run, &answer, &ids);
    }
    Ok(())
}
