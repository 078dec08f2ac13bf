//! The latency tail: what fraction of requests took longer, both axes logarithmic.

use super::canvas::{Canvas, Spot};
use super::frame::{self, Area};
use super::scale::{Scale, extent};
use super::{Plot, featured, theme};
use crate::lab::results::{Cell, Results, Theory, Unit};

/// Quantiles of theory that make a curve; fewer are points, because straight lines between them would be wrong.
const CURVE: usize = 8;

/// One line per arm, at the most loaded sweep point at which most arms have a tail.
pub(super) fn plot(results: &Results) -> Option<Plot> {
    let drawn = |cell: &Cell| cell.stability.has_numbers() && drawable(cell).next().is_some();
    let cells = featured(results, drawn);
    let first = *cells.first()?;
    let theories = cells.iter().filter_map(|cell| cell.theory.as_ref());
    let known: Vec<&Theory> = theories.filter(|theory| !quantiles(theory).is_empty()).collect();
    let mut models: Vec<&str> = Vec::new();
    for theory in &known {
        if !models.contains(&theory.model.as_str()) {
            models.push(&theory.model);
        }
    }
    let models = if models.len() <= 3 { format!(" ({})", models.join(", ")) } else { String::new() };
    let place = results.point(first).map_or_else(String::new, |point| format!(" at {}", point.label));
    let mark = match known.iter().map(|theory| quantiles(theory).len()).max() {
        Some(most) if most >= CURVE => format!(" · dashed: theory{models}"),
        Some(_) => format!(" · rings: theory{models}"),
        None => String::new(),
    };
    let short: Vec<&str> =
        cells.iter().filter(|cell| cell.stability.is_not_settled()).map(|cell| results.arm(cell)).collect();
    let short = match &short[..] {
        [] => String::new(),
        some if some.len() <= 3 => format!(" · not settled: {}", some.join(", ")),
        some => format!(" · {} arms not settled", some.len()),
    };
    let flat = match cells.iter().any(|cell| cell.never_answered >= LEAST_FLAT) {
        true => " · flat: never answered",
        false => "",
    };
    let subtitle = format!("Latency tail{place}: fraction of calls that took longer{flat}{mark}{short}");
    Some(frame::page(results, "latency-tail".to_owned(), &subtitle, theme::HEIGHT, |canvas, inner| {
        draw(canvas, results, &cells, inner);
    }))
}

