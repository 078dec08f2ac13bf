//! Closed systems: a fixed number of users who think, send a request, and wait for the answer.

use super::{Expected, Family, Run, Suite, What, queue};
use crate::stats::theory::{Interactive, TheoryError, mean_value_analysis};

pub(super) fn closed(suite: &mut Suite) -> Result<(), TheoryError> {
    let exponential = |mean: f64| format!("Exponential(mean: \"{mean} s\")");
    let constant = |mean: f64| format!("Constant(\"{mean} s\")");
    type Thinking<'a> = (&'a str, &'a dyn Fn(f64) -> String);
    let (exponential, constant): (Thinking<'_>, Thinking<'_>) =
        (("", &exponential), (", constant thinking", &constant));
    let systems = [
        (10, 0.1, exponential, 0.02, 1),
        (50, 1.0, exponential, 0.01, 1),
        (100, 1.0, exponential, 0.02, 1),
        (100, 1.0, exponential, 0.1, 10),
        (20, 0.5, exponential, 0.1, 3),
        // Thinking counts by its mean alone.
        (30, 0.5, constant, 0.01, 1),
    ];
    for (users, think, (thinking, think_law), service, servers) in systems {
        let answer = Interactive::new(users, think, service, servers)?.answer();
        let arrivals = format!("Users(count: {users}, think: {})", think_law(think));
        let fleet = format!("workers: {servers}, service: Exponential(mean: \"{service} s\")");
        let name = format!("{users} users, {think} s thinking, c = {servers}{thinking}");
        let mut ids = vec![
            "latency_mean",
            "latency_p50",
            "latency_p99",
            "waiting_mean",
            "in_system",
            "utilization",
            "throughput",
        ];
        // If idle moments are too rare to be observed, there is nothing to compare.
        ids.retain(|id| *id != "utilization" || answer.value(id).is_some_and(|busy| busy < 0.999));
        let run = run(think, service, servers, answer.value("throughput").unwrap_or(1.0));
        suite.push(Family::Closed, name, &queue(&arrivals, &fleet), run, &answer, &ids);
    }
    // A shared processor has a product form whatever the distribution of service (Baskett and others 1975).
    for (users, think, service) in [(20, 0.5, 0.02), (40, 0.5, 0.02)] {
        let network = mean_value_analysis(users, think, &[service])?;
        let arrivals = format!("Users(count: {users}, think: Exponential(mean: \"{think} s\"))");
        let fleet = format!("discipline: ProcessorSharing, service: LogNormal(mean: \"{service} s\", cv: 2)");
        let value = |id: &str, value: f64| Expected {
            what: What::Measure(id.to_owned()),
            value,
            source: "Reiser and Lavenberg 1980; Baskett, Chandy, Muntz and Palacios 1975".to_owned(),
            allowance: super::Allowance::NONE,
        };
        let expected = vec![
            value("latency_mean", network.response),
            value("throughput", network.throughput),
            value("in_system", network.in_station[0]),
            value("utilization", network.utilization[0]),
        ];
        let name = format!("{users} users, {think} s thinking, processor sharing, lognormal");
        let run = run(think, service, 1, network.throughput);
        suite.push_expected(Family::Closed, name, &queue(&arrivals, &fleet), run, expected);
    }
    Ok(())
}

/// A million requests in all; a closed loop has settled after some rounds of thinking and service.
fn run(think: f64, service: f64, servers: usize, throughput: f64) -> Run {
    let round = think + 50.0 * service / servers as f64;
    let measured = 1e6 / throughput / f64::from(super::length::REPLICATIONS);
    Run::fixed(10.0 * round, measured.max(10.0 * round))
}
