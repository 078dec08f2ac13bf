//! From the observations of a plan, in plan order, to its results.

use super::claim::Claim;
use super::compare::{compare, rankings};
use super::covered::{did_not_happen, uncovered};
use super::estimate::estimates;
use super::execute::{Executor, gather};
use super::node;
use super::number;
use super::observe::{NodeSeen, Observation, Observations};
use super::open::overdue;
use super::plan::{Plan, PlannedCell};
use super::results::{Cell, IntervalKind, LedgerRow, NodeResult, Results, RunSummary, Series, Stability, TailPoint};
use super::rounds::is_narrow;
use super::spec::{Replications, RunSpec};
use super::stability::{stability, steady_apart};
use super::theory::theory;
use super::trouble::Trouble;
use super::warm_up_found::WarmUpFound;
use crate::engine::{Ended, Time};
use crate::measure::Latency;

/// Points of a latency tail kept at most.
const TAIL_POINTS: usize = 400;

/// The results of each cell of a plan, in the order of the plan.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// When measuring began.
    pub warm_ups: &'a [WarmUpFound],
    /// One observation a replication; `None` where it was not run.
    pub observations: &'a [Observations],
    /// True if the run was stopped before all of its replications were done.
    pub unfinished: &'a [bool],
    /// True if it was stopped while it looked for the warm-up, so that no warm-up is cut.
    pub looking: &'a [bool],
}

/// What was collected of a cell, with what there is to say of it.
#[derive(Clone, Debug)]
pub struct Collected {
    cell: Cell,
    notices: Vec<String>,
}

/// The results of `plan`; `interrupted` if the run was stopped. Cells that are not `collected` yet are collected now.
///
/// # Errors
/// A defect of the executor, in words.
pub fn collect(
    plan: &Plan,
    found: Found<'_>,
    mut collected: Vec<Option<Collected>>,
    interrupted: bool,
    executor: &dyn Executor,
) -> Result<Results, String> {
    let Found { warm_ups, observations, unfinished, looking } = found;
    let run = &plan.experiment.run;
    let mut notices = plan.notices.clone();
    let missing: Vec<usize> = (0..plan.cells.len()).filter(|&place| collected[place].is_none()).collect();
    let of_cell = |place: usize| collect_cell(plan, place, warm_ups[place], &observations[place], !interrupted);
    for (number, found) in gather(executor, missing.len(), |number| Ok(Some(of_cell(missing[number]))))? {
        collected[missing[number]] = Some(found);
    }
    let mut cells = Vec::with_capacity(plan.cells.len());
    for (mut of_cell, unfinished) in collected.into_iter().flatten().zip(unfinished) {
        of_cell.cell.unfinished = *unfinished;
        if interrupted {
            of_cell.cell.series.clear();
        }
        cells.push(of_cell.cell);
        notices.extend(of_cell.notices);
    }
    compare(plan, &mut cells);
    if interrupted {
        note_stop(plan, &cells, looking, &mut notices);
    }
    note_unsure(plan, &cells, &mut notices);
    note_batches(&cells, &mut notices);
    note_tails(plan, &cells, &mut notices);
    let mut results = Results {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        title: plan.experiment.title.clone(),
        question: plan.experiment.question.clone(),
        chapter: plan.experiment.chapter.clone(),
        seed: run.seed,
        run: summary(run, warm_ups),
        arms: plan.arms.clone(),
        baseline: plan.baseline,
        sweep: plan.sweep.clone(),
        rankings: rankings(plan, &cells),
        cells,
        claims: Vec::new(),
        interrupted,
        notices,
    };
    let decide = |claim: &Claim| claim.decide(&results, &plan.scope);
    results.claims = plan.experiment.claims.iter().map(decide).collect();
    Ok(results)
}

