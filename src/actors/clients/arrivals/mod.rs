//! Open arrivals: processes that do not wait for answers. One file each; the registry is below.
//!
//! Users in a closed loop, sessions and replay build on other things and stand beside this folder.

mod deterministic;
mod mmpp;
mod poisson;
mod profile;
mod ramp;
mod renewal;
mod sinusoid;
mod spike;
mod timetable;

pub use deterministic::Deterministic;
pub use mmpp::{Mmpp, State};
pub use poisson::Poisson;
pub use ramp::Ramp;
pub use renewal::Renewal;
pub use sinusoid::Sinusoid;
pub use spike::Spike;
pub use timetable::{Interpolation, Linear, Step, StepRate, Timetable};

use crate::engine::Time;
use crate::engine::random::StreamKey;

/// An arrival process as the language describes it.
pub trait Process {
    /// Mean number of arrivals per second, in the long run or over the stretch described.
    fn mean_rate(&self) -> f64;
    /// The process at work; `key` names its random streams.
    fn arrivals(&self, key: StreamKey) -> Arrivals;
}

/// A process at work: gives its arrivals one by one.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Independent exponential gaps.
    Poisson(poisson::Gaps),
    /// Gaps all alike.
    Deterministic(deterministic::Ticks),
    /// Gaps drawn from another law.
    Renewal(renewal::Gaps),
    /// A rate that changes with time.
    Profile(profile::Inversion),
    /// A rate that changes at random.
    Mmpp(mmpp::States),
}

impl Arrivals {
    /// When the next arrival comes; never before the last. `None` if there are no more.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "an endless source, not a collection")]
    pub fn next(&mut self) -> Option<Time> {
        match self {
            Self::Poisson(gaps) => Some(gaps.next()),
            _ => self.next_other(),
        }
    }

    /// Apart from the usual process, to keep that short.
    #[inline(never)]
    fn next_other(&mut self) -> Option<Time> {
        match self {
            Self::Poisson(gaps) => Some(gaps.next()),
            Self::Deterministic(ticks) => Some(ticks.next()),
            Self::Renewal(gaps) => Some(gaps.next()),
            Self::Profile(profile) => profile.next(),
            Self::Mmpp(states) => Some(states.next()),
        }
    }
}

/// Adds up gaps without losing what does not fill a nanosecond: rounding each gap down would make a process of nine
/// arrivals a microsecond half a percent too fast.
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
