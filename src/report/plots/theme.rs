//! One visual language: colours, sizes and type of every plot.

use plotters::style::RGBColor;

use super::canvas::{Dash, Font, Mark, Stroke};

/// Width of every picture in pixels; the PNG has twice as many.
pub(super) const WIDTH: f64 = 900.0;
/// Height of a picture, unless what it shows needs more.
pub(super) const HEIGHT: f64 = 560.0;
/// Space between the edge of the sheet and anything on it.
pub(super) const MARGIN: f64 = 28.0;

/// Text.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Text of second rank.
pub(super) const GREY: RGBColor = RGBColor(0x5F, 0x63, 0x68);
/// Text that is there for whoever looks for it.
pub(super) const FAINT: RGBColor = RGBColor(0x8A, 0x8D, 0x91);
/// Axes.
pub(super) const AXIS: RGBColor = RGBColor(0xB4, 0xB7, 0xBA);
/// Grid.
pub(super) const GRID: RGBColor = RGBColor(0xE9, 0xEB, 0xED);
/// Areas that stand apart: warm-up, unstable.
pub(super) const SHADE: RGBColor = RGBColor(0xF4, 0xF5, 0xF6);

/// A time in which something was wrong.
pub(super) const TROUBLE: RGBColor = RGBColor(0xFC, 0xE8, 0xD5);
/// Where it begins and ends.
pub(super) const TROUBLE_EDGE: RGBColor = RGBColor(0xE3, 0xB5, 0x8A);

/// Opacity of interval bands: fainter where many lie upon each other.
pub(super) fn band(arms: usize) -> f64 {
    if arms > 5 { 0.07 } else { 0.16 }
}

/// The title of a plot.
pub(super) const TITLE: Font = Font { size: 17.0, colour: INK, bold: true };
/// The subtitle of a plot.
pub(super) const SUBTITLE: Font = Font { size: 12.5, colour: GREY, bold: false };
/// Names of axes and panels.
pub(super) const AXIS_NAME: Font = Font { size: 12.0, colour: INK, bold: false };
/// Tick labels.
pub(super) const TICK: Font = Font { size: 11.0, colour: GREY, bold: false };
/// Names of arms.
pub(super) const LABEL: Font = Font { size: 12.0, colour: INK, bold: false };
/// The last line.
pub(super) const FOOTER: Font = Font { size: 10.0, colour: FAINT, bold: false };

/// The colour of an arm, the same in every plot.
///
/// The first seven are those of Okabe and Ito (2008, Color Universal Design), the lighter ones darkened until a thin
/// line stands out on white; the next six from Paul Tol's "muted" scheme (SRON/EPS/TN/09-002), and a brown. After
/// fourteen they begin again.
pub(super) fn arm(arm: usize) -> RGBColor {
    const COLOURS: [RGBColor; 14] = [
        RGBColor(0x00, 0x72, 0xB2), // blue
        RGBColor(0xD5, 0x5E, 0x00), // vermilion
        RGBColor(0x00, 0x8F, 0x68), // bluish green
        RGBColor(0xB8, 0x4A, 0x8C), // reddish purple
        RGBColor(0xC4, 0x86, 0x00), // orange
        RGBColor(0x35, 0xA0, 0xDC), // sky blue
        RGBColor(0x4D, 0x4D, 0x4D), // black
        RGBColor(0x88, 0x22, 0x55), // wine
        RGBColor(0x8A, 0x8A, 0x1F), // olive
        RGBColor(0x33, 0x22, 0x88), // indigo
        RGBColor(0x11, 0x77, 0x33), // green
        RGBColor(0xCC, 0x66, 0x77), // rose
        RGBColor(0x2E, 0x8B, 0x7D), // teal
        RGBColor(0x8C, 0x51, 0x0A), // brown
    ];
    COLOURS[arm % COLOURS.len()]
}

/// The line of an arm: solid for the first seven, then with long dashes, then with dashes and dots, so that arms can be
/// told apart without colour.
pub(super) fn line(arm_number: usize, width: f64) -> Stroke {
    const DASHES: [Option<Dash>; 3] =
        [None, Some(Dash::even(11.0, 3.0)), Some(Dash { lengths: [9.0, 3.0, 2.0, 3.0], phase: 0.0 })];
    Stroke { dash: DASHES[arm_number / 7 % DASHES.len()], ..Stroke::new(arm(arm_number), width) }
}

/// The shape of an arm's points.
pub(super) fn mark(arm_number: usize) -> Mark {
    const MARKS: [Mark; 7] =
        [Mark::Disc, Mark::Square, Mark::TriangleUp, Mark::Diamond, Mark::TriangleDown, Mark::Plus, Mark::Cross];
    // Shifted by one each round, so that the shape differs too where lines have the same dashes.
    MARKS[(arm_number + arm_number / MARKS.len()) % MARKS.len()]
}

/// The line of a measured quantity.
pub(super) fn measured(arm: usize) -> Stroke {
    line(arm, 1.9)
}

/// Short dashes: theory, and what a panel says is dashed.
pub(super) const DASHED: Dash = Dash::even(4.0, 3.5);

/// The line of what theory says.
pub(super) fn theory(colour: RGBColor) -> Stroke {
    Stroke { dash: Some(DASHED), ..Stroke::new(colour, 1.2) }
}

/// The colour of a share from 0 to 1: pale yellow through green to deep blue, ever darker (ColorBrewer's YlGnBu).
pub(super) fn heat(share: f64) -> RGBColor {
    const STOPS: [(f64, f64, f64); 7] = [
        (255.0, 255.0, 229.0),
        (225.0, 243.0, 190.0),
        (161.0, 218.0, 180.0),
        (80.0, 180.0, 195.0),
        (42.0, 125.0, 184.0),
        (37.0, 72.0, 150.0),
        (12.0, 27.0, 84.0),
    ];
    let place = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 } * (STOPS.len() - 1) as f64;
    let below = (place as usize).min(STOPS.len() - 2);
    let (a, b, t) = (STOPS[below], STOPS[below + 1], place - below as f64);
    let mix = |a: f64, b: f64| (a + (b - a) * t).round() as u8;
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}
