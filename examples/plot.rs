//! Draws an experiment: writes every plot of it as SVG into the folder given, or into `target/plots`.
//!
//! ```sh
//! cargo run --release --example plot -- my-plots
//! ```

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use rushhour::lab::plan_text;
use rushhour::report::plots;

const EXPERIMENT: &str = r#"
Experiment(
    title: "What do more workers save?",
    system: System(
        nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
            "web": Fleet(service: Exponential(mean: "8 ms")),
        },
    ),
    run: (duration: "30 s", warm_up: "3 s", replications: 5),
    arms: {"one worker": {}, "two workers": {"web.workers": 2}},
    sweep: ("users.arrivals.rate", ["40/s", "60/s", "80/s", "100/s"]),
    measure: [Latency([0.5, 0.99]), Utilization],
)
"#;

/// Runs the experiment and draws it into `folder`.
pub fn draw(folder: &Path) -> Result<(), Box<dyn Error>> {
    let results = plan_text(EXPERIMENT)?.run()?;
    fs::create_dir_all(folder)?;
    // A plot is made of the results alone: the same results give the same bytes.
    let plots = plots(&results);
    for plot in &plots {
        let path = folder.join(&plot.name).with_extension("svg");
        fs::write(&path, &plot.svg)?;
        println!("{}", path.display());
    }
    assert!(plots.iter().any(|plot| plot.svg.contains("two workers")));
    Ok(())
}

pub fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("target/plots"), PathBuf::from);
    draw(&folder)
}
