//! Random choice by weight.

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::{Bits, Draws};
use crate::schema::record;

record! {
    /// A random member, with probability proportional to its weight.
    pub struct Random {}
}

/// The weights of available members, summed up in a tree (Fenwick 1994), so that a draw and a change cost O(log n).
#[derive(Clone, Debug)]
pub struct Shares {
    /// Of each member, 0 while it is not available.
    weights: Vec<u64>,
    /// Place i holds the weights of the lowest set bit of i members, member i - 1 the last of them.
    sums: Vec<u64>,
    total: u64,
    available: usize,
    /// The weight of all members, if it is one.
    alike: Option<u64>,
}

impl Shares {
    /// The shares of the members that are up.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let members = view.len();
        let alike = (!view.is_empty() && view.equal_weights()).then(|| u64::from(view.weight(0)));
        let mut shares = Self { weights: vec![0; members], sums: vec![0; members + 1], total: 0, available: 0, alike };
        (0..members).for_each(|member| shares.change(view, member));
        shares
    }

    /// A member has become available or unavailable; `view` is up to date.
    pub fn change(&mut self, view: &View, member: usize) {
        let weight = if view.is_up(member) { u64::from(view.weight(member)) } else { 0 };
        let before = std::mem::replace(&mut self.weights[member], weight);
        self.available = self.available + usize::from(weight > 0) - usize::from(before > 0);
        self.total = self.total + weight - before;
        let mut place = member + 1;
        while let Some(sum) = self.sums.get_mut(place) {
            *sum = *sum + weight - before;
            place += place & place.wrapping_neg();
        }
    }

    /// A member by weight; `None` if none is up.
    #[inline]
    pub fn pick(&self, draws: &mut Draws) -> Option<usize> {
        if self.total == 0 {
            return None;
        }
        let at = draws.below(self.total);
        match self.alike {
            // Equal weights need no search.
            Some(weight) if self.available == self.weights.len() => Some((at / weight) as usize),
            _ => Some(self.search(at)),
        }
    }

    /// The first member up to which the weights are more than `left`.
    fn search(&self, mut left: u64) -> usize {
        let mut place = 0;
        let mut step = self.weights.len().next_power_of_two();
        while step > 0 {
            if let Some(&sum) = self.sums.get(place + step)
                && sum <= left
            {
                place += step;
                left -= sum;
            }
            step /= 2;
        }
        place
    }

    /// A member other than `one`, by weight; `None` if none was drawn in many tries, as there may be no other.
    #[inline]
    pub fn pick_another(&self, one: usize, draws: &mut Draws) -> Option<usize> {
        if self.available < 2 {
            return None;
        }
        (0..MOST_DRAWS).filter_map(|_| self.pick(draws)).find(|&other| other != one)
    }
}

/// A draw of a member that was drawn before is repeated; with very unequal weights that could go on, so it ends here.
pub const MOST_DRAWS: usize = 64;

impl Describes for Random {
    type State = Shares;

    fn build(&self, view: &View) -> Shares {
        Shares::of(view)
    }
}

impl Choose for Shares {
    #[inline]
    fn choose(&mut self, _view: &View, _facts: Facts, draws: &mut Draws) -> Option<usize> {
        self.pick(draws)
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        self.change(view, member);
    }

    fn weights_changed(&mut self, view: &View) {
        *self = Self::of(view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::StreamKey;
    use proptest::prelude::*;

    #[test]
    fn members_are_chosen_in_proportion_to_their_weights() {
        let view = View::new(vec![3, 2, 1]);
        let shares = Shares::of(&view);
        let key = StreamKey::root(7, 0);
        let mut counts = [0_f64; 3];
        let picks = 60_000;
        for n in 0..picks {
            counts[shares.pick(&mut key.draws(n)).expect("all are up")] += 1.0;
        }
        for (count, p) in counts.into_iter().zip([0.5, 1.0 / 3.0, 1.0 / 6.0]) {
            let n = picks as f64;
            // Five and a half standard deviations: a right program fails less than once in ten million.
            assert!((count - n * p).abs() < 5.5 * (n * p * (1.0 - p)).sqrt(), "{count} of {n} at {p}");
        }
    }

    proptest! {
        #[test]
        fn a_draw_finds_the_member_that_adding_up_finds(
            weights in proptest::collection::vec(1_u32..5, 1..20),
            changes in proptest::collection::vec(any::<usize>(), 0..40),
        ) {
            let mut view = View::new(weights.clone());
            let mut shares = Shares::of(&view);
            for which in changes {
                let member = which % weights.len();
                let up = !view.is_up(member);
                view.set_up(member, up);
                shares.change(&view, member);
                let up: Vec<usize> = (0..weights.len()).filter(|&member| view.is_up(member)).collect();
                let owners = up.iter().flat_map(|&member| vec![member; weights[member] as usize]);
                prop_assert_eq!((0..shares.total).map(|at| shares.search(at)).collect::<Vec<_>>(), owners.collect::<Vec<_>>());
                prop_assert_eq!(shares.available, up.len());
            }
        }
    }
}
