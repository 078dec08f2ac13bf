//! The retry circuit breaker of Brooker.

use std::cmp::Ordering;

use super::{Describes, Spend};
use crate::engine::Time;
use crate::schema::quantity::{Percent, Share};
use crate::schema::record;

record! {
    /// Stops all retries while failed attempts exceed a share of the calls, both counted from the start of the run: a
    /// transient failure is retried, an outage is not.
    ///
    /// Brooker, "Fixing retries with token buckets and circuit breakers", 2022, with its figure.
    pub struct FailureRate {
        /// Failed attempts as a share of calls, above which there are no retries.
        pub most: Percent = Percent::of(10.0),
    }
}

/// The counts of a window.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    most: Share,
    calls: u64,
    failures: u64,
}

impl Describes for FailureRate {
    type State = Counts;

    fn build(&self) -> Counts {
        Counts { most: self.most.exact(), calls: 0, failures: 0 }
    }
}

impl Spend for Counts {
    fn called(&mut self, _now: Time) {
        self.calls += 1;
    }

    fn failed(&mut self, _now: Time) {
        self.failures += 1;
    }

    fn withdraw(&mut self, _now: Time, _timed_out: bool) -> Option<u32> {
        (self.most.compare(self.failures, self.calls) != Ordering::Greater).then_some(1)
    }
}
