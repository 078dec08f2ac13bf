//! The registry of budgets: how many retries and hedges the calls of a node may have together. One line here and one
//! file beside it make a budget.
//!
//! How long a client waits before a retry belongs in `backoff`.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use std::fmt::Debug;

use crate::engine::Time;
use crate::schema::registry;

/// The state of a budget, and how it decides. `now` never decreases between calls.
pub trait Spend {
    /// A call begins: its first attempt is about to be sent.
    fn called(&mut self, _now: Time) {}

    /// An attempt has failed in a way that is worth a retry.
    fn failed(&mut self, _now: Time) {}

    /// An attempt is in flight from now on.
    fn sent(&mut self) {}

    /// An attempt is no longer in flight: it was answered, has failed, or was given up.
    fn ended(&mut self) {}

    /// Asks for a retry of an attempt that timed out or failed otherwise, or for a hedge: its cost, or `None` if it is
    /// refused.
    fn withdraw(&mut self, now: Time, timed_out: bool) -> Option<u32>;

    /// A permitted retry or hedge is over: its attempt is no longer in flight, or was never sent.
    fn released(&mut self) {}

    /// A call was answered; `cost` is the cost of its last retry, and 0 if it had none.
    fn succeeded(&mut self, _cost: u32) {}
}

/// The parameters of a budget.
pub trait Describes {
    /// The state of the budget.
    type State: Spend + Debug;

    /// Builds the budget in its initial state.
    fn build(&self) -> Self::State;
}

registry! {
    pub mod {
        retry_budget::RetryBudget,
        retry_throttling::RetryThrottling,
        retry_quota::RetryQuota,
        retry_bucket::RetryBucket,
        failure_rate::FailureRate,
        active_budget::ActiveBudget,
    }

    /// A retry budget: how many retries and hedges all calls of a node may have together. A hedge counts as a retry.
    /// Each node of `Clients` has one budget for all of its clients.
    pub enum Budget;

    /// The state of any budget.
    #[derive(Debug)]
    pub enum BudgetState: Describes;

    /// Builds the budget in its initial state.
    pub fn build(&self) -> BudgetState;

    impl Spend for BudgetState {
        fn called(&mut self, now: Time);
        fn failed(&mut self, now: Time);
        fn sent(&mut self);
        fn ended(&mut self);
        fn withdraw(&mut self, now: Time, timed_out: bool) -> Option<u32>;
        fn released(&mut self);
        fn succeeded(&mut self, cost: u32);
    }
}

#[cfg(test)]
mod tests;
