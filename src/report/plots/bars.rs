//! Arms side by side: a bar per arm with its interval, a panel per measure.

use super::canvas::{Anchor, Canvas, Font, Stroke};
use super::frame::{self, Area};
use super::letters::{fit, text_width};
use super::scale::Scale;
use super::{Plot, theme, unsettled};
use crate::lab::number;
use crate::lab::results::{Cell, Estimate, Results, Stability};

/// Panels side by side, where names and numbers leave room for the bars.
const COLUMNS: usize = 2;
/// Pixels that bars need at least.
const BARS: f64 = 80.0;
/// Pixels from a name to the bars.
const AFTER_NAME: f64 = 10.0;
/// Pixels from the longest bar to its number.
const BEFORE_NUMBER: f64 = 8.0;
/// Space between them.
const GAP: f64 = 34.0;

/// One picture of all measures; none if something is swept, or if there is one arm and no theory to compare with.
pub(super) fn plot(results: &Results) -> Option<Plot> {
    let first = results.cells.first().filter(|_| results.sweep.is_none())?;
    let theory = results.cells.iter().any(|cell| cell.theory.is_some());
    let valued = |measure: &&Estimate| results.cells.iter().any(|cell| estimate(cell, &measure.id).is_some());
    let telling = results.shown();
    let measures: Vec<&Estimate> = telling.iter().map(|&place| &first.estimates[place]).filter(valued).collect();
    if measures.is_empty() || (results.arms.len() < 2 && !theory) {
        return None;
    }
    let percent = number::plain(results.run.confidence * 100.0, 3);
    let model = results.cells.iter().find_map(|cell| cell.theory.as_ref());
    let dashed = model.map_or_else(String::new, |theory| format!(" · dashed: theory ({})", theory.model));
    let what = if results.arms.len() > 1 { "Measures by arm" } else { "Measures" };
    let subtitle = format!("{what} · lines: {percent} % intervals{dashed}{}", unsettled(results));
    let row = if results.arms.len() > 6 { 20.0 } else { 26.0 };
    let panel = 34.0 + row * results.arms.len() as f64 + 18.0;
    let width = |columns: usize| (theme::WIDTH - 2.0 * theme::MARGIN - GAP * (columns - 1) as f64) / columns as f64;
    let beside = |measure: &&Estimate| names_width(results) + numbers_width(results, measure) + BARS;
    let fits = measures.iter().map(beside).fold(0.0, f64::max) <= width(COLUMNS);
    let columns = if fits { COLUMNS } else { 1 };
    let width = width(columns);
    let height = frame::TOP + panel * measures.len().div_ceil(columns) as f64 + 50.0;
    Some(frame::page(results, "bars".to_owned(), &subtitle, height.max(240.0), |canvas, inner| {
        for (k, measure) in measures.iter().enumerate() {
            let left = inner.left + (k % columns) as f64 * (width + GAP);
            let top = inner.top + (k / columns) as f64 * panel;
            let area = Area { left, top, right: left + width, bottom: top + panel - 18.0 };
            draw(canvas, results, measure, area, row);
        }
    }))
}

