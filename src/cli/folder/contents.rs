//! What the folder of a run holds, by name: the texts and pictures made of the results. Nothing here knows a disk.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::png::rasterise;
use super::{FolderError, go_on};
use crate::lab::results::Results;
use crate::report::{Data, Plot, plots};

/// A part of the folder of a run that may be written or left out. The manifest is always written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Files for programs.
    Data(Data),
    /// `plots/*.svg`.
    Svg,
    /// `plots/*.png`.
    Png,
}

impl Part {
    /// The default parts.
    pub const USUAL: [Self; 5] =
        [Self::Data(Data::Tables), Self::Data(Data::Series), Self::Data(Data::Json), Self::Svg, Self::Png];
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
) -> Result<Vec<(String, Vec<u8>)>, FolderError> {
    let has = |part| parts.contains(&part);
    let data = Data::ALL.into_iter().filter(|data| has(Part::Data(*data))).flat_map(|data| data.files(results));
    let texts = data.chain([("manifest.ron", manifest.to_owned())]);
    let mut files: Vec<(String, Vec<u8>)> = texts.map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    go_on(stop)?;
    let drawn = if has(Part::Svg) || has(Part::Png) { plots(results) } else { Vec::new() };
    // Rasterising takes longest; the order of the files is that of the plots.
    let pixels = |plot: &Plot| {
        go_on(stop)?;
        match has(Part::Png) {
            true => {
                rasterise(&plot.svg).map(Some).map_err(|reason| FolderError::Plot { name: plot.name.clone(), reason })
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, Shape};

    fn names(parts: &[Part]) -> Vec<String> {
        let results = fixture::make(&Shape { rates: vec![], windows: 2, servers: 2, ..Shape::default() });
        contents(&results, "m", parts, &AtomicBool::new(false)).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn only_what_is_asked_for_is_made() {
        assert_eq!(names(&[]), ["manifest.ron"]);
        assert_eq!(names(&[Part::Data(Data::Json)]), ["summary.json", "manifest.ron"]);
        assert_eq!(
            names(&[Part::Data(Data::Tables), Part::Data(Data::Series), Part::Data(Data::Servers)]),
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
}
