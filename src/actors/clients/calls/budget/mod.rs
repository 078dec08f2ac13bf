//! The registry of budgets: how many retries and hedges the calls of a node may have together. One line here and one file beside it
//! make a budget.
//!
//! How long a client waits before a retry belongs in `backoff`.

pub mod active_budget;
mod failure_rate;
mod retry_bucket;
mod retry_budget;
mod retry_quota;
mod retry_throttling;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

use crate::engine::Time;

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

    /// The budget, as it is when nobody has called yet.
    fn build(&self) -> Self::State;
}

macro_rules! registry {
    ($($file:ident :: $budget:ident),+ $(,)?) => {
        $( pub use $file::$budget; )+

        crate::schema::choice! {
            /// How many retries and hedges the calls of a node may have together: for the rules, a hedge is a retry. Each node of `Clients` has one budget for all of its
            /// clients.
            pub enum Budget {
                $( $budget($budget), )+
            }
        }

        /// A budget at work.
        #[derive(Debug)]
        pub enum Purse {
            $(
                #[doc = concat!("[`", stringify!($budget), "`] at work.")]
                $budget(<$budget as Describes>::State),
            )+
        }

        impl Budget {
            /// The budget, as it is when nobody has called yet.
            #[must_use]
            pub fn build(&self) -> Purse {
                match self {
                    $( Self::$budget(budget) => Purse::$budget(budget.build()), )+
                }
            }
        }

        impl Spend for Purse {
            fn called(&mut self, now: Time) {
                match self {
                    $( Self::$budget(budget) => budget.called(now), )+
                }
            }

            fn failed(&mut self, now: Time) {
                match self {
                    $( Self::$budget(budget) => budget.failed(now), )+
                }
            }

            fn sent(&mut self) {
                match self {
                    $( Self::$budget(budget) => budget.sent(), )+
                }
            }

            fn ended(&mut self) {
                match self {
                    $( Self::$budget(budget) => budget.ended(), )+
                }
            }

            fn withdraw(&mut self, now: Time, timed_out: bool) -> Option<u32> {
                match self {
                    $( Self::$budget(budget) => budget.withdraw(now, timed_out), )+
                }
            }

            fn released(&mut self) {
                match self {
                    $( Self::$budget(budget) => budget.released(), )+
                }
            }

            fn succeeded(&mut self, cost: u32) {
                match self {
                    $( Self::$budget(budget) => budget.succeeded(cost), )+
                }
            }
        }
    };
}

registry! {
    retry_budget::RetryBudget,
    retry_throttling::RetryThrottling,
    retry_quota::RetryQuota,
    retry_bucket::RetryBucket,
    failure_rate::FailureRate,
    active_budget::ActiveBudget,
}
