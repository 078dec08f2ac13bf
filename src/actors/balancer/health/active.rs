//! Active health checks: when each member is checked, which checks are in flight, and their results.
//!
//! Sending them belongs in `watched`.

use super::spec::Active;
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{Duration, Handle, RequestId};

/// Consecutive checks of a member, as in HAProxy: `fall` failures take a member down and `rise` successes up.
#[derive(Clone, Copy, Debug)]
pub struct Streak {
    up: bool,
    /// Consecutive checks that contradict the current verdict.
    against: u32,
}

impl Streak {
    /// Held to be up.
    pub const UP: Self = Self { up: true, against: 0 };

    /// A check passed or failed; the new verdict, if it changes.
    pub fn note(&mut self, passed: bool, fall: u32, rise: u32) -> Option<bool> {
        if passed == self.up {
            self.against = 0;
            return None;
        }
        self.against += 1;
        if self.against < if self.up { fall } else { rise } {
            return None;
        }
        *self = Self { up: passed, against: 0 };
        Some(passed)
    }
}

/// The check of a member that is not answered yet.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The check.
    pub id: RequestId,
    /// Its timeout.
    pub timeout: Handle,
}

/// The checks of all members.
#[derive(Debug)]
pub struct Checks {
    /// Time from one check of a member to the next.
    pub interval: Duration,
    /// How long a check may take.
    pub timeout: Duration,
    fall: u32,
    rise: u32,
    work: Sampler,
    work_stream: StreamKey,
    /// The number of the next check: its identity for random draws.
    number: u64,
    /// When the first member is checked first.
    phase: u64,
    streaks: Vec<Streak>,
    /// The check of each member that is not answered yet.
    pub pending: Vec<Option<Pending>>,
    /// True while the balancer is down, and sends none.
    pub is_down: bool,
}

impl Checks {
    /// The checks of copy number `copy` of a balancer; `key` names its random streams.
    #[must_use]
    pub fn new(spec: &Active, members: usize, copy: usize, key: StreamKey) -> Self {
        let interval = spec.interval.duration();
        let number = key.named("check").draws(copy as u64).bits();
        Self {
            interval,
            timeout: spec.timeout.duration(),
            fall: spec.fall,
            rise: spec.rise,
            work: spec.work.0.sampler(),
            work_stream: key.named("check work"),
            number,
            phase: key.named("check phase").draws(copy as u64).below(interval.as_nanos()),
            streaks: vec![Streak::UP; members],
            pending: vec![None; members],
            is_down: false,
        }
    }

    /// When `member` is checked first: members are spread evenly over the interval, from a random point on.
    #[must_use]
    pub fn first(&self, member: usize) -> Duration {
        let interval = u128::from(self.interval.as_nanos());
        let share = interval * member as u128 / self.streaks.len() as u128;
        Duration::from_nanos(((u128::from(self.phase) + share) % interval) as u64)
    }

    /// Number and work of the next check.
    pub fn make(&mut self) -> (u64, Duration) {
        let number = self.number;
        self.number = number.wrapping_add(1);
        (number, Duration::from_secs_f64(self.work.sample(&mut self.work_stream.draws(number))))
    }

    /// True if `member` is held to be up.
    #[must_use]
    pub fn is_up(&self, member: usize) -> bool {
        self.streaks[member].up
    }

    /// A check of `member` passed or failed; whether it is up from now on, if that is news.
    pub fn note(&mut self, member: usize, passed: bool) -> Option<bool> {
        self.streaks[member].note(passed, self.fall, self.rise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_take_down_and_two_successes_bring_back() {
        let mut streak = Streak::UP;
        let mut note = |passed| streak.note(passed, 3, 2);
        let told: Vec<Option<bool>> = [false, false, true, false, false, false, false, true, false, true, true, true]
            .into_iter()
            .map(&mut note)
            .collect();
        let none = None;
        assert_eq!(told, [none, none, none, none, none, Some(false), none, none, none, none, Some(true), none]);
    }
}
