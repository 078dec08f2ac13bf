//! Open arrivals: processes that do not wait for answers. One file here and one line below define a process.
//!
//! Users in a closed loop and sessions wait for answers, and a replay follows a log; these are in `source`.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

mod profile;
mod sessions;
mod users;

pub use mmpp::State;
pub use sessions::Sessions;
pub use timetable::{Interpolation, Linear, Step, StepRate};
pub use users::Users;

use crate::engine::Time;
use crate::engine::random::StreamKey;
use crate::schema::registry;
use crate::trace::Replay;

/// The parameters of an arrival process.
pub trait Process {
    /// The state of the process.
    type State: Arrive;

    /// Mean number of arrivals per second, in the long run or over the stretch described.
    fn mean_rate(&self) -> f64;

    /// True if it is stationary.
    fn is_stationary(&self) -> bool;

    /// Builds the state; `key` names its random streams.
    fn arrivals(&self, key: StreamKey) -> Self::State;
}

/// The state of a process, which produces its arrivals one by one.
pub trait Arrive {
    /// The time of the next arrival, never before the previous one. `None` if there are no more.
    fn next(&mut self) -> Option<Time>;
}

registry! {
    pub mod {
        poisson::Poisson,
        deterministic::Deterministic,
        renewal::Renewal,
        timetable::Timetable,
        ramp::Ramp,
        spike::Spike,
        sinusoid::Sinusoid,
        mmpp::Mmpp,
    }
    also { Users, Sessions, Replay }

    /// An arrival process.
    pub enum Traffic;

    impl Traffic {
        /// Mean arrivals per second of an open process; `None` for users, sessions and replay.
        #[must_use]
        pub fn mean_rate(&self) -> Option<f64>;
        /// Whether an open process is stationary; `None` for users, sessions and replay.
        #[must_use]
        pub fn is_stationary(&self) -> Option<bool>;
    }

    /// The state of any process.
    #[derive(Clone, Debug)]
    pub enum Arrivals: Process;

    /// Builds the open arrival process; `None` for users, sessions and replay. `key` names its random streams.
    pub fn arrivals(&self, key: StreamKey) -> Option<Arrivals>;

    impl Arrive for Arrivals {
        #[inline(never)]
        fn next(&mut self) -> Option<Time>;
    }
}

impl Arrivals {
    /// The time of the next arrival, never before the previous one. `None` if there are no more.
    #[inline]
    pub fn next(&mut self) -> Option<Time> {
        // The usual process is apart from the others, to keep this short.
        match self {
            Self::Poisson(gaps) => gaps.next(),
            _ => Arrive::next(self),
        }
    }
}

/// Adds up gaps without losing fractions of a nanosecond: rounding each gap down would make a process of nine arrivals
/// a microsecond half a percent too fast.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accumulator {
    nanos: u64,
    fraction: f64,
}

impl Accumulator {
    /// The time `gap_nanos` (not negative) after the last, rounded to a nanosecond; the rest is kept.
    #[inline(always)]
    pub fn advance(&mut self, gap_nanos: f64) -> Time {
        let exact = self.fraction + gap_nanos;
        // From 2^52 to 2^53 there are only whole numbers, so adding 1.5 x 2^52 rounds.
        const WHOLE: f64 = (3_u64 << 51) as f64;
        if exact < WHOLE / 4.0 {
            let shifted = exact + WHOLE;
            self.fraction = exact - (shifted - WHOLE);
            // The rest of the last may exceed a short gap, but the sum never falls below a point that was given.
            self.nanos = self.nanos.saturating_add_signed(shifted.to_bits().wrapping_sub(WHOLE.to_bits()) as i64);
        } else {
            // Beyond 19 days; a gap of 584 years or more is as good as none to come.
            self.fraction = 0.0;
            self.nanos = self.nanos.saturating_add(exact as u64);
        }
        Time::from_nanos(self.nanos)
    }
}

#[cfg(test)]
mod tests;
