//! `rushhour check`: every mistake of a file, without running it.

use super::files::{Bounded, resolve};
use super::memory::Budget;
use super::stop::stop_flag;
use super::{End, complain, print};
use crate::lab::{Replications, load, plan};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rushhour check mine.ron\n  rushhour check mine.ron --resolved    with every default filled in"
)]
pub struct Arguments {
    /// Files, or names of built-in models and experiments
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print the experiment with every default filled in
    #[arg(long)]
    resolved: bool,

    /// Memory that logs may take, such as "2 GB"; without it, four fifths of what is available
    #[arg(long, value_name = "SIZE", value_parser = super::memory::parse)]
    memory: Option<u64>,
}

/// Checks the files one by one; the worst end counts.
pub fn check(arguments: &Arguments) -> End {
    // Nothing is lost where checking is stopped.
    stop_flag();
    let mut end = End::Fine;
    for word in &arguments.files {
        let path = match resolve(word) {
            Ok(path) => path,
            Err(why) => {
                end = complain(&why);
                continue;
            }
        };
        let files = Bounded { room: Budget::new(arguments.memory).left(0, 0).unwrap_or(u64::MAX) };
        let planned = load(&files, &path).and_then(|loaded| plan(loaded, &files));
        match planned {
            Err(problems) => end = complain(&problems.to_string()),
            Ok(plan) => {
                let replications = &plan.experiment.run.replications;
                let most = match replications {
                    Replications::Fixed(n) => n.to_string(),
                    Replications::AtMost(at_most) => format!("at most {}", at_most.n),
                };
                let runs = plan.cells.len() as u64 * u64::from(replications.most());
                let (arms, points) = (plan.arms.len(), plan.points());
                let summary =
                    format!("{word}: fine. Arms {arms} x points {points} x replications {most} = {runs} runs\n");
                let text = if arguments.resolved { plan.manifest() } else { summary };
                if print(&text) == End::BadInput {
                    end = End::BadInput;
                }
                for notice in &plan.notices {
                    super::tell(&format!("note: {notice}\n"));
                }
            }
        }
    }
    end
}
