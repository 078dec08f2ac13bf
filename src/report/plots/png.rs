//! From SVG to pixels, with built-in fonts only.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

use super::canvas::options;

/// Pixels of the PNG for one of the SVG.
const ZOOM: f32 = 2.0;

/// The bytes of a PNG.
pub(super) fn rasterise(svg: &str) -> Result<Vec<u8>, String> {
    let tree = Tree::from_str(svg, &options()).map_err(|error| error.to_string())?;
    let size = tree.size();
    let (width, height) = ((size.width() * ZOOM) as u32, (size.height() * ZOOM) as u32);
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| format!("{width} x {height} pixels are too many or too few"))?;
    resvg::render(&tree, Transform::from_scale(ZOOM, ZOOM), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}
