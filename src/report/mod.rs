//! Results for people and machines: tables, CSV, JSON and plots.
//!
//! Everything here is made from [`Results`] alone: nothing is simulated, estimated or decided. The same results give
//! the same bytes, so files can be compared. The output is text; `cli` writes it to the disk and turns plots into
//! pixels.
//!
//! ```
//! use rushhour::lab::{Files, Run, load, plan};
//! use rushhour::report::{Format, Terminal, plots, render};
//!
//! struct Text(&'static str);
//!
//! impl Files for Text {
//!     fn open(&self, _path: &str) -> Result<Box<dyn std::io::Read + '_>, String> {
//!         Ok(Box::new(self.0.as_bytes()))
//!     }
//!
//!     fn beside(&self, _base: &str, relative: &str) -> String {
//!         relative.to_owned()
//!     }
//! }
//!
//! let files = Text(r#"
//!     Experiment(
//!         title: "A queue",
//!         system: System(nodes: {
//!             "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
//!             "web": Fleet(service: Exponential(mean: "5 ms")),
//!         }),
//!         run: (duration: "20 s", warm_up: "2 s", replications: 5),
//!         sweep: ("users.arrivals.rate", ["40/s", "80/s", "120/s"]),
//!         measure: [Latency([0.99]), Utilization],
//!     )
//! "#);
//! let results = Run::new(&plan(load(&files, "example.ron")?, &files)?).go()?;
//!
//! let table = render(&results, Format::Table, Terminal { width: 100, ..Terminal::default() });
//! assert!(table.starts_with("A queue\n") && table.contains("p99 latency"));
//! let csv = render(&results, Format::Csv, Terminal::default());
//! assert!(csv.lines().nth(1).is_some_and(|line| line.starts_with("system,40/s,40.0,stable,")));
//! let plots = plots(&results);
//! let sweep = plots.iter().find(|plot| plot.name == "sweep-utilization").expect("there are three loads");
//! assert!(sweep.svg.starts_with("<svg ") && sweep.svg.contains("utilization"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod csv;
mod data;
#[cfg(test)]
pub(crate) mod fixture;
mod markdown;
pub(crate) mod plots;
mod summary;
mod table;

use crate::lab::results::Results;

pub use data::Data;
pub use plots::{Plot, plots};

/// The form in which a summary is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// For the terminal.
    #[default]
    Table,
    /// For a page: GitHub-flavoured Markdown.
    Markdown,
    /// For a spreadsheet: one line per arm, sweep point and measure, as in `summary.csv`.
    Csv,
    /// For a program: all of [`Results`].
    Json,
}

/// The terminal that [`Format::Table`] is formatted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Whether ANSI escapes may be used.
    pub colour: bool,
    /// Its width in columns; 0 where there is no limit.
    pub width: u16,
    /// Whether to show the p-value of each difference to the baseline and the share of variance saved by common random
    /// numbers.
    pub details: bool,
}

/// The summary of an experiment as text, ending with a newline.
///
/// ```
/// use rushhour::report::{Format, Terminal, render};
///
/// # let results = rushhour::lab::plan_text(r#"
/// #     System(nodes: {
/// #         "users": Clients(arrivals: Users(count: 5, think: Constant("1 s")), to: "web"),
/// #         "web": Fleet(service: Constant("10 ms")),
/// #     })
/// # "#)?.run()?;
/// let table = render(&results, Format::Table, Terminal { width: 100, ..Terminal::default() });
/// assert!(table.lines().all(|line| line.chars().count() <= 100));
/// let csv = render(&results, Format::Csv, Terminal::default());
/// assert!(csv.starts_with("arm,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn render(results: &Results, format: Format, terminal: Terminal) -> String {
    match format {
        Format::Table => table::render(results, terminal),
        Format::Markdown => markdown::render(results),
        Format::Csv => csv::summary(results),
        Format::Json => json(results),
    }
}

/// All of the results, indented; every float is written with the digits that give back the same bits.
fn json(results: &Results) -> String {
    let mut text = serde_json::to_string_pretty(results).expect("plain data has no keys that JSON cannot write");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gives_back_the_same_results() {
        let results = fixture::results();
        let text = render(&results, Format::Json, Terminal::default());
        assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results.as_written());
    }

    #[test]
    fn the_same_results_give_the_same_text() {
        for format in [Format::Table, Format::Markdown, Format::Csv, Format::Json] {
            let terminal = Terminal { width: 120, details: true, ..Terminal::default() };
            let text = render(&fixture::results(), format, terminal);
            assert_eq!(text, render(&fixture::results(), format, terminal));
            assert!(text.ends_with('\n') && !text.contains('\u{1b}'));
        }
    }
}
