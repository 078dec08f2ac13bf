//! Round robin.

use super::weighted_round_robin::Credits;
use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::{Bits, Draws};
use crate::schema::{choice, record};

record! {
    /// With the first member of the list, as in nginx and HAProxy.
    pub struct FirstMember {}
}

record! {
    /// With a random member, drawn by the first request, as in Envoy and gRPC: balancers that start together do not all
    /// send their first request to the same member.
    pub struct RandomMember {}
}

choice! {
    /// With which member the rotation starts.
    pub enum Start {
        First(FirstMember),
        Random(RandomMember),
    }
}

record! {
    /// Each available member in turn, whatever its load; where weights differ, in proportion to the weights.
    ///
    /// With different weights it is [`WeightedRoundRobin`](super::weighted_round_robin::WeightedRoundRobin), the smooth
    /// one of nginx. HAProxy and Envoy choose each member as often, but in another order: weights 3, 2, 1 are a b a c b
    /// a here, a b a c a b with HAProxy's `roundrobin` and a a b a b c with its `static-rr`.
    pub struct RoundRobin {
        /// With which member the rotation starts.
        pub start: Start = Start::First(FirstMember {}),
    }
}

/// Whose turn it is.
#[derive(Clone, Debug)]
#[repr(u8)]
pub enum Rounds {
    /// Equal weights.
    Even(Turn),
    /// Different weights.
    Weighted(WeightedTurn),
}

/// Where the turn has come to.
#[derive(Clone, Debug)]
pub struct Turn {
    next: usize,
}

/// The turn by weight.
#[derive(Clone, Debug)]
pub struct WeightedTurn {
    credits: Credits,
    /// It begins at random and has not begun.
    draws_start: bool,
}

/// The turn begins at random and has not begun.
const TO_BE_DRAWN: usize = usize::MAX;

impl RoundRobin {
    fn rounds(view: &View, draws_start: bool) -> Rounds {
        if view.equal_weights() {
            Rounds::Even(Turn { next: if draws_start { TO_BE_DRAWN } else { 0 } })
        } else {
            Rounds::Weighted(WeightedTurn { credits: Credits::new(view), draws_start })
        }
    }
}

impl Describes for RoundRobin {
    type State = Rounds;

    fn build(&self, view: &View) -> Rounds {
        Self::rounds(view, matches!(self.start, Start::Random(_)))
    }
}

impl Choose for Rounds {
    #[inline]
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize> {
        match self {
            Self::Even(turn) => turn.choose(view, draws),
            Self::Weighted(turn) => {
                if std::mem::take(&mut turn.draws_start) {
                    // So many turns have passed already, as in Envoy.
                    for _ in 0..draws.below(view.len() as u64) {
                        turn.credits.choose(view, facts, draws);
                    }
                }
                turn.credits.choose(view, facts, draws)
            }
        }
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        if let Self::Weighted(turn) = self {
            turn.credits.health_changed(view, member);
        }
    }

    fn availability_changed(&mut self, view: &View, member: usize) {
        if let Self::Weighted(turn) = self {
            turn.credits.availability_changed(view, member);
        }
    }

    fn weights_changed(&mut self, view: &View) {
        match self {
            Self::Even(_) if view.equal_weights() => {}
            // The round that had begun starts again from the first.
            _ => *self = RoundRobin::rounds(view, false),
        }
    }
}

impl Turn {
    #[inline]
    fn choose(&mut self, view: &View, draws: &mut Draws) -> Option<usize> {
        if view.available().is_empty() {
            return None;
        }
        if self.next == TO_BE_DRAWN {
            self.next = draws.below(view.len() as u64) as usize;
        }
        loop {
            let member = self.next;
            self.next = if member + 1 == view.len() { 0 } else { member + 1 };
            if view.is_up(member) {
                return Some(member);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::balancer::policies::weighted_round_robin::WeightedRoundRobin;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    const FACTS: Facts = Facts { now: Time::ZERO, client: 0, key: 0 };

    fn sequence(state: &mut impl Choose, view: &View, first: u64, picks: usize) -> Vec<usize> {
        let key = StreamKey::root(1, 0);
        (0..picks as u64).filter_map(|n| state.choose(view, FACTS, &mut key.draws(first + n))).collect()
    }

    fn round_robin(start: Start, view: &View) -> Rounds {
        RoundRobin { start }.build(view)
    }

    #[test]
    fn each_comes_in_turn_and_by_weight_where_weights_differ() {
        let even = View::new(vec![7; 3]);
        let mut state = round_robin(Start::First(FirstMember {}), &even);
        assert_eq!(sequence(&mut state, &even, 0, 7), [0, 1, 2, 0, 1, 2, 0]);
        let view = View::new(vec![3, 2, 1]);
        let mut state = round_robin(Start::First(FirstMember {}), &view);
        let smooth = sequence(&mut WeightedRoundRobin {}.build(&view), &view, 0, 60);
        assert_eq!(sequence(&mut state, &view, 0, 60), smooth);
    }

    #[test]
    fn a_random_start_is_the_same_rounds_from_elsewhere() {
        for weights in [vec![1; 8], vec![3, 2, 1, 1, 1, 5, 2, 1]] {
            let view = View::new(weights);
            let mut firsts = std::collections::BTreeSet::new();
            for first in 0..64 {
                let mut state = round_robin(Start::Random(RandomMember {}), &view);
                let here = sequence(&mut state, &view, first, 16);
                firsts.insert(here[0]);
                let mut plain = round_robin(Start::First(FirstMember {}), &view);
                let all = sequence(&mut plain, &view, 0, 32);
                assert!(all.windows(16).take(8).any(|window| window == here), "{here:?}");
            }
            assert!(firsts.len() > 3, "{firsts:?}");
        }
    }

    #[test]
    fn slow_start_makes_rounds_uneven_and_even_again() {
        let mut view = View::new(vec![100; 2]);
        let mut state = round_robin(Start::First(FirstMember {}), &view);
        view.set_weight(1, 10);
        state.weights_changed(&view);
        let picks = sequence(&mut state, &view, 0, 110);
        assert_eq!(picks.iter().filter(|&&member| member == 1).count(), 10);
        view.set_weight(1, 100);
        state.weights_changed(&view);
        assert_eq!(sequence(&mut state, &view, 0, 4), [0, 1, 0, 1]);
    }
}
