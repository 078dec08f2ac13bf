//! Little's law at the nodes of systems that have no other theory.

use super::{Allowance, Expected, Family, Run, Suite, What};
use crate::stats::theory::{TheoryError, little};

pub(super) fn littles_law(suite: &mut Suite) -> Result<(), TheoryError> {
    let law = |node| Expected {
        what: What::Little(node),
        value: 0.0,
        source: "Little 1961".to_owned(),
        allowance: Allowance::NONE,
    };
    let run = Run::fixed(5.0, 40.0);

    let chain = r#"        "users": Clients(arrivals: Poisson(rate: "900/s"), to: (to: "lb", delay: Constant("3 ms"))),
        "lb": Balancer(policy: LeastConnections, to: (to: "q", delay: Exponential(mean: "1 ms"))),
        "q": Fleet(servers: 5, workers: 2, service: LogNormal(mean: "8 ms", cv: 1.5)),
"#;
    // There and back: 2 ms.
    let network = Expected {
        what: What::Between("lb", "q"),
        value: little::number(900.0, 0.002),
        source: "Little 1961".to_owned(),
        allowance: Allowance::NONE,
    };
    let expected = vec![law("users"), law("q"), network];
    suite.push_expected(Family::LittlesLaw, "network, balancer and fleet".into(), chain, run, expected);

    let bursts = r#"        "users": Clients(arrivals: Renewal(gap: Hyperexponential(mean: "2 ms", cv: 3)), to: "lb"),
        "lb": Balancer(policy: PowerOfChoices(d: 2), to: "q"),
        "q": Fleet(servers: 6, service: Weibull(mean: "9 ms", shape: 0.7)),
"#;
    suite.push_expected(Family::LittlesLaw, "bursts, two choices".into(), bursts, run, vec![law("users"), law("q")]);

    let shared = r#"        "users": Clients(arrivals: Users(count: 60, think: Uniform(low: "20 ms", high: "180 ms")), to: "q"),
        "q": Fleet(workers: 2, discipline: ProcessorSharing, service: Hyperexponential(mean: "5 ms", cv: 2)),
"#;
    suite.push_expected(Family::LittlesLaw, "users, shared processors".into(), shared, run, vec![law("users")]);

    let full = r#"        "users": Clients(arrivals: Poisson(rate: "600/s"), to: "q"),
        "q": Fleet(workers: 4, queue: 10, service: LogNormal(mean: "8 ms", cv: 2)),
"#;
    suite.push_expected(Family::LittlesLaw, "a queue that overflows".into(), full, run, vec![law("users")]);
    Ok(())
}
