//! Slow start: after a member has come back, its weight rises to its full value in ten steps.
//!
//! Envoy's ramp with aggression 1 and a least weight of 10 % (nginx Plus `slow_start` is linear too): weight times
//! max(10 %, time since it came back / ramp). Each step has the mean of its tenth of the ramp, so the whole ramp has the
//! weight of the original.

use crate::engine::{Duration, Handle};

/// Steps of a ramp.
pub const STEPS: u32 = 10;

/// Parts of a weight: effective weights are whole numbers of them while any member is on its ramp.
pub const PARTS: u32 = 100;

/// Parts of the full weight on step number `step` of a ramp, counted from 0.
#[must_use]
pub const fn parts(step: u32) -> u32 {
    match step {
        0 => PARTS / STEPS,
        1..STEPS => (PARTS * step + PARTS / 2) / STEPS,
        _ => PARTS,
    }
}

#[derive(Clone, Copy, Debug)]
struct Ramp {
    step: u32,
    timer: Handle,
}

/// The ramps of all members.
#[derive(Debug)]
pub struct SlowStart {
    /// How long a step lasts.
    pub step: Duration,
    ramps: Vec<Option<Ramp>>,
    /// Members on their ramp.
    rising: usize,
}

impl SlowStart {
    /// No member is on a ramp yet; ramps last `ramp`.
    #[must_use]
    pub fn new(ramp: Duration, members: usize) -> Self {
        let step = Duration::from_nanos((ramp.as_nanos() / u64::from(STEPS)).max(1));
        Self { step, ramps: vec![None; members], rising: 0 }
    }

    /// `member` begins its ramp; `timer` is when its first step is over.
    pub fn begin(&mut self, member: usize, timer: Handle) {
        self.rising += usize::from(self.ramps[member].is_none());
        self.ramps[member] = Some(Ramp { step: 0, timer });
    }

    /// `member` goes down: ends its ramp. Returns the timer to cancel.
    pub fn stop(&mut self, member: usize) -> Option<Handle> {
        let ramp = self.ramps[member].take()?;
        self.rising -= 1;
        Some(ramp.timer)
    }

    /// A step of `member` is over; true if another follows.
    pub fn advance(&mut self, member: usize) -> bool {
        let Some(ramp) = &mut self.ramps[member] else { return false };
        ramp.step += 1;
        if ramp.step < STEPS {
            return true;
        }
        self.stop(member);
        false
    }

    /// The timer of the step that begins.
    pub fn set_timer(&mut self, member: usize, timer: Handle) {
        if let Some(ramp) = &mut self.ramps[member] {
            ramp.timer = timer;
        }
    }

    /// How much of its full weight `member` has, in [`PARTS`].
    #[must_use]
    pub fn share(&self, member: usize) -> u32 {
        self.ramps[member].map_or(PARTS, |ramp| parts(ramp.step))
    }

    /// The effective weight of `member`, whose full weight is `weight`. Unchanged while no member is on a ramp, else in
    /// [`PARTS`].
    #[must_use]
    pub fn weight(&self, member: usize, weight: u32) -> u32 {
        if self.rising == 0 { weight } else { weight * self.share(member) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::balancer::policies::least_connections::LeastConnections;
    use crate::actors::balancer::policies::weighted_round_robin::WeightedRoundRobin;
    use crate::actors::balancer::{Chooser, Facts, Policy, View};
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    #[test]
    fn ten_steps_have_the_weight_of_the_ramp_they_stand_for() {
        let steps: Vec<u32> = (0..=STEPS).map(parts).collect();
        assert_eq!(steps, [10, 15, 25, 35, 45, 55, 65, 75, 85, 95, 100]);
        // The integral of max(0.1, t) from 0 to 1 is 0.505.
        assert_eq!(steps[..10].iter().sum::<u32>(), 505);
    }

    /// Active requests of each member after `picks` more, none of which ends.
    fn after(policy: &mut Chooser, view: &mut View, picks: u64) -> Vec<u32> {
        for number in 0..picks {
            let facts = Facts { now: Time::ZERO, client: 0, key: 0 };
            let member = policy.choose(view, facts, StreamKey::root(1, 0), number).expect("all are up");
            view.sent(member);
            policy.sent(view, member);
        }
        (0..view.len()).map(|member| view.active(member)).collect()
    }

    #[test]
    fn policies_follow_weights_that_change_and_change_back() {
        let least = Policy::LeastConnections(LeastConnections::default());
        let smooth = Policy::WeightedRoundRobin(WeightedRoundRobin {});
        for (policy, expected) in [(least, [40, 40]), (smooth, [25, 55])] {
            let mut view = View::new(vec![1, 1]);
            let mut state = policy.build(&view);
            view.set_weight(0, 25);
            view.set_weight(1, 100);
            state.weights_changed(&view);
            assert_eq!(after(&mut state, &mut view, 50), [10, 40]);
            view.set_weight(0, 1);
            view.set_weight(1, 1);
            state.weights_changed(&view);
            // Least connections make up for it; round robin does not look back.
            assert_eq!(after(&mut state, &mut view, 30), expected);
        }
    }

    #[test]
    fn passing_a_member_over_for_a_moment_does_not_disturb_the_turns_of_others() {
        let mut view = View::new(vec![5, 1, 1]);
        let mut state = Policy::WeightedRoundRobin(WeightedRoundRobin {}).build(&view);
        let mut picks = Vec::new();
        for number in 0..7 {
            for up in [false, true] {
                view.set_up(0, up);
                state.availability_changed(&view, 0);
            }
            picks.extend(state.choose(
                &view,
                Facts { now: Time::ZERO, client: 0, key: 0 },
                StreamKey::root(1, 0),
                number,
            ));
        }
        assert_eq!(picks, [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn weights_are_as_they_were_before_and_after_a_ramp() {
        let mut slow = SlowStart::new(Duration::from_secs_f64(30.0), 2);
        assert_eq!([slow.weight(0, 3), slow.weight(1, 1)], [3, 1]);
        slow.begin(0, Handle::NONE);
        assert_eq!([slow.weight(0, 3), slow.weight(1, 1)], [30, 100]);
        assert!((1..10).all(|_| slow.advance(0)));
        assert_eq!([slow.weight(0, 3), slow.weight(1, 1)], [285, 100]);
        assert!(!slow.advance(0));
        assert_eq!([slow.weight(0, 3), slow.weight(1, 1)], [3, 1]);
    }
}