fn draw(canvas: &Canvas<'_>, results: &Results, cells: &[&Cell], inner: Area) {
    let Some((least, _)) = extent(cells.iter().flat_map(|cell| drawable(cell)).map(|spot| spot.1)) else { return };
    // Theory reaches deeper than any run; what lies below the measured tail is not drawn.
    let known = |cell: &Cell| -> Vec<Spot> {
        let quantiles = cell.theory.as_ref().map(quantiles).unwrap_or_default();
        // Theory speaks of the calls that are answered, the axis of all.
        let answered = cell.theory.as_ref().and_then(|theory| theory.value("answered")).unwrap_or(1.0);
        let of_all = quantiles.into_iter().map(|(latency, above)| (latency, 1.0 - answered * (1.0 - above)));
        of_all.filter(|(_, above)| *above >= least * 0.999).collect()
    };
    let latencies = cells.iter().flat_map(|cell| drawable(cell).chain(known(cell)));
    let Some(latency) = extent(latencies.map(|spot| spot.0)) else { return };
    let area = |left: f64| Area {
        left,
        top: inner.top + 26.0,
        right: inner.right - frame::names_width(results).max(12.0),
        bottom: inner.bottom - 46.0,
    };
    let y_scale = |area: Area| Scale::log((least, 1.0), area.y(), 8);
    let width = frame::ticks_width(&y_scale(area(0.0)).labels(Unit::Fraction).0);
    let area = area(inner.left + width);
    let (x, y) = (Scale::log(latency, area.x(), 8), y_scale(area));
    let is_flat = cells.iter().any(|cell| cell.never_answered >= LEAST_FLAT);
    let name = if is_flat { "calls that took longer or for ever" } else { "calls that took longer" };
    frame::y_axis(canvas, area, &y, Unit::Fraction, name, 10.0);
    let (ticks, name) = frame::ticks(&x, Unit::Seconds, "latency");
    frame::x_axis(canvas, area, &ticks, &name, true);
    let mut ends = Vec::new();
    let spots = |cell: &Cell| -> Vec<Spot> {
        let mut spots: Vec<Spot> = drawable(cell).map(|(t, above)| (x.at(t), y.at(above))).collect();
        if let Some(end) = spots.last().copied().filter(|_| cell.never_answered >= LEAST_FLAT) {
            // No time is enough for those that were never answered.
            spots.push((area.right, end.1));
        }
        spots
    };
    let lines: Vec<_> = cells.iter().map(|cell| (spots(cell), theme::measured(cell.arm))).collect();
    let strokes = frame::in_turns(&lines);
    for ((cell, (line, _)), stroke) in cells.iter().zip(&lines).zip(strokes) {
        let colour = theme::arm(cell.arm);
        canvas.line(line, stroke);
        frame::marks(canvas, cell.arm, cells.len(), line);
        let theory: Vec<Spot> = known(cell).into_iter().map(|(latency, above)| (x.at(latency), y.at(above))).collect();
        if cell.theory.as_ref().is_some_and(|theory| quantiles(theory).len() >= CURVE) {
            canvas.line(&theory, theme::theory(colour));
        } else {
            theory.iter().for_each(|spot| canvas.ring(*spot, 4.5, colour));
        }
        // The longest tail is named first, as the lines stand from right to left.
        let reach = line.iter().map(|spot| spot.0).fold(area.left, f64::max);
        ends.push((cell.arm, reach));
    }
    ends.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let rows: Vec<(usize, f64)> =
        ends.iter().enumerate().map(|(row, (arm, _))| (*arm, area.top + 10.0 + 18.0 * row as f64)).collect();
    frame::names(canvas, results, area, &rows);
}

/// Share of calls that were never answered from which a tail ends flat: one call in a million.
const LEAST_FLAT: f64 = 1e-6;

/// Requests above which the tail begins: the fastest two in a hundred would take half of the axis.
const HEAD: f64 = 0.98;

/// Points that a logarithm can show, from where the tail begins.
fn drawable(cell: &Cell) -> impl Iterator<Item = (f64, f64)> {
    let first = cell.tail.iter().position(|point| point.above <= HEAD).unwrap_or(0);
    let tail = cell.tail.iter().skip(first);
    tail.filter(|point| point.latency.is_finite() && point.latency > 0.0 && point.above > 0.0)
        .map(|point| (point.latency, point.above))
}

/// Quantiles that theory knows, as points of the tail: "latency_p99" is 1 % above, "latency_p99.9" (or "p999") 0.1 %.
fn quantiles(theory: &Theory) -> Vec<Spot> {
    let mut points: Vec<Spot> = theory
        .values
        .iter()
        .filter_map(|(id, value)| {
            let digits = id.strip_prefix("latency_p")?.replace('_', ".");
            let percent: f64 = match digits.contains('.') || digits.len() < 3 {
                true => digits.parse().ok()?,
                false => format!("{}.{}", &digits.get(..2)?, digits.get(2..)?).parse().ok()?,
            };
            (percent < 100.0 && *value > 0.0).then_some((*value, 1.0 - percent / 100.0))
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theory_is_read_from_the_names_of_its_quantiles() {
        let values = [("latency_p99", 0.3), ("latency_mean", 0.1), ("latency_p99.9", 0.4), ("latency_p9999", 0.5)];
        let theory = Theory {
            model: String::new(),
            source: String::new(),
            values: values.map(|(id, value)| (id.to_owned(), value)).into(),
        };
        let points = quantiles(&theory);
        assert_eq!(points.len(), 3);
        for (point, above) in points.iter().zip([0.01, 0.001, 0.0001]) {
            assert!((point.1 - above).abs() < 1e-12, "{points:?}");
        }
    }
}
