//! What every plot has around its data: title, footer, axes, grid and names of arms.

use super::Plot;
use super::canvas::{Anchor, Canvas, Font, Spot, Stroke, fit, svg, text_width};
use super::scale::Scale;
use super::theme;
use crate::lab::results::{Results, Trouble, Unit};
use crate::report::summary::method;

/// Where the part below title and subtitle begins.
pub(super) const TOP: f64 = 70.0;
/// Height of the footer with the space above it.
const FOOT: f64 = 34.0;
/// Pixels names of arms may take at the right.
const NAMES: f64 = 190.0;
/// Pixels between two names of arms.
const LEADING: f64 = 17.0;

/// A rectangle in which data is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    /// Pixel of its left edge.
    pub left: f64,
    /// Pixel of its upper edge.
    pub top: f64,
    /// Pixel of its right edge.
    pub right: f64,
    /// Pixel of its lower edge.
    pub bottom: f64,
}

impl Area {
    /// Left and right.
    pub fn x(self) -> (f64, f64) {
        (self.left, self.right)
    }

    /// Bottom and top: greater numbers stand higher.
    pub fn y(self) -> (f64, f64) {
        (self.bottom, self.top)
    }
}

/// A plot with title, subtitle and footer; `paint` gets what is between.
pub(super) fn page(
    results: &Results,
    name: String,
    subtitle: &str,
    height: f64,
    paint: impl FnOnce(&Canvas<'_>, Area),
) -> Plot {
    let title = format!("{}: {subtitle}", results.title);
    let inner = Area { left: theme::MARGIN, top: TOP, right: theme::WIDTH - theme::MARGIN, bottom: height - FOOT };
    let svg = svg(theme::WIDTH, height, &title, |canvas| {
        let say = |text: &str, y: f64, font: Font| {
            canvas.text(&fit(text, font, inner.right - inner.left), (inner.left, y), Anchor::Start, font);
        };
        say(&results.title, 33.0, theme::TITLE);
        say(subtitle, 53.0, theme::SUBTITLE);
        say(&format!("rushhour {} · {}", results.version, method(results)), height - 13.0, theme::FOOTER);
        paint(canvas, inner);
    });
    Plot { name, title: subtitle.to_owned(), svg }
}

/// Pixels the names of all arms take at the right of a plot; none if there is one arm only.
pub(super) fn names_width(results: &Results) -> f64 {
    if results.arms.len() < 2 {
        return 0.0;
    }
    let widest = results.arms.iter().map(|arm| text_width(arm, theme::LABEL)).fold(0.0, f64::max);
    widest.min(NAMES) + 34.0
}

/// Names of arms at the right, each as near to where its line ends as the others allow.
pub(super) fn names(canvas: &Canvas<'_>, results: &Results, area: Area, ends: &[(usize, f64)]) {
    if results.arms.len() < 2 {
        return;
    }
    let mut ends = ends.to_vec();
    ends.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let rows = spread(&ends.iter().map(|end| end.1).collect::<Vec<_>>(), area.top + 4.0, area.bottom - 4.0);
    for ((arm, _), y) in ends.iter().zip(rows) {
        let colour = theme::arm(*arm);
        let left = area.right + 10.0;
        canvas.line(&[(left, y), (left + 14.0, y)], Stroke::new(colour, 2.6));
        let text = fit(&results.arms[*arm], theme::LABEL, NAMES);
        canvas.text(&text, (left + 20.0, y + 4.2), Anchor::Start, Font { colour, ..theme::LABEL });
    }
}

/// Ascending heights moved apart until a line of text fits between neighbours.
fn spread(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let gap = LEADING.min((bottom - top) / wanted.len().max(2).saturating_sub(1) as f64);
    let mut rows: Vec<f64> = wanted.iter().map(|y| y.clamp(top, bottom)).collect();
    // Groups that touch move apart around their common middle, so no name wanders far.
    for _ in 0..64 {
        let mut moved = false;
        for k in 1..rows.len() {
            let lack = gap - (rows[k] - rows[k - 1]);
            if lack > 0.01 {
                rows[k - 1] -= lack / 2.0;
                rows[k] += lack / 2.0;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut least = top;
    for y in &mut rows {
        *y = y.max(least);
        least = *y + gap;
    }
    let mut most = bottom;
    for y in rows.iter_mut().rev() {
        *y = y.min(most);
        most = *y - gap;
    }
    rows
}

/// Pixels the tick labels of a vertical axis take at its left.
pub(super) fn ticks_width(labels: &[String]) -> f64 {
    labels.iter().map(|label| text_width(label, theme::TICK)).fold(0.0, f64::max) + 8.0
}

/// A vertical axis: grid, tick labels, and its name so many pixels above.
pub(super) fn y_axis(canvas: &Canvas<'_>, area: Area, scale: &Scale, unit: Unit, name: &str, above: f64) {
    let (labels, symbol) = scale.labels(unit);
    for (tick, label) in scale.ticks.iter().zip(&labels) {
        let y = scale.at(*tick);
        canvas.line(&[(area.left, y), (area.right, y)], Stroke::new(theme::GRID, 1.0));
        canvas.text(label, (area.left - 7.0, y + 3.9), Anchor::End, theme::TICK);
    }
    let name = if symbol.is_empty() { name.to_owned() } else { format!("{name} ({symbol})") };
    let name = fit(&name, theme::AXIS_NAME, area.right - theme::MARGIN);
    canvas.text(&name, (theme::MARGIN, area.top - above), Anchor::Start, theme::AXIS_NAME);
}

/// A horizontal axis: line, ticks, labels that do not touch, and its name below.
pub(super) fn x_axis(canvas: &Canvas<'_>, area: Area, ticks: &[(f64, String)], name: &str, grid: bool) {
    let bottom = area.bottom;
    for (x, _) in ticks.iter().filter(|_| grid) {
        canvas.line(&[(*x, area.top), (*x, bottom)], Stroke::new(theme::GRID, 1.0));
    }
    canvas.line(&[(area.left, bottom), (area.right, bottom)], Stroke::new(theme::AXIS, 1.2));
    let mut free = f64::NEG_INFINITY;
    for (x, label) in ticks {
        canvas.line(&[(*x, bottom), (*x, bottom + 4.0)], Stroke::new(theme::AXIS, 1.2));
        let label = fit(label, theme::TICK, 110.0);
        let half = text_width(&label, theme::TICK) / 2.0;
        // A label at the edge of the sheet moves inwards rather than be cut.
        let centre = x.min(theme::WIDTH - 6.0 - half);
        if centre - half > free {
            canvas.text(&label, (centre, bottom + 17.0), Anchor::Middle, theme::TICK);
            free = centre + half + 8.0;
        }
    }
    canvas.text(
        &fit(name, theme::AXIS_NAME, area.right - area.left),
        (f64::midpoint(area.left, area.right), bottom + 37.0),
        Anchor::Middle,
        theme::AXIS_NAME,
    );
}

/// Shades the warm-up.
pub(super) fn warm_up(canvas: &Canvas<'_>, area: Area, x: &Scale, until: f64) {
    if until > 0.0 {
        canvas.rectangle((area.left, area.top), (x.at(until), area.bottom), theme::SHADE, 1.0);
    }
}

/// Tints the times in which something was wrong, each once; one that lasts goes on to `last`.
pub(super) fn troubles(canvas: &Canvas<'_>, area: Area, x: &Scale, troubles: impl Iterator<Item = Trouble>, last: f64) {
    let mut drawn: Vec<Trouble> = Vec::new();
    for trouble in troubles.filter(|trouble| trouble.start < last) {
        if drawn.contains(&trouble) {
            continue;
        }
        let (from, to) = (x.at(trouble.start), x.at(trouble.end.unwrap_or(last).min(last)));
        canvas.rectangle((from, area.top), (to.max(from + 1.0), area.bottom), theme::TROUBLE, 1.0);
        for edge in [Some(from), trouble.end.filter(|end| *end <= last).map(|_| to)].into_iter().flatten() {
            canvas.line(&[(edge, area.top), (edge, area.bottom)], Stroke::new(theme::TROUBLE_EDGE, 1.0));
        }
        drawn.push(trouble);
    }
}

/// Ticks of a scale with their labels, and the name of its axis with the unit.
pub(super) fn ticks(scale: &Scale, unit: Unit, name: &str) -> (Vec<(f64, String)>, String) {
    let (labels, symbol) = scale.labels(unit);
    let name = if symbol.is_empty() { name.to_owned() } else { format!("{name} ({symbol})") };
    (scale.ticks.iter().map(|tick| scale.at(*tick)).zip(labels).collect(), name)
}

/// A line with gaps where there is no number; a lone point is a dot. The band is the interval around it.
pub(super) fn curve(canvas: &Canvas<'_>, points: &[Option<Reading>], stroke: Stroke, band_opacity: f64) {
    for run in points.split(Option::is_none) {
        let run: Vec<Reading> = run.iter().copied().flatten().collect();
        let edge = |pick: fn(&Reading) -> f64| run.iter().map(move |reading| (reading.x, pick(reading)));
        if run.len() > 1 && run.iter().any(|reading| reading.high != reading.low) {
            let band: Vec<Spot> = edge(|reading| reading.high)
                .chain(edge(|reading| reading.low).collect::<Vec<_>>().into_iter().rev())
                .collect();
            canvas.polygon(&band, stroke.colour, band_opacity);
        }
        match &run[..] {
            [] => {}
            [lone] => {
                whisker(canvas, *lone, stroke);
                canvas.disc((lone.x, lone.y), stroke.width + 0.8, stroke.colour);
            }
            _ => canvas.line(&edge(|reading| reading.y).collect::<Vec<_>>(), stroke),
        }
    }
}

/// A vertical bar for the interval of a lone point.
fn whisker(canvas: &Canvas<'_>, reading: Reading, stroke: Stroke) {
    canvas.line(&[(reading.x, reading.high), (reading.x, reading.low)], Stroke { opacity: 0.5, ..stroke });
}

/// A number with its interval, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// From the left.
    pub x: f64,
    /// The number itself, from the top.
    pub y: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Reading {
    /// A value and its half-width on a scale; `None` if there is no number.
    pub fn new(x: f64, value: Option<f64>, half_width: Option<f64>, scale: &Scale) -> Option<Self> {
        let value = value.filter(|value| value.is_finite() && (*value > 0.0 || !scale.is_log()))?;
        let half = half_width.filter(|half| half.is_finite()).unwrap_or(0.0);
        Some(Self { x, y: scale.at(value), low: scale.at(value - half), high: scale.at(value + half) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_touch_and_stay_inside() {
        for wanted in [vec![50.0, 50.0, 50.0], vec![0.0, 1.0, 99.0, 100.0], vec![-50.0, 400.0]] {
            let rows = spread(&wanted, 0.0, 100.0);
            assert!(rows.windows(2).all(|pair| pair[1] - pair[0] >= LEADING - 0.1), "{rows:?}");
            assert!(rows[0] >= 0.0 && *rows.last().unwrap() <= 100.0, "{rows:?}");
        }
        assert_eq!(spread(&[], 0.0, 1.0), Vec::<f64>::new());
        assert_eq!(spread(&[20.0, 80.0], 0.0, 100.0), [20.0, 80.0]);
    }
}
