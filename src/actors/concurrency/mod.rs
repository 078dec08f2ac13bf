//! Concurrency limits: how many requests may be under way at once. A rule is one file in `rules` and one line in `rule.rs`.
//!
//! How many requests may pass in a time is another matter, and belongs in `limiter`.

pub mod permits;
pub mod rule;
pub mod rules;
