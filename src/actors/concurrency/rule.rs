//! The traits of a rule, which decides how a concurrency limit moves. The rules and their list belong in `rules`.

use std::fmt::Debug;

use crate::engine::Duration;
use crate::engine::random::StreamKey;

/// What an answer says of the service behind the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// From when the request went on until its answer was back.
    pub round_trip: Duration,
    /// Requests in flight when it went on, itself among them.
    pub in_flight: u32,
    /// True if the service had too much to do for it.
    pub dropped: bool,
}

/// A rule at work.
pub trait Limit {
    /// Requests that may be in flight now; at least 1.
    fn limit(&self) -> u32;

    /// An answer has come back.
    fn sample(&mut self, sample: Sample);
}

/// The description of a rule, as the language reads it.
pub trait Describes {
    /// The rule at work.
    type State: Limit + Debug;

    /// Builds the rule at its initial limit; `key` names its random stream.
    fn build(&self, key: StreamKey) -> Self::State;
}
