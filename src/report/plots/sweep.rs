//! A measure against the swept quantity: the hockey stick.

use super::canvas::{Anchor, Canvas, Spot, Stroke};
use super::frame::{self, Area, Reading};
use super::letters::fit;
use super::scale::{Scale, extent};
use super::{Plot, theme};
use crate::lab::number;
use crate::lab::results::{Cell, Estimate, Results, Stability, Sweep, SweepPoint, Theory, Unit};

/// Height of the strip above the data in which points without a steady state are marked.
const STRIP: f64 = 26.0;
/// Space between the edge of the data and the first and last point.
const INSET: f64 = 16.0;

/// One plot per measure that has a value anywhere; none without a sweep.
pub(super) fn plots(results: &Results) -> Vec<Plot> {
    let (Some(sweep), Some(first)) = (&results.sweep, results.cells.first()) else { return Vec::new() };
    let known = |measure: &&Estimate| results.cells.iter().any(|cell| value(cell, &measure.id).is_some());
    let telling = results.shown();
    let estimates = telling.iter().map(|&place| &first.estimates[place]);
    estimates.filter(known).map(|measure| plot(results, sweep, measure)).collect()
}

fn plot(results: &Results, sweep: &Sweep, measure: &Estimate) -> Plot {
    let mut subtitle = format!("{} by {}", capital(&measure.name), sweep.name());
    if results.cells.iter().any(|cell| value(cell, &measure.id).is_some_and(|value| value.low != value.high)) {
        subtitle += &format!(" · bands: {} % intervals", number::plain(results.run.confidence * 100.0, 3));
    }
    let known = results.cells.iter().filter_map(|cell| cell.theory.as_ref());
    let mut models: Vec<&str> = Vec::new();
    for Theory { model, .. } in known.filter(|theory| theory.value(&measure.id).is_some()) {
        if !models.contains(&model.as_str()) {
            models.push(model);
        }
    }
    match &models[..] {
        [] => {}
        some if some.len() <= 3 => subtitle += &format!(" · dashed: theory ({})", some.join(", ")),
        _ => subtitle += " · dashed: theory",
    }
    let hollow = |cell: &Cell| is_not_settled(cell, measure) && value(cell, &measure.id).is_some();
    if results.cells.iter().any(hollow) {
        subtitle += " · hollow: not settled";
    }
    frame::page(results, format!("sweep-{}", measure.id), &subtitle, theme::HEIGHT, |canvas, inner| {
        draw(canvas, results, sweep, measure, inner);
    })
}

/// A measure with the room in which it is drawn.
struct Sheet<'a> {
    results: &'a Results,
    measure: &'a Estimate,
    /// Where the data stand.
    area: Area,
    /// Height of the strip above them; 0 where every point has a steady state.
    strip: f64,
    /// Pixels from the left of each point.
    xs: Vec<f64>,
    y: Scale,
}

fn draw(canvas: &Canvas<'_>, results: &Results, sweep: &Sweep, measure: &Estimate, inner: Area) {
    let sheet = sheet(canvas, results, sweep, measure, inner);
    let arms = 0..results.arms.len();
    let lines: Vec<(Vec<Spot>, Stroke)> =
        arms.map(|arm| (frame::spots(&sheet.readings(arm)), theme::measured(arm))).collect();
    let mut ends = Vec::new();
    for (arm, stroke) in frame::in_turns(&lines).into_iter().enumerate() {
        let readings = sheet.readings(arm);
        sheet.measured(canvas, arm, &readings, stroke);
        let end = readings.iter().flatten().next_back().map(|reading| reading.y);
        let marked = sheet.without_steady_state(canvas, arm, &readings);
        ends.extend(marked.or(end).map(|end| (arm, end)));
    }
    let whole = Area { top: sheet.area.top - sheet.strip, ..sheet.area };
    frame::names(canvas, results, whole, &ends);
}

