//! Waiting requests: a wait token for each, in lines in order of arrival, with a second order where a discipline needs
//! one. Any wait token leaves its line in O(1), or in O(log n) with a second order.
//!
//! Which request is next, and which is dropped, is not decided here.

use std::collections::BTreeSet;

use super::discipline::{Facts, Head, Pick};
use crate::engine::{Handle, RequestId, Time};

const NONE: u32 = u32::MAX;

/// A request that waits.
#[derive(Clone, Copy, Debug)]
pub struct WaitToken {
    /// The request.
    pub id: RequestId,
    /// The server it waits at.
    pub port: u32,
    /// When it came.
    pub since: Time,
    /// The facts that disciplines look at.
    pub facts: Facts,
    /// When it leaves the queue if it is not served before; its event.
    pub timer: Handle,
    /// Its rank, if the discipline ranks requests.
    pub rank: u64,
    /// True while it waits for a place in the queue.
    pub outside: bool,
    /// True once it has a rank, for which its class may have been charged.
    pub ranked: bool,
    /// WaitTokens before it in the order they were handed out.
    sequence: u64,
    before: u32,
    after: u32,
}

impl WaitToken {
    /// A wait token for a request that came to server `port`.
    #[must_use]
    pub fn new(id: RequestId, port: u32, since: Time, facts: Facts) -> Self {
        let timer = Handle::NONE;
        Self {
            id,
            port,
            since,
            facts,
            timer,
            rank: 0,
            outside: false,
            ranked: false,
            sequence: 0,
            before: NONE,
            after: NONE,
        }
    }
}

/// The wait tokens of a fleet.
#[derive(Debug, Default)]
pub struct WaitTokens {
    all: Vec<WaitToken>,
    free: Vec<u32>,
    handed_out: u64,
}

impl WaitTokens {
    /// Keeps a wait token, and gives its number.
    pub fn add(&mut self, token: WaitToken) -> u32 {
        let token = WaitToken { sequence: self.handed_out, ..token };
        self.handed_out += 1;
        match self.free.pop() {
            Some(number) => {
                self.all[number as usize] = token;
                number
            }
            None => {
                self.all.push(token);
                self.all.len() as u32 - 1
            }
        }
    }

    /// Frees a wait token that is no longer in any line.
    pub fn remove(&mut self, number: u32) -> WaitToken {
        self.free.push(number);
        self.all[number as usize]
    }

    /// WaitTokens in use.
    #[must_use]
    #[cfg(test)]
    pub fn in_use(&self) -> usize {
        self.all.len() - self.free.len()
    }
}

impl std::ops::Index<u32> for WaitTokens {
    type Output = WaitToken;

    fn index(&self, number: u32) -> &WaitToken {
        &self.all[number as usize]
    }
}

impl std::ops::IndexMut<u32> for WaitTokens {
    fn index_mut(&mut self, number: u32) -> &mut WaitToken {
        &mut self.all[number as usize]
    }
}

/// WaitTokens in the order they came.
#[derive(Clone, Copy, Debug)]
pub struct List {
    first: u32,
    last: u32,
    /// How many.
    pub len: u32,
}

impl Default for List {
    fn default() -> Self {
        Self { first: NONE, last: NONE, len: 0 }
    }
}

impl List {
    /// The first, if there is one.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        Some(self.first).filter(|&first| first != NONE)
    }

    /// Puts a wait token at the end.
    pub fn push(&mut self, tokens: &mut WaitTokens, number: u32) {
        (tokens[number].before, tokens[number].after) = (self.last, NONE);
        match self.last {
            NONE => self.first = number,
            last => tokens[last].after = number,
        }
        self.last = number;
        self.len += 1;
    }

    /// Takes a wait token out, wherever it stands.
    pub fn unlink(&mut self, tokens: &mut WaitTokens, number: u32) {
        let WaitToken { before, after, .. } = tokens[number];
        match before {
            NONE => self.first = after,
            before => tokens[before].after = after,
        }
        match after {
            NONE => self.last = before,
            after => tokens[after].before = before,
        }
        self.len -= 1;
    }

    /// The wait tokens, the first first.
    pub fn iter(self, tokens: &WaitTokens) -> impl Iterator<Item = u32> {
        let here = |number: u32| (number != NONE).then_some(number);
        std::iter::successors(here(self.first), move |&number| here(tokens[number].after))
    }
}

/// Which orders a line keeps beside that of coming.
#[derive(Clone, Copy, Debug, Default)]
pub struct Orders {
    /// By rank.
    pub by_rank: bool,
    /// By deadline.
    pub by_deadline: bool,
}

/// The queue of one server.
#[derive(Debug, Default)]
pub struct Line {
    /// Its waiting requests, in order of arrival.
    pub list: List,
    /// Their sizes together.
    pub bytes: u64,
    /// The requests that wait for room in it.
    pub outside: List,
    by_rank: BTreeSet<(u64, u64, u32)>,
    by_deadline: BTreeSet<(Time, u64, u32)>,
}

impl Line {
    /// Puts a wait token into the line.
    pub fn push(&mut self, tokens: &mut WaitTokens, orders: Orders, number: u32) {
        self.list.push(tokens, number);
        let WaitToken { facts, rank, sequence, .. } = tokens[number];
        self.bytes += facts.bytes;
        if orders.by_rank {
            self.by_rank.insert((rank, sequence, number));
        }
        if orders.by_deadline {
            self.by_deadline.insert((facts.deadline, sequence, number));
        }
    }

    /// Takes a wait token out of the line.
    pub fn unlink(&mut self, tokens: &mut WaitTokens, orders: Orders, number: u32) {
        self.list.unlink(tokens, number);
        let WaitToken { facts, rank, sequence, .. } = tokens[number];
        self.bytes -= facts.bytes;
        if orders.by_rank {
            self.by_rank.remove(&(rank, sequence, number));
        }
        if orders.by_deadline {
            self.by_deadline.remove(&(facts.deadline, sequence, number));
        }
    }

    /// The wait token that `pick` means.
    #[must_use]
    pub fn find(&self, pick: Pick) -> Option<u32> {
        match pick {
            Pick::Oldest => self.list.first(),
            Pick::Newest => Some(self.list.last).filter(|&last| last != NONE),
            Pick::Least => self.by_rank.first().map(|&(_, _, number)| number),
            Pick::FirstOf(rank) => self.first_of(rank),
        }
    }

    fn first_of(&self, rank: u64) -> Option<u32> {
        let from = self.by_rank.range((rank, 0, 0)..).next();
        from.filter(|(found, _, _)| *found == rank).map(|&(_, _, number)| number)
    }

    /// The first request of a rank.
    #[must_use]
    pub fn head(&self, tokens: &WaitTokens, rank: u64) -> Option<Head> {
        let WaitToken { facts, sequence, .. } = tokens[self.first_of(rank)?];
        Some(Head { facts, sequence })
    }

    /// Its waiting requests, the latest deadline first; of equal ones the last to arrive.
    pub fn latest_deadline_first(&self) -> impl Iterator<Item = u32> {
        self.by_deadline.iter().rev().map(|&(_, _, number)| number)
    }

    /// Its waiting requests, the earliest deadline first; of equal ones the first to arrive.
    pub fn earliest_deadline_first(&self) -> impl Iterator<Item = u32> {
        self.by_deadline.iter().map(|&(_, _, number)| number)
    }
}
