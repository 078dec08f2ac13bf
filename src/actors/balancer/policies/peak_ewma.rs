//! Peak EWMA.

use super::random::Shares;
use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::engine::{Duration, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// The better of two members drawn at random by weight: the one with the lower response time x (active requests + 1).
    ///
    /// The average rises to a peak at once and falls slowly: an answer that took longer than the average replaces it;
    /// any other moves it with the weight `1 - exp(-t / decay)`, where t is the time since the average was last read.
    /// Finagle `PeakEwma` with P2C (decay 10 s), Linkerd (tower's `PeakEwma`, initially 1 s). As there, the average
    /// decays whenever it is read, so that a slow member is tried again. A choice costs O(1) with equal weights, else
    /// O(log n).
    pub struct PeakEwma {
        /// How fast old response times are forgotten; above zero.
        pub decay: Span = Span::from_seconds(10.0).expect("a length of time"),
        /// The response time of a member that has not answered yet. With "0 s" a member gets one request and no more
        /// until it has answered, while other members are available, as in Finagle.
        pub initial: Span = Span::from_seconds(1.0).expect("a length of time"),
    }
    check(self, at) {
        if self.decay.duration().is_zero() {
            at.field("decay").error("must be above zero");
        }
    }
}

/// The average response time of a member in nanoseconds, as of its last look.
#[derive(Clone, Copy, Debug)]
struct Average {
    nanos: f64,
    at: Time,
}

/// Averages of the response times of members.
#[derive(Clone, Debug)]
pub struct Averages {
    shares: Shares,
    averages: Vec<Average>,
    decay: f64,
}

/// The cost of a member that has a request and has never answered: more than any average (Finagle).
const PENALTY: f64 = (i64::MAX >> 16) as f64;

impl Averages {
    #[inline]
    fn observe(&mut self, member: usize, now: Time, nanos: f64) -> f64 {
        let average = &mut self.averages[member];
        let since = now.since(average.at).as_nanos() as f64;
        average.at = now;
        if nanos > average.nanos {
            average.nanos = nanos;
        } else {
            let kept = libm::exp(-since / self.decay);
            average.nanos = average.nanos * kept + nanos * (1.0 - kept);
        }
        average.nanos
    }

    #[inline]
    fn cost(&mut self, view: &View, member: usize, now: Time) -> f64 {
        let average = self.observe(member, now, 0.0);
        let active = f64::from(view.active(member));
        if average == 0.0 && active > 0.0 { PENALTY + active } else { average * (active + 1.0) }
    }
}

impl Describes for PeakEwma {
    type State = Averages;

    fn build(&self, view: &View) -> Averages {
        let average = Average { nanos: self.initial.duration().as_nanos() as f64, at: Time::ZERO };
        Averages {
            shares: Shares::of(view),
            averages: vec![average; view.len()],
            decay: self.decay.duration().max(Duration::from_nanos(1)).as_nanos() as f64,
        }
    }
}

impl Choose for Averages {
    #[inline]
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize> {
        let one = self.shares.pick(draws)?;
        let Some(other) = self.shares.pick_another(one, draws) else { return Some(one) };
        let (a, b) = (self.cost(view, one, facts.now), self.cost(view, other, facts.now));
        Some(if b < a { other } else { one })
    }

    #[inline]
    fn done(&mut self, _view: &View, member: usize, answer: Answer) {
        if let Some(response_time) = answer.response_time {
            self.observe(member, answer.now, response_time.as_nanos() as f64);
        }
    }

    fn weights_changed(&mut self, view: &View) {
        self.shares = Shares::of(view);
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        self.shares.change(view, member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Outcome;
    use crate::engine::random::StreamKey;

    fn at(seconds: f64) -> Time {
        Time::ZERO + Duration::from_secs_f64(seconds)
    }

    fn answer(now: f64, took: f64) -> Answer {
        Answer { now: at(now), response_time: Some(Duration::from_secs_f64(took)), outcome: Outcome::Served }
    }

    fn state(view: &View, initial: f64) -> Averages {
        let span = |seconds| Span::from_seconds(seconds).expect("a length of time");
        PeakEwma { decay: span(10.0), initial: span(initial) }.build(view)
    }

    #[test]
    fn a_peak_counts_at_once_and_is_forgotten_slowly() {
        let view = View::new(vec![1, 1]);
        let mut state = state(&view, 0.0);
        state.done(&view, 0, answer(1.0, 0.5));
        assert_eq!(state.averages[0].nanos, 0.5e9);
        // Ten seconds later 1/e of it is left, and the new value has the rest of the weight.
        state.done(&view, 0, answer(11.0, 0.1));
        let expected = 0.5e9 / std::f64::consts::E + 0.1e9 * (1.0 - 1.0 / std::f64::consts::E);
        assert!((state.averages[0].nanos - expected).abs() < 1e-3);
        state.done(&view, 0, answer(11.0, 2.0));
        assert_eq!(state.averages[0].nanos, 2e9);
        assert!((state.cost(&view, 0, at(21.0)) - 2e9 / std::f64::consts::E).abs() < 1e-3);
    }

    #[test]
    fn of_two_the_faster_for_its_queue_is_chosen() {
        let mut view = View::new(vec![1, 1]);
        let mut state = state(&view, 1.0);
        state.done(&view, 0, answer(0.0, 3.0));
        let key = StreamKey::root(3, 0);
        let facts = Facts { now: at(0.0), client: 0, key: 0 };
        // 3 s against 1 s: member 1 until it has three requests, 3 s against 4 s.
        for n in 0..3 {
            assert_eq!(state.choose(&view, facts, &mut key.draws(n)), Some(1));
            view.sent(1);
        }
        assert_eq!(state.choose(&view, facts, &mut key.draws(3)), Some(0));
    }

    #[test]
    fn a_member_that_never_answered_gets_one_request_only() {
        let mut view = View::new(vec![1, 1]);
        let mut state = state(&view, 0.0);
        state.done(&view, 0, answer(0.0, 3.0));
        let facts = Facts { now: at(0.0), client: 0, key: 0 };
        let key = StreamKey::root(3, 0);
        assert_eq!(state.choose(&view, facts, &mut key.draws(0)), Some(1));
        view.sent(1);
        assert_eq!(state.choose(&view, facts, &mut key.draws(1)), Some(0));
    }
}
