//! Arrivals like clockwork.

use super::{Arrive, Process};
use crate::engine::Time;
use crate::engine::random::StreamKey;
use crate::schema::quantity::Rate;
use crate::schema::record;

record! {
    /// Equal gaps; the first arrival comes after one gap. Every arrival is at its exact time to the nearest nanosecond,
    /// however long the run: rounding of gaps does not accumulate.
    pub struct Deterministic {
        /// Arrival rate.
        pub rate: Rate,
    }
}

impl Process for Deterministic {
    type State = Ticks;

    fn mean_rate(&self) -> f64 {
        self.rate.per_second()
    }

    fn is_stationary(&self) -> bool {
        true
    }

    fn arrivals(&self, _key: StreamKey) -> Ticks {
        Ticks::new(self.rate)
    }
}

/// Equal gaps; the remainder of a nanosecond is kept as a fraction.
#[derive(Clone, Debug)]
pub struct Ticks {
    /// Of a gap: whole nanoseconds, and parts of one.
    gap: (u64, u64),
    /// Parts of a nanosecond.
    parts: u64,
    /// Of the last arrival: nanoseconds and parts, half a nanosecond late, so that the nearest one is the last begun.
    last: (u64, u64),
}

impl Ticks {
    fn new(rate: Rate) -> Self {
        let (parts, seconds) = rate.fraction();
        let nanos = u128::from(seconds) * 1_000_000_000;
        let whole = u64::try_from(nanos / u128::from(parts)).unwrap_or(u64::MAX);
        Self { gap: (whole, (nanos % u128::from(parts)) as u64), parts, last: (0, parts / 2) }
    }
}

impl Arrive for Ticks {
    #[inline]
    fn next(&mut self) -> Option<Time> {
        let parts = self.last.1 + self.gap.1;
        let (carry, parts) = if parts >= self.parts { (1, parts - self.parts) } else { (0, parts) };
        self.last = (self.last.0.saturating_add(self.gap.0).saturating_add(carry), parts);
        Some(Time::from_nanos(self.last.0))
    }
}
