//! Poisson arrivals at a rate that changes with time, by inversion: the expected number of arrivals until the n-th is
//! the sum of n unit exponentials, whatever the rate. So two arms with different profiles share their random numbers.

use super::Arrive;
use crate::engine::Time;
use crate::engine::random::{Sequence, StreamKey, exponential};

/// A stretch of time over which the rate goes in a straight line.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Seconds at which it begins.
    pub start: f64,
    /// Seconds it lasts; infinite for the last.
    pub length: f64,
    /// Arrivals per second at its beginning.
    pub from: f64,
    /// Arrivals per second at its end.
    pub to: f64,
}

impl Piece {
    /// Expected arrivals within `x` seconds of its beginning.
    fn expected(&self, x: f64) -> f64 {
        if self.from == self.to || self.length.is_infinite() {
            return self.from * x;
        }
        self.from * x + (self.to - self.from) / self.length * x * x / 2.0
    }

    /// Seconds from its beginning within which `amount` arrivals are expected.
    fn seconds_for(&self, amount: f64) -> f64 {
        let slope = if self.length.is_infinite() { 0.0 } else { (self.to - self.from) / self.length };
        if slope == 0.0 {
            return amount / self.from;
        }
        // The root of slope/2 x^2 + from x = amount, in the form that does not cancel.
        2.0 * amount / (self.from + (self.from * self.from + 2.0 * slope * amount).max(0.0).sqrt())
    }
}

/// The rate over time.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Straight pieces one after the other, starting again after `period` seconds if there is one.
    Pieces {
        /// The pieces.
        pieces: Vec<Piece>,
        /// Seconds after which they start again; infinite if they do not.
        period: f64,
    },
    /// mean x (1 + amplitude x sin(2 pi (t + phase) / period)).
    Sinusoid {
        /// Arrivals per second on average.
        mean: f64,
        /// From 0 to 1.
        amplitude: f64,
        /// Seconds of a whole wave.
        period: f64,
        /// Seconds by which it is shifted.
        phase: f64,
    },
}

/// Arrivals by inversion.
#[derive(Clone, Debug)]
pub struct Inversion {
    shape: Shape,
    draws: Sequence,
    /// Seconds of the last arrival within the current round of the pieces, or since the start.
    at: f64,
    piece: usize,
    rounds: u64,
}

impl Inversion {
    /// Arrivals of the given shape.
    #[must_use]
    pub fn new(shape: Shape, key: StreamKey) -> Self {
        Self { shape, draws: key.named("gaps").sequence(), at: 0.0, piece: 0, rounds: 0 }
    }
}

impl Arrive for Inversion {
    fn next(&mut self) -> Option<Time> {
        let amount = exponential(&mut self.draws);
        match self.shape {
            Shape::Pieces { .. } => self.next_in_pieces(amount),
            Shape::Sinusoid { mean, amplitude, period, phase } => {
                self.at = in_wave(self.at, amount, Wave { mean, amplitude, period, phase }).max(self.at);
                Some(seconds(self.at))
            }
        }
    }
}

impl Inversion {
    /// The time at which the expected number of further arrivals reaches the given number, where the rate changes linearly.
    fn next_in_pieces(&mut self, mut amount: f64) -> Option<Time> {
        let Shape::Pieces { pieces, period } = &self.shape else { return None };
        if pieces.iter().all(|piece| piece.from == 0.0 && piece.to == 0.0) {
            return None;
        }
        loop {
            let Some(piece) = pieces.get(self.piece) else {
                if period.is_infinite() {
                    return None;
                }
                self.piece = 0;
                self.rounds += 1;
                self.at = 0.0;
                continue;
            };
            let inside = (self.at - piece.start).max(0.0);
            let done = piece.expected(inside);
            let left = if piece.length.is_infinite() {
                if piece.from > 0.0 { f64::INFINITY } else { 0.0 }
            } else {
                (piece.expected(piece.length) - done).max(0.0)
            };
            if amount < left {
                self.at = piece.start + piece.seconds_for(done + amount).max(inside);
                let base = if self.rounds == 0 { 0.0 } else { self.rounds as f64 * period };
                return Some(seconds(base + self.at));
            }
            if piece.length.is_infinite() {
                return None;
            }
            amount -= left;
            self.at = piece.start + piece.length;
            self.piece += 1;
        }
    }
}

/// A rate that follows a sine.
#[derive(Clone, Copy, Debug)]
struct Wave {
    mean: f64,
    amplitude: f64,
    period: f64,
    phase: f64,
}

/// When `amount` more are expected to have come than at `at`: by Newton's method, kept within bounds.
fn in_wave(at: f64, amount: f64, wave: Wave) -> f64 {
    let Wave { mean, amplitude, period, phase } = wave;
    let omega = 2.0 * core::f64::consts::PI / period;
    let expected =
        |t: f64| mean * (t - amplitude / omega * (libm::cos(omega * (t + phase)) - libm::cos(omega * phase)));
    let target = expected(at) + amount;
    // Within these bounds, as the rate stays within mean x (1 ± amplitude) and the wave sums to zero.
    let (mut low, mut high) = (at, at + amount / mean + 2.0 * amplitude / omega + 1e-9);
    let mut t = (at + amount / mean).min(high);
    for _ in 0..60 {
        let error = expected(t) - target;
        if error > 0.0 {
            high = t
        } else {
            low = t
        }
        let rate = mean * (1.0 + amplitude * libm::sin(omega * (t + phase)));
        let step = t - error / rate;
        let next = if rate > 0.0 && step > low && step < high { step } else { (low + high) / 2.0 };
        if (next - t).abs() < 1e-11 {
            return next;
        }
        t = next;
    }
    t
}

/// Rounded down to a nanosecond, from seconds since the start: errors do not add up.
fn seconds(seconds: f64) -> Time {
    Time::from_nanos((seconds * 1e9) as u64)
}