/// How the replications were run, and the longest warm-up of all cells.
fn summary(run: &RunSpec, warm_ups: &[WarmUpFound]) -> RunSummary {
    RunSummary {
        duration: run.duration.map(|duration| duration.seconds()),
        requests: run.requests,
        warm_up: warm_ups.iter().map(|found| found.length.as_secs_f64()).fold(0.0, f64::max),
        replications: run.replications.most(),
        target: match &run.replications {
            Replications::Fixed(_) => None,
            Replications::AtMost(at_most) => Some(at_most.half_width.fraction()),
        },
        confidence: run.confidence.fraction(),
    }
}

/// Notes the parts that a stopped run leaves out.
fn note_stop(plan: &Plan, cells: &[Cell], looking: &[bool], notices: &mut Vec<String>) {
    let done: u32 = cells.iter().map(|cell| cell.replications).sum();
    let most = plan.experiment.run.replications.most() as usize * cells.len();
    // A stop leaves little time, and series take more of it than all else.
    notices
        .push(format!("stopped early: {done} of at most {most} replications were run; series over time are left out"));
    let seen = || cells.iter().zip(looking).filter(|(cell, _)| cell.replications > 0);
    let uncut = seen().filter(|(_, looking)| **looking).count();
    if uncut > 0 {
        let of = seen().count();
        let those = if uncut < of { format!("of {uncut} of {of} cells ") } else { String::new() };
        notices.push(format!(
            "stopped while the warm-up was looked for: numbers {those}are of the whole runs, with the start that would \
             be cut off"
        ));
    }
}

/// Collects what was seen of one cell, with its series or without. This knows no other cell, and so may be done while others
/// still run.
pub fn collect_cell(
    plan: &Plan,
    place: usize,
    warm_up: WarmUpFound,
    seen: &[Option<Observation>],
    with_series: bool,
) -> Collected {
    let mut notices = Vec::new();
    let mut cell = cell(plan, &plan.cells[place], warm_up, seen, &mut notices);
    if with_series {
        cell.series = cell_series(seen, plan.experiment.run.confidence.fraction());
    }
    Collected { cell, notices }
}

fn cell(
    plan: &Plan,
    planned: &PlannedCell,
    warm_up: WarmUpFound,
    seen: &[Option<Observation>],
    notices: &mut Vec<String>,
) -> Cell {
    let done: Vec<&Observation> = seen.iter().flatten().collect();
    let mut latency = Latency::default();
    done.iter().for_each(|observation| latency.add_buckets(&observation.latencies));
    let ended = done.iter().fold((0, 0), |sum, o| (sum.0 + o.answered.0, sum.1 + o.answered.1));
    let open: Vec<_> = done.iter().map(|observation| observation.open(None)).collect();
    let calls = (ended.0, ended.1 + overdue(&open, u64::MAX).iter().sum::<u64>());
    let never_answered = if calls.1 > 0 { 1.0 - calls.0 as f64 / calls.1 as f64 } else { 0.0 };
    let confidence = plan.experiment.run.confidence.fraction();
    let stability = stability(planned, &plan.experiment.run, warm_up.length, &done);
    let steady = steady_apart(&planned.blueprint, &stability, &done);
    if !warm_up.settled && stability == Stability::Stable {
        let place = describe(plan, planned);
        notices.push(format!("{place}: more than half of the run would have to be cut as warm-up; make it longer"));
    }
    note_early_ends(plan, planned, &done, notices);
    let ends: Vec<Time> = done.iter().map(|observation| observation.over).collect();
    let planned_end = plan.experiment.run.duration.map_or(f64::INFINITY, |duration| duration.seconds());
    let aligned = are_aligned(&done);
    if !aligned {
        let place = describe(plan, planned);
        notices.push(format!("{place}: replications ended at too different times for a common time series"));
    }
    Cell {
        arm: planned.arm,
        point: planned.point,
        replications: done.len() as u32,
        unfinished: false,
        uncovered: uncovered(planned.system(), &ends, planned_end),
        warm_up: warm_up.length.as_secs_f64(),
        trouble: plan.scope.recovery.trouble(Trouble::of(planned.system())),
        estimates: estimates(&plan.quantities, seen, &stability, &steady, confidence),
        steady,
        stability,
        changes: !planned.system().is_stationary(),
        comparisons: Vec::new(),
        tail: tail(&latency, never_answered),
        never_answered,
        theory: theory(planned.system(), &plan.quantities),
        ledger: ledger(&done),
        nodes: nodes(&done, aligned, confidence),
        window: done.first().map_or(0.0, |observation| observation.window),
        series: Vec::new(),
    }
}

