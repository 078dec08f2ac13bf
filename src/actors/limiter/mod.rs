//! Rate limiters: they let requests pass, hold them back or turn them away. A rule is one file in `rules` and one line in
//! `rule.rs`.

pub mod accounts;
pub mod rule;
pub mod rules;
pub mod tokens;
