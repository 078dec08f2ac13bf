//! Sorted sets of times, one for each account of the limiters that share a store.

use std::collections::VecDeque;

use crate::actors::kit::accounts::{Accounts, Key};
use crate::actors::kit::commands::{Command, Distributed, Members, PARTS};
use crate::engine::{Duration, Time};

/// The answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// True if there was room, or none was asked for.
    pub has_room: bool,
    /// The time until there is room, if no other request comes.
    pub retry_after: Duration,
}

/// The members of a set with the same time.
#[derive(Clone, Copy, Debug)]
struct Entry {
    time: Time,
    /// Members.
    members: u32,
    /// The cost of the requests of this time that passed.
    passed: u32,
}

/// A sorted set, with the sums over its entries.
#[derive(Clone, Debug, Default)]
struct Set {
    entries: VecDeque<Entry>,
    members: u64,
    passed: u64,
    /// Members that no command has to look at again, as there are as many newer ones as the limit, though the store
    /// keeps them: by part of the window, the time of the last and how many.
    beyond: VecDeque<(Time, u32)>,
    /// The number of those members.
    members_beyond: u64,
    /// When one was added last.
    added: Time,
}

impl Set {
    /// Members that the store keeps, as of the last command.
    fn kept(&self) -> u64 {
        self.members + self.members_beyond
    }

    /// Removes the members that are as old as the window at `time`, as `ZREMRANGEBYSCORE` does.
    fn age(&mut self, time: Time, window: Duration) {
        while let Some(&(_, members)) = self.beyond.front().filter(|(last, _)| time.since(*last) >= window) {
            self.members_beyond -= u64::from(members);
            self.beyond.pop_front();
        }
        while self.entries.front().is_some_and(|first| time.since(first.time) >= window) {
            self.forget_first();
        }
    }

    /// The first entry is of no interest to any command, and stays in the store.
    fn set_aside_first(&mut self, window: Duration) {
        let Some(first) = self.entries.front().copied() else { return };
        self.forget_first();
        self.members_beyond += u64::from(first.members);
        let part = |time: Time| time.as_nanos() / (window.as_nanos() / PARTS).max(1);
        match self.beyond.back_mut().filter(|(last, _)| part(*last) == part(first.time)) {
            Some((last, members)) => {
                *last = first.time;
                *members = members.saturating_add(first.members);
            }
            None => self.beyond.push_back((first.time, first.members)),
        }
    }

    fn forget_first(&mut self) {
        if let Some(first) = self.entries.pop_front() {
            self.members -= u64::from(first.members);
            self.passed -= u64::from(first.passed);
        }
    }

    /// Adds members at `time`, of which so much passed; with `once`, a member that is there already stays one.
    fn add(&mut self, time: Time, members: u32, passed: u32, once: bool) {
        // Commands of different limiters come nearly in the order of their times.
        let place = self.entries.len() - self.entries.iter().rev().take_while(|entry| entry.time > time).count();
        let there = place.checked_sub(1).and_then(|last| self.entries.get_mut(last)).filter(|entry| entry.time == time);
        let members = match there {
            Some(entry) => {
                let more = if once { 0 } else { members };
                entry.members = entry.members.saturating_add(more);
                entry.passed = entry.passed.saturating_add(passed);
                more
            }
            None => {
                self.entries.insert(place, Entry { time, members, passed });
                members
            }
        };
        self.members += u64::from(members);
        self.passed += u64::from(passed);
    }
}

/// The sets of one node of limiters.
#[derive(Debug)]
pub struct Sets {
    limit: u64,
    window: Duration,
    step: u64,
    ahead: Vec<Duration>,
    /// True if requests of one time are one member.
    by_time: bool,
    accounts: Accounts<Set>,
    /// Requests that passed though as many as the limit allows had passed within the window.
    pub over_limit: u64,
}

impl Sets {
    /// Empty sets for limiters as described by `spec`, `keys` at most.
    #[must_use]
    pub fn new(spec: &Distributed, keys: usize) -> Self {
        Self {
            limit: u64::from(spec.limit),
            window: spec.window.duration(),
            step: spec.clock.step.duration().as_nanos().max(1),
            ahead: spec.clock.ahead.iter().map(|ahead| ahead.duration()).collect(),
            by_time: matches!(spec.members(), Members::Times(_)),
            accounts: Accounts::new(keys),
            over_limit: 0,
        }
    }

    /// All is lost.
    pub fn clear(&mut self, keys: usize) {
        self.accounts = Accounts::new(keys);
    }

    /// Members that the store keeps at `now`: as many as after the last command on each set, and none of a set to which
    /// nothing was added for as long as the window (`EXPIRE`). Exact for as many of a set as the limit; of more, to a
    /// hundredth of the window.
    #[must_use]
    pub fn members(&self, now: Time) -> u64 {
        let live = self.accounts.iter().filter(|set| now.since(set.added) < self.window);
        live.map(Set::kept).sum()
    }

    /// The time `now` by the clock of a limiter, of so many copies before it.
    #[must_use]
    pub fn time_by(&self, copy: usize, now: Time) -> Time {
        let ahead = copy.checked_rem(self.ahead.len()).map_or(Duration::ZERO, |place| self.ahead[place]);
        let time = (now + ahead).as_nanos();
        Time::from_nanos(time - time % self.step)
    }

    /// Does a command on the set of `key`, for a request that came to its limiter at `time` by the limiter's clock and
    /// costs so much.
    pub fn run(&mut self, command: Command, key: Key, time: Time, cost: u32) -> Reply {
        let Self { limit, window, .. } = *self;
        // All that is more than the limit is alike, and fits into an entry.
        let cost = cost.min(limit as u32 + 1);
        let set = self.accounts.of(key, Set::default);
        set.age(time, window);
        let has_room = set.members + u64::from(cost) <= limit;
        let passes = has_room || command == Command::Add;
        let adds = match command {
            Command::CountAndAdd | Command::Add => true,
            Command::Count => false,
            Command::AddIfRoom => has_room,
        };
        if adds {
            let passed = if passes { cost } else { 0 };
            self.over_limit += u64::from(passes && set.passed + u64::from(cost) > limit);
            set.add(time, if self.by_time { 1 } else { cost }, passed, self.by_time);
            set.added = time;
            // Older ones than the limit's newest are never looked at.
            while set.entries.front().is_some_and(|first| set.members - u64::from(first.members) >= limit) {
                set.set_aside_first(window);
            }
        }
        let retry_after = if passes { Duration::ZERO } else { room_after(set, limit, cost, time, window) };
        Reply { has_room: passes, retry_after }
    }
}

/// The time until a set has room for `cost` more, if no other request comes; zero if it never has. A request that was
/// added without room is in its own way.
fn room_after(set: &Set, limit: u64, cost: u32, time: Time, window: Duration) -> Duration {
    let mut left = set.members + u64::from(cost);
    let in_the_way = set.entries.iter().find(|entry| {
        left -= u64::from(entry.members);
        left <= limit
    });
    let until = |entry: &Entry| (entry.time + window).as_nanos().saturating_sub(time.as_nanos());
    in_the_way.map_or(Duration::ZERO, |entry| Duration::from_nanos(until(entry)))
}

#[cfg(test)]
mod tests;