/// True of replications whose windows are of one length.
fn are_aligned(done: &[&Observation]) -> bool {
    done.windows(2).all(|pair| pair[0].window == pair[1].window)
}

/// The series of a cell; none where its replications have no windows in common.
fn cell_series(seen: &[Option<Observation>], confidence: f64) -> Vec<Series> {
    let done: Vec<&Observation> = seen.iter().flatten().collect();
    if are_aligned(&done) { series(&done, confidence) } else { Vec::new() }
}

fn describe(plan: &Plan, planned: &PlannedCell) -> String {
    let arm = &plan.arms[planned.arm];
    match &plan.sweep {
        Some(sweep) => format!("{arm} at {}", sweep.points[planned.point].label),
        None => arm.clone(),
    }
}

/// Says what was asked for and did not come, because replications ended before.
fn note_early_ends(plan: &Plan, planned: &PlannedCell, done: &[&Observation], notices: &mut Vec<String>) {
    let run = &plan.experiment.run;
    let count = |ended: Ended| done.iter().filter(|observation| observation.ended == ended).count();
    let place = || describe(plan, planned);
    let ends: Vec<Time> = done.iter().map(|observation| observation.over).collect();
    let duration = run.duration.map_or(f64::INFINITY, |duration| duration.seconds());
    for what in did_not_happen(planned.system(), &ends, duration) {
        notices.push(format!("{}: {what}", place()));
    }
    match count(Ended::Drained) {
        n if n > 0 && run.requests.is_some() => {
            notices.push(format!("{}: {n} replications ran out of requests before the count was reached", place()));
        }
        _ => {}
    }
}

/// Says what a single replication cannot say.
fn note_batches(cells: &[Cell], notices: &mut Vec<String>) {
    let estimates = || cells.iter().filter(|cell| cell.replications == 1).flat_map(|cell| &cell.estimates);
    if estimates().next().is_none() {
        return;
    }
    let correlated = estimates().any(|estimate| estimate.interval == IntervalKind::Batches { correlated: true });
    let warning = if correlated { "; neighbouring batches are alike, so they are too narrow: run longer" } else { "" };
    notices.push(format!(
        "one replication: intervals of means come from batches of the run, quantiles have none{warning}"
    ));
}

