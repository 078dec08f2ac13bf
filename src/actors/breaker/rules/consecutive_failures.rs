//! Failures in a row.

use crate::actors::breaker::rule::{Break, Describes, Ending, State};
use crate::engine::{Duration, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// The circuit opens after `failures` failures in a row. When more than `recovery` has passed since the last of
    /// them, one call goes through: its success closes the circuit, its failure opens it again.
    ///
    /// Nygard 2007, "Release It!". Calls that began before the circuit last opened or closed are ignored, as in
    /// gobreaker.
    pub struct ConsecutiveFailures {
        /// Number of failures in a row; at least 1.
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
    /// When the state last changed.
    changed: Time,
    /// Half open, the one call is under way.
    tries: bool,
}

impl Counting {
    fn change(&mut self, state: State, now: Time) {
        (self.state, self.changed, self.tries) = (state, now, false);
    }
}

impl Describes for ConsecutiveFailures {
    type State = Counting;

    fn build(&self) -> Counting {
        Counting {
            threshold: self.failures,
            recovery: self.recovery.duration(),
            state: State::Closed,
            failures: 0,
            changed: Time::ZERO,
            tries: false,
        }
    }
}

impl Break for Counting {
    #[inline]
    fn permit(&mut self, now: Time) -> Result<(), Duration> {
        if self.state == State::Closed {
            return Ok(());
        }
        if self.state == State::Open {
            let since = now.since(self.changed);
            // Only when more than the recovery time has passed.
            if since <= self.recovery {
                return Err(Duration::from_nanos(self.recovery.as_nanos() - since.as_nanos() + 1));
            }
            self.change(State::HalfOpen, now);
        }
        // The end of the call that is under way is not known.
        if std::mem::replace(&mut self.tries, true) { Err(Duration::ZERO) } else { Ok(()) }
    }

    #[inline]
    fn ended(&mut self, ending: Ending, took: Duration, now: Time) {
        if self.state == State::Open || now.since(self.changed) < took {
            return;
        }
        match ending {
            Ending::Success => {
                self.failures = 0;
                if self.state == State::HalfOpen {
                    self.change(State::Closed, now);
                }
            }
            Ending::Failure => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= self.threshold {
                    self.change(State::Open, now);
                }
            }
            Ending::Ignored => self.tries = false,
        }
    }

    #[inline]
    fn state(&self) -> State {
        self.state
    }
}
