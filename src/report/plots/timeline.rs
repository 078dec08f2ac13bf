//! One node over time: small panels above each other that share the time axis.

use std::collections::BTreeSet;

use super::canvas::{Canvas, Stroke};
use super::frame::{self, Area, Reading};
use super::scale::Scale;
use super::{Plot, featured, theme};
use crate::lab::results::{Cell, Gauge, Results, Series, Unit, interval};

/// Nodes drawn at most; the series of all are in `series.csv`.
const MOST_NODES: usize = 8;
/// Height of a panel.
const PANEL: f64 = 104.0;
/// Space above a panel for its name.
const HEAD: f64 = 34.0;

/// Gauges of other nodes on the timeline of clients at most.
const MOST_GAUGES: usize = 4;

/// The curve of one cell in a panel.
struct Line {
    mean: Vec<Option<f64>>,
    half_width: Vec<Option<f64>>,
    /// Second to the main line: thin, without a band.
    thin: bool,
    dashed: bool,
}

/// A panel: a name, a unit, and lines by cell.
struct Panel {
    name: String,
    unit: Unit,
    lines: Vec<Vec<Line>>,
}

/// One plot per node that has series and says something of its own.
pub(super) fn plots(results: &Results) -> Vec<Plot> {
    let cells = featured(results, |cell| cell.series.iter().any(|series| series.mean.iter().any(Option::is_some)));
    let mut nodes: Vec<&str> = Vec::new();
    for series in cells.iter().flat_map(|cell| &cell.series) {
        if !nodes.contains(&series.node.as_str()) && !is_further_copy(&series.node) {
            nodes.push(&series.node);
        }
    }
    let drawn: Vec<(&str, Vec<Panel>)> = nodes.into_iter().map(|node| (node, panels(&cells, node))).collect();
    let tells = |place: &usize| {
        let panels = &drawn[*place].1;
        !panels.is_empty() && !(0..drawn.len()).any(|other| other != *place && is_within(&drawn, *place, other))
    };
    let telling: Vec<usize> = (0..drawn.len()).filter(tells).take(MOST_NODES).collect();
    telling.into_iter().filter_map(|place| plot(results, &cells, drawn[place].0, &drawn[place].1)).collect()
}

/// True of the second and later copies of a node, which are like the first: `lb[2]`.
fn is_further_copy(node: &str) -> bool {
    node.split_once('[')
        .is_some_and(|(_, rest)| rest.strip_suffix(']').is_some_and(|n| n.parse::<u32>().is_ok() && n != "1"))
}

/// True if the timeline of `place` shows only lines that that of `other` shows too, as that of a balancer without a
/// delay does before a fleet. Of two that are the same, the first is kept.
fn is_within(drawn: &[(&str, Vec<Panel>)], place: usize, other: usize) -> bool {
    let (here, there) = (&drawn[place].1, &drawn[other].1);
    let shown = |panel: &Panel| {
        there.iter().any(|other| {
            panel.unit == other.unit
                && panel
                    .lines
                    .iter()
                    .zip(&other.lines)
                    .all(|(a, b)| a.iter().map(|l| &l.mean).eq(b.iter().map(|l| &l.mean)))
        })
    };
    here.iter().all(shown) && (there.len() > here.len() || other < place)
}

fn plot(results: &Results, cells: &[&Cell], node: &str, panels: &[Panel]) -> Option<Plot> {
    let place = results.point(cells.first()?).map_or_else(String::new, |point| format!(" at {}", point.label));
    let warm = if results.run.warm_up > 0.0 { " · grey: warm-up" } else { "" };
    let trouble = if cells.iter().any(|cell| cell.trouble.is_some()) { " · tinted: trouble" } else { "" };
    let subtitle = format!("{node} over time{place}, all replications together, with intervals{warm}{trouble}");
    let height = frame::TOP + panels.len() as f64 * (PANEL + HEAD) + 46.0 + 30.0;
    Some(frame::page(results, format!("timeline-{node}"), &subtitle, height.max(320.0), |canvas, inner| {
        draw(canvas, results, cells, panels, inner);
    }))
}

