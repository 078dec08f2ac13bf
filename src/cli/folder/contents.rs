//! The contents of the folder of a run, by name: the texts and pictures made of the results. Writing to a disk does not
//! belong here.

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

/// The path of a file inside the folder, and what it holds.
type File = (String, Vec<u8>);

/// The files of a run; the same bytes in the same order for the same results, on any number of threads.
///
/// # Errors
/// A plot cannot be turned into pixels, or `stop` is set.
pub(super) fn contents(
    results: &Results,
    manifest: &str,
    parts: &[Part],
    stop: &AtomicBool,
) -> Result<Vec<File>, FolderError> {
    let (mut files, pictures) = rayon::join(|| data(results, parts), || pictures(results, parts, stop));
    files.push(("manifest.ron".to_owned(), manifest.to_owned().into_bytes()));
    files.extend(pictures?);
    Ok(files)
}

/// The files for programs.
fn data(results: &Results, parts: &[Part]) -> Vec<File> {
    let asked: Vec<Data> = Data::ALL.into_iter().filter(|data| parts.contains(&Part::Data(*data))).collect();
    let texts = asked.par_iter().flat_map_iter(|data| data.files(results));
    texts.map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
}

/// The plots as SVG, as PNG or both.
fn pictures(results: &Results, parts: &[Part], stop: &AtomicBool) -> Result<Vec<File>, FolderError> {
    let [svg, png] = [Part::Svg, Part::Png].map(|part| parts.contains(&part));
    go_on(stop)?;
    let drawn = if svg || png { plots(results) } else { Vec::new() };
    let pixels = |plot: &Plot| {
        go_on(stop)?;
        rasterise(&plot.svg).map_err(|reason| FolderError::Plot { name: plot.name.clone(), reason })
    };
    // Rasterising takes longest; the order of the files is that of the plots.
    let rasterised = drawn.par_iter().map(|plot| png.then(|| pixels(plot)).transpose());
    let rasterised: Vec<Option<Vec<u8>>> = rasterised.collect::<Result<_, _>>()?;
    let mut files = Vec::new();
    for (plot, png) in drawn.into_iter().zip(rasterised) {
        if svg {
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
