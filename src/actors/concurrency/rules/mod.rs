//! The registry of rules of concurrency limits: one file here and one line below define a rule. What a rule is belongs in
//! `rule.rs` beside this folder, how a limiter handles requests in the folder above.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::rule::{Describes, Limit, Sample};
use crate::engine::random::StreamKey;
use crate::schema::{At, registry};

registry! {
    pub mod {
        fixed::Fixed,
        aimd::Aimd,
        vegas::Vegas,
        gradient2::Gradient2,
    }

    /// How the limit on requests in flight is set.
    pub enum Rule;

    /// A rule at work.
    #[derive(Debug)]
    pub enum Limiting: Describes;

    /// Builds the rule at its initial limit; `key` names its random stream.
    pub fn build(&self, key: StreamKey) -> Limiting;

    impl Limit for Limiting {
        #[inline]
        fn limit(&self) -> u32;
        #[inline]
        fn sample(&mut self, sample: Sample);
    }
}

/// Most requests in flight under one limit.
pub const MOST: u32 = 1_000_000;

/// Reports limits that are out of order.
fn check_limits(least: u32, initial: u32, most: u32, mut at: At<'_>) {
    if least == 0 || least > initial || initial > most || most > MOST {
        at.error("limits are 1 <= least <= initial <= most <= 1,000,000");
    }
}

/// Reports a smoothing that would never move a limit, or move it too far.
fn check_smoothing(smoothing: f64, mut at: At<'_>) {
    if !(smoothing > 0.0 && smoothing <= 1.0) {
        at.error("above 0 and up to 1");
    }
}

#[cfg(test)]
mod tests;