/// The series of a node in several cells.
#[derive(Clone, Copy)]
struct OfNode<'a> {
    cells: &'a [&'a Cell],
    node: &'a str,
}

impl OfNode<'_> {
    fn find(self, cell: &Cell, quantity: &str) -> Option<Series> {
        cell.series.iter().find(|series| series.node == self.node && series.quantity == quantity).cloned()
    }

    fn has(self, quantity: &str) -> bool {
        self.cells.iter().any(|cell| self.find(cell, quantity).is_some())
    }

    /// True if the two series differ in any cell; equal ones need no line of their own.
    fn differ(self, one: &str, other: &str) -> bool {
        let means = |cell: &Cell, quantity: &str| self.find(cell, quantity).map(|series| series.mean);
        self.cells.iter().any(|cell| means(cell, one) != means(cell, other))
    }

    /// The series that `pick` takes from each cell.
    fn each(self, pick: impl Fn(&Cell) -> Vec<Option<Line>>) -> Vec<Vec<Line>> {
        self.cells.iter().map(|cell| pick(cell).into_iter().flatten().collect()).collect()
    }

    /// A panel of one series.
    fn panel(self, name: String, unit: Unit, quantity: &str) -> Panel {
        Panel { name, unit, lines: self.each(|cell| vec![line(self.find(cell, quantity), false)]) }
    }
}

fn line(series: Option<Series>, thin: bool) -> Option<Line> {
    series.map(|series| Line { mean: series.mean, half_width: series.half_width, thin, dashed: false })
}

/// The panels a node has something for.
fn panels(cells: &[&Cell], node: &str) -> Vec<Panel> {
    let of = OfNode { cells, node };
    // The requests of clients may be at any node; those at another node are inside it.
    let clients = cells.iter().flat_map(|cell| &cell.nodes).any(|other| other.name == node && other.makes_requests);
    let mut panels = traffic(of);
    let inside = if clients { "requests in the system".to_owned() } else { format!("requests in {node}") };
    panels.push(latency(of));
    panels.push(of.panel(inside, Unit::Count, "in_system"));
    panels.push(of.panel("utilization".to_owned(), Unit::Fraction, "utilization"));
    let limits: BTreeSet<&str> =
        cells.iter().flat_map(|cell| &cell.series).map(|s| &*s.quantity).filter(|q| q.starts_with("within_")).collect();
    for quantity in limits {
        let name = format!("share answered within {}", quantity.trim_start_matches("within_"));
        panels.push(of.panel(name, Unit::Fraction, quantity));
    }
    for (other, quantity, words) in gauges(cells, (!clients).then_some(node)) {
        let at = OfNode { cells, node: other };
        let unit = cells.iter().find_map(|cell| at.find(cell, quantity)).map_or(Unit::Count, |series| series.unit);
        let name = if clients { format!("{words} at {other}") } else { words.to_owned() };
        panels.push(at.panel(name, unit, quantity));
    }
    let shown = |panel: &Panel| {
        let numbers = || panel.lines.iter().flatten().flat_map(|line| line.mean.iter().flatten());
        // Nothing dropped or degraded, ever, needs no panel.
        let may_be_nothing = panel.name.starts_with("dropped") || panel.name.starts_with("degraded");
        numbers().next().is_some() && (!may_be_nothing || numbers().any(|value| *value != 0.0))
    };
    panels.into_iter().filter(shown).collect()
}

