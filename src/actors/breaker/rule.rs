//! The traits of a rule, which decides when a circuit opens and closes. The rules and their list belong in `rules`.

use std::fmt::Debug;

use crate::engine::{Duration, Time};

/// Whether calls go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All do.
    Closed,
    /// None do.
    Open,
    /// A few do, to see how the service is.
    HalfOpen,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Well.
    Success,
    /// Badly, by the fault of the service.
    Failure,
    /// In a way that says nothing of the service: the call counts as if it had not been made.
    Ignored,
}

/// A rule at work.
pub trait Break {
    /// Asks to make a call. Where the answer is yes, [`Break::ended`] must follow.
    ///
    /// # Errors
    /// The call must not be made; after this time another may, if nothing happens meanwhile. Zero where nobody knows.
    fn permit(&mut self, now: Time) -> Result<(), Duration>;

    /// A permitted call has ended after so long.
    fn ended(&mut self, ending: Ending, took: Duration, now: Time);

    /// When the circuit will change its state by itself, if it does: [`Break::rings`] must follow then.
    fn alarm(&self) -> Option<Time> {
        None
    }

    /// The time of an alarm has come; of one that was for an earlier state, nothing does.
    fn rings(&mut self, _now: Time) {}

    /// Whether calls go through. An open circuit closes halfway when it is next asked, not before.
    fn state(&self) -> State;
}

/// The description of a rule, as the language reads it.
pub trait Describes {
    /// The rule at work.
    type State: Break + Debug;

    /// Builds the rule with a closed circuit.
    fn build(&self) -> Self::State;
}
