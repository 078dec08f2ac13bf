//! The decision on a claim, by the intervals of the results.

use super::{Bound, Claim, Gauge, RecoversClaim, StaysDownClaim, Term};
use crate::lab::label::Label;
use crate::lab::measure::{Quantity, Scope};
use crate::lab::number::with_interval;
use crate::lab::results::{Cell, Estimate, Results, Stability, Unit, Verdict};
use crate::schema::quantity::Span;
use crate::stats::proportion::wilson;

/// The share of replications that nearly all are.
const NEARLY_ALL: f64 = 0.9;

/// True if `some` of `all` replications are nearly all.
fn are_nearly_all(some: usize, all: usize) -> bool {
    10 * some >= 9 * all
}

/// Decides claims.
pub(super) struct Judge<'a> {
    pub results: &'a Results,
    pub scope: &'a Scope,
    pub confidence: f64,
}

/// In which order a claim says that two numbers are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// The first is less.
    Less,
    /// The first is greater.
    Greater,
    /// The first is at least this many times the second.
    AtLeast(f64),
}

/// The number that a claim is about, in one cell.
enum Number<'a> {
    Known(&'a Estimate),
    /// A length of time without bound, and why: no steady state, or no recovery.
    Unbounded(&'static str),
    /// One of a run that was too short for a steady state.
    NotSettled(String),
    Missing,
}

impl Judge<'_> {
    pub(super) fn cell(&self, arm: Option<&Label>, point: usize) -> Option<&Cell> {
        let points = self.results.sweep.as_ref().map_or(1, |sweep| sweep.points.len());
        let arm = match arm {
            Some(arm) => self.results.arms.iter().position(|name| *name == arm.0.text)?,
            None => self.results.baseline.unwrap_or(0),
        };
        self.results.cells.get(arm * points + point)
    }

    fn number(&self, term: &Term, point: usize) -> Number<'_> {
        let Quantity { id, what, .. } = term.quantity(self.scope);
        let Some(cell) = self.cell(term.arm(), point) else { return Number::Missing };
        let Some(estimate) = cell.estimates.iter().find(|estimate| estimate.id == id) else { return Number::Missing };
        // The mean is that of the replications that have one: it says little where not nearly all do.
        let some = estimate.replicates.iter().flatten().count();
        let without_bound = what.without_bound().filter(|_| !are_nearly_all(some, estimate.replicates.len()));
        if let Some(why) = without_bound {
            return Number::Unbounded(why);
        }
        match (&cell.stability, estimate.value) {
            (Stability::NotSettled { node, .. }, Some(_)) if estimate.is_of_steady_state() => {
                let number = with_interval(estimate.value, estimate.half_width, estimate.unit);
                Number::NotSettled(format!("{number}, but {node} has not settled in this run"))
            }
            (_, Some(_)) => Number::Known(estimate),
            (Stability::Stable, None) => Number::Missing,
            _ if what.grows_with_queues() => Number::Unbounded("no steady state"),
            _ => Number::Missing,
        }
    }

    /// The verdict at one point of the sweep, with the numbers that decide it. A cell whose runs were cut short, or
    /// ended before a scheduled event, decides nothing: its results do not answer the question.
    pub fn decide(&self, claim: &Claim, point: usize) -> (Verdict, String) {
        match self.cut_short(claim, point) {
            Some(why) => (Verdict::Undecided, why),
            None => self.decide_by_numbers(claim, point),
        }
    }

    /// Which of the cells that a claim is about was cut short, and why; `None` if none was.
    fn cut_short(&self, claim: &Claim, point: usize) -> Option<String> {
        let last = if claim.is_along_the_sweep() { point + 1 } else { point };
        let cells =
            claim.subjects().into_iter().flat_map(|arm| (point..=last).filter_map(move |at| self.cell(arm, at)));
        let why = |cell: &Cell| match &cell.stability {
            // A conclusion from the description of a system needs no run.
            Stability::Overflow { overloaded: Some(_), .. } if matches!(claim, Claim::Unstable(_)) => None,
            Stability::Overflow { limit, .. } => Some(limit.clone()),
            _ if cell.unfinished => Some(format!("the run was stopped after {} replications", cell.replications)),
            _ => None,
        };
        let name = |cell: &Cell| match self.results.arms.len() {
            0 | 1 => "it".to_owned(),
            _ => format!("\"{}\"", self.results.arm(cell)),
        };
        cells.into_iter().find_map(|cell| match (why(cell), &cell.uncovered) {
            (Some(why), _) => Some(format!("{} was cut short: {why}", name(cell))),
            (None, Some(what)) => Some(format!("{} does not cover what is asked: {what}", name(cell))),
            (None, None) => None,
        })
    }

    fn decide_by_numbers(&self, claim: &Claim, point: usize) -> (Verdict, String) {
        match claim {
            Claim::Less(claim) => self.pair((&claim.left, point), (&claim.right, point), Order::Less),
            Claim::Greater(claim) => self.pair((&claim.left, point), (&claim.right, point), Order::Greater),
            Claim::Times(claim) => self.pair((&claim.left, point), (&claim.right, point), Order::AtLeast(claim.factor)),
            Claim::Below(claim) => {
                let decided = self.bounded(&claim.term, &claim.bound, false, point);
                self.of_all_bounded(&claim.term, &claim.bound, false, point, decided)
            }
            Claim::Above(claim) => {
                let decided = self.bounded(&claim.term, &claim.bound, true, point);
                self.of_all_bounded(&claim.term, &claim.bound, true, point, decided)
            }
            Claim::Rises(claim) => self.pair((&claim.term, point), (&claim.term, point + 1), Order::Less),
            Claim::Falls(claim) => self.pair((&claim.term, point), (&claim.term, point + 1), Order::Greater),
            Claim::Recovers(claim) => self.recovers(claim, point),
            Claim::StaysDown(claim) => self.stays_down(claim, point),
            Claim::EqualsTheory(claim) => self.theory(&claim.term, claim.tolerance.fraction(), point),
            Claim::Unstable(claim) => self.unstable(claim.arm.as_ref(), point),
        }
    }

    fn unstable(&self, arm: Option<&Label>, point: usize) -> (Verdict, String) {
        let Some(cell) = self.cell(arm, point) else { return (Verdict::Undecided, "nothing was measured".to_owned()) };
        match &cell.stability {
            Stability::Unstable { node, growth, .. } => {
                let rate = with_interval(Some(*growth), None, Unit::Count);
                let bound = format!("as much comes to {node} as it can do, so that its queue has no bound");
                (
                    Verdict::Holds,
                    if *growth > 0.0 { format!("{node} grows by {rate} requests a second") } else { bound },
                )
            }
            Stability::Bimodal { low, high, share } => {
                let percent = with_interval(Some(*share), None, Unit::Fraction);
                let number = |value: f64| with_interval(Some(value), None, Unit::Count);
                let states = format!("{} or {} requests in flight", number(*low), number(*high));
                (Verdict::Holds, format!("two states, {states}; {percent} of replications in the worse"))
            }
            Stability::Overflow { overloaded: Some((node, load)), .. } => {
                let load = with_interval(Some(*load), None, Unit::Fraction);
                (Verdict::Holds, format!("{node} has a load of {load}"))
            }
            Stability::Overflow { limit, .. } => (Verdict::Undecided, limit.clone()),
            Stability::NotSettled { node, .. } => (Verdict::Undecided, format!("{node} has not settled in this run")),
            Stability::Stable if cell.changes => {
                let why = "arrivals or faults change with time, so there is no steady state to judge";
                (Verdict::Undecided, why.to_owned())
            }
            Stability::Stable => (Verdict::Fails, "no queue grows".to_owned()),
        }
    }

    /// Two numbers, each at a point of the sweep, in the order of the claim.
    fn pair(&self, left: (&Term, usize), right: (&Term, usize), order: Order) -> (Verdict, String) {
        let decided = self.compare(self.number(left.0, left.1), self.number(right.0, right.1), order);
        self.of_all_ordered(left, right, order, decided)
    }

    /// By the difference of the two values, whose interval keeps the pairs of replications. The evidence gives the numbers
    /// in the order of the claim.
    fn compare(&self, left: Number<'_>, right: Number<'_>, order: Order) -> (Verdict, String) {
        let names = |estimate: &Estimate| with_interval(estimate.value, estimate.half_width, estimate.unit);
        let holds_if = |holds: bool| if holds { Verdict::Holds } else { Verdict::Fails };
        let is_less = order == Order::Less;
        match (left, right) {
            (Number::Known(a), Number::Known(b)) => {
                // How far they differ in the direction of the claim.
                let margin = match order {
                    Order::Less => b.minus(1.0, a, self.confidence),
                    Order::Greater => a.minus(1.0, b, self.confidence),
                    Order::AtLeast(factor) => a.minus(factor, b, self.confidence),
                };
                let margin = margin.map(|paired| paired.difference);
                let times = match order {
                    Order::AtLeast(factor) if factor != 1.0 => format!("{factor} x "),
                    _ => String::new(),
                };
                let (mean, half) = margin.map_or((f64::NAN, None), |interval| (interval.mean, interval.half_width));
                let difference = with_interval(Some(mean), half, a.unit);
                let evidence = format!("{} against {times}{}, difference {difference}", names(a), names(b));
                let verdict = match half {
                    Some(half) if mean > half => Verdict::Holds,
                    // Exactly this many times, without uncertainty, is at least this many times.
                    Some(half) if matches!(order, Order::AtLeast(_)) && mean == 0.0 && half == 0.0 => Verdict::Holds,
                    Some(half) if mean <= -half => Verdict::Fails,
                    _ => Verdict::Undecided,
                };
                (verdict, evidence)
            }
            (Number::Known(a), Number::Unbounded(why)) => (holds_if(is_less), format!("{} against {why}", names(a))),
            (Number::Unbounded(why), Number::Known(b)) => (holds_if(!is_less), format!("{why} against {}", names(b))),
            (Number::Unbounded(why), Number::Unbounded(_)) => (Verdict::Undecided, format!("both have {why}")),
            (Number::NotSettled(why), _) | (_, Number::NotSettled(why)) => (Verdict::Undecided, why),
            _ => (Verdict::Undecided, "nothing was measured".to_owned()),
        }
    }

    /// Requests in flight or goodput after a trouble against before it, from the means by window. The half-width of a
    /// mean over windows is taken as the mean of their half-widths: windows of one run resemble each other, and this never
    /// claims more than is known.
    fn recovers(&self, claim: &RecoversClaim, point: usize) -> (Verdict, String) {
        let Some(cell) = self.cell(claim.arm.as_ref(), point) else {
            return (Verdict::Undecided, "nothing was measured".to_owned());
        };
        let start = claim.start.map(Span::seconds).or(cell.trouble.map(|trouble| trouble.start));
        let end = claim.end.map(Span::seconds).or(cell.trouble.and_then(|trouble| trouble.end));
        let (Some(start), Some(end)) = (start, end) else {
            return (Verdict::Undecided, "nothing says when the trouble began and ended".to_owned());
        };
        let settled = end + claim.within.seconds();
        let (quantity, words, unit, tolerance) = match claim.by {
            Gauge::InFlight(_) => ("in_system", "in flight", Unit::Count, claim.tolerance.fraction()),
            Gauge::Goodput(_) => ("goodput", "of goodput", Unit::PerSecond, -claim.tolerance.fraction()),
        };
        let before = between(cell, quantity, cell.warm_up, start);
        let after = between(cell, quantity, settled, f64::INFINITY);
        let (Some((before, before_half)), Some((after, after_half))) = (before, after) else {
            return (Verdict::Undecided, "the run has no windows before the trouble or after the recovery".to_owned());
        };
        let number = |value, half| with_interval(Some(value), Some(half), unit);
        let evidence = format!(
            "{} {words} from {settled} s on, {} before the trouble",
            number(after, after_half),
            number(before, before_half)
        );
        let limit = before * (1.0 + tolerance);
        let half = after_half + before_half;
        // How far it lies on the good side: below the limit for requests in flight, above it for goodput.
        let margin = if matches!(claim.by, Gauge::Goodput(_)) { after - limit } else { limit - after };
        let verdict = if margin >= half {
            Verdict::Holds
        } else if margin < -half {
            Verdict::Fails
        } else {
            Verdict::Undecided
        };
        (verdict, evidence)
    }

    /// In how many replications goodput stays down, and the conclusion about all replications there could be.
    fn stays_down(&self, claim: &StaysDownClaim, point: usize) -> (Verdict, String) {
        let id = claim.quantity(self.scope).id;
        let estimate = self.cell(claim.arm.as_ref(), point).and_then(|cell| cell.estimate(&id));
        let left: Vec<f64> =
            estimate.iter().flat_map(|estimate| estimate.replicates.iter().copied().flatten()).collect();
        let down = left.iter().filter(|left| **left < claim.below.fraction()).count() as u64;
        let all = left.len() as u64;
        let Some(bounds) = wilson(down, all, self.confidence) else {
            return (Verdict::Undecided, "nothing was measured before or after the trouble".to_owned());
        };
        let mean = with_interval(
            estimate.and_then(|estimate| estimate.value),
            estimate.and_then(|estimate| estimate.half_width),
            Unit::Fraction,
        );
        let evidence = format!("it does in {down} of {all} replications; {mean} is left on average");
        let verdict = if are_nearly_all(down as usize, all as usize) && bounds.low > 0.5 {
            Verdict::Holds
        } else if bounds.high < NEARLY_ALL {
            Verdict::Fails
        } else {
            Verdict::Undecided
        };
        (verdict, evidence)
    }

    fn bounded(&self, term: &Term, bound: &Bound, above: bool, point: usize) -> (Verdict, String) {
        match self.number(term, point) {
            Number::Known(estimate) => {
                let value = estimate.value.unwrap_or(f64::NAN);
                let evidence = with_interval(Some(value), estimate.half_width, estimate.unit);
                let distance = if above { value - bound.value } else { bound.value - value };
                let half = estimate.half_width.unwrap_or(f64::INFINITY);
                let verdict = if distance > half {
                    Verdict::Holds
                } else if distance < -half {
                    Verdict::Fails
                } else {
                    Verdict::Undecided
                };
                (verdict, evidence)
            }
            Number::Unbounded(why) if above => (Verdict::Holds, format!("it has {why}")),
            Number::Unbounded(why) => (Verdict::Fails, format!("it has {why}")),
            Number::NotSettled(why) => (Verdict::Undecided, why),
            Number::Missing => (Verdict::Undecided, "nothing was measured".to_owned()),
        }
    }

    fn theory(&self, term: &Term, tolerance: f64, point: usize) -> (Verdict, String) {
        let Quantity { id, unit, .. } = term.quantity(self.scope);
        let theory = self.cell(term.arm(), point).and_then(|cell| cell.theory.as_ref());
        let known =
            theory.and_then(|theory| theory.values.iter().find(|(name, _)| *name == id).map(|(_, value)| *value));
        match (self.number(term, point), known, theory) {
            (Number::Known(estimate), Some(expected), Some(theory)) => {
                let (value, half) = (estimate.value.unwrap_or(f64::NAN), estimate.half_width.unwrap_or(f64::INFINITY));
                let evidence = format!(
                    "{} against {} of {}",
                    with_interval(Some(value), estimate.half_width, estimate.unit),
                    with_interval(Some(expected), None, estimate.unit),
                    theory.model
                );
                let (distance, allowed) = ((value - expected).abs(), tolerance * expected.abs());
                let verdict = if distance + half <= allowed {
                    Verdict::Holds
                } else if distance - half > allowed {
                    Verdict::Fails
                } else {
                    Verdict::Undecided
                };
                (verdict, evidence)
            }
            (Number::NotSettled(why), _, _) => (Verdict::Undecided, why),
            // A run that found no steady state is no witness against a theory that has one.
            (Number::Unbounded(why), Some(expected), Some(theory)) => {
                let expected = with_interval(Some(expected), None, unit);
                (Verdict::Undecided, format!("it has {why}, against {expected} of {}", theory.model))
            }
            (Number::Unbounded(why), ..) => (Verdict::Undecided, format!("it has {why}")),
            (Number::Missing, ..) => (Verdict::Undecided, "nothing was measured".to_owned()),
            (_, _, Some(theory)) => (Verdict::Undecided, format!("{} does not say what it is", theory.model)),
            (_, _, None) => (Verdict::Undecided, "no theory is known for this system".to_owned()),
        }
    }
}

/// Mean of a quantity of all clients together over the windows that lie within a time, and its half-width.
fn between(cell: &Cell, quantity: &str, from: f64, to: f64) -> Option<(f64, f64)> {
    let clients = |node: &str| cell.nodes.iter().any(|other| other.name == node && other.makes_requests);
    let mut sum: Option<(f64, f64)> = None;
    for series in cell.series.iter().filter(|series| series.quantity == quantity && clients(&series.node)) {
        let inside = |place: usize| place as f64 * cell.window >= from && (place + 1) as f64 * cell.window <= to;
        let windows: Vec<(f64, f64)> = (0..series.mean.len())
            .filter(|&place| inside(place))
            .filter_map(|place| Some((series.mean[place]?, series.half_width[place]?)))
            .collect();
        let count = windows.len() as f64;
        if windows.is_empty() {
            return None;
        }
        let mean = windows.iter().map(|window| window.0).sum::<f64>() / count;
        let half = windows.iter().map(|window| window.1).sum::<f64>() / count;
        let so_far = sum.unwrap_or((0.0, 0.0));
        sum = Some((so_far.0 + mean, so_far.1 + half));
    }
    sum
}
