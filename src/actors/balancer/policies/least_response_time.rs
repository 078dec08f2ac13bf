//! Least response time.

use crate::actors::balancer::heap::MemberHeap;
use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::engine::{Outcome, Time};
use crate::schema::quantity::{Percent, Span};
use crate::schema::record;

record! {
    /// The member with the least response time x (active requests + 1) / weight; equals take turns.
    ///
    /// nginx `least_time last_byte` (`ngx_http_upstream_least_time_module`): the response time is a moving average over
    /// served answers. It is rounded up to a whole number of steps, so that members that are about equally fast take
    /// turns, and cut at a limit. The average of a member that has not been chosen for a while is halved, so that a
    /// slow member gets a chance. A member that has not answered yet counts as one step. A choice costs O(log n).
    pub struct LeastResponseTime {
        /// Response times are rounded up to the next multiple of this; "0 s" compares them exactly.
        pub step: Span = Span::from_seconds(0.020).expect("a length of time"),
        /// Response times above this are treated as equal.
        pub limit: Span = Span::from_seconds(5.0).expect("a length of time"),
        /// Weight of a new answer in the average; above 0 %.
        pub newest: Percent = Percent::of(5.0),
        /// The average of a member is halved each time it has not been chosen for this long (nginx `fail_timeout`); "0
        /// s" for never.
        pub halve_after: Span = Span::from_seconds(10.0).expect("a length of time"),
    }
    check(self, at) {
        if self.newest.fraction() <= 0.0 || self.newest.fraction() > 1.0 {
            at.field("newest").error("above 0 % and 100 % at most");
        }
        if self.limit.duration().is_zero() {
            at.field("limit").error("must be above zero");
        }
    }
}

/// State of a member.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Average response time in nanoseconds; 0 before the first answer.
    average: u64,
    /// When it was last chosen, give or take the time after which it is halved.
    checked: Time,
    /// How often its response time is halved at present.
    halvings: u32,
    /// When it was chosen, in the order of choices.
    turn: u64,
}

/// Members by score.
#[derive(Clone, Debug)]
pub struct Scores {
    known: Vec<Known>,
    /// By score, then longest since chosen first.
    best: MemberHeap<(f64, u64)>,
    /// By the time at which the response time is next halved; only members for which halving makes a difference.
    to_halve: MemberHeap<Time>,
    turns: u64,
    step: u64,
    limit: u64,
    newest: f64,
    halve_after: u64,
}

impl Scores {
    fn score(&self, view: &View, member: usize) -> f64 {
        let known = &self.known[member];
        let time = known.average.checked_shr(known.halvings).unwrap_or(0);
        let time = if time > self.limit {
            self.limit
        } else if self.step == 0 {
            // A member that has not answered yet must not look free of charge whatever it has to do.
            time.max(1)
        } else {
            time + self.step - time % self.step
        };
        time as f64 * (1.0 + f64::from(view.active(member))) / f64::from(view.weight(member))
    }

    fn rank(&mut self, view: &View, member: usize) {
        if view.is_up(member) {
            self.best.set(member, (self.score(view, member), self.known[member].turn));
        }
    }

    /// Sets the time of the next halving, if it changes anything.
    fn plan(&mut self, view: &View, member: usize) {
        let known = &self.known[member];
        let time = known.average.checked_shr(known.halvings).unwrap_or(0);
        if self.halve_after == 0 || time <= self.step || !view.is_up(member) {
            self.to_halve.remove(member);
        } else {
            let after = self.halve_after.saturating_mul(u64::from(known.halvings) + 1);
            self.to_halve.set(member, Time::from_nanos(known.checked.as_nanos().saturating_add(after)));
        }
    }

    /// Halves the response times that are due.
    fn catch_up(&mut self, view: &View, now: Time) {
        while let Some((due, member)) = self.to_halve.first() {
            if due > now {
                break;
            }
            let known = &mut self.known[member];
            known.halvings = (now.since(known.checked).as_nanos() / self.halve_after).min(u64::from(u32::MAX)) as u32;
            self.plan(view, member);
            self.rank(view, member);
        }
    }
}

