//! Utilization of each server over time, as a map: one small picture per arm, one colour bar for all.

use super::canvas::{Anchor, Canvas, Font, Stroke};
use super::frame::{self, Area};
use super::letters::fit;
use super::scale::{Scale, extent};
use super::{Plot, featured, theme};
use crate::lab::number;
use crate::lab::results::{Cell, NodeResult, Results, Unit};

/// Fleets drawn at most; `servers.csv` can hold all.
const MOST_NODES: usize = 8;
/// Rows of servers drawn at most; more are averaged.
const MOST_ROWS: usize = 64;
/// Shades told apart; neighbours of one shade are one rectangle.
const SHADES: f64 = 64.0;
/// Pixels of the colour bar with its labels.
const BAR: f64 = 74.0;

/// Servers in use that differ less than this share, from each other and over time, make a map of one colour.
const ONE_COLOUR: f64 = 0.04;

/// One plot per fleet whose servers differ.
pub(super) fn plots(results: &Results) -> Vec<Plot> {
    let cells = featured(results, |cell| cell.nodes.iter().any(mapped));
    let mut names: Vec<&str> = Vec::new();
    for node in cells.iter().flat_map(|cell| &cell.nodes).filter(|node| mapped(node)) {
        if !names.contains(&node.name.as_str()) {
            names.push(&node.name);
        }
    }
    let differs = |name: &&str| {
        let maps = || cells.iter().flat_map(|cell| &cell.nodes).filter(|node| node.name == *name);
        let shares = maps().flat_map(|node| node.heat.iter().flatten().copied());
        let (low, high) = extent(shares).unwrap_or((0.0, 0.0));
        maps().any(|node| node.servers.len().max(node.heat.len()) > 1) && high - low >= ONE_COLOUR
    };
    names.into_iter().filter(differs).take(MOST_NODES).map(|name| plot(results, &cells, name)).collect()
}

/// Whether a node has servers and windows to map.
fn mapped(node: &NodeResult) -> bool {
    node.heat.iter().any(|row| !row.is_empty())
}

fn plot(results: &Results, cells: &[&Cell], name: &str) -> Plot {
    let maps: Vec<(&Cell, &NodeResult)> = cells
        .iter()
        .filter_map(|cell| cell.nodes.iter().find(|node| node.name == name && mapped(node)).map(|node| (*cell, node)))
        .collect();
    let place = results.point(cells[0]).map_or_else(String::new, |point| format!(" at {}", point.label));
    let most = maps.iter().map(|(_, node)| node.servers.len()).max().unwrap_or(0);
    let rows = maps.iter().map(|(_, node)| node.heat.len().min(MOST_ROWS)).max().unwrap_or(0);
    let merged = if most > rows { format!(" · {most} servers in {rows} rows") } else { String::new() };
    let subtitle = format!("Utilization of the servers of {name} over time{place}{merged}");
    let columns = match maps.len() {
        ..=3 => 1,
        4 => 2,
        _ => 3,
    };
    let lines = maps.len().div_ceil(columns);
    let height = if lines <= 3 { theme::HEIGHT } else { 150.0 + lines as f64 * 165.0 };
    frame::page(results, format!("heat-{name}"), &subtitle, height, |canvas, inner| {
        let (gap, left) = (22.0, inner.left + 46.0);
        let width = (inner.right - BAR - left - gap * (columns - 1) as f64) / columns as f64;
        let cell_height = (inner.bottom - 42.0 - inner.top) / lines as f64;
        for (k, (cell, node)) in maps.iter().enumerate() {
            let (column, line) = (k % columns, k / columns);
            let top = inner.top + line as f64 * cell_height;
            let x = left + column as f64 * (width + gap);
            let area = Area { left: x, top: top + 24.0, right: x + width, bottom: top + cell_height - 10.0 };
            // The lowest map of a column bears the axis.
            map(canvas, results, cell, node, area, k + columns >= maps.len(), column == 0);
        }
        let bottom = inner.top + lines as f64 * cell_height - 10.0;
        bar(
            canvas,
            Area { left: inner.right - BAR + 20.0, top: inner.top + 24.0, right: inner.right - BAR + 34.0, bottom },
        );
    })
}

