//! Circuit breakers: they stop calling a service that fails, and try it again after a while. A rule is one file in
//! `rules` and one line in `rule.rs`.

pub mod rule;
pub mod rules;