impl Describes for LeastResponseTime {
    type State = Scores;

    fn build(&self, view: &View) -> Scores {
        let members = view.len();
        // Before the first choice, the first in the list comes first.
        let known = (0..members as u64).map(|turn| Known { turn, ..Known::default() }).collect();
        let mut scores = Scores {
            known,
            best: MemberHeap::new(members),
            to_halve: MemberHeap::new(members),
            turns: members as u64,
            step: self.step.duration().as_nanos(),
            limit: self.limit.duration().as_nanos(),
            newest: self.newest.fraction(),
            halve_after: self.halve_after.duration().as_nanos(),
        };
        (0..members).for_each(|member| scores.rank(view, member));
        scores
    }
}

impl Choose for Scores {
    fn choose(&mut self, view: &View, facts: Facts, _draws: &mut Draws) -> Option<usize> {
        let now = facts.now;
        if self.to_halve.first().is_some_and(|(due, _)| due <= now) {
            self.catch_up(view, now);
        }
        let (_, member) = self.best.first()?;
        let known = &mut self.known[member];
        known.turn = self.turns;
        self.turns += 1;
        if now.since(known.checked).as_nanos() > self.halve_after {
            known.checked = now;
            known.halvings = 0;
            self.plan(view, member);
        }
        Some(member)
    }

    fn sent(&mut self, view: &View, member: usize) {
        self.rank(view, member);
    }

    fn done(&mut self, view: &View, member: usize, answer: Answer) {
        // Members that fail fast must not look fast.
        if let (Outcome::Served, Some(response_time)) = (answer.outcome, answer.response_time) {
            let known = &mut self.known[member];
            let new = response_time.as_nanos();
            known.average = match known.average {
                0 => new,
                old => (new as f64 * self.newest + old as f64 * (1.0 - self.newest) + 0.5) as u64,
            };
            self.plan(view, member);
        }
        self.rank(view, member);
    }

