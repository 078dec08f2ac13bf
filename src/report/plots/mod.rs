//! Pictures of results: one file a kind, one visual language.
//!
//! The same arm has the same colour in every plot, intervals are bands or bars, theory is dashed, and the footer tells how
//! to get the picture again. Coordinates use no function of the platform, so the SVG is the same text everywhere.

mod canvas;
mod frame;
mod png;
mod scale;
mod tail;
mod theme;

use crate::lab::results::Results;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// Name of its file without the ending, unique among the plots of a run, for example "latency-tail".
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The picture as SVG, 900 pixels wide.
    pub svg: String,
}

impl Plot {
    /// The picture as the bytes of a PNG with twice the pixels.
    ///
    /// # Errors
    /// If the picture is too large for memory.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        png::rasterise(&self.svg)
    }
}

/// All plots that these results have something for, in the order in which they are best read.
#[must_use]
pub fn plots(results: &Results) -> Vec<Plot> {
    let mut plots: Vec<Plot> = Vec::new();
    plots.extend(tail::plot(results));
    plots
}

#[cfg(test)]
mod tests;
