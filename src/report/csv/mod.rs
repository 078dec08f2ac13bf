//! Tables for machines, in base units (seconds, per second, fractions from 0 to 1, counts): one kind of row a file, one
//! type a column, empty where there is no number. pandas, polars and R read them without options.
//!
//! What each column holds is documented in `book/src/files.md`; a test holds that page against the headers here.

mod differences;
mod nodes;
mod replicates;
mod series;
mod servers;
mod summary;

use ::csv::WriterBuilder;

use crate::lab::results::{Cell, Results, Stability, Unit};

pub(super) use differences::differences;
pub(super) use nodes::nodes;
pub(super) use replicates::replicates;
pub(super) use series::series;
pub(super) use servers::servers;
pub(super) use summary::summary;

/// Columns that say which cell a row belongs to.
const CELL: [&str; 3] = ["arm", "point", "point_value"];

/// A table that grows row by row.
struct Table {
    writer: ::csv::Writer<Vec<u8>>,
}

impl Table {
    fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        let mut table = Self { writer: WriterBuilder::new().from_writer(Vec::new()) };
        table.row(header);
        table
    }

    fn row<S: AsRef<[u8]>>(&mut self, fields: impl IntoIterator<Item = S>) {
        self.writer.write_record(fields).expect("every row has as many fields as the header");
    }

    fn text(self) -> String {
        let bytes = self.writer.into_inner().expect("memory takes everything");
        String::from_utf8(bytes).expect("the fields are text")
    }
}

/// The fields of [`CELL`].
fn place(results: &Results, cell: &Cell) -> [String; 3] {
    let point = results.point(cell);
    [
        results.arm(cell).to_owned(),
        point.map_or_else(String::new, |point| point.label.clone()),
        number(point.and_then(|point| point.value)),
    ]
}

fn stability(cell: &Cell) -> &'static str {
    match cell.stability {
        Stability::Stable if cell.changes => "changing",
        Stability::Stable => "stable",
        Stability::Unstable { .. } => "unstable",
        Stability::NotSettled { .. } => "not settled",
        Stability::Bimodal { .. } => "bimodal",
        Stability::Overflow { .. } => "overflow",
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::PerSecond => "1/s",
        Unit::Fraction => "fraction",
        Unit::Count => "count",
    }
}

/// The shortest digits that give back the same bits, with a decimal point so that every row of a column has the same
/// type; empty for what is not a number.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(String::new, |value| format!("{value:?}"))
}

/// Six significant digits: more than a window of a run can know, and a third of the space.
fn short(value: Option<f64>) -> String {
    let rounded = |value: f64| format!("{value:.5e}").parse::<f64>().unwrap_or(value);
    number(value.map(rounded))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{self, Shape};
    use super::*;

    fn small() -> Results {
        fixture::make(&Shape { rates: vec![900.0, 1050.0], windows: 2, servers: 2, ..Shape::default() })
    }

    fn tables(results: &Results) -> [(&'static str, String); 6] {
        [
            ("summary.csv", summary(results)),
            ("differences.csv", differences(results)),
            ("nodes.csv", nodes(results)),
            ("replicates.csv", replicates(results)),
            ("series.csv", series(results)),
            ("servers.csv", servers(results)),
        ]
    }

    #[test]
    fn tables_are_tidy() {
        let mut results = small();
        results.arms[1] = "least, \"connections\"".to_owned();
        for (name, text) in tables(&results) {
            let head: String = text.split_inclusive('\n').take(14).collect();
            insta::assert_snapshot!(name, head);
        }
    }

    #[test]
    fn numbers_survive_the_round_trip() {
        let results = fixture::results();
        let text = summary(&results);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let column = reader.headers().unwrap().iter().position(|name| name == "value").unwrap();
        let read: Vec<Option<f64>> = reader.records().map(|record| record.unwrap()[column].parse().ok()).collect();
        let expected: Vec<Option<f64>> =
            results.cells.iter().flat_map(|cell| &cell.estimates).map(|estimate| estimate.value).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn a_column_has_one_type() {
        for (name, text) in tables(&fixture::results()) {
            let mut reader = ::csv::Reader::from_reader(text.as_bytes());
            let header = reader.headers().unwrap().clone();
            let mut kinds: Vec<Vec<&str>> = vec![Vec::new(); header.len()];
            for record in reader.records() {
                for (field, kinds) in record.unwrap().iter().zip(&mut kinds) {
                    let kind = match field {
                        "" => continue,
                        "true" | "false" => "bool",
                        field if field.parse::<u64>().is_ok() => "integer",
                        field if field.parse::<f64>().is_ok_and(f64::is_finite) => "number",
                        _ => "text",
                    };
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
            }
            for (column, kinds) in header.iter().zip(&kinds) {
                assert!(kinds.len() <= 1, "{name}: {column} holds {kinds:?}");
            }
        }
    }

    #[test]
    fn every_column_is_documented() {
        let page = include_str!("../../../book/src/files.md");
        for (name, text) in tables(&fixture::results()) {
            let (_, rest) = page.split_once(&format!("## `{name}`")).unwrap_or_else(|| panic!("{name} has no section"));
            let section = rest.split("\n## ").next().unwrap_or(rest);
            for column in text.lines().next().unwrap().split(',') {
                assert!(section.contains(&format!("| `{column}` |")), "{name}: {column}");
            }
        }
    }
}
