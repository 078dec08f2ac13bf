//! The finding of a case: each number against theory.

use super::{Allowance, Case, Expected, What};
use crate::lab::results::{Cell, Estimate, Results, Unit};
use crate::stats::Interval;
use crate::stats::student::quantile_two_sided;

/// The chance that a right program disagrees anywhere in the suite.
const FALSE_ALARM: f64 = 1e-6;

/// The |t| that one of `comparisons` numbers over `replications` exceeds with so small a chance that all of them
/// together stay within it but once in a million (Bonferroni; replications of a long run are near normal).
#[must_use]
pub fn bound(comparisons: usize, replications: u32) -> f64 {
    quantile_two_sided(FALSE_ALARM / comparisons.max(1) as f64, f64::from(replications.max(2) - 1))
}

/// One number against theory.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which number, in words.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// The value of theory.
    pub theory: f64,
    /// Where that is written.
    pub source: String,
    /// How far theory may be off.
    pub allowance: Allowance,
    /// The value of the simulator; `None` without a steady state.
    pub measured: Option<f64>,
    /// Half-width of its interval, at the confidence of the experiment.
    pub half_width: Option<f64>,
    /// How far it is from theory, or from the end of the allowed range, in half-widths; with its sign.
    pub deviation: f64,
    /// The same in standard errors: Student's t.
    pub t: f64,
    /// Whether that is too far.
    pub verdict: Verdict,
}

/// Whether simulator and theory agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// |t| is within the bound.
    Agrees,
    /// It is not, or there is no number.
    Disagrees,
}

impl Verdict {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "DISAGREES",
        }
    }
}

impl Case {
    /// Each number of the case's `results` against theory, with `bound` on |t| from [`bound`].
    #[must_use]
    pub fn judge(&self, results: &Results, bound: f64) -> Vec<Finding> {
        let confidence = results.run.confidence;
        let judge = |expected| results.cells.first().map(|cell| finding(expected, cell, confidence, bound));
        self.expected.iter().filter_map(judge).collect()
    }
}

/// A comparison: a number with its interval, and the value it should have.
struct Pair {
    quantity: String,
    unit: Unit,
    theory: f64,
    measured: Option<f64>,
    half_width: Option<f64>,
    replications: usize,
}

fn finding(expected: &Expected, cell: &Cell, confidence: f64, bound: f64) -> Finding {
    let pair = match &expected.what {
        What::Measure(id) => measure(cell, id, expected.value),
        What::OfNode(node, id) => number_of_node(cell, node, id, expected.value),
        What::Little(node) => little(cell, node, confidence),
        What::Between(from, to) => between(cell, from, to, expected.value, confidence),
    };
    let Pair { quantity, unit, theory, measured, half_width, replications } = pair;
    let settled = cell.stability.has_numbers();
    let (measured, half_width) = (measured.filter(|_| settled), half_width.filter(|_| settled));
    let Allowance { below, above } = expected.allowance;
    let deviation = match (measured, half_width) {
        (Some(measured), Some(half)) => {
            let (low, high) = (theory * (1.0 - below), theory * (1.0 + above));
            let off = measured - measured.clamp(low, high);
            if off == 0.0 { 0.0 } else { off / half }
        }
        _ => f64::INFINITY,
    };
    let t = deviation * quantile_two_sided(1.0 - confidence, replications.max(2) as f64 - 1.0);
    let verdict = if t.abs() < bound { Verdict::Agrees } else { Verdict::Disagrees };
    let (source, allowance) = (expected.source.clone(), expected.allowance);
    Finding { quantity, unit, theory, source, allowance, measured, half_width, deviation, t, verdict }
}

fn measure(cell: &Cell, id: &str, theory: f64) -> Pair {
    match cell.estimate(id) {
        Some(estimate) => pair(estimate.name.clone(), estimate, theory),
        None => missing(id, theory),
    }
}

fn number_of_node(cell: &Cell, node: &str, id: &str, theory: f64) -> Pair {
    match of_node(cell, node, id) {
        Some(estimate) => pair(format!("{} of {node}", estimate.name), estimate, theory),
        None => missing(id, theory),
    }
}

fn pair(quantity: String, estimate: &Estimate, theory: f64) -> Pair {
    Pair {
        quantity,
        unit: estimate.unit,
        theory,
        measured: estimate.value,
        half_width: estimate.half_width,
        replications: estimate.replicates.iter().flatten().count(),
    }
}

fn missing(quantity: &str, theory: f64) -> Pair {
    let quantity = format!("no {quantity}");
    Pair { quantity, unit: Unit::Count, theory, measured: None, half_width: None, replications: 0 }
}

fn of_node<'a>(cell: &'a Cell, node: &str, id: &str) -> Option<&'a Estimate> {
    let node = cell.nodes.iter().find(|other| other.name == node)?;
    node.estimates.iter().find(|estimate| estimate.id == id)
}

/// L against lambda W, the difference taken in each replication: requests that straddle the ends of a run cancel in the
/// mean.
fn little(cell: &Cell, node: &'static str, confidence: f64) -> Pair {
    let get = |id: &str| of_node(cell, node, id);
    let product = |rate: &Estimate, times: &[&Estimate]| -> Vec<f64> {
        let replications = 0..rate.replicates.len();
        let time = |at: usize| -> Option<f64> { times.iter().map(|time| time.replicates[at]).sum() };
        replications.filter_map(|at| Some(rate.replicates[at]? * time(at)?)).collect()
    };
    let products = match (get("departures"), get("waiting_mean"), get("service_mean")) {
        (Some(rate), Some(waiting), Some(service)) => product(rate, &[waiting, service]),
        // Clients: served requests only, because a request that is rejected at once spends no time.
        _ => match (cell.estimate("throughput"), get("latency_mean")) {
            (Some(rate), Some(time)) => product(rate, &[time]),
            _ => Vec::new(),
        },
    };
    let Some(number) = get("in_system") else { return missing("number", 0.0) };
    let numbers: Vec<f64> = number.replicates.iter().copied().flatten().collect();
    if numbers.len() != products.len() {
        return missing("rate and time", 0.0);
    }
    let differences: Vec<f64> = numbers.iter().zip(&products).map(|(number, product)| number - product).collect();
    let (Some(product), Some(off)) = (Interval::of(&products, confidence), Interval::of(&differences, confidence))
    else {
        return missing("replications", 0.0);
    };
    Pair {
        quantity: format!("L - λW at {node}"),
        unit: Unit::Count,
        theory: product.mean,
        measured: Some(product.mean + off.mean),
        half_width: off.half_width,
        replications: off.n,
    }
}

fn between(cell: &Cell, from: &'static str, to: &'static str, theory: f64, confidence: f64) -> Pair {
    let quantity = format!("in system between {from} and {to}");
    let (Some(outer), Some(inner)) = (of_node(cell, from, "in_system"), of_node(cell, to, "in_system")) else {
        return missing(&quantity, theory);
    };
    let both = outer.replicates.iter().zip(&inner.replicates);
    let differences: Vec<f64> = both.filter_map(|(outer, inner)| Some((*outer)? - (*inner)?)).collect();
    let interval = Interval::of(&differences, confidence);
    Pair {
        quantity,
        unit: Unit::Count,
        theory,
        measured: interval.map(|interval| interval.mean),
        half_width: interval.and_then(|interval| interval.half_width),
        replications: differences.len(),
    }
}
