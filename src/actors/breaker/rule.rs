//! The traits of a rule, which decides when a circuit opens and closes. The rules and their list belong in `rules`.

use std::fmt::Debug;

use crate::engine::{Duration, Time};

/// The state of a circuit: whether calls go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All calls go through.
    Closed,
    /// No calls go through.
    Open,
    /// A few trial calls go through.
    HalfOpen,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Success.
    Success,
    /// Failure of the service.
    Failure,
    /// Ignored: the call counts as if it had not been made.
    Ignored,
}

/// The state of one circuit, and how it decides.
pub trait Break {
    /// Asks for permission to make a call. If it is granted, [`Break::ended`] must follow.
    ///
    /// # Errors
    /// If the call is refused: the time after which a call may be permitted, if nothing happens meanwhile; zero if it
    /// is not known.
    fn permit(&mut self, now: Time) -> Result<(), Duration>;

    /// A permitted call has ended after `took`.
    fn ended(&mut self, ending: Ending, took: Duration, now: Time);

    /// When the circuit will next change its state by itself, if at all; [`Break::rings`] must be called then.
    fn alarm(&self) -> Option<Time> {
        None
    }

    /// The time of an alarm has come. An alarm that was set for an earlier state has no effect.
    fn rings(&mut self, _now: Time) {}

    /// The state of a circuit: whether calls go through. An open circuit becomes half open only when it is next asked.
    fn state(&self) -> State;
}

/// The parameters of a rule.
pub trait Describes {
    /// The state of one circuit.
    type State: Break + Debug;

    /// Builds the rule with a closed circuit.
    fn build(&self) -> Self::State;
}
