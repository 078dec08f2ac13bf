//! Smooth weighted round robin.

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Members in proportion to their weights, spread out evenly: weights 5, 1, 1 give a a b a c a a.
    ///
    /// At each choice every available member gains its weight; the one that then has most is chosen (the first of equals)
    /// and pays the sum of all weights. This is the algorithm of nginx (`ngx_http_upstream_round_robin`, since 1.3.1).
    pub struct WeightedRoundRobin {}
}

/// What each member has gained and not yet paid.
#[derive(Clone, Debug)]
pub struct Credits {
    credit: Vec<i64>,
}

impl Describes for WeightedRoundRobin {
    type State = Credits;

    fn build(&self, view: &View) -> Credits {
        Credits { credit: vec![0; view.len()] }
    }
}

impl Choose for Credits {
    #[inline]
    fn choose(&mut self, view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        let mut best = None;
        let mut total = 0;
        for (member, credit) in self.credit.iter_mut().enumerate() {
            if !view.is_up(member) {
                continue;
            }
            let weight = i64::from(view.weight(member));
            total += weight;
            *credit += weight;
            if best.is_none_or(|(_, most)| *credit > most) {
                best = Some((member, *credit));
            }
        }
        let (member, _) = best?;
        self.credit[member] -= total;
        Some(member)
    }

    fn health_changed(&mut self, _view: &View, member: usize) {
        // A member that comes back starts even, not with what it held when it left.
        self.credit[member] = 0;
    }

    fn passed_over(&mut self, _view: &View, _member: usize) {
        // It keeps what it has gained and owes, as in nginx.
    }

    fn weights_changed(&mut self, _view: &View) {
        // What was gained was counted in other weights.
        self.credit.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

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
        view.set_up(1, false);
        view.set_up(2, false);
        assert_eq!(state.choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(31)), None);
    }
}
