//! Sorted sets of times, one for each account of the limiters that share a store.

use std::collections::VecDeque;

use crate::actors::limiter::accounts::{Accounts, Key};
use crate::actors::limiter::distributed::{Command, Distributed};
use crate::engine::{Duration, Time};

/// What a command finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// True if there was room, or nothing was asked.
    pub has_room: bool,
    /// After how long there will be, if nobody else comes.
    pub retry_after: Duration,
}

/// The sets of one node of limiters.
#[derive(Debug)]
pub struct Sets {
    limit: usize,
    window: Duration,
    accounts: Accounts<VecDeque<Time>>,
    /// Requests that were added though there was no room: more passed than the limit allows.
    pub over_limit: u64,
}

impl Sets {
    /// Empty sets for limiters as described by `spec`, `keys` at most.
    #[must_use]
    pub fn new(spec: &Distributed, keys: usize) -> Self {
        let window = spec.window.duration();
        Self { limit: spec.limit as usize, window, accounts: Accounts::new(keys), over_limit: 0 }
    }

    /// All is lost.
    pub fn clear(&mut self, keys: usize) {
        self.accounts = Accounts::new(keys);
    }

    /// Does a command on the set of `key`, for a request that came to its limiter at `time` by the limiter's clock.
    pub fn run(&mut self, command: Command, key: Key, time: Time) -> Reply {
        let set = self.accounts.of(key, VecDeque::new);
        // As ZREMRANGEBYSCORE does up to now - window: what is as old as the window is gone.
        while set.front().is_some_and(|&first| time.since(first) >= self.window) {
            set.pop_front();
        }
        let has_room = set.len() < self.limit;
        let adds = match command {
            Command::CountAndAdd => true,
            Command::Count => false,
            Command::Add => {
                self.over_limit += u64::from(!has_room);
                true
            }
            Command::AddIfRoom => has_room,
        };
        if adds {
            // Commands of different limiters come nearly in the order of their times.
            let place = set.len() - set.iter().rev().take_while(|&&other| other > time).count();
            set.insert(place, time);
            // Older ones than the limit's newest are never looked at, though the store would keep them.
            while set.len() > self.limit {
                set.pop_front();
            }
        }
        // Who was added though there was no room is in its own way.
        let in_the_way = if has_room { None } else { set.get(set.len() - self.limit) };
        let left =
            |&first: &Time| Duration::from_nanos((first + self.window).as_nanos().saturating_sub(time.as_nanos()));
        let retry_after = in_the_way.map_or(Duration::ZERO, left);
        Reply { has_room: has_room || command == Command::Add, retry_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::limiter::distributed::{Atomic, Commands, FailOpen, WhenDown};
    use crate::actors::route::RouteField;
    use crate::schema::quantity::Span;
    use crate::schema::{Decode, Kind, Node, Reader};

    fn sets(limit: u32) -> Sets {
        let span = |seconds| Span::from_seconds(seconds).expect("a length of time");
        let store = Node::made(Kind::Text("store".to_owned()));
        let spec = Distributed {
            limit,
            window: span(10.0),
            store: RouteField::decode(&store, &mut Reader::default()).expect("a route"),
            commands: Commands::Atomic(Atomic {}),
            timeout: span(1.0),
            when_down: WhenDown::FailOpen(FailOpen {}),
        };
        Sets::new(&spec, 10)
    }

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    fn run(sets: &mut Sets, command: Command, seconds: u64) -> (bool, u64) {
        let reply = sets.run(command, Key::default(), at(seconds));
        (reply.has_room, reply.retry_after.as_nanos() / 1_000_000_000)
    }

    #[test]
    fn a_script_adds_only_where_there_is_room() {
        let mut sets = sets(2);
        let found: Vec<_> = [0, 4, 5, 9, 10, 11].map(|t| run(&mut sets, Command::AddIfRoom, t)).to_vec();
        // The third may come again when the first is ten seconds old, which is exactly gone.
        assert_eq!(found, [(true, 0), (true, 0), (false, 5), (false, 1), (true, 0), (false, 3)]);
    }

    #[test]
    fn what_a_pipeline_turns_away_keeps_others_out() {
        let mut sets = sets(2);
        let found: Vec<_> = [0, 4, 5, 9, 10, 15, 26].map(|t| run(&mut sets, Command::CountAndAdd, t).0).to_vec();
        // At 15 the set holds 9 and 10, both turned away.
        assert_eq!(found, [true, true, false, false, false, false, true]);
        // Who is turned away stands in its own way, and passes if it comes again when it was told to.
        let mut sets = self::sets(1);
        let found = [0, 1, 11].map(|t| run(&mut sets, Command::CountAndAdd, t));
        assert_eq!(found, [(true, 0), (false, 10), (true, 0)]);
    }

    #[test]
    fn who_checks_before_others_have_added_finds_room() {
        let mut sets = sets(1);
        assert!(run(&mut sets, Command::Count, 0).0);
        assert!(run(&mut sets, Command::Count, 0).0);
        assert!(run(&mut sets, Command::Add, 0).0);
        assert!(run(&mut sets, Command::Add, 0).0);
        assert!(!run(&mut sets, Command::Count, 1).0);
        assert_eq!(sets.over_limit, 1);
    }
}
