//! Builds the experiment of `from_text.rs` in code, without RON, and varies what text cannot: the number of servers by
//! a rule.
//!
//! ```sh
//! cargo run --release --example in_code
//! ```

use std::error::Error;

use rushhour::experiment::claims::{Less, P99};
use rushhour::experiment::measures::{Latency, Utilization};
use rushhour::experiment::{Arm, Experiment, Replications, RunSpec, WarmUp};
use rushhour::lab::results::Verdict;
use rushhour::report::{Format, Terminal, render};
use rushhour::system::arrivals::Poisson;
use rushhour::system::laws::LogNormal;
use rushhour::system::policies::{LeastConnections, Policy, PowerOfChoices, RoundRobin};
use rushhour::system::{Balancer, Clients, Fleet, Rate, Span, System};

/// A service behind a balancer, for `rate` requests a second: as many servers of two workers as make each of them 68 %
/// busy.
fn system(rate: f64) -> System {
    let service = LogNormal::new(Span::milliseconds(15), 2.0);
    let servers = (rate * service.mean.seconds() / 2.0 / 0.675).round() as usize;
    System::default()
        .node("users", Clients { timeout: Some(Span::whole(2)), ..Clients::new(Poisson::new(Rate::of(rate)), "lb") })
        .node("lb", Balancer::new("web"))
        .node("web", Fleet { servers, workers: 2, ..Fleet::of(service) })
}

/// Builds the experiment, runs it and prints its table.
pub fn main() -> Result<(), Box<dyn Error>> {
    let of = |arm: &str| P99 { arm: Some(arm.into()), ..P99::new() };
    let experiment = Experiment {
        title: "Which balancer keeps the tail short?".to_owned(),
        run: RunSpec {
            duration: Some(Span::whole(20)),
            warm_up: WarmUp::Fixed(Span::whole(2)),
            replications: Replications::Fixed(5),
            ..RunSpec::new()
        },
        measure: vec![Latency::new().into(), Utilization::new().into()],
        claims: vec![
            Less { at: Some("1100/s".into()), ..Less::new(of("least connections"), of("round robin")) }.into(),
        ],
        ..Experiment::new(system(900.0))
    }
    .arm("round robin", Arm::default().set("lb.policy", Policy::from(RoundRobin::new())))
    .arm("two choices", Arm::default().set("lb.policy", Policy::from(PowerOfChoices::new())))
    .arm("least connections", Arm::default().set("lb.policy", Policy::from(LeastConnections::new())))
    .sweep("users.arrivals.rate", [Rate::of(600.0), Rate::of(1100.0)]);

    // Mistakes are found here, all at once, each with the node and the field.
    let wrong = Experiment::new(System::default().node("web", Fleet { workers: 0, ..Fleet::default() }));
    let problems = wrong.plan().expect_err("a server without workers");
    assert!(problems.to_string().contains("`web.workers`"), "{problems}");

    let results = experiment.plan()?.run()?;
    print!("{}", render(&results, Format::Table, Terminal { width: 120, ..Terminal::default() }));
    assert_eq!(results.claims[0].verdict, Verdict::Holds);
    Ok(())
}
