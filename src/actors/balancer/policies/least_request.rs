//! Least request, as Envoy does it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::{Bits, Draws};
use crate::schema::{choice, record};

record! {
    /// `choice_count` members, drawn at random.
    pub struct NChoices {}
}

record! {
    /// All members are compared; ties are broken at random.
    pub struct FullScan {}
}

choice! {
    /// Which members are compared.
    pub enum Selection {
        NChoices(NChoices),
        FullScan(FullScan),
    }
}

record! {
    /// Of several random members the one with the fewest active requests; with different weights a weighted round robin
    /// that takes active requests into account.
    ///
    /// Envoy's `LEAST_REQUEST` (`least_request_lb.cc`). With equal weights, `choice_count` members are drawn one by
    /// one, so that the same may be drawn again (`PowerOfChoices` draws different ones); the first of equals is chosen.
    /// With different weights no member is drawn: members are scheduled by earliest deadline first (`EdfScheduler`),
    /// and a chosen member is due again after `(active + 1)^active_request_bias / weight`, evaluated when it is chosen.
    /// Costs O(`choice_count`), O(n) for `FullScan`, O(log n) with different weights.
    pub struct LeastRequest {
        /// Members drawn for each request; 2 to 100.
        pub choice_count: u32 = 2,
        /// How strongly active requests reduce a weight, where weights differ; 0 to 100. With 0 they do not, which is
        /// weighted round robin.
        pub active_request_bias: f64 = 1.0,
        /// Which members are compared, where weights are equal.
        pub selection: Selection = Selection::NChoices(NChoices {}),
    }
    check(self, at) {
        if !(2..=100).contains(&self.choice_count) {
            at.field("choice_count").error("2 to 100 members are drawn");
        }
        if !(0.0..=100.0).contains(&self.active_request_bias) {
            at.field("active_request_bias").error("a bias is from 0 to 100");
        }
    }
}

/// The parameters, and the schedule where weights differ.
#[derive(Clone, Debug)]
pub struct Requests {
    spec: LeastRequest,
    /// `None` where weights are equal; `Some(None)` where it has yet to begin.
    schedule: Option<Option<Schedule>>,
}

/// When a member is due: a deadline of at least zero, whose bits have the order of the number, then the order of
/// insertion.
type Due = Reverse<(u64, u64, u32)>;

/// Members by earliest deadline.
#[derive(Clone, Debug, Default)]
struct Schedule {
    due: BinaryHeap<Due>,
    now: f64,
    came: u64,
}

impl Schedule {
    fn add(&mut self, spec: &LeastRequest, view: &View, member: usize) {
        let load = f64::from(view.active(member)) + 1.0;
        let bias = spec.active_request_bias;
        // The exponents in use need no power, and so no rounding of their own.
        let slowed = if bias == 1.0 { load } else { libm::pow(load, bias) };
        let deadline = self.now + slowed / f64::from(view.weight(member));
        self.due.push(Reverse((deadline.to_bits(), self.came, member as u32)));
        self.came += 1;
    }

    fn next(&mut self, spec: &LeastRequest, view: &View) -> Option<usize> {
        let Reverse((deadline, _, member)) = self.due.pop()?;
        self.now = f64::from_bits(deadline);
        self.add(spec, view, member as usize);
        Some(member as usize)
    }

    /// All members that are up, with some turns passed already: as many as `draws` say, fewer than there are members.
    fn begin(spec: &LeastRequest, view: &View, draws: &mut Draws) -> Self {
        let mut schedule = Self::default();
        (0..view.len()).filter(|&member| view.is_up(member)).for_each(|member| schedule.add(spec, view, member));
        if !schedule.due.is_empty() {
            for _ in 0..draws.below(schedule.due.len() as u64) {
                schedule.next(spec, view);
            }
        }
        schedule
    }
}

impl Describes for LeastRequest {
    type State = Requests;

    fn build(&self, view: &View) -> Requests {
        Requests { spec: self.clone(), schedule: (!view.equal_weights()).then_some(None) }
    }
}

