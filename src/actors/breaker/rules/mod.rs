//! The rules of circuit breakers: one file each.

pub mod consecutive_failures;
pub mod failure_rate;
#[cfg(test)]
mod tests;