/// Arrivals, attempts, and outcomes.
fn traffic(of: OfNode<'_>) -> Vec<Panel> {
    let useless = of.has("throughput") && of.differ("throughput", "goodput");
    let goodput = match (useless, of.has("offered")) {
        (true, true) => "goodput, thin: offered, dashed: throughput",
        (true, false) => "goodput, dashed: throughput",
        (false, true) => "served, thin: offered",
        (false, false) => "served",
    };
    let again = of.has("attempts") && of.differ("attempts", "offered");
    let goodput_lines = of.each(|cell| {
        let throughput = of.find(cell, "throughput").filter(|_| useless);
        let dashed = line(throughput, true).map(|line| Line { dashed: true, ..line });
        vec![line(of.find(cell, "offered"), true), dashed, line(of.find(cell, "goodput"), false)]
    });
    let dropped_lines = of.each(|cell| {
        let parts = ["rejected", "failed", "timed_out", "given_up"].map(|quantity| of.find(cell, quantity));
        vec![dropped(&parts.into_iter().flatten().collect::<Vec<_>>())]
    });
    let attempts = of.each(|cell| vec![line(of.find(cell, "attempts").filter(|_| again), false)]);
    let panel = |name: &str, lines| Panel { name: name.to_owned(), unit: Unit::PerSecond, lines };
    vec![
        panel(goodput, goodput_lines),
        panel("attempts", attempts),
        panel("dropped: rejected, failed, timed out, given up", dropped_lines),
        of.panel("degraded answers".to_owned(), Unit::PerSecond, "degraded"),
    ]
}

fn latency(of: OfNode<'_>) -> Panel {
    let main = if of.has("latency_p99") { "latency_p99" } else { "latency_mean" };
    let (name, thin) = match (main, of.has("latency_p50")) {
        ("latency_p99", true) => ("latency: p99, thin: p50", "latency_p50"),
        ("latency_p99", false) => ("p99 latency", ""),
        _ => ("mean latency", ""),
    };
    let lines = of.each(|cell| vec![line(of.find(cell, thin), true), line(of.find(cell, main), false)]);
    Panel { name: name.to_owned(), unit: Unit::Seconds, lines }
}

/// The gauges of `only` one node, or of all, as many as there is room for: node, quantity, words.
fn gauges<'a>(cells: &[&'a Cell], only: Option<&str>) -> Vec<(&'a str, &'a str, &'a str)> {
    let mut found: Vec<(u8, &str, &str, &str)> = Vec::new();
    for cell in cells {
        for node in cell.nodes.iter().filter(|node| only.is_none_or(|only| node.name == only)) {
            for Gauge { series: quantity, words, rank } in &node.gauges {
                let has = |series: &Series| series.node == node.name && series.quantity == *quantity;
                let known = found.iter().any(|gauge| (gauge.1, gauge.2) == (&*node.name, &**quantity));
                if !known && cell.series.iter().any(has) {
                    found.push((*rank, &node.name, quantity, words));
                }
            }
        }
    }
    found.sort_by_key(|gauge| gauge.0);
    if only.is_none() {
        found.truncate(MOST_GAUGES);
    }
    found.into_iter().map(|(_, node, quantity, words)| (node, quantity, words)).collect()
}

