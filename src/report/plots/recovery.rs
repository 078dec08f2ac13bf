//! A trouble and what comes after it: goodput of all arms over time, and the attempts that stand against it.

use super::canvas::{Anchor, Canvas, Font, Stroke};
use super::frame::{self, Area, Reading};
use super::scale::Scale;
use super::{Plot, featured, theme};
use crate::lab::results::{Cell, Results, Trouble, Unit, interval};

/// Height of the panel of goodput.
const PANEL: f64 = 300.0;
/// Height of the panel of attempts.
const SECOND: f64 = 130.0;
/// Space above a panel for its name.
const HEAD: f64 = 40.0;

/// Means and half-widths by window.
type Line = (Vec<Option<f64>>, Vec<Option<f64>>);

/// A panel: name, height, and a line by cell.
type Panel = (&'static str, f64, Vec<Option<Line>>);

/// One picture of all arms; none if there was no trouble.
pub(super) fn plot(results: &Results) -> Option<Plot> {
    let cells = featured(results, |cell| cell.trouble.is_some() && of_clients(cell, "goodput").is_some());
    let place = results.point(cells.first()?).map_or_else(String::new, |point| format!(" at {}", point.label));
    let lines = |quantity: &str| -> Vec<Option<Line>> { cells.iter().map(|cell| of_clients(cell, quantity)).collect() };
    let mut panels: Vec<Panel> = vec![("goodput, dashed: offered", PANEL, lines("goodput"))];
    // Attempts say nothing new if there are no retries.
    let again = |cell: &&&Cell| of_clients(cell, "attempts").map(|l| l.0) != of_clients(cell, "offered").map(|l| l.0);
    if cells.iter().any(|cell| again(&cell)) {
        panels.push(("attempts", SECOND, lines("attempts")));
    }
    let subtitle = format!("Goodput of all clients over time{place}, all replications together, with intervals");
    let height = frame::TOP + panels.iter().map(|panel| panel.1 + HEAD).sum::<f64>() + 46.0 + 30.0;
    Some(frame::page(results, "recovery".to_owned(), &subtitle, height, |canvas, inner| {
        draw(canvas, results, &cells, &panels, inner);
    }))
}

/// The sum of a series over all clients. Half-widths do not add up, so only those of a single node are kept.
fn of_clients(cell: &Cell, quantity: &str) -> Option<Line> {
    let clients = |node: &str| cell.nodes.iter().any(|other| other.name == node && other.makes_requests);
    let mut all = cell.series.iter().filter(|series| series.quantity == quantity && clients(&series.node));
    let first = all.next()?;
    let mut line = (first.mean.clone(), first.half_width.clone());
    for series in all {
        line.1.clear();
        for (sum, value) in line.0.iter_mut().zip(&series.mean) {
            *sum = sum.zip(*value).map(|(sum, value)| sum + value);
        }
    }
    line.0.iter().any(Option::is_some).then_some(line)
}

/// The cells of a picture, and what their panels have in common.
struct Sheet<'a> {
    results: &'a Results,
    cells: &'a [&'a Cell],
    /// The load offered to the system, the same in all cells: as seen in one of them.
    offered: Option<(&'a Cell, Line)>,
    /// When the last window ends, in seconds.
    last: f64,
}

/// Where a panel stands.
#[derive(Clone, Copy)]
struct Place {
    area: Area,
    is_first: bool,
    is_last: bool,
}

fn draw(canvas: &Canvas<'_>, results: &Results, cells: &[&Cell], panels: &[Panel], inner: Area) {
    let end = |cell: &&Cell| {
        let windows = cell.series.iter().map(|series| series.mean.len()).max().unwrap_or(0);
        windows as f64 * cell.window
    };
    let last = cells.iter().map(end).fold(0.0, f64::max);
    let offered = cells.iter().find_map(|cell| Some((*cell, of_clients(cell, "offered")?)));
    let sheet = Sheet { results, cells, offered, last };
    let whole = |left: f64, top: f64, height: f64| Area {
        left,
        top,
        right: inner.right - frame::names_width(results).max(12.0),
        bottom: top + height,
    };
    let width =
        |panel: &Panel| frame::ticks_width(&sheet.scale(panel, whole(0.0, 0.0, panel.1)).labels(Unit::PerSecond).0);
    let left = inner.left + panels.iter().map(width).fold(0.0, f64::max);
    let mut top = inner.top + HEAD - 6.0;
    for (row, panel) in panels.iter().enumerate() {
        let area = whole(left, top, panel.1);
        sheet.panel(canvas, panel, Place { area, is_first: row == 0, is_last: row + 1 == panels.len() });
        top = area.bottom + HEAD;
    }
}