fn draw(canvas: &Canvas<'_>, results: &Results, measure: &Estimate, area: Area, row: f64) {
    canvas.text(&measure.name, (area.left, area.top + 16.0), Anchor::Start, Font { bold: true, ..theme::AXIS_NAME });
    // The number stands after the bar, so the longest bar leaves room for it. Names have what is left.
    let numbers_width = numbers_width(results, measure);
    let names = names_width(results).min((area.right - area.left - numbers_width - BARS).max(0.0));
    let left = area.left + names;
    let ends = results.cells.iter().filter_map(|cell| estimate(cell, &measure.id)).flat_map(|estimate| {
        let (low, high) = estimate.bounds().unwrap_or((0.0, 0.0));
        [low, high]
    });
    let known = results.cells.iter().filter_map(|cell| cell.theory.as_ref()?.value(&measure.id));
    let numbers: Vec<f64> = ends.chain(known).chain([0.0]).filter(|value| value.is_finite()).collect();
    let high = numbers.iter().copied().fold(0.0, f64::max);
    let low = if results.cells.iter().any(|cell| estimate(cell, &measure.id).is_some_and(|e| e.value < Some(0.0))) {
        numbers.iter().copied().fold(0.0, f64::min)
    } else {
        0.0
    };
    let high = if high > low { high } else { low + 1.0 };
    let x = Scale::linear_exact((low, high), (left, area.right - numbers_width), 4);
    let mut y = area.top + 34.0;
    for cell in &results.cells {
        let colour = theme::arm(cell.arm);
        let middle = y + row / 2.0;
        if results.arms.len() > 1 {
            let name = fit(results.arm(cell), theme::LABEL, names - AFTER_NAME + 1.0);
            canvas.text(&name, (left - AFTER_NAME, middle + 4.2), Anchor::End, Font { colour, ..theme::LABEL });
        }
        let mut end = left;
        let known = estimate(cell, &measure.id);
        if let Some((value, (low, high))) = known.and_then(|known| known.value.zip(known.bounds())) {
            canvas.rectangle((x.at(0.0), middle - row * 0.32), (x.at(value), middle + row * 0.32), colour, 0.35);
            let ink = Stroke::new(colour, 1.8);
            canvas.line(&[(x.at(low), middle), (x.at(high), middle)], ink);
            for edge in [x.at(low), x.at(high)].into_iter().filter(|_| high > low) {
                canvas.line(&[(edge, middle - 3.5), (edge, middle + 3.5)], ink);
            }
            canvas.disc((x.at(value), middle), 2.8, colour);
            end = x.at(high).max(x.at(0.0));
        }
        if let Some(known) = cell.theory.as_ref().and_then(|theory| theory.value(&measure.id)) {
            let at = x.at(known);
            canvas.line(&[(at, middle - row * 0.46), (at, middle + row * 0.46)], theme::theory(theme::INK));
            end = end.max(at);
        }
        canvas.text(&words(cell, measure), (end + BEFORE_NUMBER, middle + 3.9), Anchor::Start, theme::TICK);
        y += row;
    }
    canvas.line(&[(x.at(0.0), area.top + 32.0), (x.at(0.0), y + 2.0)], Stroke::new(theme::AXIS, 1.2));
}

/// Pixels that names of arms take before the bars, if there are several.
fn names_width(results: &Results) -> f64 {
    let widest = results.arms.iter().map(|arm| text_width(arm, theme::LABEL)).fold(0.0, f64::max);
    if results.arms.len() > 1 { widest + AFTER_NAME } else { 0.0 }
}

/// Pixels that the numbers of a measure take behind the bars.
fn numbers_width(results: &Results, measure: &Estimate) -> f64 {
    let texts = results.cells.iter().map(|cell| text_width(&words(cell, measure), theme::TICK));
    texts.fold(0.0, f64::max) + BEFORE_NUMBER
}

/// A measure where a steady state exists, or where it needs none.
fn estimate<'a>(cell: &'a Cell, id: &str) -> Option<&'a Estimate> {
    let shown = |estimate: &&Estimate| cell.shows(estimate);
    let steady = cell.estimate(id).filter(shown);
    steady.filter(|estimate| estimate.value.is_some_and(f64::is_finite))
}

/// The number beside a bar, or why there is none.
fn words(cell: &Cell, measure: &Estimate) -> String {
    match (&cell.stability, cell.estimate(&measure.id)) {
        (Stability::Stable, Some(estimate)) => number::estimate(estimate),
        (_, Some(estimate)) if estimate.is_of_recovery() => number::estimate(estimate),
        (Stability::NotSettled { .. }, Some(estimate)) if estimate.is_of_steady_state() => {
            format!("{} †", number::estimate(estimate))
        }
        (Stability::NotSettled { .. }, Some(estimate)) => number::estimate(estimate),
        (Stability::Stable | Stability::NotSettled { .. }, None) => "–".to_owned(),
        (Stability::Unstable { .. }, Some(estimate)) if cell.shows(estimate) => number::estimate(estimate),
        (Stability::Unstable { .. }, _) => "unstable".to_owned(),
        (Stability::Bimodal { .. }, _) => "two states".to_owned(),
        (Stability::Overflow { .. }, _) => "stopped".to_owned(),
    }
}
