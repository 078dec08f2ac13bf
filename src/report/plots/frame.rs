//! The parts around the data of every plot: title, footer, axes, grid and names of arms.

use super::Plot;
use super::canvas::{Anchor, Canvas, Dash, Font, Spot, Stroke, svg};
use super::letters::{fit, text_width};
use super::scale::Scale;
use super::theme;
use crate::lab::results::{Results, Trouble, Unit};
use crate::report::summary::method;

/// Where the part below title and subtitle begins.
pub(super) const TOP: f64 = 70.0;
/// Height of the footer with the space above it.
const FOOT: f64 = 34.0;
/// Pixels names of arms may take at the right.
const NAMES: f64 = 260.0;
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
    widest.min(NAMES) + SAMPLE + 20.0
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
        sample(canvas, *arm, (left, y));
        let text = fit(&results.arms[*arm], theme::LABEL, NAMES);
        canvas.text(&text, (left + SAMPLE + 6.0, y + 4.2), Anchor::Start, Font { colour, ..theme::LABEL });
    }
}

/// Pixels of a sample of a line beside its name.
const SAMPLE: f64 = 22.0;

/// A sample of an arm's line with its mark, from here to the right.
fn sample(canvas: &Canvas<'_>, arm: usize, (x, y): Spot) {
    canvas.line(&[(x, y), (x + SAMPLE, y)], theme::line(arm, 2.2));
    canvas.mark(theme::mark(arm), (x + SAMPLE / 2.0, y), 3.2, theme::arm(arm));
}

/// Lines that lie upon each other in turns: all vertices of the shorter are less than a pixel from vertices of the longer.
/// The stroke of each, so that all of them are seen: the first is whole, the others leave gaps in which it shows.
pub(super) fn in_turns(lines: &[(Vec<Spot>, Stroke)]) -> Vec<Stroke> {
    const STRIPE: f64 = 9.0;
    let near = |a: &Spot, b: &Spot| (a.0 - b.0).abs() < 1.0 && (a.1 - b.1).abs() < 1.0;
    let same = |a: &[Spot], b: &[Spot]| {
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        short.len() > 1 && short.iter().all(|spot| long.iter().any(|other| near(spot, other)))
    };
    let first_of: Vec<usize> =
        (0..lines.len()).map(|k| (0..k).find(|&other| same(&lines[other].0, &lines[k].0)).unwrap_or(k)).collect();
    let stripe = |k: usize| {
        let (stroke, first) = (lines[k].1, first_of[k]);
        let together = first_of.iter().filter(|other| **other == first).count() as f64;
        if first == k {
            // Whole, or the gaps of all would be empty.
            return if together > 1.0 { Stroke { dash: None, ..stroke } } else { stroke };
        }
        let place = first_of[..k].iter().filter(|other| **other == first).count() as f64;
        let dash = Dash { phase: STRIPE * (together - place), ..Dash::even(STRIPE, STRIPE * (together - 1.0)) };
        Stroke { dash: Some(dash), ..stroke }
    };
    (0..lines.len()).map(stripe).collect()
}

/// Marks along a line of many points, where there are so many arms that colours alone do not tell them apart; each arm
/// begins elsewhere.
pub(super) fn marks(canvas: &Canvas<'_>, arm: usize, arms: usize, line: &[Spot]) {
    const FEW: usize = 4;
    const EVERY: f64 = 110.0;
    if arms <= FEW {
        return;
    }
    let mut left = 20.0 + EVERY * (arm % 5) as f64 / 5.0;
    for pair in line.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        left -= ((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)).sqrt();
        if left <= 0.0 {
            canvas.mark(theme::mark(arm), (x1, y1), 3.2, theme::arm(arm));
            left = EVERY;
        }
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
    let name = axis_name(name, symbol, scale.is_log());
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
    // A label is cut only where it would be wider than the axis has room for each.
    let room = ((area.right - area.left) / ticks.len().max(1) as f64 - 8.0).max(110.0);
    let labels: Vec<(f64, f64, String)> = ticks
        .iter()
        .map(|(x, label)| {
            canvas.line(&[(*x, bottom), (*x, bottom + 4.0)], Stroke::new(theme::AXIS, 1.2));
            let label = fit(label, theme::TICK, room);
            let half = text_width(&label, theme::TICK) / 2.0;
            // A label at the edge of the sheet moves inwards rather than be cut.
            (x.min(theme::WIDTH - 6.0 - half), half, label)
        })
        .collect();
    for place in labelled(&labels.iter().map(|(centre, half, _)| (*centre, *half)).collect::<Vec<_>>()) {
        let (centre, _, label) = &labels[place];
        canvas.text(label, (*centre, bottom + 17.0), Anchor::Middle, theme::TICK);
    }
    canvas.text(
        &fit(name, theme::AXIS_NAME, area.right - area.left),
        (f64::midpoint(area.left, area.right), bottom + 37.0),
        Anchor::Middle,
        theme::AXIS_NAME,
    );
}

