//! Least connections.

use std::cmp::Ordering;

use crate::actors::balancer::heap::MemberHeap;
use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts};
use crate::actors::balancer::ties::Smooth;
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::{choice, record};

record! {
    /// In turn, whatever their weight: the member that was chosen longest ago is next.
    pub struct InTurn {}
}

record! {
    /// By weight, as in nginx `least_conn`: a step of smooth weighted round robin among the tied members. Idle members
    /// of weights 3, 2, 1 are chosen in the order a b a c b a.
    pub struct Weighted {}
}

record! {
    /// As in HAProxy `leastconn`: idle members first, in turn and whatever their weight; of the others the one with the
    /// lowest (active + 1) / weight. Ties go to the member whose number of requests changed longest ago. HAProxy rounds
    /// the score down to 1/256; here it is exact.
    pub struct IdleFirst {}
}

choice! {
    /// How ties are broken between members with the same score. At low load nearly all members are tied, so this
    /// decides how requests are spread.
    pub enum Ties {
        InTurn(InTurn),
        Weighted(Weighted),
        IdleFirst(IdleFirst),
    }
}

record! {
    /// The member with the fewest active requests relative to its weight, as counted by this balancer.
    ///
    /// The score is active / weight. With equal weights a choice costs O(1) (members queue up by their number of active
    /// requests), else O(log n); with `ties: Weighted` O(different weights + log n).
    pub struct LeastConnections {
        /// How ties are broken; nginx and HAProxy differ.
        pub ties: Ties = Ties::InTurn(InTurn {}),
    }
}

/// Members by score.
#[derive(Clone, Debug)]
#[repr(u8)]
pub enum Scores {
    /// Equal weights.
    Buckets(Buckets),
    /// Different weights.
    Heap(ScoreHeap),
    /// Ties by weight.
    Smooth(Smooth),
}

impl Describes for LeastConnections {
    type State = Scores;

    fn build(&self, view: &View) -> Scores {
        match self.ties {
            Ties::Weighted(_) => Scores::Smooth(Smooth::new(view)),
            _ if view.equal_weights() => Scores::Buckets(Buckets::new(view, matches!(self.ties, Ties::IdleFirst(_)))),
            Ties::InTurn(_) => Scores::Heap(ScoreHeap::new(view, false)),
            Ties::IdleFirst(_) => Scores::Heap(ScoreHeap::new(view, true)),
        }
    }
}

impl Choose for Scores {
    #[inline]
    fn choose(&mut self, _view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        match self {
            Self::Buckets(buckets) => buckets.least(),
            Self::Heap(heap) => heap.least(),
            Self::Smooth(smooth) => smooth.choose(),
        }
    }

    #[inline]
    fn sent(&mut self, view: &View, member: usize) {
        match self {
            Self::Buckets(buckets) => buckets.moved(view, member),
            Self::Heap(heap) => heap.sent(view, member),
            Self::Smooth(smooth) => smooth.moved(view, member),
        }
    }

    #[inline]
    fn done(&mut self, view: &View, member: usize, _answer: Answer) {
        match self {
            Self::Buckets(buckets) => buckets.moved(view, member),
            Self::Heap(heap) => heap.done(view, member),
            Self::Smooth(smooth) => smooth.moved(view, member),
        }
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        match self {
            Self::Buckets(buckets) => buckets.health_changed(view, member),
            Self::Heap(heap) => heap.health_changed(view, member),
            Self::Smooth(smooth) => smooth.moved(view, member),
        }
    }

    fn weights_changed(&mut self, view: &View) {
        let idle_first = match self {
            Self::Buckets(buckets) => buckets.idle_first,
            Self::Heap(heap) => heap.idle_first,
            Self::Smooth(smooth) => {
                // Credits were counted with the previous weights.
                *smooth = Smooth::new(view);
                return;
            }
        };
        *self = if view.equal_weights() {
            Self::Buckets(Buckets::new(view, idle_first))
        } else {
            Self::Heap(ScoreHeap::new(view, idle_first))
        };
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
    /// How ties are broken if weights differ; with equal weights the orders are the same.
    idle_first: bool,
}

impl Buckets {
    fn new(view: &View, idle_first: bool) -> Self {
        let members = view.len();
        let places = (0..members as u32).map(|alone| Place { before: alone, after: alone }).collect();
        let mut buckets = Self { places, members, least: 0, idle_first };
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

/// The load of a member relative to its weight, and since when it has had this load.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Score {
    active: u32,
    weight: u32,
    since: u64,
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        // active / weight by cross multiplication: exact.
        let left = u64::from(self.active) * u64::from(other.weight);
        let right = u64::from(other.active) * u64::from(self.weight);
        (left, self.since).partial_cmp(&(right, other.since))
    }
}

/// Members in a binary heap by their score, then by how long they have been there: since it was chosen last, or with
/// `idle_first` since its number of requests changed last.
#[derive(Clone, Debug)]
pub struct ScoreHeap {
    heap: MemberHeap<Score>,
    since: Vec<u64>,
    clock: u64,
    idle_first: bool,
}

impl ScoreHeap {
    fn new(view: &View, idle_first: bool) -> Self {
        let members = view.len();
        // Before the first choice, the first in the list comes first.
        let since = (0..members as u64).collect();
        let mut heap = Self { heap: MemberHeap::new(members), since, clock: members as u64, idle_first };
        (0..members).for_each(|member| heap.health_changed(view, member));
        heap
    }

