//! How an answer of theory is shown: aligned lines with units, or JSON.

use std::fmt::Write as _;

use serde_json::json;

use crate::lab::number::{plain, with_interval};
use crate::lab::results::Unit;
use crate::stats::theory::Answer;

/// Form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    Table,
    Json,
}

/// An answer with all that is shown of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Name of the model.
    pub model: String,
    /// Where it stands.
    pub source: String,
    /// The numbers, in order.
    pub lines: Vec<Line>,
    /// True if times are in mean services.
    pub relative: bool,
}

/// A number.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its identifier.
    pub id: String,
    /// Its name in text.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// In seconds, per second, a fraction, or a count.
    pub value: f64,
}

impl Line {
    /// A number.
    pub fn new(id: &str, name: &str, unit: Unit, value: f64) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), unit, value }
    }
}

/// Identifier, name and unit of the values that an [`Answer`] may hold, in the order shown.
const KNOWN: [(&str, &str, Unit); 10] = [
    ("utilization", "utilization", Unit::Fraction),
    ("throughput", "throughput", Unit::PerSecond),
    ("drop_rate", "refused", Unit::Fraction),
    ("latency_mean", "mean latency", Unit::Seconds),
    ("latency_p50", "p50 latency", Unit::Seconds),
    ("latency_p90", "p90 latency", Unit::Seconds),
    ("latency_p99", "p99 latency", Unit::Seconds),
    ("latency_p999", "p99.9 latency", Unit::Seconds),
    ("waiting_mean", "mean waiting", Unit::Seconds),
    ("in_system", "in system", Unit::Count),
];

impl Shown {
    /// The numbers of `answer`, followed by `more`.
    pub fn of(answer: &Answer, relative: bool, more: Vec<Line>) -> Self {
        let known = KNOWN.iter().filter_map(|(id, name, unit)| Some(Line::new(id, name, *unit, answer.value(id)?)));
        // An unbounded queue rejects no request; that need not be said.
        let known = known.filter(|line| line.id != "drop_rate" || line.value > 0.0);
        Self {
            model: answer.model.clone(),
            source: answer.source.to_owned(),
            lines: known.chain(more).collect(),
            relative,
        }
    }
}

/// The answer as text.
pub fn render(shown: &Shown, form: Form) -> String {
    match form {
        Form::Table => table(shown),
        Form::Json => json(shown),
    }
}

fn table(shown: &Shown) -> String {
    let mut out = format!("{}\n{}\n", shown.model, shown.source);
    if shown.relative {
        out += "times are in mean services\n";
    }
    out.push('\n');
    let numbers: Vec<String> = shown.lines.iter().map(|line| number(line, shown.relative)).collect();
    let width = shown.lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    // Aligned at the end of the digits, with the unit behind.
    let digits = |text: &str| text.split(' ').next().map_or(0, |digits| digits.chars().count());
    let widest = numbers.iter().map(|text| digits(text)).max().unwrap_or(0);
    for (line, text) in shown.lines.iter().zip(&numbers) {
        let (gap, indent) = (width - line.name.chars().count(), widest - digits(text));
        let _ = writeln!(out, "{}{:gap$}  {:indent$}{text}", line.name, "", "");
    }
    out
}

fn number(line: &Line, relative: bool) -> String {
    match line.unit {
        Unit::Seconds | Unit::PerSecond if relative => plain(line.value, 4),
        unit => with_interval(Some(line.value), None, unit),
    }
}

fn json(shown: &Shown) -> String {
    let unit = |unit: Unit| match unit {
        Unit::Seconds if shown.relative => "mean services",
        Unit::PerSecond if shown.relative => "per mean service",
        Unit::Seconds => "seconds",
        Unit::PerSecond => "per second",
        Unit::Fraction => "fraction",
        Unit::Count => "count",
    };
    let values: Vec<_> = shown
        .lines
        .iter()
        .map(|line| json!({"id": line.id, "name": line.name, "unit": unit(line.unit), "value": line.value}))
        .collect();
    format!("{:#}\n", json!({"model": shown.model, "source": shown.source, "values": values}))
}
