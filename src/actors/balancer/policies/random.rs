//! Random choice by weight.

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::{Bits, Draws};
use crate::schema::record;

record! {
    /// A member at random, with a chance in proportion to its weight.
    pub struct Random {}
}

/// Available members in order with the running sum of their weights.
#[derive(Clone, Debug)]
pub struct Shares {
    members: Vec<u32>,
    up_to: Vec<u64>,
}

impl Shares {
    /// The shares of the members that are up.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let mut members: Vec<u32> = view.available().to_vec();
        // `available` is in order of arrival; choices must not depend on who was down before.
        members.sort_unstable();
        let up_to = members
            .iter()
            .scan(0, |sum, &member| {
                *sum += u64::from(view.weight(member as usize));
                Some(*sum)
            })
            .collect();
        Self { members, up_to }
    }

    /// A member by weight; `None` if none is up.
    #[inline]
    pub fn pick(&self, draws: &mut Draws) -> Option<usize> {
        let total = *self.up_to.last()?;
        let at = draws.below(total);
        // Equal weights need no search.
        let place =
            if total == self.members.len() as u64 { at as usize } else { self.up_to.partition_point(|&sum| sum <= at) };
        Some(self.members[place] as usize)
    }

    /// A member other than `one`, by weight; `None` if none was drawn in many tries, as there may be no other.
    #[inline]
    pub fn pick_another(&self, one: usize, draws: &mut Draws) -> Option<usize> {
        if self.members.len() < 2 {
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

    fn health_changed(&mut self, view: &View, _member: usize) {
        *self = Self::of(view);
    }

    fn weights_changed(&mut self, view: &View) {
        *self = Self::of(view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::StreamKey;

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
}