/// Which of the labels, by centre and half of the width, are written so that none touches another: the last one always, the
/// others from the left as they fit.
fn labelled(labels: &[(f64, f64)]) -> Vec<usize> {
    const SPACE: f64 = 8.0;
    let Some((&last, others)) = labels.split_last() else { return Vec::new() };
    let (mut free, mut written) = (f64::NEG_INFINITY, Vec::new());
    for (place, &(centre, half)) in others.iter().enumerate() {
        if centre - half > free && centre + half + SPACE <= last.0 - last.1 {
            written.push(place);
            free = centre + half + SPACE;
        }
    }
    written.push(others.len());
    written
}

/// Shades the warm-up.
pub(super) fn warm_up(canvas: &Canvas<'_>, area: Area, x: &Scale, until: f64) {
    if until > 0.0 {
        canvas.rectangle((area.left, area.top), (x.at(until), area.bottom), theme::SHADE, 1.0);
    }
}

/// Tints the times of troubles, each once; one that does not end is drawn up to `last`.
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

/// The name of an axis with its unit, and whether equal steps are equal factors.
pub(super) fn axis_name(name: &str, symbol: &str, log: bool) -> String {
    let notes: Vec<&str> = [symbol, if log { "log scale" } else { "" }].into_iter().filter(|s| !s.is_empty()).collect();
    if notes.is_empty() { name.to_owned() } else { format!("{name} ({})", notes.join(", ")) }
}

/// Ticks of a scale with their labels, and the name of its axis with the unit.
pub(super) fn ticks(scale: &Scale, unit: Unit, name: &str) -> (Vec<(f64, String)>, String) {
    let (labels, symbol) = scale.labels(unit);
    let name = axis_name(name, symbol, scale.is_log());
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

/// The line through readings, for [`in_turns`].
pub(super) fn spots(points: &[Option<Reading>]) -> Vec<Spot> {
    points.iter().flatten().map(|reading| (reading.x, reading.y)).collect()
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
    /// A value and the ends of its interval on a scale; `None` if there is no number.
    pub fn new(x: f64, value: Option<f64>, (low, high): (f64, f64), scale: &Scale) -> Option<Self> {
        let value = value.filter(|value| value.is_finite() && (*value > 0.0 || !scale.is_log()))?;
        Some(Self { x, y: scale.at(value), low: scale.at(low), high: scale.at(high) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tick_always_has_its_label() {
        assert_eq!(labelled(&[(0.0, 10.0), (100.0, 10.0), (110.0, 10.0)]), [0, 2]);
        assert_eq!(labelled(&[(0.0, 10.0), (50.0, 10.0), (100.0, 10.0)]), [0, 1, 2]);
        assert_eq!(labelled(&[(5.0, 10.0)]), [0]);
        assert_eq!(labelled(&[]), [] as [usize; 0]);
    }

    #[test]
    fn lines_upon_each_other_are_drawn_in_turns() {
        let stroke = |arm| theme::line(arm, 1.0);
        let line = |y: f64| vec![(0.0, y), (9.0, y)];
        let drawn =
            in_turns(&[(line(1.0), stroke(0)), (line(1.4), stroke(1)), (line(7.0), stroke(8)), (line(1.0), stroke(2))]);
        assert_eq!(drawn[0].dash, None);
        assert_eq!(drawn[2], stroke(8));
        let stripes = [drawn[1].dash.unwrap(), drawn[3].dash.unwrap()];
        assert_eq!(stripes.map(|dash| dash.lengths[..2].to_vec()), [[9.0, 18.0], [9.0, 18.0]]);
        assert_ne!(stripes[0].phase, stripes[1].phase);
    }

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
