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
    encode(&draw(svg)?).map_err(|error| error.to_string())
}

fn draw(svg: &str) -> Result<Pixmap, String> {
    let tree = Tree::from_str(svg, &options()).map_err(|error| error.to_string())?;
    let size = tree.size();
    let (width, height) = ((size.width() * ZOOM) as u32, (size.height() * ZOOM) as u32);
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| format!("{width} x {height} pixels are too many or too few"))?;
    resvg::render(&tree, Transform::from_scale(ZOOM, ZOOM), &mut pixels.as_mut());
    Ok(pixels)
}

/// The pixels in a file, without the opacity that all of them have in common. To compress with the least effort takes a
/// seventh of the time, and files are a fifth larger: most rows are like the one above, and that is found without a filter.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    // A picture that lets something shine through has colours of another meaning.
    if pixels.pixels().iter().any(|pixel| !pixel.is_opaque()) {
        return pixels.encode_png();
    }
    let mut colours = Vec::with_capacity(pixels.data().len() / 4 * 3);
    pixels.data().chunks_exact(4).for_each(|pixel| colours.extend_from_slice(&pixel[..3]));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_deflate_compression(png::DeflateCompression::Level(1));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colours)?;
    writer.finish()?;
    Ok(file)
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

    /// The pixels that a file holds.
    fn decode(file: &[u8]) -> (u32, u32, Vec<[u8; 4]>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        let pixels = match frame.color_type {
            png::ColorType::Rgb => bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect(),
            png::ColorType::Rgba => bytes.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect(),
            other => panic!("{other:?}"),
        };
        (frame.width, frame.height, pixels)
    }

    #[test]
    fn a_file_holds_the_pixels_that_were_drawn() {
        let shapes = "<rect width='50' height='40' fill='#1f77b4'/><circle cx='60' cy='30' r='20' opacity='0.3'/>";
        let picture =
            |back: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' width='90' height='60'>{back}{shapes}</svg>");
        for svg in [picture("<rect width='90' height='60' fill='white'/>"), picture("")] {
            let drawn = draw(&svg).unwrap();
            let (ours, best) = (encode(&drawn).unwrap(), drawn.encode_png().unwrap());
            assert_eq!(decode(&ours), decode(&best));
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
