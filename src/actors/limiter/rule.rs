//! The traits of a rule, which decides which requests a rate limiter passes. The rules and their list belong in
//! `rules`.

use std::fmt::Debug;

use crate::actors::kit::accounts::{Accounts, Key};
use crate::engine::{Duration, Time};

/// The decision of a rule about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes at once.
    Admitted,
    /// It passes after a delay.
    Delayed(Duration),
    /// It is rejected.
    Rejected {
        /// After how long the same request would pass, if no other request arrived meanwhile; zero if it never would,
        /// because it costs more than the limit.
        retry_after: Duration,
    },
}

/// The state of a rule that all keys share, and how it decides.
pub trait Admit {
    /// The state that is kept for each key.
    type Account: Clone + Debug;

    /// The account of a new key.
    fn open(&self, now: Time) -> Self::Account;

    /// Decides about a request that costs `cost` tokens. `now` never decreases between calls.
    fn admit(&mut self, account: &mut Self::Account, now: Time, cost: u32) -> Verdict;

    /// An admitted request was answered; called only for rules that watch.
    fn answered(&mut self, _served: bool, _now: Time) {}

    /// The current limit, for rules with a moving limit.
    fn moving_limit(&self) -> Option<u32> {
        None
    }
}

/// The parameters of a rule.
pub trait Describes {
    /// The state of the rule.
    type State: Admit + Debug;

    /// Builds the state.
    fn build(&self) -> Self::State;

    /// The highest cost with which a request can ever pass.
    fn most(&self) -> u32;

    /// True if it must be told the outcomes of admitted requests.
    fn watches(&self) -> bool {
        false
    }

    /// The number of single requests that an account may store.
    fn logged(&self) -> u64 {
        0
    }
}

/// The state of a rule with the accounts of all its keys.
#[derive(Debug)]
pub struct Ledger<S: Admit> {
    rule: S,
    accounts: Accounts<S::Account>,
}

impl<S: Admit> Ledger<S> {
    /// Decides about a request of `key` that costs `cost` tokens.
    #[inline]
    pub fn admit(&mut self, key: Key, now: Time, cost: u32) -> Verdict {
        let Self { rule, accounts } = self;
        let account = accounts.of(key, || rule.open(now));
        rule.admit(account, now, cost)
    }

    /// An admitted request was answered.
    pub fn answered(&mut self, served: bool, now: Time) {
        self.rule.answered(served, now);
    }

    /// The current limit, for rules with a moving limit.
    #[must_use]
    pub fn moving_limit(&self) -> Option<u32> {
        self.rule.moving_limit()
    }

    /// Number of accounts that were evicted for newer ones.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.accounts.forgotten()
    }
}

/// A rule with accounts, implemented for every rule.
pub trait Opens {
    /// The state of the rule with the accounts of all its keys.
    type State;

    /// Builds the rule with room for `keys` accounts.
    fn open(&self, keys: usize) -> Self::State;
}

impl<R: Describes> Opens for R {
    type State = Ledger<R::State>;

    fn open(&self, keys: usize) -> Self::State {
        Ledger { rule: self.build(), accounts: Accounts::new(keys) }
    }
}
