//! Sums over a sliding window that is divided into parts and slides one part at a time.

use crate::engine::{Duration, Time};

/// `SUMS` sums over the last `PARTS` parts of a window, the present part included. Time never goes back between calls.
#[derive(Clone, Copy, Debug)]
pub struct Recent<const PARTS: usize, const SUMS: usize> {
    /// Nanoseconds of a part.
    length: u64,
    parts: [[i64; SUMS]; PARTS],
    /// The number of the present part.
    now: u64,
    sums: [i64; SUMS],
}

impl<const PARTS: usize, const SUMS: usize> Recent<PARTS, SUMS> {
    /// Nothing yet, over a window of this length.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        let length = (window.as_nanos() / PARTS as u64).max(1);
        Self { length, parts: [[0; SUMS]; PARTS], now: 0, sums: [0; SUMS] }
    }

    /// Adds to the present part, after dropping the parts that have become too old.
    pub fn add(&mut self, now: Time, amounts: [i64; SUMS]) {
        let part = now.as_nanos() / self.length;
        for step in 0..(part - self.now).min(PARTS as u64) {
            let oldest = std::mem::replace(&mut self.parts[((part - step) % PARTS as u64) as usize], [0; SUMS]);
            self.sums.iter_mut().zip(oldest).for_each(|(sum, old)| *sum -= old);
        }
        self.now = part;
        let present = &mut self.parts[(part % PARTS as u64) as usize];
        for ((sum, here), amount) in self.sums.iter_mut().zip(present).zip(amounts) {
            *sum += amount;
            *here += amount;
        }
    }

    /// The sums as they were when something was last added.
    #[must_use]
    pub fn sums(&self) -> [i64; SUMS] {
        self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_are_those_of_all_that_is_in_the_last_parts(steps in proptest::collection::vec((0_u64..40, -5_i64..10), 0..100)) {
            let mut recent: Recent<4, 2> = Recent::new(Duration::from_nanos(40));
            let (mut now, mut all) = (0, Vec::new());
            for (gap, amount) in steps {
                now += gap;
                all.push((now / 10, amount));
                recent.add(Time::from_nanos(now), [amount, 1]);
                let young = all.iter().filter(|(part, _)| part + 4 > now / 10);
                let expected = young.fold([0, 0], |sums, (_, amount)| [sums[0] + amount, sums[1] + 1]);
                prop_assert_eq!(recent.sums(), expected);
            }
        }
    }
}
