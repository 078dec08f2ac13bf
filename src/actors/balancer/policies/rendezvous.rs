//! Rendezvous hashing.

use xxhash_rust::xxh64::xxh64;

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::actors::placement::{ClientAddress, HashBy, HighestWeight};
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Sends the same client, or the same key, always to the same member: the one with the highest score for it.
    ///
    /// Thaler and Ravishankar 1998, "Using name-based mappings to increase hit rates" (highest random weight). Member
    /// and key are hashed together to a number u between 0 and 1; the score is -weight / ln(u) (Schindelhauer and
    /// Schomaker 2005), so that shares are exactly those of the weights. When a member leaves or joins, only its own
    /// keys move. A choice costs O(n).
    pub struct Rendezvous {
        /// Which part of a request is hashed.
        pub by: HashBy = HashBy::Client(ClientAddress {}),
    }
}

/// The scores of members, and the part of a request that is hashed.
#[derive(Clone, Debug)]
pub struct Scores {
    members: HighestWeight,
    by: HashBy,
}

impl Describes for Rendezvous {
    type State = Scores;

    fn build(&self, view: &View) -> Scores {
        Scores { members: HighestWeight::new(view), by: self.by.clone() }
    }

    fn places_by_hash(&self) -> bool {
        true
    }
}

impl Choose for Scores {
    fn weights_changed(&mut self, view: &View) {
        self.members.weights_changed(view);
    }

    fn choose(&mut self, view: &View, facts: Facts, _draws: &mut Draws) -> Option<usize> {
        self.owner(view, facts)
    }

    fn owner(&mut self, view: &View, facts: Facts) -> Option<usize> {
        let hash = xxh64(self.by.text(facts.client, facts.key).bytes(), 0);
        self.members.highest(hash, view.available(), |member| view.weight(member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    fn choose(state: &mut Scores, view: &View, client: u32) -> usize {
        let facts = Facts { now: Time::ZERO, client, key: 0 };
        state.choose(view, facts, &mut StreamKey::root(1, 0).draws(0)).expect("some member is up")
    }

    #[test]
    fn clients_are_shared_by_weight() {
        for weights in [vec![1, 1, 1, 1], vec![1, 2, 5]] {
            let view = View::new(weights.clone());
            let mut state = Rendezvous { by: HashBy::Client(ClientAddress {}) }.build(&view);
            let clients = 40_000;
            let mut counts = vec![0.0; weights.len()];
            for client in 0..clients {
                counts[choose(&mut state, &view, client)] += 1.0;
            }
            let total: u32 = weights.iter().sum();
            for (count, weight) in counts.into_iter().zip(weights) {
                let (n, p) = (f64::from(clients), f64::from(weight) / f64::from(total));
                assert!((count - n * p).abs() < 5.5 * (n * p * (1.0 - p)).sqrt(), "{count} of {n} at {p}");
            }
        }
    }

    #[test]
    fn only_the_clients_of_a_member_that_goes_move() {
        for weights in [vec![1; 7], vec![1, 2, 3, 4, 5, 6, 7]] {
            let mut view = View::new(weights);
            let mut state = Rendezvous { by: HashBy::Client(ClientAddress {}) }.build(&view);
            let before: Vec<usize> = (0..2000).map(|client| choose(&mut state, &view, client)).collect();
            view.set_up(3, false);
            for (client, &before) in (0..).zip(&before) {
                let after = choose(&mut state, &view, client);
                assert!(if before == 3 { after != 3 } else { after == before });
            }
            view.set_up(3, true);
            assert!((0..).zip(&before).all(|(client, &before)| choose(&mut state, &view, client) == before));
        }
    }
}
