//! A sheet to draw on, in pixels: plotters' SVG back end with sub-pixel precision and dashes.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle};

/// Units of the back end, which knows whole numbers only, in one pixel.
const FINE: f64 = 10.0;
/// The family looked for first; the PNG is drawn with the copy of it that is built in.
pub(super) const FAMILY: &str = "Noto Sans, Helvetica, Arial, sans-serif";
/// plotters divides font sizes by this before they are written.
const PLOTTERS_FONT: f64 = 1.24;

/// A place on the sheet: pixels from the left, pixels from the top.
pub(super) type Spot = (f64, f64);

/// Which point of a text stands at its spot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    /// Height of an em in pixels.
    pub size: f64,
    /// Its colour.
    pub colour: RGBColor,
    /// Whether it is bold.
    pub bold: bool,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    /// Its colour.
    pub colour: RGBColor,
    /// 1 is solid, 0 invisible.
    pub opacity: f64,
    /// In pixels.
    pub width: f64,
    /// Its strokes and gaps; `None` is solid.
    pub dash: Option<Dash>,
}

/// Strokes and gaps of a line in turn, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dash {
    /// A stroke, a gap, a stroke and a gap.
    pub lengths: [f64; 4],
    /// How far into the pattern the line begins.
    pub phase: f64,
}

impl Dash {
    /// Equal strokes and equal gaps.
    pub const fn even(stroke: f64, gap: f64) -> Self {
        Self { lengths: [stroke, gap, stroke, gap], phase: 0.0 }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Disc,
    Square,
    Diamond,
    TriangleUp,
    TriangleDown,
    Cross,
    Plus,
}

impl Stroke {
    /// A solid line.
    pub fn new(colour: RGBColor, width: f64) -> Self {
        Self { colour, opacity: 1.0, width, dash: None }
    }

    fn style(self) -> ShapeStyle {
        ShapeStyle {
            color: self.colour.mix(self.opacity),
            filled: false,
            stroke_width: (self.width * FINE).round() as u32,
        }
    }
}

/// The sheet.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// A picture of so many pixels as SVG text. `title` is what a screen reader says.
pub(super) fn svg(width: f64, height: f64, title: &str, paint: impl FnOnce(&Canvas<'_>)) -> String {
    let mut drawn = String::new();
    {
        let size = ((width * FINE) as u32, (height * FINE) as u32);
        let canvas = Canvas { area: SVGBackend::with_string(&mut drawn, size).into_drawing_area() };
        canvas.rectangle((0.0, 0.0), (width, height), RGBColor(255, 255, 255), 1.0);
        paint(&canvas);
        done(canvas.area.present());
    }
    // The back end's own first tag knows nothing of fine units, round joints or titles.
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    let name = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" stroke-linejoin=\"round\">\n<title>{name}</title>\n{body}",
        width * FINE,
        height * FINE,
    )
}

/// Drawing into a string cannot fail.
fn done<E: std::fmt::Debug>(result: Result<(), E>) {
    result.expect("a string takes everything");
}

fn fine((x, y): Spot) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

impl Canvas<'_> {
    /// A line through all spots.
    pub fn line(&self, spots: &[Spot], stroke: Stroke) {
        if let Some(dash) = stroke.dash {
            for piece in dashes(spots, dash) {
                self.line(&piece, Stroke { dash: None, ..stroke });
            }
        } else if spots.len() > 1 {
            let path: Vec<(i32, i32)> = spots.iter().copied().map(fine).collect();
            done(self.area.draw(&PathElement::new(path, stroke.style())));
        }
    }

    /// A filled shape.
    pub fn polygon(&self, spots: &[Spot], colour: RGBColor, opacity: f64) {
        let path: Vec<(i32, i32)> = spots.iter().copied().map(fine).collect();
        done(self.area.draw(&Polygon::new(path, fill(colour, opacity))));
    }

    /// A filled rectangle between two corners.
    pub fn rectangle(&self, corner: Spot, opposite: Spot, colour: RGBColor, opacity: f64) {
        done(self.area.draw(&Rectangle::new([fine(corner), fine(opposite)], fill(colour, opacity))));
    }

    /// A filled circle.
    pub fn disc(&self, centre: Spot, radius: f64, colour: RGBColor) {
        done(self.area.draw(&Circle::new(fine(centre), (radius * FINE) as i32, fill(colour, 1.0))));
    }

    /// A circle around a spot.
    pub fn ring(&self, centre: Spot, radius: f64, colour: RGBColor) {
        self.disc(centre, radius, colour);
        self.disc(centre, radius - 1.5, RGBColor(255, 255, 255));
        self.disc(centre, 1.2, colour);
    }

