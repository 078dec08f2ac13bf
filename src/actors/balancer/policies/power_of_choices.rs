//! The power of d choices.

use super::random::{MOST_DRAWS, Shares};
use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Of `d` different members, drawn at random by weight, the one with the fewest active requests relative to its
    /// weight; ties go to the one drawn first.
    ///
    /// Mitzenmacher 2001, "The power of two choices in randomized load balancing"; nginx `random two least_conn` and
    /// HAProxy `random`. Envoy's `LEAST_REQUEST` may draw the same member twice; see `LeastRequest`. Costs O(d) with
    /// equal weights, else O(d log n).
    pub struct PowerOfChoices {
        /// Members drawn for each request; 1 to 16. All members if there are fewer.
        pub d: u32 = 2,
    }
    check(self, at) {
        if self.d == 0 || self.d > 16 {
            at.field("d").error("1 to 16 members are drawn");
        }
    }
}

/// The draw and its size.
#[derive(Clone, Debug)]
pub struct Sample {
    d: usize,
    shares: Shares,
}

impl Describes for PowerOfChoices {
    type State = Sample;

    fn build(&self, view: &View) -> Sample {
        Sample { d: self.d as usize, shares: Shares::of(view) }
    }
}

impl Choose for Sample {
    #[inline]
    fn choose(&mut self, view: &View, _facts: Facts, draws: &mut Draws) -> Option<usize> {
        let mut best = self.shares.pick(draws)?;
        let mut drawn = [usize::MAX; 16];
        drawn[0] = best;
        let mut count = 1;
        let wanted = self.d.min(view.available().len());
        for _ in 0..MOST_DRAWS {
            if count == wanted {
                break;
            }
            let member = self.shares.pick(draws)?;
            if drawn[..count].contains(&member) {
                continue;
            }
            drawn[count] = member;
            count += 1;
            let left = u64::from(view.active(member)) * u64::from(view.weight(best));
            let right = u64::from(view.active(best)) * u64::from(view.weight(member));
            if left < right {
                best = member;
            }
        }
        Some(best)
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        self.shares.change(view, member);
    }

    fn weights_changed(&mut self, view: &View) {
        self.shares = Shares::of(view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    #[test]
    fn two_choices_of_two_members_are_least_connections() {
        let mut view = View::new(vec![1, 1]);
        view.sent(0);
        let mut state = PowerOfChoices { d: 2 }.build(&view);
        let key = StreamKey::root(3, 0);
        for n in 0..200 {
            assert_eq!(state.choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(n)), Some(1));
        }
    }

    #[test]
    fn a_member_that_is_down_is_never_chosen() {
        let mut view = View::new(vec![1, 1, 4]);
        let mut state = PowerOfChoices { d: 2 }.build(&view);
        view.set_up(2, false);
        state.health_changed(&view, 2);
        let key = StreamKey::root(3, 0);
        for n in 0..200 {
            assert_ne!(state.choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(n)), Some(2));
        }
    }
}
