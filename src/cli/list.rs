//! `rushhour list`: the built-in models and experiments.

use comfy_table::{Cell, ContentArrangement, Table, presets};

use super::files::{Disk, SHIPPED};
use super::{End, complain, print, shipped};
use crate::lab::load;

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Prints a line for each: name, kind, and the question it asks.
pub fn list(_arguments: &Arguments) -> End {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["name", "kind", "what it asks or holds"]);
    for path in shipped::paths() {
        let kind = if path.starts_with("experiments/") { "experiment" } else { "model" };
        let text = match load(&Disk, &format!("{SHIPPED}{path}")) {
            Ok(loaded) if loaded.experiment.question.is_empty() => first_comment(path),
            Ok(loaded) => loaded.experiment.question,
            Err(problems) => return complain(&problems.to_string()),
        };
        table.add_row([Cell::new(shipped::stem(path)), Cell::new(kind), Cell::new(text)]);
    }
    print(&format!("{table}\n\nRun one with `rushhour run NAME`; print one with `rushhour show NAME`.\n"))
}

/// The first line of comment in a file.
fn first_comment(path: &str) -> String {
    let text = shipped::file(path).map(String::from_utf8_lossy).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("// ")).unwrap_or_default().to_owned()
}