/// Draws the axes, and gives the room between them.
fn sheet<'a>(
    canvas: &Canvas<'_>,
    results: &'a Results,
    sweep: &Sweep,
    measure: &'a Estimate,
    inner: Area,
) -> Sheet<'a> {
    let strip = if results.cells.iter().any(|cell| !cell.shows(measure)) { STRIP } else { 0.0 };
    let is_unstable = |cell: &Cell| matches!(cell.stability, Stability::Unstable { .. });
    let mark = if results.cells.iter().any(is_unstable) { "unstable" } else { "stopped" };
    let area = |left: f64| Area {
        left,
        top: inner.top + 26.0 + strip,
        right: inner.right - frame::names_width(results),
        bottom: inner.bottom - 46.0,
    };
    let y_scale = |area: Area| Scale::choose(reach(results, measure), area.y(), 6);
    let mut labels = y_scale(area(0.0)).labels(measure.unit).0;
    labels.extend((strip > 0.0).then(|| mark.to_owned()));
    let area = area(inner.left + frame::ticks_width(&labels));
    let (y, xs) = (y_scale(area), places(sweep, (area.left + INSET, area.right - INSET)));
    frame::y_axis(canvas, area, &y, measure.unit, &measure.name, 10.0 + strip);
    // Names of categories share the room; numbers are left out where they would touch, never shortened.
    let room = (area.right - area.left) / xs.len() as f64 - 10.0;
    let label = |point: &SweepPoint| match point.value {
        Some(_) => point.label.clone(),
        None => fit(&point.label, theme::TICK, room),
    };
    let ticks: Vec<(f64, String)> = xs.iter().copied().zip(sweep.points.iter().map(label)).collect();
    frame::x_axis(canvas, area, &ticks, &frame::axis_name(sweep.name(), "", log_values(sweep).is_some()), false);
    let sheet = Sheet { results, measure, area, strip, xs, y };
    if strip > 0.0 {
        canvas.rectangle((area.left, area.top - strip + 3.0), (area.right, area.top - 3.0), theme::SHADE, 1.0);
        canvas.text(mark, (area.left - 7.0, sheet.level() + 3.9), Anchor::End, theme::TICK);
    }
    sheet
}

impl Sheet<'_> {
    /// Pixels from the top of the middle of the strip.
    fn level(&self) -> f64 {
        self.area.top - self.strip / 2.0
    }

    /// The cell of an arm at each point.
    fn cells(&self, arm: usize) -> Vec<Option<&Cell>> {
        (0..self.xs.len()).map(|point| self.results.cell(arm, point)).collect()
    }

    /// The reading of an arm at each point.
    fn readings(&self, arm: usize) -> Vec<Option<Reading>> {
        let reading = |(cell, x): (Option<&Cell>, &f64)| {
            let Value { value, low, high } = value(cell?, &self.measure.id)?;
            Reading::new(*x, Some(value), (low, high), &self.y)
        };
        self.cells(arm).into_iter().zip(&self.xs).map(reading).collect()
    }

    /// Draws what an arm gave, with what theory says of it.
    fn measured(&self, canvas: &Canvas<'_>, arm: usize, readings: &[Option<Reading>], stroke: Stroke) {
        let (cells, colour) = (self.cells(arm), theme::arm(arm));
        let expected = |(cell, x): (&Option<&Cell>, &f64)| {
            let value = (*cell)?.theory.as_ref()?.value(&self.measure.id);
            Reading::new(*x, value, (0.0, 0.0), &self.y).map(|reading| (*x, reading.y))
        };
        let theory: Vec<Spot> = cells.iter().zip(&self.xs).filter_map(expected).collect();
        frame::curve(canvas, readings, stroke, theme::band(self.results.arms.len()));
        for (reading, cell) in readings.iter().zip(&cells).filter_map(|(reading, cell)| Some(((*reading)?, (*cell)?))) {
            let (mark, spot) = (theme::mark(arm), (reading.x, reading.y));
            match is_not_settled(cell, self.measure) {
                true => canvas.hollow(mark, spot, 3.4, colour),
                false => canvas.mark(mark, spot, 3.4, colour),
            }
        }
        canvas.line(&theory, theme::theory(colour));
    }

    /// Marks the points of an arm without a steady state in the strip. Gives the height of the marks, if the arm has one.
    fn without_steady_state(&self, canvas: &Canvas<'_>, arm: usize, readings: &[Option<Reading>]) -> Option<f64> {
        let (level, colour) = (self.level(), theme::arm(arm));
        let mut end = None;
        let mut before = None;
        for (point, cell) in self.cells(arm).into_iter().enumerate() {
            if cell.is_some_and(|cell| !cell.shows(self.measure)) {
                let spot = (self.xs[point] + aside(self.results, arm, point, &self.xs), level);
                if let Some(Reading { x, y, .. }) = before {
                    canvas
                        .line(&[(x, y), (spot.0, spot.1 + 6.0)], Stroke { opacity: 0.35, ..Stroke::new(colour, 1.4) });
                }
                let (x, y) = spot;
                canvas.polygon(&[(x, y - 5.0), (x + 4.8, y + 4.0), (x - 4.8, y + 4.0)], colour, 1.0);
                end = Some(level);
            }
            before = readings[point];
        }
        end
    }
}

