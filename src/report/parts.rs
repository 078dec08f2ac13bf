//! What the folder of a run holds, by name: the texts and pictures made of the results. Nothing here knows a disk.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::files::go_on;
use super::{Plot, ReportError, csv, plots};
use crate::lab::results::Results;

/// A part of the folder of a run that may be written or left out. The manifest is always written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `summary.csv`, `differences.csv`, `nodes.csv`, `replicates.csv`.
    Tables,
    /// `series.csv`.
    Series,
    /// `servers.csv`.
    Servers,
    /// `summary.json`.
    Json,
    /// `plots/*.svg`.
    Svg,
    /// `plots/*.png`.
    Png,
}

impl Part {
    /// What is written where nothing else is said.
    pub const USUAL: [Self; 5] = [Self::Tables, Self::Series, Self::Json, Self::Svg, Self::Png];
}

/// The files of a run, each with its path inside the folder; the same bytes for the same results, on any number of threads.
///
/// # Errors
/// A plot cannot be turned into pixels, or `stop` is set.
pub(super) fn contents(
    results: &Results,
    manifest: &str,
    parts: &[Part],
    stop: &AtomicBool,
) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let mut files = Vec::new();
    let mut file = |name: &str, text: String| files.push((name.to_owned(), text.into_bytes()));
    let has = |part| parts.contains(&part);
    if has(Part::Tables) {
        file("summary.csv", csv::summary(results));
        if results.arms.len() > 1 {
            file("differences.csv", csv::differences(results));
        }
        file("nodes.csv", csv::nodes(results));
        file("replicates.csv", csv::replicates(results));
    }
    if has(Part::Series) {
        file("series.csv", csv::series(results));
    }
    if has(Part::Servers) {
        file("servers.csv", csv::servers(results));
    }
    if has(Part::Json) {
        file("summary.json", json_without_series(results));
    }
    file("manifest.ron", manifest.to_owned());
    go_on(stop)?;
    let drawn = if has(Part::Svg) || has(Part::Png) { plots(results) } else { Vec::new() };
    // Rasterising takes longest; the order of the files is that of the plots.
    let pixels = |plot: &Plot| {
        go_on(stop)?;
        match has(Part::Png) {
            true => plot.png().map(Some).map_err(|reason| ReportError::Plot { name: plot.name.clone(), reason }),
            false => Ok(None),
        }
    };
    let pixels: Result<Vec<_>, _> = drawn.par_iter().map(pixels).collect();
    for (plot, png) in drawn.into_iter().zip(pixels?) {
        if has(Part::Svg) {
            files.push((format!("plots/{}.svg", plot.name), plot.svg.into_bytes()));
        }
        files.extend(png.map(|png| (format!("plots/{}.png", plot.name), png)));
    }
    Ok(files)
}

/// `summary.json`: all of the results but what is in `series.csv` and `servers.csv`, on one line.
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
    use super::super::fixture::{self, Shape};
    use super::*;

    fn names(parts: &[Part]) -> Vec<String> {
        let results = fixture::make(&Shape { rates: vec![], windows: 2, servers: 2, ..Shape::default() });
        contents(&results, "m", parts, &AtomicBool::new(false)).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn only_what_is_asked_for_is_made() {
        assert_eq!(names(&[]), ["manifest.ron"]);
        assert_eq!(names(&[Part::Json]), ["summary.json", "manifest.ron"]);
        assert_eq!(
            names(&[Part::Tables, Part::Series, Part::Servers]),
            [
                "summary.csv",
                "differences.csv",
                "nodes.csv",
                "replicates.csv",
                "series.csv",
                "servers.csv",
                "manifest.ron"
            ]
        );
        assert!(names(&[Part::Svg]).iter().skip(1).all(|name| name.ends_with(".svg")));
        assert!(names(&[Part::Png]).iter().skip(1).all(|name| name.ends_with(".png")));
    }

    #[test]
    fn what_is_left_out_of_json_is_in_the_tables() {
        let results = fixture::results();
        let read: Results = serde_json::from_str(&json_without_series(&results)).unwrap();
        assert_eq!(read.cells[0].estimates, results.cells[0].estimates);
        assert!(read.cells.iter().all(|cell| cell.series.is_empty()));
    }
}
