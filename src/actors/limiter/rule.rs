//! The traits of a rule, which decides which requests a rate limiter passes. The rules and their list belong in
//! `rules`.

use std::fmt::Debug;

use crate::actors::kit::accounts::{Accounts, Key};
use crate::engine::{Duration, Time};

/// What a rule says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes at once.
    Admitted,
    /// It passes after a while.
    Delayed(Duration),
    /// It is turned away.
    Rejected {
        /// After how long the same request would pass, if nobody else came meanwhile; zero if it never would, because it
        /// costs more than the limit.
        retry_after: Duration,
    },
}

/// A rule at work: what all keys have in common.
pub trait Admit {
    /// What is kept for each key.
    type Account: Clone + Debug;

    /// The account of a key that was never seen.
    fn open(&self, now: Time) -> Self::Account;

    /// Decides on a request that costs `cost` tokens. Time never goes back between calls.
    fn admit(&mut self, account: &mut Self::Account, now: Time, cost: u32) -> Verdict;

    /// An admitted request was answered; only rules that watch hear of it.
    fn answered(&mut self, _served: bool, _now: Time) {}

    /// The limit now, of a rule whose limit moves.
    fn moving_limit(&self) -> Option<u32> {
        None
    }
}

/// The description of a rule, as the language reads it.
pub trait Describes {
    /// The rule at work.
    type State: Admit + Debug;

    /// The rule, ready.
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

/// A rule at work with the accounts of all its keys.
#[derive(Debug)]
pub struct Ledger<S: Admit> {
    rule: S,
    accounts: Accounts<S::Account>,
}

impl<S: Admit> Ledger<S> {
    /// Decides on a request of `key` that costs `cost` tokens.
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

    /// The limit now, of a rule whose limit moves.
    #[must_use]
    pub fn moving_limit(&self) -> Option<u32> {
        self.rule.moving_limit()
    }

    /// Accounts that were given up for newer ones.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.accounts.forgotten()
    }
}

/// A rule that is given accounts: every rule is.
pub trait Opens {
    /// The rule at work with the accounts of all its keys.
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
