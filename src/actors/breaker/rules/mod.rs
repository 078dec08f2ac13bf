//! The registry of rules of circuit breakers: one file here and one line below define a rule. What a rule is belongs in
//! `rule.rs` beside this folder.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::rule::{Break, Describes, Ending, State};
use crate::engine::{Duration, Time};
use crate::schema::registry;

registry! {
    pub mod {
        consecutive_failures::ConsecutiveFailures,
        failure_rate::FailureRate,
    }

    /// When a circuit opens, and when it closes again.
    pub enum Rule;

    /// A circuit at work.
    #[derive(Debug)]
    pub enum Circuit: Describes;

    /// Builds the rule with a closed circuit.
    pub fn build(&self) -> Circuit;

    impl Break for Circuit {
        #[inline]
        fn permit(&mut self, now: Time) -> Result<(), Duration>;
        #[inline]
        fn ended(&mut self, ending: Ending, took: Duration, now: Time);
        fn alarm(&self) -> Option<Time>;
        fn rings(&mut self, now: Time);
        #[inline]
        fn state(&self) -> State;
    }
}

#[cfg(test)]
mod tests;
