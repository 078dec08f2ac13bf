//! Least connections.

use std::cmp::Ordering;

use crate::actors::balancer::heap::MemberHeap;
use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// The member with the fewest active requests for its weight, as this balancer counts them; equals take turns.
    ///
    /// The score is active / weight, as in nginx `least_conn` and HAProxy `leastconn`. Connections that are held come to
    /// each member as often as there; only the order among equals differs: nginx takes a step of its smooth round robin.
    /// With equal weights a choice costs O(1) (members queue up by their number of active requests), else O(log n).
    pub struct LeastConnections {}
}

/// Members by score.
#[derive(Clone, Debug)]
#[repr(u8)]
pub enum Scores {
    /// Equal weights.
    Buckets(Buckets),
    /// Different weights.
    Heap(ScoreHeap),
}

impl Describes for LeastConnections {
    type State = Scores;

    fn build(&self, view: &View) -> Scores {
        if view.equal_weights() { Scores::Buckets(Buckets::new(view)) } else { Scores::Heap(ScoreHeap::new(view)) }
    }
}

impl Choose for Scores {
    #[inline]
    fn choose(&mut self, _view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        match self {
            Self::Buckets(buckets) => buckets.least(),
            Self::Heap(heap) => heap.least(),
        }
    }

    #[inline]
    fn sent(&mut self, view: &View, member: usize) {
        match self {
            Self::Buckets(buckets) => buckets.moved(view, member),
            Self::Heap(heap) => heap.sent(view, member),
        }
    }

    #[inline]
    fn done(&mut self, view: &View, member: usize, _answer: Answer) {
        match self {
            Self::Buckets(buckets) => buckets.moved(view, member),
            Self::Heap(heap) => heap.done(view, member),
        }
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        match self {
            Self::Buckets(buckets) => buckets.health_changed(view, member),
            Self::Heap(heap) => heap.health_changed(view, member),
        }
    }

    fn weights_changed(&mut self, view: &View) {
        *self = LeastConnections {}.build(view);
    }
}

/// The neighbours in a queue.
#[derive(Clone, Copy, Debug)]
struct Place {
    before: u32,
    after: u32,
}

/// One queue of members for each number of active requests. A member goes to the end of its new queue whenever its
/// number changes, so among equals the one that has been there longest comes next: they take turns.
///
/// A queue is a ring that begins and ends at a place of its own, behind the places of the members: an empty one is only
/// that, and no end is a special case.
#[derive(Clone, Debug)]
pub struct Buckets {
    places: Vec<Place>,
    members: usize,
    /// The first queue that is not empty; 0 if all are.
    least: usize,
}

impl Buckets {
    fn new(view: &View) -> Self {
        let members = view.len();
        let places = (0..members as u32).map(|alone| Place { before: alone, after: alone }).collect();
        let mut buckets = Self { places, members, least: 0 };
        buckets.add_queues(0);
        for member in (0..members).filter(|&member| view.is_up(member)) {
            buckets.append(member, view.active(member) as usize);
        }
        buckets.seek(0);
        buckets
    }

    #[inline]
    fn first(&self, queue: usize) -> Option<usize> {
        let first = self.places[self.members + queue].after as usize;
        (first < self.members).then_some(first)
    }

    #[inline]
    fn least(&self) -> Option<usize> {
        self.first(self.least)
    }

    /// The member's number of active requests has changed by one.
    #[inline(always)]
    fn moved(&mut self, view: &View, member: usize) {
        if let Some(active) = view.active_if_up(member) {
            self.remove(member);
            self.append(member, active as usize);
            // If it went up, the queue it left may be empty now.
            if self.least < active as usize && self.first(self.least).is_none() {
                self.seek(self.least);
            }
        }
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        if view.is_up(member) {
            self.append(member, view.active(member) as usize);
        } else {
            self.remove(member);
        }
        self.seek(0);
    }

    /// Finds the least queue, which is not below `from`: the very next, except when members come and go.
    #[inline]
    fn seek(&mut self, from: usize) {
        let queues = self.places.len() - self.members;
        self.least = (from..queues).find(|&queue| self.first(queue).is_some()).unwrap_or(0);
    }

    #[inline(always)]
    fn remove(&mut self, member: usize) {
        let places = &mut self.places[..];
        let Place { before, after } = places[member];
        places[before as usize].after = after;
        places[after as usize].before = before;
    }

    #[inline(always)]
    fn append(&mut self, member: usize, queue: usize) {
        let end = self.members + queue;
        if end >= self.places.len() {
            self.add_queues(queue);
        }
        self.least = self.least.min(queue);
        let places = &mut self.places[..];
        let last = std::mem::replace(&mut places[end].before, member as u32);
        places[last as usize].after = member as u32;
        places[member] = Place { before: last, after: end as u32 };
    }