impl Sheet<'_> {
    /// The vertical scale of a panel.
    fn scale(&self, panel: &Panel, area: Area) -> Scale {
        let highs = panel.2.iter().flatten().flat_map(|(mean, half)| {
            let half = |k: usize| half.get(k).copied().flatten().unwrap_or(0.0);
            mean.iter().enumerate().filter_map(move |(k, mean)| mean.map(|mean| mean + half(k)))
        });
        let offered = self.offered.iter().flat_map(|(_, line)| line.0.iter().copied().flatten());
        Scale::choose(highs.chain(offered).chain([0.0]), area.y(), 5)
    }

    fn panel(&self, canvas: &Canvas<'_>, panel: &Panel, place: Place) {
        let Place { area, is_first, is_last } = place;
        let (x, y) = (Scale::linear_exact((0.0, self.last), area.x(), 8), self.scale(panel, area));
        let warm_up = self.cells.iter().map(|cell| cell.warm_up).fold(0.0, f64::max);
        frame::warm_up(canvas, area, &x, warm_up.min(self.last));
        frame::troubles(canvas, area, &x, self.cells.iter().filter_map(|cell| cell.trouble), self.last);
        if is_first {
            name_times(canvas, area, &x, self.cells, warm_up, self.last);
        }
        frame::y_axis(canvas, area, &y, Unit::PerSecond, panel.0, if is_first { 24.0 } else { 10.0 });
        let (mut ticks, name) = frame::ticks(&x, Unit::Seconds, "time");
        if !is_last {
            ticks.iter_mut().for_each(|tick| tick.1.clear());
        }
        frame::x_axis(canvas, area, &ticks, if is_last { &name } else { "" }, false);
        if let Some((cell, line)) = self.offered.as_ref().filter(|_| is_first) {
            let spots: Vec<_> =
                readings(cell, line, &x, &y).iter().flatten().map(|reading| (reading.x, reading.y)).collect();
            canvas.line(&spots, Stroke { dash: Some(theme::DASHED), ..Stroke::new(theme::FAINT, 1.0) });
        }
        let ends = self.lines(canvas, panel, &x, &y);
        if is_first {
            frame::names(canvas, self.results, area, &ends);
        }
    }

    /// Draws the line of each arm. Gives the arms with where they go in the end.
    fn lines(&self, canvas: &Canvas<'_>, panel: &Panel, x: &Scale, y: &Scale) -> Vec<(usize, f64)> {
        let mut ends = Vec::new();
        let drawn: Vec<(usize, Vec<Option<Reading>>)> = self
            .cells
            .iter()
            .zip(&panel.2)
            .filter_map(|(cell, line)| Some((cell.arm, readings(cell, line.as_ref()?, x, y))))
            .collect();
        let lines: Vec<_> =
            drawn.iter().map(|(arm, readings)| (frame::spots(readings), theme::line(*arm, 1.7))).collect();
        for ((arm, readings), stroke) in drawn.iter().zip(frame::in_turns(&lines)) {
            frame::curve(canvas, readings, stroke, theme::band(self.results.arms.len()));
            // A name stands where its line goes in the end, not at its last wiggle.
            let tail: Vec<f64> =
                readings.iter().rev().take(readings.len().div_ceil(10)).flatten().map(|r| r.y).collect();
            if !tail.is_empty() {
                ends.push((*arm, tail.iter().sum::<f64>() / tail.len() as f64));
            }
        }
        ends
    }
}

/// A line of a cell on the scales of a panel.
fn readings(cell: &Cell, line: &Line, x: &Scale, y: &Scale) -> Vec<Option<Reading>> {
    let at = |k: usize| x.at((k as f64 + 0.5) * cell.window);
    let half = |k: usize| line.1.get(k).copied().flatten();
    let ends = |k: usize, mean: Option<f64>| interval(mean.unwrap_or(0.0), half(k), Unit::PerSecond);
    line.0.iter().enumerate().map(|(k, mean)| Reading::new(at(k), *mean, ends(k, *mean), y)).collect()
}

/// Says above the panel what the tinted times are.
fn name_times(canvas: &Canvas<'_>, area: Area, x: &Scale, cells: &[&Cell], warm_up: f64, last: f64) {
    let font = Font { colour: theme::GREY, ..theme::TICK };
    let start = cells.iter().filter_map(|cell| cell.trouble).map(|trouble| trouble.start).fold(f64::INFINITY, f64::min);
    let end = cells.iter().filter_map(|cell| cell.trouble).filter_map(|Trouble { end, .. }| end).fold(start, f64::max);
    let middle = |from: f64, to: f64| f64::midpoint(x.at(from.min(last)), x.at(to.min(last)));
    canvas.text("trouble", (middle(start, end), area.top - 6.0), Anchor::Middle, font);
    // Where the warm-up is too short for its name, or too near, the shade must do.
    if x.at(warm_up.min(last)) - area.left > 56.0 && middle(start, end) - x.at(warm_up / 2.0) > 60.0 {
        canvas.text("warm-up", (middle(0.0, warm_up), area.top - 6.0), Anchor::Middle, font);
    }
}
