//! Watches one replication as it runs: how many requests are at each server of a service, every second, while its
//! database is slow for ten seconds.
//!
//! ```sh
//! cargo run --release --example stepped
//! ```

use std::error::Error;
use std::sync::atomic::AtomicBool;

use rushhour::engine::{Duration, Time};
use rushhour::lab::plan_text;

const EXPERIMENT: &str = r#"
Experiment(
    system: System(
        nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "database"),
            "database": Fleet(service: Exponential(mean: "5 ms")),
        },
        faults: [(at: "10 s", node: "database", fault: SlowDown(factor: 4), lasts: "10 s")],
    ),
    run: (duration: "60 s"),
)
"#;

/// Steps through a minute, second by second.
pub fn main() -> Result<(), Box<dyn Error>> {
    let plan = plan_text(EXPERIMENT)?;
    let stop = AtomicBool::new(false);
    let mut running = plan.replication(0, 0, &stop)?;

    let (mut until, mut most) = (Time::ZERO, 0);
    loop {
        until += Duration::from_secs_f64(1.0);
        // Where it is stopped on the way makes no difference to what happens.
        let ended = running.advance(until);
        let inside = running.inside().find(|(name, _)| *name == "database").map_or(0, |(_, inside)| inside);
        println!("{:>3.0} s {inside:>5} {}", running.now().as_secs_f64(), "#".repeat(inside as usize / 20));
        most = most.max(inside);
        if ended.is_some() {
            break;
        }
    }

    assert!(most > 200, "while the database is slow, requests pile up: {most}");
    let done = running.finish()?.ok_or("it was stopped")?;
    assert!(done.completed > 5_000);
    Ok(())
}