/// Says which quantiles have too little beyond them for their intervals to be trusted.
fn note_tails(plan: &Plan, cells: &[Cell], notices: &mut Vec<String>) {
    let mut few_in = vec![false; plan.quantities.len()];
    let mut places = Vec::new();
    let mut least: Option<(f64, String)> = None;
    for (cell, planned) in cells.iter().zip(&plan.cells).filter(|(cell, _)| cell.stability.has_numbers()) {
        for (estimate, few_in) in cell.estimates.iter().zip(&mut few_in) {
            let IntervalKind::Quantiles { independent: Some(independent), few: true } = estimate.interval else {
                continue;
            };
            let place = describe(plan, planned);
            if least.as_ref().is_none_or(|(least, _)| independent < *least) {
                least = Some((independent, format!("{} of {place}", estimate.name)));
            }
            *few_in = true;
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    let Some((least, where_least)) = least else { return };
    let names = plan.quantities.iter().zip(few_in).filter(|(_, few)| *few).map(|(quantity, _)| &*quantity.name);
    let places = match &places[..] {
        few if few.len() <= 3 => few.join(", "),
        many => format!("{} of {} cells", many.len(), cells.len()),
    };
    notices.push(format!(
        "intervals of {} may be too narrow in {places}: few independent requests lie beyond the quantile (least: {} a \
         replication, {where_least}); make replications longer",
        names.collect::<Vec<_>>().join(", "),
        number::plain(least, 2),
    ));
}

/// Says which cells did not reach the half-width that was asked for.
fn note_unsure(plan: &Plan, cells: &[Cell], notices: &mut Vec<String>) {
    let Replications::AtMost(at_most) = &plan.experiment.run.replications else { return };
    for (cell, planned) in cells.iter().zip(&plan.cells).filter(|(cell, _)| cell.stability.has_numbers()) {
        let unsure = cell.estimates.iter().filter(|estimate| !is_narrow(at_most, estimate));
        let names: Vec<&str> = unsure.map(|estimate| estimate.name.as_str()).collect();
        if !names.is_empty() {
            let place = describe(plan, planned);
            notices.push(format!(
                "{place}: {} not within {} after {} replications",
                names.join(", "),
                at_most.half_width,
                cell.replications
            ));
        }
    }
}

/// The complementary distribution of all calls, of which a share was never answered, thinned evenly in the logarithm of
/// what is above.
fn tail(latency: &Latency, never_answered: f64) -> Vec<TailPoint> {
    let points = latency.tail();
    let total = latency.count() as f64;
    let step = libm::log(total.max(2.0)) / TAIL_POINTS as f64;
    let mut kept: Vec<TailPoint> = Vec::new();
    let mut next = 0.0;
    let last = points.len().saturating_sub(1);
    for (place, (latency, above)) in points.into_iter().enumerate() {
        let above = never_answered + (1.0 - never_answered) * above;
        let depth = if above > 0.0 { -libm::log(above) } else { f64::INFINITY };
        // Where it ends flat, it ends with the longest answer.
        if above > 0.0 && (depth >= next || place == last) {
            kept.push(TailPoint { latency, above });
            next = depth + step;
        }
    }
    kept
}

/// Sums by clients and outcome, in order of first appearance.
fn ledger(done: &[&Observation]) -> Vec<LedgerRow> {
    let mut rows: Vec<LedgerRow> = Vec::new();
    for row in done.iter().flat_map(|observation| &observation.ledger) {
        match rows.iter_mut().find(|other| other.clients == row.clients && other.outcome == row.outcome) {
            Some(sum) => sum.count += row.count,
            None => rows.push(row.clone()),
        }
    }
    rows
}

fn nodes(done: &[&Observation], aligned: bool, confidence: f64) -> Vec<NodeResult> {
    let Some(first) = done.first() else { return Vec::new() };
    let result = |place: usize, seen: &NodeSeen| NodeResult {
        name: seen.info.name.clone(),
        kind: seen.info.kind.clone().into_owned(),
        makes_requests: seen.info.makes_requests,
        gauges: seen.gauges.clone(),
        estimates: node::estimates(done, place, confidence),
        servers: mean_of(done.iter().map(|o| &o.nodes[place].servers[..])),
        heat: if aligned {
            // A replication that ended within its warm-up has none.
            let row_of = |row: usize| done.iter().filter_map(move |o| o.nodes[place].heat.get(row)).map(Vec::as_slice);
            (0..seen.heat.len()).map(|row| mean_of(row_of(row))).collect()
        } else {
            Vec::new()
        },
    };
    first.nodes.iter().enumerate().map(|(place, seen)| result(place, seen)).collect()
}

/// The mean, place by place, of as much as all have.
fn mean_of<'a>(vectors: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    let mut count = 0.0;
    for vector in vectors {
        if count == 0.0 {
            sum = vector.to_vec();
        } else {
            sum.truncate(vector.len());
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        count += 1.0;
    }
    sum.iter_mut().for_each(|sum| *sum /= count);
    sum
}

fn series(done: &[&Observation], confidence: f64) -> Vec<Series> {
    let Some(first) = done.first() else { return Vec::new() };
    let mut all = Vec::new();
    for (place, node) in first.nodes.iter().enumerate() {
        let shown = node::series(done, place, confidence);
        for ((quantity, unit, _), (mean, half_width)) in node.series.iter().zip(shown) {
            all.push(Series {
                node: node.info.name.clone(),
                quantity: quantity.clone().into_owned(),
                unit: *unit,
                mean,
                half_width,
            });
        }
    }
    all
}
