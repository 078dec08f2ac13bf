//! The registry of rules of rate limiters: one file here and one line below define a rule. What a rule is belongs in
//! `rule.rs` beside this folder, how a limiter handles requests in the folder above.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::rule::{Describes, Opens, Verdict};
use crate::actors::kit::accounts::Key;
use crate::engine::{Duration, Time};
use crate::schema::{At, registry};

registry! {
    pub mod {
        token_bucket::TokenBucket,
        leaky_bucket::LeakyBucket,
        fixed_window::FixedWindow,
        sliding_log::SlidingLog,
        sliding_counter::SlidingCounter,
        gcra::Gcra,
        adaptive::Adaptive,
    }

    /// Which requests pass.
    pub enum Rule;

    impl Rule {
        /// The highest cost with which a request can ever pass.
        #[must_use]
        pub fn most(&self) -> u32;
        /// True if it must be told the outcomes of admitted requests.
        #[must_use]
        pub fn watches(&self) -> bool;
        /// The number of single requests that an account may store.
        #[must_use]
        pub fn logged(&self) -> u64;
    }

    /// A rule at work, with the accounts of all its keys.
    #[derive(Debug)]
    pub enum Ruler: Opens;

    /// Builds the rule with room for `keys` accounts.
    pub fn open(&self, keys: usize) -> Ruler;

    impl Ruler {
        /// Decides on a request of `key` that costs `cost` tokens.
        #[inline]
        pub fn admit(&mut self, key: Key, now: Time, cost: u32) -> Verdict;
        /// An admitted request was answered.
        pub fn answered(&mut self, served: bool, now: Time);
        /// The limit now, of a rule whose limit moves.
        #[must_use]
        pub fn moving_limit(&self) -> Option<u32>;
        /// Accounts that were given up for newer ones.
        #[must_use]
        pub fn forgotten(&self) -> u64;
    }
}

/// Most requests in a burst, or in a window that keeps each of them.
pub const MOST: u32 = 1_000_000;

/// The number of the window that `now` falls in, and the time until its end. Windows follow one another from time zero.
fn window_of(now: Time, window: Duration) -> (u64, Duration) {
    let (now, window) = (now.as_nanos(), window.as_nanos());
    (now / window, Duration::from_nanos(window - now % window))
}

/// Reports a window of no length.
fn check_window(window: Duration, mut at: At<'_>) {
    if window.is_zero() {
        at.error("a window is longer than nothing");
    }
}

#[cfg(test)]
mod tests;