    /// A point of some shape, as large as a disc of this radius.
    pub fn mark(&self, mark: Mark, (x, y): Spot, radius: f64, colour: RGBColor) {
        let r = radius;
        let polygon = |corners: &[Spot]| {
            self.polygon(&corners.iter().map(|(dx, dy)| (x + dx * r, y + dy * r)).collect::<Vec<_>>(), colour, 1.0);
        };
        let strokes = |ends: [Spot; 2]| {
            for (dx, dy) in ends {
                self.line(&[(x - dx * r, y - dy * r), (x + dx * r, y + dy * r)], Stroke::new(colour, 1.7));
            }
        };
        match mark {
            Mark::Disc => self.disc((x, y), r, colour),
            Mark::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Mark::Diamond => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
            Mark::TriangleUp => polygon(&[(0.0, -1.25), (1.2, 0.9), (-1.2, 0.9)]),
            Mark::TriangleDown => polygon(&[(0.0, 1.25), (1.2, -0.9), (-1.2, -0.9)]),
            Mark::Cross => strokes([(1.0, 1.0), (1.0, -1.0)]),
            Mark::Plus => strokes([(1.3, 0.0), (0.0, 1.3)]),
        }
    }

    /// The same with a hole; one that is made of strokes stands in a circle.
    pub fn hollow(&self, mark: Mark, spot: Spot, radius: f64, colour: RGBColor) {
        const WHITE: RGBColor = RGBColor(255, 255, 255);
        if matches!(mark, Mark::Cross | Mark::Plus) {
            self.disc(spot, radius * 1.6, colour);
            self.disc(spot, radius * 1.6 - 1.0, WHITE);
            self.mark(mark, spot, radius * 0.8, colour);
        } else {
            self.mark(mark, spot, radius * 1.2, colour);
            self.mark(mark, spot, radius * 1.2 - 1.5, WHITE);
        }
    }

    /// A text on its baseline.
    pub fn text(&self, text: &str, (x, y): Spot, anchor: Anchor, font: Font) {
        if text.is_empty() {
            return;
        }
        let h_pos = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = TextStyle {
            font: plotters::style::FontDesc::new(
                FontFamily::Name(FAMILY),
                font.size * FINE * PLOTTERS_FONT,
                if font.bold { FontStyle::Bold } else { FontStyle::Normal },
            )
            .transform(FontTransform::None),
            color: font.colour.to_backend_color(),
            pos: Pos::new(h_pos, VPos::Top),
        };
        // The back end moves a text that hangs from its top down by 0.76 em.
        let spot = fine((x, y - 0.76 * font.size));
        done(self.area.draw(&Text::new(clean(text), spot, style)));
    }
}

fn fill(colour: RGBColor, opacity: f64) -> ShapeStyle {
    RGBAColor(colour.0, colour.1, colour.2, opacity).filled()
}

/// The pieces of a line that a dash pattern leaves.
fn dashes(spots: &[Spot], dash: Dash) -> Vec<Vec<Spot>> {
    let mut pieces = Vec::new();
    // Where the line begins in the pattern.
    let (mut place, mut left) = (0, dash.lengths[0]);
    let mut skip = dash.phase;
    while skip >= left {
        skip -= left;
        place = (place + 1) % dash.lengths.len();
        left = dash.lengths[place];
    }
    left -= skip;
    let mut on = place % 2 == 0;
    let mut piece: Vec<Spot> = spots.first().copied().into_iter().collect();
    for pair in spots.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = ((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)).sqrt();
        let mut along = 0.0;
        while length - along > left {
            along += left;
            let spot = (x0 + (x1 - x0) * along / length, y0 + (y1 - y0) * along / length);
            piece.push(spot);
            if on {
                pieces.push(piece);
            }
            piece = vec![spot];
            on = !on;
            place = (place + 1) % dash.lengths.len();
            left = dash.lengths[place];
        }
        left -= length - along;
        piece.push((x1, y1));
    }
    if on && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// A text as XML writes it.
pub(super) fn escape(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;")
}

/// A text without characters that XML forbids.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_their_share_of_the_line() {
        let pieces = dashes(&[(0.0, 0.0), (30.0, 0.0), (30.0, 55.0)], Dash::even(5.0, 3.5));
        let length = |piece: &Vec<Spot>| -> f64 {
            piece.windows(2).map(|pair| (pair[1].0 - pair[0].0).abs() + (pair[1].1 - pair[0].1).abs()).sum()
        };
        assert_eq!(pieces.len(), 10);
        assert!((pieces.iter().map(length).sum::<f64>() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn stripes_of_lines_on_top_of_each_other_leave_no_gap_and_do_not_overlap() {
        let line = [(0.0, 0.0), (84.0, 0.0)];
        let mut covered: Vec<(f64, f64)> = (0..3)
            .flat_map(|k| dashes(&line, Dash { phase: 14.0 - 7.0 * f64::from(k), ..Dash::even(7.0, 14.0) }))
            .map(|piece| (piece[0].0, piece[piece.len() - 1].0))
            .collect();
        covered.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!((covered[0].0, covered[covered.len() - 1].1), (0.0, 84.0));
        assert!(covered.windows(2).all(|pair| (pair[0].1 - pair[1].0).abs() < 1e-9), "{covered:?}");
    }
}
