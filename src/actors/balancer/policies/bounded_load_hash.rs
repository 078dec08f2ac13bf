//! Consistent hashing with bounded loads.

use super::ring_hash::{Points, RingHash};
use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::actors::placement::{ClientAddress, HashBy, KetamaPoints, Placement};
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Like `RingHash`, but no member gets more than `c` times its share of the active requests: a request moves on
    /// around the ring to the first member with room.
    ///
    /// Mirrokni, Thorup and Zadimoghaddam 2018, "Consistent hashing with bounded loads"; HAProxy `hash-balance-factor`.
    /// The bound of a member is c x (active requests, including this one) x its share of the weights of all members
    /// that are up, rounded up. Expected O(1 / (c - 1)^2) members are looked at for a choice.
    pub struct BoundedLoadHash {
        /// How far above its share a member may be; above 1, 100 at most.
        pub c: f64 = 1.25,
        /// How points are placed on the ring.
        pub placement: Placement = Placement::Ketama(KetamaPoints { points: 160 }),
        /// Which part of a request is hashed.
        pub by: HashBy = HashBy::Client(ClientAddress {}),
    }
    check(self, at) {
        if self.c.is_nan() || self.c <= 1.0 || self.c > 100.0 {
            at.field("c").error("above 1 and 100 at most: with 1 and less, a request may find no room anywhere");
        }
    }
}

/// The ring, and the figures that determine the bound.
#[derive(Clone, Debug)]
pub struct Bounded {
    points: Points,
    c: f64,
    /// Active requests at all members.
    active: u64,
    /// Weight of the members that are up.
    weight: u64,
}

/// Most active requests of a member of this share of the weights, when the one to be placed is the `active`-th.
#[inline]
fn bound(c: f64, active: u64, weight: u32, total: u64) -> u32 {
    let exact = c * active as f64 * f64::from(weight) / total as f64;
    // A product that would be a whole number without rounding errors is that number.
    (exact - 1e-9 * exact).ceil() as u32
}

impl Describes for BoundedLoadHash {
    type State = Bounded;

    fn build(&self, view: &View) -> Bounded {
        let ring = RingHash { placement: self.placement.clone(), by: self.by.clone() };
        Bounded { points: Points::new(ring, view), c: self.c, active: 0, weight: weight_up(view) }
    }

    fn places_by_hash(&self) -> bool {
        true
    }

    fn problem(&self, weights: &[u32]) -> Option<String> {
        self.placement.problem(weights)
    }
}

fn weight_up(view: &View) -> u64 {
    view.available().iter().map(|&member| u64::from(view.weight(member as usize))).sum()
}

impl Choose for Bounded {
    #[inline]
    fn choose(&mut self, view: &View, facts: Facts, _draws: &mut Draws) -> Option<usize> {
        if view.available().is_empty() {
            return None;
        }
        let (c, active, weight) = (self.c, self.active + 1, self.weight);
        self.points.first(view, facts, |member| view.active(member) < bound(c, active, view.weight(member), weight))
    }

    fn owner(&mut self, view: &View, facts: Facts) -> Option<usize> {
        self.points.owner(view, facts)
    }

    #[inline]
    fn sent(&mut self, _view: &View, _member: usize) {
        self.active += 1;
    }

    #[inline]
    fn done(&mut self, _view: &View, _member: usize, _answer: Answer) {
        self.active -= 1;
    }

    fn weights_changed(&mut self, view: &View) {
        self.weight = weight_up(view);
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        let weight = u64::from(view.weight(member));
        if view.is_up(member) {
            self.weight += weight;
        } else {
            self.weight -= weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Bits, StreamKey};
    use crate::engine::{Outcome, Time};
    use proptest::prelude::*;

    const ANSWER: Answer = Answer { now: Time::ZERO, response_time: None, outcome: Outcome::Served };

    fn policy(c: f64) -> BoundedLoadHash {
        let RingHash { placement, by } = RingHash {
            placement: Placement::Ketama(KetamaPoints { points: 160 }),
            by: HashBy::Client(ClientAddress {}),
        };
        BoundedLoadHash { c, placement, by }
    }

    #[test]
    fn the_bound_is_the_share_times_c_rounded_up() {
        assert_eq!(bound(1.25, 8, 1, 10), 1);
        assert_eq!(bound(1.25, 9, 1, 10), 2);
        assert_eq!(bound(1.1, 100, 1, 10), 11);
        assert_eq!(bound(1.25, 1, 1, 10_000), 1);
        assert_eq!(bound(1.25, 24, 2, 6), 10);
    }

    #[test]
    fn one_client_spreads_over_as_many_members_as_the_bound_asks_for() {
        let mut view = View::new(vec![1; 10]);
        let mut state = policy(1.25).build(&view);
        let facts = Facts { now: Time::ZERO, client: 0x0A00_0001, key: 0 };
        for _ in 0..80 {
            let member = state.choose(&view, facts, &mut StreamKey::root(1, 0).draws(0)).expect("all are up");
            view.sent(member);
            state.sent(&view, member);
        }
        // 80 requests at most 10 a member: eight members at their bound, if not more.
        assert!((0..10).all(|member| view.active(member) <= 10));
        assert!((0..10).filter(|&member| view.active(member) > 0).count() >= 8);
    }

    proptest! {
        #[test]
        fn a_request_never_goes_above_the_bound_and_always_finds_room(
            weights in proptest::collection::vec(1_u32..6, 1..20),
            hundredths in 101_u32..300,
            clients in 1_u64..30,
            seed in any::<u64>(),
        ) {
            let mut view = View::new(weights.clone());
            let c = f64::from(hundredths) / 100.0;
            let mut state = policy(c).build(&view);
            let mut draws = StreamKey::root(seed, 0).draws(0);
            let mut held: Vec<usize> = Vec::new();
            for _ in 0..300 {
                match draws.below(10) {
                    0..6 => {
                        let facts = Facts { now: Time::ZERO, client: draws.below(clients) as u32, key: 0 };
                        let chosen = state.choose(&view, facts, &mut draws);
                        prop_assert_eq!(chosen.is_none(), view.available().is_empty());
                        let Some(member) = chosen else { continue };
                        prop_assert!(view.is_up(member));
                        let up: u32 = (0..weights.len()).filter(|&m| view.is_up(m)).map(|m| weights[m]).sum();
                        let exact = c * (held.len() + 1) as f64 * f64::from(weights[member]) / f64::from(up);
                        view.sent(member);
                        state.sent(&view, member);
                        held.push(member);
                        prop_assert!(f64::from(view.active(member)) <= (exact - 1e-6).ceil());
                    }
                    6..9 if !held.is_empty() => {
                        let member = held.swap_remove(draws.below(held.len() as u64) as usize);
                        view.done(member);
                        state.done(&view, member, ANSWER);
                    }
                    _ => {
                        let member = draws.below(weights.len() as u64) as usize;
                        let up = !view.is_up(member);
                        view.set_up(member, up);
                        state.health_changed(&view, member);
                    }
                }
            }
        }
    }
}