    /// Empty queues, up to this one.
    #[cold]
    #[inline(never)]
    fn add_queues(&mut self, queue: usize) {
        let new = self.places.len()..=self.members + queue;
        self.places.extend(new.map(|end| Place { before: end as u32, after: end as u32 }));
    }
}

/// What a member has to do for its weight, and when it was chosen last.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Score {
    active: u32,
    weight: u32,
    chosen: u64,
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        // active / weight by cross multiplication: exact.
        let left = u64::from(self.active) * u64::from(other.weight);
        let right = u64::from(other.active) * u64::from(self.weight);
        (left, self.chosen).partial_cmp(&(right, other.chosen))
    }
}

/// Members in a binary heap by active / weight, then by who was chosen longest ago.
#[derive(Clone, Debug)]
pub struct ScoreHeap {
    heap: MemberHeap<Score>,
    chosen: Vec<u64>,
    clock: u64,
}

impl ScoreHeap {
    fn new(view: &View) -> Self {
        let members = view.len();
        // Before anybody was chosen, the first in the list comes first.
        let chosen = (0..members as u64).collect();
        let mut heap = Self { heap: MemberHeap::new(members), chosen, clock: members as u64 };
        (0..members).for_each(|member| heap.health_changed(view, member));
        heap
    }

    #[inline]
    fn least(&self) -> Option<usize> {
        self.heap.first().map(|(_, member)| member)
    }

    #[inline]
    fn sent(&mut self, view: &View, member: usize) {
        self.chosen[member] = self.clock;
        self.clock += 1;
        self.done(view, member);
    }

    #[inline]
    fn done(&mut self, view: &View, member: usize) {
        if self.heap.contains(member) {
            self.rank(view, member);
        }
    }

    fn rank(&mut self, view: &View, member: usize) {
        let score = Score { active: view.active(member), weight: view.weight(member), chosen: self.chosen[member] };
        self.heap.set(member, score);
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        if view.is_up(member) {
            self.rank(view, member);
        } else {
            self.heap.remove(member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::StreamKey;
    use crate::engine::{Outcome, Time};
    use proptest::prelude::*;

    const FACTS: Facts = Facts { now: Time::ZERO, client: 0, key: 0 };
    const ANSWER: Answer = Answer { now: Time::ZERO, response_time: None, outcome: Outcome::Served };

    fn choose(state: &mut Scores, view: &mut View) -> Option<usize> {
        let member = state.choose(view, FACTS, &mut StreamKey::root(1, 0).draws(0))?;
        view.sent(member);
        state.sent(view, member);
        Some(member)
    }

    #[test]
    fn equals_take_turns() {
        for weights in [vec![1, 1, 1], vec![2, 2, 2]] {
            let mut view = View::new(weights);
            let mut state = LeastConnections {}.build(&view);
            let picks: Vec<_> = (0..6).filter_map(|_| choose(&mut state, &mut view)).collect();
            assert_eq!(picks, [0, 1, 2, 0, 1, 2]);
        }
    }

    #[test]
    fn held_connections_settle_in_proportion_to_weights() {
        let mut view = View::new(vec![3, 2, 1]);
        let mut state = LeastConnections {}.build(&view);
        for _ in 0..60 {
            choose(&mut state, &mut view);
        }
        assert_eq!([view.active(0), view.active(1), view.active(2)], [30, 20, 10]);
    }

    proptest! {
        #[test]
        fn the_choice_is_always_a_least_loaded_member_that_is_up(
            weights in prop_oneof![proptest::collection::vec(1_u32..5, 1..8), (1_usize..8).prop_map(|n| vec![1; n])],
            steps in proptest::collection::vec((0_u8..4, 0_usize..8), 1..300),
        ) {
            let mut view = View::new(weights.clone());
            let mut state = LeastConnections {}.build(&view);
            for (step, member) in steps {
                let member = member % weights.len();
                match step {
                    0 | 1 => {
                        let least = (0..weights.len())
                            .filter(|&m| view.is_up(m))
                            .map(|m| f64::from(view.active(m)) / f64::from(view.weight(m)))
                            .fold(f64::INFINITY, f64::min);
                        let before: Vec<u32> = (0..weights.len()).map(|m| view.active(m)).collect();
                        match choose(&mut state, &mut view) {
                            Some(chosen) => {
                                prop_assert!(view.is_up(chosen));
                                prop_assert_eq!(f64::from(before[chosen]) / f64::from(view.weight(chosen)), least);
                            }
                            None => prop_assert!(view.available().is_empty()),
                        }
                    }
                    2 if view.active(member) > 0 => {
                        view.done(member);
                        state.done(&view, member, ANSWER);
                    }
                    3 => {
                        let up = !view.is_up(member);
                        view.set_up(member, up);
                        state.health_changed(&view, member);
                    }
                    _ => {}
                }
            }
        }
    }
}
