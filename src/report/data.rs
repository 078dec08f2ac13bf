//! Results for other programs, in the files that hold them.

use super::csv;
use crate::lab::results::Results;

/// A group of data files for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// `summary.csv`, `differences.csv`, `nodes.csv`, `replicates.csv`.
    Tables,
    /// `series.csv`.
    Series,
    /// `servers.csv`.
    Servers,
    /// `summary.json`.
    Json,
}

impl Data {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Tables, Self::Series, Self::Servers, Self::Json];

    /// The names and contents of the files; the same results give the same text.
    #[must_use]
    pub fn files(self, results: &Results) -> Vec<(&'static str, String)> {
        match self {
            Self::Tables => {
                let mut files = vec![("summary.csv", csv::summary(results))];
                if results.arms.len() > 1 {
                    files.push(("differences.csv", csv::differences(results)));
                }
                files.push(("nodes.csv", csv::nodes(results)));
                files.push(("replicates.csv", csv::replicates(results)));
                files
            }
            Self::Series => vec![("series.csv", csv::series(results))],
            Self::Servers => vec![("servers.csv", csv::servers(results))],
            Self::Json => vec![("summary.json", json_without_series(results))],
        }
    }
}

/// `summary.json`: all of the results except those in `series.csv` and `servers.csv`, on one line.
fn json_without_series(results: &Results) -> String {
    let mut results = results.clone();
    for cell in &mut results.cells {
        cell.series.clear();
        cell.nodes.iter_mut().for_each(|node| node.heat.clear());
    }
    let mut text = serde_json::to_string(&results).expect("plain data has no keys that JSON cannot write");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn what_is_left_out_of_json_is_in_the_tables() {
        let results = fixture::results();
        let read: Results = serde_json::from_str(&json_without_series(&results)).unwrap();
        assert_eq!(read.cells[0].estimates, results.cells[0].estimates);
        assert!(read.cells.iter().all(|cell| cell.series.is_empty()));
    }
}