/// True of a point that is drawn hollow.
fn is_not_settled(cell: &Cell, measure: &Estimate) -> bool {
    cell.stability.is_not_settled() && measure.is_of_steady_state()
}

/// A number and the ends of its interval.
struct Value {
    value: f64,
    low: f64,
    high: f64,
}

/// A measure where a steady state exists, or where it needs none.
fn value(cell: &Cell, id: &str) -> Option<Value> {
    let shown = |estimate: &&Estimate| cell.shows(estimate);
    let estimate = cell.estimate(id).filter(shown)?;
    let (low, high) = estimate.bounds()?;
    Some(Value { value: estimate.value?, low, high })
}

/// All numbers the vertical axis must hold. A lower end at or below zero has no place on a logarithmic axis, and one far
/// below its number does not make the axis one.
fn reach<'a>(results: &'a Results, measure: &'a Estimate) -> impl Iterator<Item = f64> + 'a {
    results.cells.iter().flat_map(move |cell| {
        let mut numbers = Vec::new();
        if let Some(Value { value, low, high }) = value(cell, &measure.id) {
            numbers.extend([value, high]);
            numbers.extend((low > 0.2 * value || value <= 0.0).then_some(low));
        }
        numbers.extend(cell.theory.as_ref().and_then(|theory| theory.value(&measure.id)));
        // The top of a fraction's axis is 100 % when the data come near it.
        numbers
            .extend((measure.unit == Unit::Fraction && numbers.iter().any(|x| *x > 0.8 && *x <= 1.0)).then_some(1.0));
        numbers
    })
}

/// The ends of the x axis where it is logarithmic: rising positive numbers over more than a factor of thirty.
fn log_values(sweep: &Sweep) -> Option<(f64, f64)> {
    let values: Vec<f64> = rising(sweep)?;
    let (low, high) = extent(values.iter().copied())?;
    (low > 0.0 && high > 30.0 * low).then_some((low, high))
}

/// The values of the points where all are numbers, each greater than the one before.
fn rising(sweep: &Sweep) -> Option<Vec<f64>> {
    let values: Option<Vec<f64>> =
        sweep.points.iter().map(|point| point.value.filter(|value| value.is_finite())).collect();
    values.filter(|values| values.len() > 1 && values.windows(2).all(|pair| pair[0] < pair[1]))
}

/// Pixels from the left of each point: to scale if all are rising numbers, else side by side.
fn places(sweep: &Sweep, (from, to): (f64, f64)) -> Vec<f64> {
    if let Some(values) = rising(sweep) {
        let (low, high) = extent(values.iter().copied()).unwrap_or((0.0, 1.0));
        if log_values(sweep).is_some() {
            let (log_low, log_high) = (libm::log10(low), libm::log10(high));
            return values
                .iter()
                .map(|x| from + (to - from) * (libm::log10(*x) - log_low) / (log_high - log_low))
                .collect();
        }
        let scale = Scale::linear_exact((low, high), (from, to), 6);
        return values.iter().map(|value| scale.at(*value)).collect();
    }
    let step = (to - from) / sweep.points.len() as f64;
    (0..sweep.points.len()).map(|point| from + (point as f64 + 0.5) * step).collect()
}

/// How far a mark stands beside its point, so that arms do not hide each other.
fn aside(results: &Results, arm: usize, point: usize, xs: &[f64]) -> f64 {
    let marked: Vec<usize> = (0..results.arms.len())
        .filter(|arm| results.cell(*arm, point).is_some_and(|cell| !cell.stability.has_numbers()))
        .collect();
    let room = xs.windows(2).map(|pair| pair[1] - pair[0]).fold(200.0, f64::min);
    let step = (room * 0.9 / marked.len() as f64).min(11.0);
    // The last point stands at the edge: its marks go inwards only.
    let place = marked.iter().position(|other| *other == arm).unwrap_or(0) as f64;
    let span = step * (marked.len() as f64 - 1.0);
    let shift = if point + 1 == xs.len() { (span / 2.0 - INSET + 6.0).max(0.0) } else { 0.0 };
    place * step - span / 2.0 - shift
}

/// With a capital first letter, unless it names a quantile.
fn capital(name: &str) -> String {
    let mut chars = name.chars();
    match (chars.next(), name.chars().nth(1)) {
        (Some(first), Some(second)) if second.is_alphabetic() => first.to_uppercase().chain(chars).collect(),
        _ => name.to_owned(),
    }
}