fn map(canvas: &Canvas<'_>, results: &Results, cell: &Cell, node: &NodeResult, area: Area, lowest: bool, first: bool) {
    if results.arms.len() > 1 {
        let font = Font { colour: theme::arm(cell.arm), ..theme::LABEL };
        canvas
            .line(&[(area.left, area.top - 10.0), (area.left + 14.0, area.top - 10.0)], Stroke::new(font.colour, 2.6));
        let name = fit(results.arm(cell), font, area.right - area.left - 20.0);
        canvas.text(&name, (area.left + 20.0, area.top - 6.0), Anchor::Start, font);
    }
    let windows = node.heat.iter().map(Vec::len).max().unwrap_or(0).max(1);
    // At least three pixels a rectangle, or the picture grows large and grey.
    let columns = windows.min(((area.right - area.left) / 3.0) as usize).max(1);
    let rows = node.heat.len().min(MOST_ROWS).min(((area.bottom - area.top) / 2.0) as usize).max(1);
    let half_pixels =
        |from: f64, to: f64, k: usize, n: usize| ((from + (to - from) * k as f64 / n as f64) * 2.0).round() / 2.0;
    let x = |column: usize| half_pixels(area.left, area.right, column, columns);
    let y = |row: usize| half_pixels(area.top, area.bottom, row, rows);
    canvas.rectangle((area.left, area.top), (area.right, area.bottom), theme::SHADE, 1.0);
    for row in 0..rows {
        let shades: Vec<Option<u8>> =
            (0..columns).map(|column| shade(node, row, rows, column, columns, windows)).collect();
        let mut start = 0;
        for column in 1..=columns {
            if column == columns || shades[column] != shades[start] {
                if let Some(shade) = shades[start] {
                    let colour = theme::heat(f64::from(shade) / SHADES);
                    canvas.rectangle((x(start), y(row)), (x(column), y(row + 1)), colour, 1.0);
                }
                start = column;
            }
        }
    }
    if first {
        let servers = node.servers.len().max(node.heat.len());
        canvas.text("1", (area.left - 7.0, area.top + 9.0), Anchor::End, theme::TICK);
        if servers > 1 {
            canvas.text(&servers.to_string(), (area.left - 7.0, area.bottom - 1.0), Anchor::End, theme::TICK);
        }
        if area.bottom - area.top > 50.0 {
            let middle = f64::midpoint(area.top, area.bottom) + 4.0;
            canvas.text("server", (area.left - 7.0, middle), Anchor::End, theme::TICK);
        }
    }
    if lowest {
        let scale = Scale::linear_exact((0.0, windows as f64 * cell.window), area.x(), 5);
        let (ticks, name) = frame::ticks(&scale, Unit::Seconds, "time");
        frame::x_axis(canvas, area, &ticks, &name, false);
    }
}

/// The shade of one rectangle: the mean of all servers and windows it stands for.
fn shade(node: &NodeResult, row: usize, rows: usize, column: usize, columns: usize, windows: usize) -> Option<u8> {
    let part =
        |k: usize, parts: usize, whole: usize| k * whole / parts..((k + 1) * whole / parts).max(k * whole / parts + 1);
    let mut sum = (0.0, 0.0);
    for server in part(row, rows, node.heat.len()) {
        for window in part(column, columns, windows) {
            let value = node.heat.get(server).and_then(|row| row.get(window)).filter(|value| value.is_finite());
            if let Some(value) = value {
                sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
    }
    (sum.1 > 0.0).then(|| (sum.0 / sum.1 * SHADES).round().clamp(0.0, SHADES) as u8)
}

/// The colour bar: what shade is how much.
fn bar(canvas: &Canvas<'_>, area: Area) {
    let steps = SHADES as usize;
    let y = |k: usize| area.bottom + (area.top - area.bottom) * k as f64 / steps as f64;
    for k in 0..steps {
        let colour = theme::heat((k as f64 + 0.5) / SHADES);
        canvas.rectangle(
            (area.left, ((y(k + 1)) * 2.0).round() / 2.0),
            (area.right, (y(k) * 2.0).round() / 2.0),
            colour,
            1.0,
        );
    }
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let level = area.bottom + (area.top - area.bottom) * share;
        canvas.line(&[(area.right, level), (area.right + 4.0, level)], Stroke::new(theme::AXIS, 1.2));
        let label = number::tick(share, Unit::Fraction);
        canvas.text(&label, (area.right + 7.0, level + 3.9), Anchor::Start, theme::TICK);
    }
    canvas.text("utilization", (area.left, area.top - 10.0), Anchor::Start, theme::TICK);
}
