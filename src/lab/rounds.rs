//! Which replications come next, and how many may still follow. This depends only on results, never on threads.

use std::collections::BTreeMap;

use super::estimate::estimates;
use super::execute::{Executor, gather};
use super::observe::{Observation, Observations};
use super::plan::Plan;
use super::results::{Estimate, Unit};
use super::spec::{AtMost, Replications};
use super::stability::stability;
use super::warm_up_found::WarmUpFound;

/// Replications to run: (cell, replication).
pub type Jobs = Vec<(usize, u32)>;

/// The replications to run next. All arms at one point of the sweep have equally many, so that they can be compared pair
/// by pair.
pub fn next_round(plan: &Plan, lacks: &Lacks, cells: &[Observations]) -> Jobs {
    let mut more = vec![0..0; plan.cells.len()];
    for group in groups(plan) {
        let (fewest, most) = (fewest(&group, cells), most(&group, cells));
        let upto = match &plan.experiment.run.replications {
            Replications::Fixed(n) => *n,
            // A resumed run may have more replications of some cells.
            Replications::AtMost(_) if fewest < most => most,
            Replications::AtMost(at_most) => {
                let done = fewest > 0 && lacks.of(&group).is_none();
                if done { fewest } else { at_most.n.min(fewest + at_most.batch) }
            }
        };
        group.iter().for_each(|&cell| more[cell] = cells[cell].len() as u32..upto);
    }
    // By replication first, so that a run that is stopped has about equally many of each cell.
    let last = more.iter().map(|range| range.end).max().unwrap_or(0);
    (0..last)
        .flat_map(|replication| {
            let has = |cell: &usize| more[*cell].contains(&replication);
            (0..plan.cells.len()).filter(has).map(move |cell| (cell, replication)).collect::<Vec<_>>()
        })
        .collect()
}

/// About how many replications are still to come in all rounds: half-widths shrink as one over the root of their number.
pub fn outlook(plan: &Plan, lacks: &Lacks, cells: &[Observations]) -> usize {
    let of_group = |group: Vec<usize>| {
        let upto = match &plan.experiment.run.replications {
            Replications::Fixed(n) => *n,
            Replications::AtMost(at_most) if fewest(&group, cells) < 2 => at_most.n,
            Replications::AtMost(at_most) => {
                let done = f64::from(most(&group, cells));
                match lacks.of(&group) {
                    None => done as u32,
                    Some(times) => {
                        at_most.n.min((done * times * times).ceil().max(done + f64::from(at_most.batch)) as u32)
                    }
                }
            }
        };
        group.into_iter().map(|cell| (upto as usize).saturating_sub(cells[cell].len())).sum::<usize>()
    };
    groups(plan).map(of_group).sum()
}

/// The cells at each point of the sweep.
pub fn groups(plan: &Plan) -> impl Iterator<Item = Vec<usize>> + '_ {
    let points = plan.points();
    (0..points).map(move |point| (point..plan.cells.len()).step_by(points).collect())
}

fn fewest(group: &[usize], cells: &[Observations]) -> u32 {
    group.iter().map(|&cell| cells[cell].len() as u32).min().unwrap_or(0)
}

fn most(group: &[usize], cells: &[Observations]) -> u32 {
    group.iter().map(|&cell| cells[cell].len() as u32).max().unwrap_or(0)
}

/// By how many times the widest interval of each cell is too wide.
#[derive(Clone, Debug, Default)]
pub struct Lacks(BTreeMap<usize, f64>);

impl Lacks {
    /// Those of the cells that may get more replications, where that is decided by how wide intervals are.
    ///
    /// # Errors
    /// A defect of the executor, in words.
    pub fn find(
        plan: &Plan,
        warm_ups: &[WarmUpFound],
        cells: &[Observations],
        executor: &dyn Executor,
    ) -> Result<Self, String> {
        let run = &plan.experiment.run;
        let Replications::AtMost(at_most) = &run.replications else { return Ok(Self::default()) };
        let lack = |cell: usize| {
            let seen = &cells[cell];
            if seen.is_empty() || seen.len() >= at_most.n as usize {
                return None;
            }
            let done: Vec<&Observation> = seen.iter().flatten().collect();
            let stability = stability(&plan.cells[cell], run, warm_ups[cell].length, &done);
            // A cell without a steady state will never be sure of one.
            if !stability.has_numbers() {
                return None;
            }
            let estimates = estimates(&plan.quantities, seen, &stability, &[], run.confidence.fraction());
            let wide = estimates.iter().filter(|estimate| !is_narrow(at_most, estimate));
            wide.map(|estimate| times_too_wide(at_most, estimate)).reduce(f64::max)
        };
        gather(executor, cells.len(), |cell| Ok(lack(cell))).map(|found| Self(found.into_iter().collect()))
    }

    /// That of the widest of some cells; `None` if none is too wide.
    fn of(&self, cells: &[usize]) -> Option<f64> {
        cells.iter().filter_map(|cell| self.0.get(cell).copied()).reduce(f64::max)
    }
}

/// The half-width that is narrow enough for a number.
fn allowed(at_most: &AtMost, estimate: &Estimate, value: f64) -> f64 {
    let relative = at_most.half_width.fraction() * value.abs();
    match estimate.unit {
        Unit::Fraction => relative.max(at_most.share_half_width.fraction()),
        _ => relative,
    }
}

/// True if a number is known as precisely as requested. If an event was never observed, more replications of the same
/// kind will not help.
#[must_use]
pub fn is_narrow(at_most: &AtMost, estimate: &Estimate) -> bool {
    estimate.value.is_none_or(|value| estimate.half_width.is_some_and(|half| half <= allowed(at_most, estimate, value)))
}

/// By how many times the interval of a number is too wide.
fn times_too_wide(at_most: &AtMost, estimate: &Estimate) -> f64 {
    let times = estimate.value.zip(estimate.half_width).map(|(value, half)| half / allowed(at_most, estimate, value));
    times.unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::results::IntervalKind;
    use crate::schema::quantity::Percent;

    fn estimate(unit: Unit, value: Option<f64>, half_width: Option<f64>) -> Estimate {
        Estimate {
            name: String::new(),
            id: String::new(),
            unit,
            value,
            half_width,
            interval: IntervalKind::Replications,
            replicates: Vec::new(),
            influences: Vec::new(),
            of_all: None,
        }
    }

    #[test]
    fn a_share_near_zero_is_known_well_enough_by_an_absolute_half_width() {
        let at_most = AtMost { n: 40, half_width: Percent::of(5.0), batch: 10, share_half_width: Percent::of(0.1) };
        let narrow = |unit, value, half| is_narrow(&at_most, &estimate(unit, Some(value), Some(half)));
        assert!(narrow(Unit::Fraction, 0.0, 0.001) && !narrow(Unit::Fraction, 0.0, 0.001_1));
        assert!(narrow(Unit::Fraction, 0.5, 0.025) && !narrow(Unit::Fraction, 0.5, 0.026));
        assert!(narrow(Unit::Seconds, 1.0, 0.05) && !narrow(Unit::Seconds, 0.0, 0.001));
        // An event that was never observed will not be observed, and a number without an interval is not known.
        assert!(is_narrow(&at_most, &estimate(Unit::Seconds, None, None)));
        assert!(!is_narrow(&at_most, &estimate(Unit::Seconds, Some(1.0), None)));
        assert_eq!(times_too_wide(&at_most, &estimate(Unit::Seconds, Some(1.0), Some(0.1))), 2.0);
    }
}
