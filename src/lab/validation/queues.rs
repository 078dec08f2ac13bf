//! Poisson arrivals to one station: M/M/1, M/M/c, M/G/1, M/D/1, and processor sharing.

use super::{Family, Run, Suite, poisson_queue};
use crate::stats::theory::{Md1, Mg1, Mg1Ps, Mm1, Mmc, TheoryError};

/// Mean service in all of these, in seconds.
const SERVICE: f64 = 0.01;

/// The predictions where the distribution of the latency is known.
const ALL: [&str; 7] =
    ["latency_mean", "latency_p50", "latency_p99", "waiting_mean", "in_system", "utilization", "throughput"];
/// The predictions where only the mean is known.
const MEANS: [&str; 5] = ["latency_mean", "waiting_mean", "in_system", "utilization", "throughput"];

/// Distributions of service by name, with a mean of 10 ms and their squared coefficients of variation.
const CONSTANT: (&str, &str, f64) = ("constant", r#"Constant("10 ms")"#, 0.0);
const ERLANG: (&str, &str, f64) = ("Erlang-4", r#"Erlang(shape: 4, mean: "10 ms")"#, 0.25);
const UNIFORM: (&str, &str, f64) = ("uniform", r#"Uniform(low: "5 ms", high: "15 ms")"#, 1.0 / 12.0);
const EXPONENTIAL: (&str, &str, f64) = ("exponential", r#"Exponential(mean: "10 ms")"#, 1.0);
const LOGNORMAL: (&str, &str, f64) = ("lognormal, cv 1.5", r#"LogNormal(mean: "10 ms", cv: 1.5)"#, 2.25);
const HYPER: (&str, &str, f64) = ("hyperexponential, cv 2", r#"Hyperexponential(mean: "10 ms", cv: 2)"#, 4.0);
const HYPER_3: (&str, &str, f64) = ("hyperexponential, cv 3", r#"Hyperexponential(mean: "10 ms", cv: 3)"#, 9.0);
/// Nine in ten 5 ms, one 55 ms: (0.9 x 25 + 0.1 x 3025) / 100 - 1.
const BIMODAL: (&str, &str, f64) = ("bimodal", r#"Bimodal(fast: "5 ms", slow: "55 ms", slow_share: "10 %")"#, 2.25);

pub(super) fn mm1(suite: &mut Suite) -> Result<(), TheoryError> {
    for load in [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98] {
        let answer = Mm1::new(load / SERVICE, 1.0 / SERVICE)?.answer();
        let system = poisson_queue(load / SERVICE, r#"service: Exponential(mean: "10 ms")"#);
        let run = Run::steady(load, SERVICE, 1, 1.0);
        suite.push(Family::Mm1, format!("load {load}"), &system, run, &answer, &ALL);
    }
    Ok(())
}

pub(super) fn mmc(suite: &mut Suite) -> Result<(), TheoryError> {
    let systems =
        [(2, 0.5), (2, 0.9), (3, 0.7), (4, 0.8), (8, 0.9), (8, 0.98), (10, 0.7), (16, 0.8), (32, 0.95), (50, 0.9)];
    for (servers, load) in systems {
        let rate = load * f64::from(servers) / SERVICE;
        let answer = Mmc::new(rate, 1.0 / SERVICE, servers as usize)?.answer();
        let fleet = format!(r#"workers: {servers}, service: Exponential(mean: "10 ms")"#);
        let run = Run::steady(load, SERVICE, servers as usize, 1.0);
        let name = format!("c = {servers}, load {load}");
        suite.push(Family::Mmc, name, &poisson_queue(rate, &fleet), run, &answer, &ALL);
    }
    Ok(())
}

pub(super) fn mg1(suite: &mut Suite) -> Result<(), TheoryError> {
    let by_law = |law| [0.3, 0.5, 0.7, 0.8].map(|load| (law, load));
    let mut systems = [ERLANG, HYPER, LOGNORMAL].map(by_law).concat();
    systems.extend([(ERLANG, 0.9), (UNIFORM, 0.9), (BIMODAL, 0.8)]);
    for ((law, service, scv), load) in systems {
        let answer = Mg1::new(load / SERVICE, SERVICE, scv)?.answer();
        let system = poisson_queue(load / SERVICE, &format!("service: {service}"));
        let run = Run::steady(load, SERVICE, 1, 0.5 * (1.0 + scv));
        suite.push(Family::Mg1, format!("{law}, load {load}"), &system, run, &answer, &MEANS);
    }
    Ok(())
}

pub(super) fn md1(suite: &mut Suite) -> Result<(), TheoryError> {
    for load in [0.3, 0.5, 0.7, 0.8, 0.9, 0.95] {
        let answer = Md1::new(load / SERVICE, SERVICE)?.answer();
        let system = poisson_queue(load / SERVICE, &format!("service: {}", CONSTANT.1));
        // The median falls on the jump at one service time, or too near to it for a histogram.
        let ids = ["latency_mean", "latency_p99", "waiting_mean", "in_system", "utilization", "throughput"];
        let run = Run::steady(load, SERVICE, 1, 1.0);
        suite.push(Family::Md1, format!("load {load}"), &system, run, &answer, &ids);
    }
    Ok(())
}

pub(super) fn processor_sharing(suite: &mut Suite) -> Result<(), TheoryError> {
    let by_law = |law| [0.5, 0.8].map(|load| (law, load));
    let mut systems = [EXPONENTIAL, CONSTANT, HYPER_3, BIMODAL].map(by_law).concat();
    systems.extend([(LOGNORMAL, 0.7), (ERLANG, 0.9)]);
    for ((law, service, scv), load) in systems {
        let answer = Mg1Ps::new(load / SERVICE, SERVICE)?.answer();
        let fleet = format!("discipline: ProcessorSharing, service: {service}");
        let run = Run::steady(load, SERVICE, 1, 0.5 * (1.0 + scv));
        let ids = ["latency_mean", "in_system", "utilization", "throughput"];
        let system = poisson_queue(load / SERVICE, &fleet);
        suite.push(Family::ProcessorSharing, format!("{law}, load {load}"), &system, run, &answer, &ids);
    }
    Ok(())
}
