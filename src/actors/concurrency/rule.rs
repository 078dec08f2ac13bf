//! The traits of a rule, which decides how a concurrency limit moves. The rules and their list belong in `rules`.

use std::fmt::Debug;

use crate::engine::Duration;
use crate::engine::random::StreamKey;

/// A sample for the rule: what an answer says about the service behind the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Time from when the request was passed on until its answer returned.
    pub round_trip: Duration,
    /// Requests in flight when it was passed on, including itself.
    pub in_flight: u32,
    /// True if the service was overloaded: the request was dropped.
    pub dropped: bool,
}

/// The state of a rule, and how it sets the limit.
pub trait Limit {
    /// The current limit on requests in flight; at least 1.
    fn limit(&self) -> u32;

    /// Updates the limit after an answer.
    fn sample(&mut self, sample: Sample);
}

/// The parameters of a rule.
pub trait Describes {
    /// The state of the rule.
    type State: Limit + Debug;

    /// Builds the rule at its initial limit; `key` names its random stream.
    fn build(&self, key: StreamKey) -> Self::State;
}