/// The sum of what was not served. Half-widths do not add up, so only a single part that is not zero keeps its own.
fn dropped(parts: &[Series]) -> Option<Line> {
    let windows = parts.iter().map(|series| series.mean.len()).max()?;
    let sum = |k: usize| {
        let known: Vec<f64> = parts.iter().filter_map(|series| series.mean.get(k).copied().flatten()).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    let counting: Vec<&Series> =
        parts.iter().filter(|series| series.mean.iter().flatten().any(|value| *value != 0.0)).collect();
    let half_width = if let [only] = counting[..] { only.half_width.clone() } else { Vec::new() };
    Some(Line { mean: (0..windows).map(sum).collect(), half_width, thin: false, dashed: false })
}

fn draw(canvas: &Canvas<'_>, results: &Results, cells: &[&Cell], panels: &[Panel], inner: Area) {
    let end = |cell: &&Cell| {
        let windows = cell.series.iter().map(|series| series.mean.len()).max().unwrap_or(0);
        windows as f64 * cell.window
    };
    let last = cells.iter().map(end).fold(0.0, f64::max);
    let area = |left: f64, row: usize| {
        let top = inner.top + HEAD - 8.0 + row as f64 * (PANEL + HEAD);
        Area { left, top, right: inner.right - frame::names_width(results).max(12.0), bottom: top + PANEL }
    };
    let width = panels
        .iter()
        .map(|panel| frame::ticks_width(&scale(panel, area(0.0, 0)).labels(panel.unit).0))
        .fold(0.0, f64::max);
    let left = inner.left + width;
    for (row, panel) in panels.iter().enumerate() {
        let area = area(left, row);
        let (x, y) = (Scale::linear_exact((0.0, last), area.x(), 8), scale(panel, area));
        let warm_up = cells.iter().map(|cell| cell.warm_up).fold(0.0, f64::max);
        frame::warm_up(canvas, area, &x, warm_up.min(last));
        frame::troubles(canvas, area, &x, cells.iter().filter_map(|cell| cell.trouble), last);
        frame::y_axis(canvas, area, &y, panel.unit, &panel.name, 9.0);
        let (mut ticks, name) = frame::ticks(&x, Unit::Seconds, "time");
        let lowest = row + 1 == panels.len();
        if !lowest {
            ticks.iter_mut().for_each(|tick| tick.1.clear());
        }
        frame::x_axis(canvas, area, &ticks, if lowest { &name } else { "" }, false);
        let drawn: Vec<(&Line, Vec<Option<Reading>>, Stroke)> = cells
            .iter()
            .zip(&panel.lines)
            .flat_map(|(cell, lines)| lines.iter().map(move |line| (cell, line)))
            .map(|(cell, line)| (line, readings(cell, line, panel.unit, &x, &y), stroke(cell.arm, line)))
            .collect();
        let main: Vec<_> = drawn.iter().filter(|drawn| !drawn.0.thin).map(|d| (frame::spots(&d.1), d.2)).collect();
        let mut turns = frame::in_turns(&main).into_iter();
        for (line, readings, stroke) in &drawn {
            let stroke = if line.thin { *stroke } else { turns.next().unwrap_or(*stroke) };
            frame::curve(canvas, readings, stroke, theme::band(results.arms.len()));
        }
    }
    let top = area(left, 0);
    let whole = Area { bottom: inner.bottom - 46.0, ..top };
    // An arm may lack the node.
    let is_drawn = |place: usize| panels.iter().any(|panel| !panel.lines[place].is_empty());
    let drawn = cells.iter().enumerate().filter(|(place, _)| is_drawn(*place));
    let rows: Vec<(usize, f64)> =
        drawn.enumerate().map(|(row, (_, cell))| (cell.arm, top.top + 8.0 + 18.0 * row as f64)).collect();
    frame::names(canvas, results, whole, &rows);
}

/// The scale of what a panel shows.
fn scale(panel: &Panel, area: Area) -> Scale {
    let high = |line: &Line| -> Vec<f64> {
        let half = |k: usize| line.half_width.get(k).copied().flatten().filter(|_| !line.thin);
        let end = |(k, mean): (usize, &Option<f64>)| mean.map(|mean| interval(mean, half(k), panel.unit).1);
        line.mean.iter().enumerate().filter_map(end).collect()
    };
    let tops = panel.lines.iter().flatten().flat_map(high);
    let values = panel.lines.iter().flatten().flat_map(|line| line.mean.iter().copied().flatten());
    let time = panel.unit == Unit::Seconds;
    // Only latency may be logarithmic; an empty window would otherwise tear the other lines apart.
    Scale::choose(tops.chain(values).chain((!time).then_some(0.0)), area.y(), 5)
}

/// A line's windows as pixels, each in its middle.
fn readings(cell: &Cell, line: &Line, unit: Unit, x: &Scale, y: &Scale) -> Vec<Option<Reading>> {
    let reading = |(k, mean): (usize, &Option<f64>)| {
        let half = line.half_width.get(k).copied().flatten().filter(|_| !line.thin);
        let ends = interval(mean.unwrap_or(0.0), half, unit);
        Reading::new(x.at((k as f64 + 0.5) * cell.window), *mean, ends, y)
    };
    line.mean.iter().enumerate().map(reading).collect()
}

fn stroke(arm: usize, line: &Line) -> Stroke {
    match (line.thin, line.dashed) {
        (false, _) => theme::line(arm, 1.5),
        (true, true) => Stroke { opacity: 0.9, dash: Some(theme::DASHED), ..Stroke::new(theme::arm(arm), 0.9) },
        (true, false) => Stroke { opacity: 0.55, ..theme::line(arm, 0.9) },
    }
}
