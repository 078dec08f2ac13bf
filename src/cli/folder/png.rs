//! From SVG to pixels, with built-in fonts only.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

use crate::report::plots::letters::options;

/// Pixels of the PNG for one of the SVG.
const ZOOM: f32 = 2.0;

/// The picture as the bytes of a PNG with twice the pixels.
///
/// # Errors
/// The text is no SVG, or the picture is too large for memory.
pub(super) fn rasterise(svg: &str) -> Result<Vec<u8>, String> {
    let tree = Tree::from_str(svg, &options()).map_err(|error| error.to_string())?;
    let size = tree.size();
    let (width, height) = ((size.width() * ZOOM) as u32, (size.height() * ZOOM) as u32);
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| format!("{width} x {height} pixels are too many or too few"))?;
    resvg::render(&tree, Transform::from_scale(ZOOM, ZOOM), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shapes;
    use crate::report::plots;

    #[test]
    fn every_plot_renders_to_png() {
        for (name, mut results) in shapes() {
            // Plots of one kind are alike: two measures will do.
            results.cells.iter_mut().for_each(|cell| cell.estimates.retain(|estimate| estimate.id.contains("p99")));
            for plot in plots(&results) {
                // A missing font or a bad number would be an error or nothing drawn.
                let png = rasterise(&plot.svg).unwrap();
                assert!(png.starts_with(b"\x89PNG") && png.len() > 5000, "{name} {}", plot.name);
            }
        }
    }

    /// `cargo test --lib gallery -- --ignored` draws all shapes into the temporary folder of the system, to be looked at.
    #[test]
    #[ignore = "for the eye: writes pictures into the temporary folder"]
    fn gallery() {
        for (name, results) in shapes() {
            let folder = std::env::temp_dir().join("rushhour-gallery").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            for plot in plots(&results) {
                std::fs::write(folder.join(format!("{}.svg", plot.name)), &plot.svg).unwrap();
                std::fs::write(folder.join(format!("{}.png", plot.name)), rasterise(&plot.svg).unwrap()).unwrap();
            }
        }
    }
}