impl Choose for Requests {
    fn choose(&mut self, view: &View, _facts: Facts, draws: &mut Draws) -> Option<usize> {
        let spec = &self.spec;
        if let Some(schedule) = &mut self.schedule {
            return schedule.get_or_insert_with(|| Schedule::begin(spec, view, draws)).next(spec, view);
        }
        let available = view.available();
        if available.is_empty() {
            return None;
        }
        let mut best = None;
        match spec.selection {
            Selection::NChoices(_) => {
                for _ in 0..spec.choice_count {
                    let member = available[draws.below(available.len() as u64) as usize] as usize;
                    if best.is_none_or(|best| view.active(member) < view.active(best)) {
                        best = Some(member);
                    }
                }
            }
            Selection::FullScan(_) => {
                let least = available.iter().map(|&member| view.active(member as usize)).min()?;
                let tied = || available.iter().filter(|&&member| view.active(member as usize) == least);
                let lot = draws.below(tied().count() as u64) as usize;
                best = tied().nth(lot).map(|&member| member as usize);
            }
        }
        best
    }

    /// Envoy makes its schedule anew whenever a member comes or goes.
    fn health_changed(&mut self, _view: &View, _member: usize) {
        if let Some(schedule) = &mut self.schedule {
            *schedule = None;
        }
    }

    fn weights_changed(&mut self, view: &View) {
        self.schedule = (!view.equal_weights()).then_some(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    const FACTS: Facts = Facts { now: Time::ZERO, client: 0, key: 0 };

    fn policy(bias: f64, selection: Selection) -> LeastRequest {
        LeastRequest { choice_count: 2, active_request_bias: bias, selection }
    }

    fn counts(state: &mut Requests, view: &View, picks: u64) -> Vec<f64> {
        let mut counts = vec![0.0; view.len()];
        for n in 0..picks {
            let chosen = state.choose(view, FACTS, &mut StreamKey::root(2, 0).draws(n)).expect("some are up");
            counts[chosen] += 1.0;
        }
        counts
    }

    #[test]
    fn the_same_member_may_be_drawn_twice_so_a_busy_one_of_two_still_gets_a_quarter() {
        let mut view = View::new(vec![1, 1]);
        view.sent(0);
        let n = 40_000.0;
        let busy = counts(&mut policy(1.0, Selection::NChoices(NChoices {})).build(&view), &view, n as u64)[0];
        // Five and a half standard deviations.
        assert!((busy - n / 4.0).abs() < 5.5 * (n * 0.25 * 0.75_f64).sqrt(), "{busy} of {n}");
    }

    #[test]
    fn a_full_scan_finds_the_least_and_draws_lots_among_equals() {
        let mut view = View::new(vec![1; 4]);
        view.sent(1);
        let n = 30_000.0;
        let counts = counts(&mut policy(1.0, Selection::FullScan(FullScan {})).build(&view), &view, n as u64);
        assert_eq!(counts[1], 0.0);
        for member in [0, 2, 3] {
            assert!((counts[member] - n / 3.0).abs() < 5.5 * (n * 2.0 / 9.0_f64).sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn idle_members_of_different_weights_are_chosen_by_weight() {
        let view = View::new(vec![3, 2, 1]);
        for bias in [0.0, 1.0, 2.5] {
            let counts = counts(&mut policy(bias, Selection::NChoices(NChoices {})).build(&view), &view, 6000);
            for (count, expected) in counts.iter().zip([3000.0, 2000.0, 1000.0]) {
                assert!((count - expected).abs() <= 3.0, "{counts:?}");
            }
        }
    }

    /// Shares go as weight / (active + 1)^bias.
    #[test]
    fn active_requests_take_from_a_weight_as_the_bias_says() {
        let mut view = View::new(vec![2, 1]);
        (0..3).for_each(|_| view.sent(0));
        for (bias, share) in [(0.0, 2.0 / 3.0), (0.5, 0.5), (1.0, 1.0 / 3.0), (2.0, 1.0 / 9.0)] {
            let counts = counts(&mut policy(bias, Selection::NChoices(NChoices {})).build(&view), &view, 9000);
            assert!((counts[0] - 9000.0 * share).abs() <= 3.0, "{bias}: {counts:?}");
        }
    }

    #[test]
    fn a_member_that_is_down_is_never_chosen() {
        for weights in [vec![1, 1, 1], vec![3, 2, 1]] {
            let mut view = View::new(weights);
            let mut state = policy(1.0, Selection::NChoices(NChoices {})).build(&view);
            counts(&mut state, &view, 10);
            view.set_up(0, false);
            state.health_changed(&view, 0);
            assert_eq!(counts(&mut state, &view, 100)[0], 0.0);
            for member in [1, 2] {
                view.set_up(member, false);
                state.health_changed(&view, member);
            }
            assert_eq!(state.choose(&view, FACTS, &mut StreamKey::root(2, 0).draws(0)), None);
        }
    }
}