    fn weights_changed(&mut self, view: &View) {
        (0..view.len()).for_each(|member| self.rank(view, member));
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        if !view.is_up(member) {
            self.best.remove(member);
        }
        self.rank(view, member);
        self.plan(view, member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Duration;
    use crate::engine::random::{Bits, StreamKey};
    use proptest::prelude::*;

    fn span(seconds: f64) -> Span {
        Span::from_seconds(seconds).expect("a length of time")
    }

    fn nginx() -> LeastResponseTime {
        LeastResponseTime { step: span(0.02), limit: span(5.0), newest: Percent::of(5.0), halve_after: span(10.0) }
    }

    fn at(seconds: f64) -> Time {
        Time::ZERO + Duration::from_secs_f64(seconds)
    }

    fn choose(state: &mut Scores, view: &View, now: f64) -> Option<usize> {
        let facts = Facts { now: at(now), client: 0, key: 0 };
        state.choose(view, facts, &mut StreamKey::root(1, 0).draws(0))
    }

    /// A request there and back.
    fn serve(state: &mut Scores, view: &mut View, member: usize, now: f64, took: f64, outcome: Outcome) {
        view.sent(member);
        state.sent(view, member);
        view.done(member);
        state.done(view, member, Answer { now: at(now), response_time: Some(Duration::from_secs_f64(took)), outcome });
    }

    #[test]
    fn the_average_is_that_of_nginx() {
        let mut view = View::new(vec![1]);
        let mut state = nginx().build(&view);
        serve(&mut state, &mut view, 0, 0.0, 0.100, Outcome::Served);
        assert_eq!(state.known[0].average, 100_000_000);
        serve(&mut state, &mut view, 0, 0.0, 0.300, Outcome::Served);
        assert_eq!(state.known[0].average, 110_000_000);
        serve(&mut state, &mut view, 0, 0.0, 0.001, Outcome::Error);
        assert_eq!(state.known[0].average, 110_000_000);
    }

    #[test]
    fn members_within_a_step_take_turns_and_slower_ones_wait() {
        let mut view = View::new(vec![1; 3]);
        let mut state = nginx().build(&view);
        for (member, took) in [(0, 0.041), (1, 0.059), (2, 0.061)] {
            serve(&mut state, &mut view, member, 0.0, took, Outcome::Served);
        }
        let picks: Vec<_> = (0..4)
            .filter_map(|_| {
                let member = choose(&mut state, &view, 1.0)?;
                serve(&mut state, &mut view, member, 1.0, 0.05, Outcome::Served);
                Some(member)
            })
            .collect();
        assert_eq!(picks, [0, 1, 0, 1]);
    }

    #[test]
    fn a_slow_member_gets_a_chance_after_a_while() {
        let mut view = View::new(vec![1; 2]);
        let mut state = nginx().build(&view);
        serve(&mut state, &mut view, 0, 0.0, 0.095, Outcome::Served);
        serve(&mut state, &mut view, 1, 0.0, 0.700, Outcome::Served);
        let mut first = None;
        for second in 1..100 {
            if choose(&mut state, &view, f64::from(second)) == Some(1) {
                first = Some(second);
                break;
            }
            serve(&mut state, &mut view, 0, f64::from(second), 0.095, Outcome::Served);
        }
        // 700 ms halved three times is 87.5 ms, the same step as 95 ms.
        assert_eq!(first, Some(30));
    }

    proptest! {
        #[test]
        fn the_choice_is_the_best_that_a_look_at_all_members_finds(
            weights in proptest::collection::vec(1_u32..4, 1..8),
            exact in any::<bool>(),
            seed in any::<u64>(),
        ) {
            let mut view = View::new(weights.clone());
            let spec = LeastResponseTime { step: span(if exact { 0.0 } else { 0.02 }), ..nginx() };
            let mut state = spec.build(&view);
            let mut draws = StreamKey::root(seed, 0).draws(0);
            let mut now = 0.0;
            for _ in 0..300 {
                now += draws.uniform() * if draws.below(20) == 0 { 40.0 } else { 2.0 };
                let member = draws.below(weights.len() as u64) as usize;
                match draws.below(10) {
                    0..5 => {
                        let halved = |known: &Known| {
                            let idle = at(now).since(known.checked).as_nanos();
                            known.average.checked_shr((idle / 10_000_000_000) as u32).unwrap_or(0)
                        };
                        let time = |known: &Known| match halved(known) {
                            above if above > state.limit => state.limit,
                            time if exact => time.max(1),
                            time => (time / 20_000_000 + 1) * 20_000_000,
                        };
                        let score = |m: usize| {
                            time(&state.known[m]) as f64 * f64::from(view.active(m) + 1) / f64::from(weights[m])
                        };
                        let least = (0..weights.len()).filter(|&m| view.is_up(m)).map(score).fold(f64::INFINITY, f64::min);
                        let scores: Vec<f64> = (0..weights.len()).map(score).collect();
                        match choose(&mut state, &view, now) {
                            None => prop_assert!(view.available().is_empty()),
                            Some(chosen) => {
                                prop_assert!(view.is_up(chosen));
                                prop_assert_eq!(scores[chosen], least);
                                view.sent(chosen);
                                state.sent(&view, chosen);
                            }
                        }
                    }
                    5..9 if view.active(member) > 0 => {
                        view.done(member);
                        let response_time = Some(Duration::from_secs_f64(draws.uniform() * 7.0));
                        let outcome = if draws.below(4) == 0 { Outcome::Error } else { Outcome::Served };
                        state.done(&view, member, Answer { now: at(now), response_time, outcome });
                    }
                    9 => {
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
