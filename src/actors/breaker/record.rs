//! Records of the circuits of a breaker.

use crate::actors::breaker::rule::State;
use crate::engine::Time;
use crate::measure::{Begin, Begun, CountIntegral, Windows};

/// Cumulative figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Times that a circuit has opened.
    pub openings: u64,
    /// Circuit-nanoseconds open.
    pub open: u128,
    /// Circuit-nanoseconds half open.
    pub half_open: u128,
}

/// Records of circuits.
#[derive(Clone, Debug, Default)]
pub struct CircuitRecord {
    /// Times that a circuit has opened, from time zero on.
    pub openings: u64,
    /// Circuits that are open.
    pub open: CountIntegral,
    /// Circuits that are half open.
    pub half_open: CountIntegral,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
}

impl CircuitRecord {
    /// A circuit has changed its state.
    pub fn changed(&mut self, before: State, after: State, now: Time) {
        match before {
            State::Open => self.open.down(now),
            State::HalfOpen => self.half_open.down(now),
            State::Closed => {}
        }
        match after {
            State::Open => {
                self.openings += 1;
                self.open.up(now);
            }
            State::HalfOpen => self.half_open.up(now),
            State::Closed => {}
        }
    }

    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot { openings: self.openings, open: self.open.area(now), half_open: self.half_open.area(now) }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.at_warm_up.begin(begin, self.snapshot(now), ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.windows.close(self.snapshot(now), halve);
    }
}
