//! Failures in a row.

use crate::actors::breaker::rule::{Break, Describes, Ending, State};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// The circuit opens after so many failures in a row. When `recovery` has passed since the last failure, calls go
    /// through again, as many as come: a success closes it, a failure opens it anew.
    ///
    /// Nygard 2007, "Release It!", as it is usually written in a few lines. Failures of calls made before it opened
    /// still count and put recovery off.
    pub struct ConsecutiveFailures {
        /// Failures in a row that open the circuit; at least 1.
        pub failures: u32 = 5,
        /// How long it stays open after the last failure.
        pub recovery: Span = Span::from_seconds(60.0).expect("a length of time"),
    }
    check(self, at) {
        if self.failures == 0 {
            at.field("failures").error("at least 1 failure");
        }
    }
}

/// A circuit.
#[derive(Clone, Debug)]
pub struct Counting {
    threshold: u32,
    recovery: Duration,
    state: State,
    failures: u32,
    last_failure: Time,
}

impl Describes for ConsecutiveFailures {
    type State = Counting;

    fn build(&self) -> Counting {
        Counting {
            threshold: self.failures,
            recovery: self.recovery.duration(),
            state: State::Closed,
            failures: 0,
            last_failure: Time::ZERO,
        }
    }
}

impl Break for Counting {
    #[inline]
    fn permit(&mut self, now: Time) -> Result<(), Duration> {
        if self.state == State::Open {
            let since = now.since(self.last_failure);
            // Only when more than the recovery time has passed.
            if since <= self.recovery {
                return Err(Duration::from_nanos(self.recovery.as_nanos() - since.as_nanos() + 1));
            }
            self.state = State::HalfOpen;
        }
        Ok(())
    }

    #[inline]
    fn ended(&mut self, ending: Ending, _took: Duration, now: Time) {
        match ending {
            Ending::Success => {
                self.failures = 0;
                self.state = State::Closed;
            }
            Ending::Failure => {
                self.failures = self.failures.saturating_add(1);
                self.last_failure = now;
                if self.failures >= self.threshold {
                    self.state = State::Open;
                }
            }
            Ending::Ignored => {}
        }
    }

    #[inline]
    fn state(&self) -> State {
        self.state
    }
}
