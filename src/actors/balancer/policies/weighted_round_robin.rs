//! Smooth weighted round robin.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Members in proportion to their weights, spread out evenly: weights 5, 1, 1 give a a b a c a a.
    ///
    /// At each choice every available member gains its weight; the member with the highest total is chosen (the first
    /// of equals), and the sum of all weights is subtracted from its total. This is the algorithm of nginx
    /// (`ngx_http_upstream_round_robin`, since 1.3.1). Members of equal weight gain equally, so only the best member of
    /// each weight is compared: a choice costs O(different weights + log n).
    pub struct WeightedRoundRobin {}
}

/// Available members of one weight: those with the most credit first, then the first in the list. The credit that each
/// has gained since time zero is the same for all and left out.
#[derive(Clone, Debug)]
struct Group {
    weight: i64,
    members: BinaryHeap<(i64, Reverse<u32>)>,
}

/// The credit of members: gained and not yet spent.
#[derive(Clone, Debug)]
pub struct Credits {
    groups: Vec<Group>,
    /// Where each member belongs.
    group_of: Vec<u32>,
    /// The credit of members that are not available.
    held: Vec<i64>,
    choices: i64,
    /// Weights of all available members.
    total: i64,
}

impl Describes for WeightedRoundRobin {
    type State = Credits;

    fn build(&self, view: &View) -> Credits {
        Credits::new(view)
    }
}

impl Credits {
    /// All members without credit.
    #[must_use]
    pub fn new(view: &View) -> Self {
        let weights = (0..view.len()).map(|member| i64::from(view.weight(member)));
        let mut different: Vec<i64> = weights.clone().collect();
        different.sort_unstable();
        different.dedup();
        let group = |weight| different.partition_point(|&other| other < weight) as u32;
        let mut credits = Self {
            group_of: weights.map(group).collect(),
            groups: different.iter().map(|&weight| Group { weight, members: BinaryHeap::new() }).collect(),
            held: vec![0; view.len()],
            choices: 0,
            total: 0,
        };
        (0..view.len()).filter(|&member| view.is_up(member)).for_each(|member| credits.join(member));
        credits
    }

    fn group(&mut self, member: usize) -> &mut Group {
        &mut self.groups[self.group_of[member] as usize]
    }

    /// A member becomes available, with its credit.
    fn join(&mut self, member: usize) {
        let (held, choices) = (self.held[member], self.choices);
        let group = self.group(member);
        let weight = group.weight;
        group.members.push((held - choices * weight, Reverse(member as u32)));
        self.total += weight;
    }

    /// A member becomes unavailable, and keeps its credit.
    fn leave(&mut self, member: usize) {
        let choices = self.choices;
        let group = self.group(member);
        let weight = group.weight;
        let mut held = 0;
        group.members.retain(|&(credit, Reverse(other))| {
            let stays = other as usize != member;
            if !stays {
                held = credit + choices * weight;
            }
            stays
        });
        self.held[member] = held;
        self.total -= weight;
    }
}

impl Choose for Credits {
    #[inline]
    fn choose(&mut self, _view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        let choices = self.choices + 1;
        let best = |group: &Group| {
            let &(credit, first) = group.members.peek()?;
            Some((credit + choices * group.weight, first))
        };
        let heads = self.groups.iter().enumerate().filter_map(|(place, group)| Some((best(group)?, place)));
        let ((_, Reverse(member)), place) = heads.max()?;
        self.choices = choices;
        if let Some(mut head) = self.groups[place].members.peek_mut() {
            head.0 -= self.total;
        }
        Some(member as usize)
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        // It starts without credit, not with the credit it had when it left.
        self.held[member] = 0;
        self.availability_changed(view, member);
        self.held[member] = 0;
    }

    fn availability_changed(&mut self, view: &View, member: usize) {
        // It keeps its credit and its debt, as in nginx.
        if view.is_up(member) {
            self.join(member);
        } else {
            self.leave(member);
        }
    }

    fn weights_changed(&mut self, view: &View) {
        // Credits were counted with the previous weights.
        *self = Self::new(view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;
    use proptest::prelude::*;

    fn sequence(weights: &[u32], picks: usize) -> Vec<usize> {
        let view = View::new(weights.to_vec());
        let mut state = WeightedRoundRobin {}.build(&view);
        let key = StreamKey::root(1, 0);
        (0..picks)
            .map(|n| {
                state
                    .choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(n as u64))
                    .expect("all are up")
            })
            .collect()
    }

    #[test]
    fn weights_five_one_one_give_the_sequence_of_nginx() {
        assert_eq!(sequence(&[5, 1, 1], 7), [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn weights_three_two_alternate() {
        assert_eq!(sequence(&[3, 2], 5), [0, 1, 0, 1, 0]);
    }

    #[test]
    fn one_cycle_serves_each_member_exactly_its_weight() {
        let picks = sequence(&[3, 2, 1], 600);
        for (member, share) in [300, 200, 100].into_iter().enumerate() {
            assert_eq!(picks.iter().filter(|&&pick| pick == member).count(), share);
        }
    }

    #[test]
    fn a_member_that_is_down_is_never_chosen() {
        let mut view = View::new(vec![3, 2, 1]);
        let mut state = WeightedRoundRobin {}.build(&view);
        let key = StreamKey::root(1, 0);
        view.set_up(0, false);
        state.health_changed(&view, 0);
        for n in 0..30 {
            assert_ne!(state.choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(n)), Some(0));
        }
        for member in [1, 2] {
            view.set_up(member, false);
            state.health_changed(&view, member);
        }
        assert_eq!(state.choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(31)), None);
    }

    /// The algorithm as nginx writes it: every member is looked at.
    fn plainly(view: &View, credit: &mut [i64]) -> Option<usize> {
        let up = || (0..view.len()).filter(|&member| view.is_up(member));
        let total: i64 = up().map(|member| i64::from(view.weight(member))).sum();
        up().for_each(|member| credit[member] += i64::from(view.weight(member)));
        let best = up().max_by_key(|&member| (credit[member], Reverse(member)))?;
        credit[best] -= total;
        Some(best)
    }

    proptest! {
        #[test]
        fn looking_at_the_best_of_each_weight_is_looking_at_all(
            weights in proptest::collection::vec(1_u32..6, 1..12),
            steps in proptest::collection::vec((0_u8..20, any::<usize>(), 1_u32..6), 0..300),
        ) {
            let mut view = View::new(weights.clone());
            let mut state = WeightedRoundRobin {}.build(&view);
            let mut credit = vec![0; weights.len()];
            for (step, which, weight) in steps {
                let member = which % weights.len();
                let up = !view.is_up(member);
                match step {
                    0 => {
                        view.set_up(member, up);
                        state.health_changed(&view, member);
                        credit[member] = 0;
                    }
                    1 => {
                        view.set_up(member, up);
                        state.availability_changed(&view, member);
                    }
                    2 => {
                        view.set_weight(member, weight);
                        state.weights_changed(&view);
                        credit.fill(0);
                    }
                    _ => {
                        let facts = Facts { now: Time::ZERO, client: 0, key: 0 };
                        let chosen = state.choose(&view, facts, &mut StreamKey::root(1, 0).draws(0));
                        prop_assert_eq!(chosen, plainly(&view, &mut credit));
                    }
                }
            }
        }
    }
}
