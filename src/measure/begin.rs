//! The end of the warm-up in records: the figures at that moment, and the times recorded since.
//!
//! With an automatic warm-up it is known only at the end of a run when measuring should have begun. Records therefore
//! store their state at every possible moment, and later subtract the state at the chosen one. They hold only counts
//! and sums of whole numbers, so the result is that of a run that began there. Choosing the moment belongs in `lab`.

use std::ops::Deref;

/// A message to all records of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Measuring begins now: earlier records do not count.
    Now,
    /// Measuring may have begun now; whether it did is said at the end of the run.
    Maybe,
    /// Windows have doubled: of the boundaries so far only every second one is kept, beginning with the second.
    Thin,
    /// The run is over, and measuring began at this one of the moments that are left, counted from zero.
    Then(usize),
}

/// Lengths of time that are recorded from when measuring begins.
pub trait Lengths {
    /// An exact copy in little space.
    type Copy;

    /// A copy of what was recorded so far.
    fn copy(&self) -> Self::Copy;

    /// Removes the records contained in a copy.
    fn forget(&mut self, copy: &Self::Copy);

    /// Forgets everything.
    fn clear(&mut self);
}

/// For records that have figures and no lengths.
impl Lengths for () {
    type Copy = ();

    fn copy(&self) -> Self::Copy {}

    fn forget(&mut self, (): &Self::Copy) {}

    fn clear(&mut self) {}
}

impl<L: Lengths> Lengths for &mut L {
    type Copy = L::Copy;

    fn copy(&self) -> Self::Copy {
        L::copy(self)
    }

    fn forget(&mut self, copy: &Self::Copy) {
        L::forget(self, copy);
    }

    fn clear(&mut self) {
        L::clear(self);
    }
}

impl<L: Lengths, const N: usize> Lengths for [L; N] {
    type Copy = [L::Copy; N];

    fn copy(&self) -> Self::Copy {
        self.each_ref().map(L::copy)
    }

    fn forget(&mut self, copy: &Self::Copy) {
        self.iter_mut().zip(copy).for_each(|(lengths, copy)| lengths.forget(copy));
    }

    fn clear(&mut self) {
        self.iter_mut().for_each(L::clear);
    }
}

/// Figures at the moment measuring began, which are its value; zero if it began with the run.
#[derive(Clone, Debug)]
pub struct Begun<S, C = ()> {
    at: S,
    /// The figures at each moment at which measuring may have begun, and the lengths until then.
    maybe: Vec<(S, C)>,
}

impl<S: Default, C> Default for Begun<S, C> {
    fn default() -> Self {
        Self { at: S::default(), maybe: Vec::new() }
    }
}

impl<S, C> Begun<S, C> {
    /// Obeys a message to the records: `figures` are the current cumulative figures, `lengths` the distributions
    /// recorded beside them.
    pub fn begin(&mut self, begin: Begin, figures: S, mut lengths: impl Lengths<Copy = C>) {
        match begin {
            Begin::Now => {
                self.at = figures;
                lengths.clear();
            }
            Begin::Maybe => self.maybe.push((figures, lengths.copy())),
            Begin::Thin => {
                let mut moment = 0_usize;
                self.maybe.retain(|_| {
                    moment += 1;
                    moment.is_multiple_of(2)
                });
            }
            Begin::Then(moment) => {
                if let Some((figures, copy)) = self.maybe.drain(..).nth(moment) {
                    self.at = figures;
                    lengths.forget(&copy);
                }
            }
        }
    }
}

impl<S, C> Deref for Begun<S, C> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Duration;
    use crate::measure::{Latency, LatencyCopy};
    use proptest::prelude::*;

    #[derive(Default)]
    struct Record {
        count: u64,
        latency: Latency,
        begun: Begun<u64, LatencyCopy>,
    }

    impl Record {
        fn record(&mut self, nanos: u64) {
            self.count += 1;
            self.latency.record(Duration::from_nanos(nanos));
        }

        fn begin(&mut self, begin: Begin) {
            self.begun.begin(begin, self.count, &mut self.latency);
        }

        fn seen(&self) -> (u64, Vec<(u64, u64)>, Option<f64>) {
            (*self.begun, self.latency.buckets(), self.latency.mean())
        }
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_a_run_has_that_began_there(
            parts in prop::collection::vec(prop::collection::vec(0_u64..1 << 40, 0..8), 2..12),
            thin_after in prop::option::of(0_usize..12),
            chosen in any::<prop::sample::Index>(),
        ) {
            let mut record = Record::default();
            let mut moments = Vec::new();
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    record.begin(Begin::Maybe);
                    moments.push(place);
                }
                part.iter().for_each(|&nanos| record.record(nanos));
                if thin_after == Some(place) {
                    record.begin(Begin::Thin);
                    moments = moments.into_iter().skip(1).step_by(2).collect();
                }
            }
            prop_assume!(!moments.is_empty());
            let moment = chosen.index(moments.len());
            record.begin(Begin::Then(moment));

            let mut expected = Record::default();
            for (place, part) in parts.iter().enumerate() {
                if place == moments[moment] {
                    expected.begin(Begin::Now);
                }
                part.iter().for_each(|&nanos| expected.record(nanos));
            }
            prop_assert_eq!(record.seen(), expected.seen());
        }
    }
}
