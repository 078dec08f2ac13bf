//! Tie breaking by weight, as in nginx, among members with the same load relative to their weight.
//!
//! The policies that use it belong in `policies`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::actors::balancer::view::View;

/// Available members of one weight with equally many active requests.
#[derive(Clone, Debug, Default)]
struct Line {
    /// The credit that each of them has gained since the group began.
    gained: i64,
    /// The members with the most credit last, and among equals the first in the list; credit is counted without what
    /// was gained here.
    members: BTreeSet<(i64, Reverse<u32>)>,
}

/// Available members of one weight.
#[derive(Clone, Debug)]
struct Group {
    weight: u32,
    /// By the number of active requests.
    lines: Vec<Line>,
    /// The first line that is not empty; as many as there are lines if all are.
    least: usize,
}

impl Group {
    fn settle(&mut self) {
        while self.lines.get(self.least).is_some_and(|line| line.members.is_empty()) {
            self.least += 1;
        }
    }
}

/// The credit of each member in ties, gained and not yet spent, by the arithmetic of
/// `ngx_http_upstream_least_conn_module` (1.22): the members with the least active / weight gain their weight each, the
/// one that then has most is chosen, the first of equals, and pays all their weights. A member that stands alone
/// neither gains nor pays.
///
/// Members of one weight with equally many requests gain alike, so a choice looks only at the best of each weight: it
/// costs O(different weights + log n).
#[derive(Clone, Debug)]
pub struct Smooth {
    groups: Vec<Group>,
    /// The group of each member.
    group_of: Vec<u32>,
    /// The line in which an available member stands.
    line_of: Vec<Option<u32>>,
    /// The credit of a member, without the credit that its group has gained while the member is in it.
    credits: Vec<i64>,
}

impl Smooth {
    /// All members even.
    #[must_use]
    pub fn new(view: &View) -> Self {
        let weights = (0..view.len()).map(|member| view.weight(member));
        let mut different: Vec<u32> = weights.clone().collect();
        different.sort_unstable();
        different.dedup();
        let group = |weight| Group { weight, lines: Vec::new(), least: 0 };
        let mut smooth = Self {
            group_of: weights.map(|weight| different.partition_point(|&other| other < weight) as u32).collect(),
            groups: different.iter().copied().map(group).collect(),
            line_of: vec![None; view.len()],
            credits: vec![0; view.len()],
        };
        (0..view.len()).for_each(|member| smooth.moved(view, member));
        smooth
    }

    /// The member whose turn it is; `None` if none is available.
    pub fn choose(&mut self) -> Option<usize> {
        // active / weight by cross multiplication: exact.
        let score = |group: &Group, of: &Group| group.least as u64 * u64::from(of.weight);
        let held = self.groups.iter().filter(|group| group.least < group.lines.len());
        let least = held.reduce(|best, other| if score(other, best) < score(best, other) { other } else { best })?;
        let (active, weight) = (least.least as u64, u64::from(least.weight));
        let is_tied = |group: &Group| {
            group.least < group.lines.len() && group.least as u64 * weight == active * u64::from(group.weight)
        };
        let (mut count, mut total) = (0, 0);
        for group in self.groups.iter().filter(|group| is_tied(group)) {
            let members = group.lines[group.least].members.len();
            count += members;
            total += i64::from(group.weight) * members as i64;
        }
        let gains = count > 1;
        let mut best = None;
        for (place, group) in self.groups.iter_mut().enumerate().filter(|(_, group)| is_tied(group)) {
            let line = &mut group.lines[group.least];
            if gains {
                line.gained += i64::from(group.weight);
            }
            if let Some(&(credit, first)) = line.members.last() {
                best = best.max(Some((credit + line.gained, first, place)));
            }
        }
        let (_, Reverse(member), place) = best?;
        if gains {
            let group = &mut self.groups[place];
            let credit = &mut self.credits[member as usize];
            let members = &mut group.lines[group.least].members;
            members.remove(&(*credit, Reverse(member)));
            *credit -= total;
            members.insert((*credit, Reverse(member)));
        }
        Some(member as usize)
    }

    /// The member has another number of active requests, or has become available or unavailable. It keeps its credit
    /// and its debt.
    pub fn moved(&mut self, view: &View, member: usize) {
        let group = &mut self.groups[self.group_of[member] as usize];
        let credit = &mut self.credits[member];
        if let Some(line) = self.line_of[member].take() {
            let line = &mut group.lines[line as usize];
            line.members.remove(&(*credit, Reverse(member as u32)));
            *credit += line.gained;
        }
        if let Some(active) = view.active_if_up(member) {
            let place = active as usize;
            if group.lines.len() <= place {
                group.lines.resize_with(place + 1, Line::default);
            }
            let line = &mut group.lines[place];
            *credit -= line.gained;
            line.members.insert((*credit, Reverse(member as u32)));
            self.line_of[member] = Some(active);
            group.least = group.least.min(place);
        }
        group.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The algorithm as nginx writes it: every member is looked at.
    fn plainly(view: &View, credits: &mut [i64]) -> Option<usize> {
        let score = |member: usize, of: usize| u64::from(view.active(member)) * u64::from(view.weight(of));
        let up = || (0..view.len()).filter(|&member| view.is_up(member));
        let least = up().reduce(|best, other| if score(other, best) < score(best, other) { other } else { best })?;
        let tied: Vec<usize> = up().filter(|&member| score(member, least) == score(least, member)).collect();
        if tied.len() == 1 {
            return Some(least);
        }
        let (mut best, mut total) = (least, 0);
        for member in tied {
            let weight = i64::from(view.weight(member));
            credits[member] += weight;
            total += weight;
            if credits[member] > credits[best] {
                best = member;
            }
        }
        credits[best] -= total;
        Some(best)
    }

    proptest! {
        #[test]
        fn looking_at_the_best_of_each_weight_is_looking_at_all(
            weights in proptest::collection::vec(1_u32..5, 1..12),
            steps in proptest::collection::vec((0_u8..12, any::<usize>()), 0..400),
        ) {
            let mut view = View::new(weights.clone());
            let mut smooth = Smooth::new(&view);
            let mut credits = vec![0; weights.len()];
            for (step, which) in steps {
                let member = which % weights.len();
                match step {
                    0 => {
                        let up = !view.is_up(member);
                        view.set_up(member, up);
                        smooth.moved(&view, member);
                    }
                    1..=5 if view.active(member) > 0 => {
                        view.done(member);
                        smooth.moved(&view, member);
                    }
                    _ => {
                        let chosen = smooth.choose();
                        prop_assert_eq!(chosen, plainly(&view, &mut credits));
                        if let Some(chosen) = chosen {
                            view.sent(chosen);
                            smooth.moved(&view, chosen);
                        }
                    }
                }
            }
        }
    }
}
