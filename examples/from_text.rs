//! Runs an experiment from text and prints its table.
//!
//! ```sh
//! cargo run --release --example from_text
//! ```

use std::error::Error;

use rushhour::lab::plan_text;
use rushhour::lab::results::Verdict;
use rushhour::report::{Format, Terminal, render};

/// Three ways to choose among ten servers, at two rates of arrivals, with a claim about them.
const EXPERIMENT: &str = r#"
Experiment(
    title: "Which balancer keeps the tail short?",
    system: System(
        nodes: {
            "users": Clients(arrivals: Poisson(rate: "900/s"), to: "lb", timeout: "2 s"),
            "lb": Balancer(to: "web"),
            "web": Fleet(servers: 10, workers: 2, service: LogNormal(mean: "15 ms", cv: 2)),
        },
    ),
    run: (duration: "20 s", warm_up: "2 s", replications: 5, seed: 1),
    arms: {
        "round robin": {"lb.policy": RoundRobin},
        "two choices": {"lb.policy": PowerOfChoices(d: 2)},
        "least connections": {"lb.policy": LeastConnections},
    },
    sweep: ("users.arrivals.rate", ["600/s", "1100/s"]),
    measure: [Latency([0.5, 0.99]), Utilization],
    claims: [Less(P99("least connections"), P99("round robin"), at: "1100/s")],
)
"#;

pub fn main() -> Result<(), Box<dyn Error>> {
    // Everything is read and checked before anything runs. An error holds all mistakes, each with its line and column.
    let plan = plan_text(EXPERIMENT)?;
    let results = plan.run()?;
    print!("{}", render(&results, Format::Table, Terminal { width: 120, ..Terminal::default() }));

    // What the table shows is plain data.
    assert_eq!(results.claims[0].verdict, Verdict::Holds);
    Ok(())
}