    #[inline]
    fn least(&self) -> Option<usize> {
        self.heap.first().map(|(_, member)| member)
    }

    #[inline]
    fn sent(&mut self, view: &View, member: usize) {
        self.moves(member);
        self.stand(view, member);
    }

    #[inline]
    fn done(&mut self, view: &View, member: usize) {
        if self.idle_first {
            self.moves(member);
        }
        self.stand(view, member);
    }

    #[inline]
    fn moves(&mut self, member: usize) {
        self.since[member] = self.clock;
        self.clock += 1;
    }

    #[inline]
    fn stand(&mut self, view: &View, member: usize) {
        if self.heap.contains(member) {
            self.rank(view, member);
        }
    }

    fn rank(&mut self, view: &View, member: usize) {
        let active = view.active(member);
        let active = active + u32::from(self.idle_first && active > 0);
        self.heap.set(member, Score { active, weight: view.weight(member), since: self.since[member] });
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
            let mut state = LeastConnections::default().build(&view);
            let picks: Vec<_> = (0..6).filter_map(|_| choose(&mut state, &mut view)).collect();
            assert_eq!(picks, [0, 1, 2, 0, 1, 2]);
        }
    }

    #[test]
    fn held_connections_settle_in_proportion_to_weights() {
        let mut view = View::new(vec![3, 2, 1]);
        let mut state = LeastConnections::default().build(&view);
        for _ in 0..60 {
            choose(&mut state, &mut view);
        }
        assert_eq!([view.active(0), view.active(1), view.active(2)], [30, 20, 10]);
    }

    /// One request after the other, each answered before the next comes.
    fn idle(ties: Ties, weights: &[u32], picks: usize) -> String {
        let mut view = View::new(weights.to_vec());
        let mut state = LeastConnections { ties }.build(&view);
        let mut letter = || {
            let member = choose(&mut state, &mut view)?;
            view.done(member);
            state.done(&view, member, ANSWER);
            Some(char::from(b'a' + member as u8))
        };
        (0..picks).filter_map(|_| letter()).collect()
    }

    /// The choices of nginx 1.22.1 and HAProxy 2.6.12 for twelve requests, one after the other.
    #[test]
    fn idle_members_are_chosen_in_the_order_of_the_programs() {
        let weights = [3, 2, 1];
        assert_eq!(idle(Ties::Weighted(Weighted {}), &weights, 12), "abacbaabacba");
        assert_eq!(idle(Ties::IdleFirst(IdleFirst {}), &weights, 12), "abcabcabcabc");
        assert_eq!(idle(Ties::InTurn(InTurn {}), &weights, 12), "abcabcabcabc");
        for ties in [Ties::Weighted(Weighted {}), Ties::IdleFirst(IdleFirst {}), Ties::InTurn(InTurn {})] {
            assert_eq!(idle(ties, &[1, 1, 1], 9), "abcabcabc");
        }
    }

    #[test]
    fn haproxy_goes_by_what_a_member_would_have() {
        let mut view = View::new(vec![3, 2, 1]);
        let mut state = LeastConnections { ties: Ties::IdleFirst(IdleFirst {}) }.build(&view);
        // Held: all idle ones first, then the least (active + 1) / weight; of equals the one that changed longest ago.
        let picks: Vec<_> = (0..12).filter_map(|_| choose(&mut state, &mut view)).collect();
        assert_eq!(picks, [0, 1, 2, 0, 1, 0, 0, 1, 0, 2, 1, 0]);
        assert_eq!([view.active(0), view.active(1), view.active(2)], [6, 4, 2]);
    }

    proptest! {
        #[test]
        fn the_choice_is_always_a_least_loaded_member_that_is_up(
            weights in prop_oneof![proptest::collection::vec(1_u32..5, 1..8), (1_usize..8).prop_map(|n| vec![1; n])],
            steps in proptest::collection::vec((0_u8..4, 0_usize..8), 1..300),
            by_weight in any::<bool>(),
        ) {
            let mut view = View::new(weights.clone());
            let ties = if by_weight { Ties::Weighted(Weighted {}) } else { Ties::InTurn(InTurn {}) };
            let mut state = LeastConnections { ties }.build(&view);
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
