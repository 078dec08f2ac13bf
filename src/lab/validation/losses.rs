//! Stations with a limit that turn requests away: M/M/c/K and Erlang's loss system.

use super::{Family, Run, Suite, poisson_queue};
use crate::stats::theory::{ErlangB, Mmck, TheoryError};

/// Mean service in seconds.
const SERVICE: f64 = 0.01;

/// A run of `requests` in all the replications. A limit forgets its start within the time it takes to fill and empty.
fn run(rate: f64, places: usize, requests: f64) -> Run {
    Run::fixed(SERVICE * (50.0 + 10.0 * places as f64), requests / rate / f64::from(super::length::REPLICATIONS))
}

pub(super) fn mmck(suite: &mut Suite) -> Result<(), TheoryError> {
    let systems = [(1, 4, 0.5), (1, 4, 0.8), (1, 9, 0.95), (1, 4, 1.2), (4, 16, 0.95), (4, 16, 1.5), (10, 40, 0.95)];
    for (servers, places, load) in systems {
        let rate = load * servers as f64 / SERVICE;
        let answer = Mmck::new(rate, 1.0 / SERVICE, servers, places)?.answer();
        let fleet = format!(r#"workers: {servers}, queue: {places}, service: Exponential(mean: "10 ms")"#);
        let name = format!("c = {servers}, K = {}, load {load}", servers + places);
        let ids = [
            "drop_rate",
            "latency_mean",
            "latency_p50",
            "latency_p99",
            "waiting_mean",
            "in_system",
            "utilization",
            "throughput",
        ];
        suite.push(Family::Mmck, name, &poisson_queue(rate, &fleet), run(rate, places, 2.5e6), &answer, &ids);
    }
    Ok(())
}

pub(super) fn erlang_b(suite: &mut Suite) -> Result<(), TheoryError> {
    let laws = [
        ("exponential", r#"Exponential(mean: "10 ms")"#),
        ("constant", r#"Constant("10 ms")"#),
        ("lognormal, cv 2", r#"LogNormal(mean: "10 ms", cv: 2)"#),
    ];
    let mut systems = [(5, 4.0), (10, 8.0), (20, 25.0)].map(|size| laws.map(|law| (size, law))).concat();
    systems.push(((100, 95.0), ("hyperexponential, cv 3", r#"Hyperexponential(mean: "10 ms", cv: 3)"#)));
    for ((servers, erlangs), (law, service)) in systems {
        let rate = erlangs / SERVICE;
        let answer = ErlangB::new(rate, SERVICE, servers)?.answer(None);
        let fleet = format!("workers: {servers}, queue: 0, service: {service}");
        let name = format!("c = {servers}, {erlangs} erlangs, {law}");
        let ids = ["drop_rate", "utilization", "in_system", "throughput"];
        suite.push(Family::ErlangB, name, &poisson_queue(rate, &fleet), run(rate, 0, 1.5e6), &answer, &ids);
    }
    Ok(())
}
