//! Samples collected over a window, so that a rule sees many answers at once: single answers say little where service
//! times vary at random.

use super::rule::Sample;
use crate::engine::{Duration, Time};

/// The fewest samples that are passed on to a rule.
const ENOUGH: u32 = 10;

/// Answers that return sooner were never in service: such as a rejection by a node close by.
const LEAST: Duration = Duration::from_nanos(100_000);

/// Gathers samples over windows of at least a length: mean round trip, most in flight, and whether any was dropped. The
/// `WindowedLimit` of Netflix concurrency-limits with its average sample window and its least round trip of 100 us.
#[derive(Clone, Copy, Debug)]
pub struct Gathering {
    length: Duration,
    ends: Time,
    samples: u32,
    /// Samples that were answers, whose round trips count.
    round_trips: u32,
    total: u128,
    total_of_drops: u128,
    in_flight: u32,
    dropped: bool,
}

impl Gathering {
    /// Nothing yet, over windows of at least `length`.
    #[must_use]
    pub fn new(length: Duration) -> Self {
        let ends = Time::ZERO + length;
        Self { length, ends, samples: 0, round_trips: 0, total: 0, total_of_drops: 0, in_flight: 0, dropped: false }
    }

    /// One more sample; what all of a window say, if it is over with this one and holds enough.
    pub fn add(&mut self, sample: Sample, now: Time) -> Option<Sample> {
        if sample.round_trip < LEAST {
            return None;
        }
        self.samples += 1;
        self.in_flight = self.in_flight.max(sample.in_flight);
        self.dropped |= sample.dropped;
        let round_trip = u128::from(sample.round_trip.as_nanos());
        // The time of a drop is little information about the service; it is used if there is nothing else.
        if sample.dropped {
            self.total_of_drops += round_trip;
        } else {
            (self.round_trips, self.total) = (self.round_trips + 1, self.total + round_trip);
        }
        if now < self.ends || self.samples < ENOUGH {
            return None;
        }
        let mean = match self.round_trips {
            0 => self.total_of_drops / u128::from(self.samples),
            answers => self.total / u128::from(answers),
        };
        let all = Sample {
            round_trip: Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)),
            in_flight: self.in_flight,
            dropped: self.dropped,
        };
        *self = Self { ends: now + self.length, ..Self::new(self.length) };
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(count: u64) -> Duration {
        Duration::from_nanos(count * 1_000_000)
    }

    #[test]
    fn a_window_tells_of_its_samples_when_it_is_over_and_holds_enough() {
        let mut gathering = Gathering::new(milliseconds(1000));
        let at = |ms| Time::ZERO + milliseconds(ms);
        let sample = |ms, in_flight, dropped| Sample { round_trip: milliseconds(ms), in_flight, dropped };
        for count in 1..=9 {
            assert_eq!(gathering.add(sample(10 * count, 3, false), at(100 * count)), None);
        }
        // The window is over, and this is the tenth.
        assert_eq!(gathering.add(sample(100, 7, false), at(1000)), Some(sample(55, 7, false)));
        // An answer that took no time does not count.
        assert_eq!(gathering.add(sample(0, 9, true), at(1001)), None);
        // The next ends a second later, and a drop in it is told though its time is not.
        for count in 0..12 {
            assert_eq!(gathering.add(sample(20, 1, false), at(1500 + count)), None);
        }
        assert_eq!(gathering.add(sample(1, 2, true), at(2000)), Some(sample(20, 2, true)));
        // Where all are drops, that is what is told.
        for count in 0..9 {
            assert_eq!(gathering.add(sample(4, 1, true), at(3000 + count)), None);
        }
        assert_eq!(gathering.add(sample(4, 1, true), at(3010)), Some(sample(4, 1, true)));
    }
}
