//! Which arm is better: paired differences to the baseline, corrected for their number, and rankings that group what
//! cannot be told apart.

use super::plan::Plan;
use super::results::{Cell, Comparison, Estimate, Ranking};
use super::survivors::fewer;
use crate::stats::holm;
use crate::stats::paired::Paired;

/// Fills in the comparisons of every cell with the baseline at the same point of the sweep.
pub fn compare(plan: &Plan, cells: &mut [Cell]) {
    let Some(baseline) = plan.baseline else { return };
    let confidence = plan.experiment.run.confidence.fraction();
    let points = plan.points();
    let others: Vec<usize> = (0..plan.arms.len()).filter(|&arm| arm != baseline).collect();
    for point in 0..points {
        let base_settled = !cells[baseline * points + point].stability.is_not_settled();
        let base = cells[baseline * points + point].estimates.clone();
        for (place, base) in base.iter().enumerate() {
            let pairs: Vec<Option<Paired>> = others
                .iter()
                .map(|&arm| cells[arm * points + point].estimates[place].minus(1.0, base, confidence))
                .collect();
            // One family of tests for each measure at each point: as many as there are arms beside the baseline.
            let known: Vec<f64> = pairs.iter().flatten().filter_map(|pair| pair.p_value).collect();
            let mut corrected = holm::adjust(&known).into_iter();
            for (&arm, pair) in others.iter().zip(&pairs) {
                let p_value = pair.and_then(|pair| pair.p_value).and_then(|_| corrected.next());
                let cell = &mut cells[arm * points + point];
                let mut comparison = comparison(base, *pair, p_value, 1.0 - confidence);
                // Differences in runs that are too short for a steady state are not differences of steady states.
                let settled = base_settled && !cell.stability.is_not_settled();
                comparison.significant &= settled || !base.is_of_steady_state();
                cell.comparisons.push(comparison);
            }
        }
    }
}

fn comparison(base: &Estimate, pair: Option<Paired>, p_value: Option<f64>, level: f64) -> Comparison {
    Comparison {
        id: base.id.clone(),
        difference: pair.map(|pair| pair.difference.mean),
        half_width: pair.and_then(|pair| pair.difference.half_width),
        relative: pair.and_then(|pair| pair.relative),
        ratio: pair.and_then(|pair| pair.ratio).map(|ratio| ratio.mean),
        ratio_half_width: pair.and_then(|pair| pair.ratio).and_then(|ratio| ratio.half_width),
        p_value,
        variance_saved: pair.and_then(|pair| pair.variance_saved),
        significant: pair.is_some_and(|pair| pair.difference.excludes_zero()) && p_value.is_some_and(|p| p < level),
    }
}

/// The arms in order of every measure at every point.
#[must_use]
pub fn rankings(plan: &Plan, cells: &[Cell]) -> Vec<Ranking> {
    if plan.arms.len() < 2 {
        return Vec::new();
    }
    let (points, confidence) = (plan.points(), plan.experiment.run.confidence.fraction());
    let mut all = Vec::new();
    for (place, quantity) in plan.quantities.iter().enumerate() {
        for point in 0..points {
            let estimate = |arm: usize| &cells[arm * points + point].estimates[place];
            let decides = |arm: usize| {
                let settled = !cells[arm * points + point].stability.is_not_settled();
                estimate(arm).value.is_some() && (settled || !estimate(arm).is_of_steady_state())
            };
            let (mut with, without): (Vec<usize>, Vec<usize>) = (0..plan.arms.len()).partition(|&arm| decides(arm));
            let value = |arm: usize| estimate(arm).value.unwrap_or(f64::INFINITY);
            with.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
            // An arm that answered fewer calls than the arm that answered the most is not ranked before others because
            // of that.
            let answered = |arm: usize| cells[arm * points + point].answered(&quantity.id);
            let share = |arm: usize| answered(arm).and_then(|answered| answered.value).unwrap_or(0.0);
            let most = with.iter().copied().max_by(|&a, &b| share(a).total_cmp(&share(b))).and_then(answered);
            let lost =
                |arm: usize| most.zip(answered(arm)).is_some_and(|(most, answered)| fewer(answered, most, confidence));
            let (apart, with): (Vec<usize>, Vec<usize>) = with.into_iter().partition(|&arm| lost(arm));
            let groups = |arms: &[usize]| {
                group(arms, |a, b| estimate(a).minus(1.0, estimate(b), confidence)?.p_value, 1.0 - confidence)
            };
            let (groups, fewer) = (groups(&with), groups(&apart));
            all.push(Ranking { id: quantity.id.clone(), point, groups, fewer, without });
        }
    }
    all
}

/// Groups arms in order of their values: one joins the group before it while it cannot be told apart from the group's
/// first, by p-values corrected for as many tests as there are neighbours.
fn group(sorted: &[usize], p_value: impl Fn(usize, usize) -> Option<f64>, level: f64) -> Vec<Vec<usize>> {
    let tests = sorted.len().saturating_sub(1).max(1) as f64;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &arm in sorted {
        let joins = groups.last().is_some_and(|group| p_value(arm, group[0]).is_none_or(|p| p * tests >= level));
        match groups.last_mut() {
            Some(group) if joins => group.push(arm),
            _ => groups.push(vec![arm]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_apart_shares_a_group() {
        // Arms 0 and 2 are alike, 1 is not.
        let p = |a: usize, b: usize| Some(if a % 2 == b % 2 { 0.8 } else { 1e-6 });
        assert_eq!(group(&[0, 2, 1], p, 0.05), [vec![0, 2], vec![1]]);
        assert_eq!(group(&[], p, 0.05), Vec::<Vec<usize>>::new());
        // Without a test no arms are told apart.
        assert_eq!(group(&[0, 1], |_, _| None, 0.05), [[0, 1]]);
        // Two tests: each must pass at half of the level.
        assert_eq!(group(&[0, 1, 2], |_, _| Some(0.03), 0.05), [[0, 1, 2]]);
        assert_eq!(group(&[0, 1], |_, _| Some(0.03), 0.05), [[0], [1]]);
    }
}
