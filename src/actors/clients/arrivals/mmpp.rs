//! Bursts: the Markov-modulated Poisson process.

use super::{Accumulator, Arrive, Process};
use crate::engine::Time;
use crate::engine::random::{Bits, Sequence, StreamKey, exponential};
use crate::schema::quantity::{Rate, Span};
use crate::schema::record;

record! {
    /// A state of the process.
    pub struct State {
        /// Arrival rate in this state; without it, there are no arrivals.
        pub rate: Option<Rate>,
        /// Mean time in this state, exponentially distributed; above zero.
        pub stay: Span,
    }
    check(self, at) {
        if self.stay == Span::ZERO {
            at.field("stay").error("must be above zero");
        }
    }
}

record! {
    /// A Markov-modulated Poisson process: the rate jumps at random between states; every other state is equally likely
    /// to be next. It begins in the first state. Fischer and Meier-Hellstern 1993.
    pub struct Mmpp {
        /// The states; two to 64.
        pub states: Vec<State>,
    }
    check(self, at) {
        if self.states.len() < 2 || self.states.len() > 64 {
            at.field("states").error("two to 64 states");
        } else if self.states.iter().all(|state| state.rate.is_none()) {
            at.field("states").error("at least one state needs arrivals");
        }
    }
}

/// The process at work.
#[derive(Clone, Debug)]
pub struct States {
    /// Arrivals per second and mean stay in seconds.
    states: Vec<(f64, f64)>,
    current: usize,
    /// Seconds left in the current state.
    left: f64,
    gaps: Sequence,
    stays: Sequence,
    clock: Accumulator,
}

impl Arrive for States {
    fn next(&mut self) -> Option<Time> {
        let mut amount = exponential(&mut self.gaps);
        let mut gap = 0.0;
        loop {
            let (rate, _) = self.states[self.current];
            let wanted = if rate > 0.0 { amount / rate } else { f64::INFINITY };
            if wanted < self.left {
                self.left -= wanted;
                return Some(self.clock.advance((gap + wanted) * 1e9));
            }
            amount -= self.left * rate;
            gap += self.left;
            let others = self.states.len() as u64 - 1;
            let step = 1 + self.stays.below(others) as usize;
            self.current = (self.current + step) % self.states.len();
            self.left = self.states[self.current].1 * exponential(&mut self.stays);
        }
    }
}

impl Process for Mmpp {
    type State = States;

    fn mean_rate(&self) -> f64 {
        // Every state is entered equally often, so time is shared in proportion to the stays.
        let time: f64 = self.states.iter().map(|state| state.stay.seconds()).sum();
        let arrivals: f64 =
            self.states.iter().map(|state| state.rate.map_or(0.0, Rate::per_second) * state.stay.seconds()).sum();
        arrivals / time
    }

    fn is_stationary(&self) -> bool {
        true
    }

    fn arrivals(&self, key: StreamKey) -> States {
        let states: Vec<(f64, f64)> =
            self.states.iter().map(|state| (state.rate.map_or(0.0, Rate::per_second), state.stay.seconds())).collect();
        let mut stays = key.named("stays").sequence();
        let left = states[0].1 * exponential(&mut stays);
        States { states, current: 0, left, gaps: key.named("gaps").sequence(), stays, clock: Accumulator::default() }
    }
}
