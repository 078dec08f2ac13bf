//! The registry of budgets: how many retries and hedges the calls of a node may have together. One line here and one file beside it
//! make a budget.
//!
//! How long a client waits before a retry belongs in `backoff`.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use std::fmt::Debug;

use crate::engine::Time;
use crate::schema::registry;

/// A budget at work. Time never goes back between calls of its methods.
pub trait Spend {
    /// A call begins: its first attempt is about to be sent.
    fn called(&mut self, _now: Time) {}

    /// An attempt has failed in a way that is worth a retry.
    fn failed(&mut self, _now: Time) {}

    /// An attempt is under way from now on.
    fn sent(&mut self) {}

    /// An attempt is under way no more: it was answered, has failed, or nobody waits for it.
    fn ended(&mut self) {}

    /// A retry is wanted, of an attempt that timed out or failed otherwise, or a hedge of one that takes long: what it takes,
    /// or `None` if it may not be.
    fn withdraw(&mut self, now: Time, timed_out: bool) -> Option<u32>;

    /// A retry or a hedge that might be is over: its attempt is under way no more, or was never sent.
    fn released(&mut self) {}

    /// A call was answered; `cost` is what its last retry took, and 0 if it had none.
    fn succeeded(&mut self, _cost: u32) {}
}

/// The description of a budget, as the language reads it.
pub trait Describes {
    /// The budget at work.
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

    /// A budget at work.
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
