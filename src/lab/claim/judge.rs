//! The decision on a claim, by the intervals of the results.

use super::{Bound, Claim, Term};
use crate::lab::number::with_interval;
use crate::lab::results::{Cell, Estimate, Results, Stability, Unit, Verdict};
use crate::lab::spec::Label;
use crate::stats::paired::Paired;

/// Decides claims.
pub(super) struct Judge<'a> {
    pub results: &'a Results,
    pub fleets: &'a [String],
    pub confidence: f64,
}

/// What a claim is about in one cell.
enum Number<'a> {
    Known(&'a Estimate),
    /// No steady state: a latency without bound.
    Unstable,
    Missing,
}

impl Judge<'_> {
    fn cell(&self, arm: Option<&Label>, point: usize) -> Option<&Cell> {
        let points = self.results.sweep.as_ref().map_or(1, |sweep| sweep.points.len());
        let arm = match arm {
            Some(arm) => self.results.arms.iter().position(|name| *name == arm.0.text)?,
            None => self.results.baseline.unwrap_or(0),
        };
        self.results.cells.get(arm * points + point)
    }

    fn number(&self, term: &Term, point: usize) -> Number<'_> {
        let id = term.quantity(self.fleets).id;
        let Some(cell) = self.cell(term.arm(), point) else { return Number::Missing };
        let Some(estimate) = cell.estimates.iter().find(|estimate| estimate.id == id) else { return Number::Missing };
        match (&cell.stability, estimate.value) {
            (_, Some(_)) => Number::Known(estimate),
            (Stability::Stable, None) => Number::Missing,
            _ => Number::Unstable,
        }
    }

    /// The verdict at one point of the sweep, with the numbers that decide it.
    pub fn decide(&self, claim: &Claim, point: usize) -> (Verdict, String) {
        match claim {
            Claim::Less(claim) => self.ordered(&claim.left, &claim.right, 1.0, point),
            Claim::Greater(claim) => self.ordered(&claim.right, &claim.left, 1.0, point),
            Claim::Times(claim) => self.ordered(&claim.right, &claim.left, claim.factor, point),
            Claim::Below(claim) => self.bounded(&claim.term, &claim.bound, false, point),
            Claim::Above(claim) => self.bounded(&claim.term, &claim.bound, true, point),
            Claim::EqualsTheory(claim) => self.theory(&claim.term, claim.tolerance.fraction(), point),
            Claim::Unstable(claim) => match self.cell(claim.arm.as_ref(), point).map(|cell| &cell.stability) {
                Some(Stability::Unstable { node, growth }) => (
                    Verdict::Holds,
                    format!("{node} grows by {} requests a second", with_interval(Some(*growth), None, Unit::Count)),
                ),
                Some(Stability::Bimodal { low, high, share }) => {
                    let percent = with_interval(Some(*share), None, Unit::Fraction);
                    let number = |value: f64| with_interval(Some(value), None, Unit::Count);
                    let states = format!("{} or {} requests in flight", number(*low), number(*high));
                    (Verdict::Holds, format!("two states, {states}; {percent} of replications in the worse"))
                }
                Some(Stability::Overflow { limit }) => (Verdict::Holds, limit.clone()),
                Some(Stability::Stable) => (Verdict::Fails, "no queue grows".to_owned()),
                None => (Verdict::Undecided, "nothing was measured".to_owned()),
            },
        }
    }

    /// `factor` x small < large, by the paired differences of the replications.
    fn ordered(&self, small: &Term, large: &Term, factor: f64, point: usize) -> (Verdict, String) {
        let names = |estimate: &Estimate| with_interval(estimate.value, estimate.half_width, estimate.unit);
        match (self.number(small, point), self.number(large, point)) {
            (Number::Known(a), Number::Known(b)) => {
                let scaled: Vec<Option<f64>> = a.replicates.iter().map(|x| x.map(|x| x * factor)).collect();
                let paired = Paired::of(&b.replicates, &scaled, self.confidence).map(|paired| paired.difference);
                let times = if factor == 1.0 { String::new() } else { format!("{factor} x ") };
                let (mean, half) = paired.map_or((f64::NAN, None), |interval| (interval.mean, interval.half_width));
                let difference = with_interval(Some(mean), half, a.unit);
                let evidence = format!("{times}{} against {}, difference {difference}", names(a), names(b));
                let verdict = match half {
                    Some(half) if mean > half => Verdict::Holds,
                    Some(half) if mean <= -half => Verdict::Fails,
                    _ => Verdict::Undecided,
                };
                (verdict, evidence)
            }
            (Number::Known(a), Number::Unstable) => (Verdict::Holds, format!("{} against no steady state", names(a))),
            (Number::Unstable, Number::Known(b)) => (Verdict::Fails, format!("no steady state against {}", names(b))),
            (Number::Unstable, Number::Unstable) => (Verdict::Undecided, "neither has a steady state".to_owned()),
            _ => (Verdict::Undecided, "nothing was measured".to_owned()),
        }
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
            Number::Unstable if above => (Verdict::Holds, "it has no steady state".to_owned()),
            Number::Unstable => (Verdict::Fails, "it has no steady state".to_owned()),
            Number::Missing => (Verdict::Undecided, "nothing was measured".to_owned()),
        }
    }

    fn theory(&self, term: &Term, tolerance: f64, point: usize) -> (Verdict, String) {
        let id = term.quantity(self.fleets).id;
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
                let distance = (value - expected).abs();
                let verdict = if half.is_infinite() {
                    Verdict::Undecided
                } else if distance <= half + tolerance * expected.abs() {
                    Verdict::Holds
                } else {
                    Verdict::Fails
                };
                (verdict, evidence)
            }
            (Number::Unstable, None, None) => (Verdict::Undecided, "it has no steady state".to_owned()),
            _ => (Verdict::Undecided, "no theory is known for this system".to_owned()),
        }
    }
}
