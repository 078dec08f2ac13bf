//! Calls that were still under way when a replication ended, and which of them count as not answered.
//!
//! It is unknown whether such a call would have been answered. Calls that have waited for more than twice as long as
//! the longest answer took count as not answered, so that a server that hangs is noticed. The longest answer is that of
//! all replications of a cell together: in one short replication it would be the longest of a few, and calls that are
//! merely slow would count. The factor is two because with n answers and an exponential tail a call takes longer than
//! the longest of them with a probability of about 1/n, and longer than twice that with about 1/n².

use serde::{Deserialize, Serialize};

/// How many times as long as the longest answer a call must have waited.
const TIMES_THE_LONGEST: u64 = 2;

/// The calls at one place that are unfinished at the end of a replication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The node they are at; `None` for all clients together.
    pub of: Option<String>,
    /// The longest that an answer in time and as asked took there after the warm-up, in nanoseconds; 0 without any.
    pub longest: u64,
    /// For how long they have been under way: (nanoseconds, how many), as [`crate::measure::Latency::buckets`] gives it.
    pub ages: Vec<(u64, u64)>,
}

/// For each replication, how many calls count as not answered although they are not over and no older than `most`
/// nanoseconds.
#[must_use]
pub fn overdue(there: &[Option<&Open>], most: u64) -> Vec<u64> {
    let longest = there.iter().flatten().map(|open| open.longest).max().unwrap_or(0);
    let enough = longest.saturating_mul(TIMES_THE_LONGEST);
    let counts = |age: u64| age > enough && age <= most;
    let count = |open: &Open| open.ages.iter().filter(|(age, _)| counts(*age)).map(|(_, count)| count).sum();
    there.iter().map(|open| open.map_or(0, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_not_answered_if_it_waits_for_twice_as_long_as_the_longest_answer_of_any_replication() {
        let open = |longest, ages: &[(u64, u64)]| Open { of: None, longest, ages: ages.to_vec() };
        let short = open(10, &[(15, 3), (21, 2)]);
        assert_eq!(overdue(&[Some(&short)], u64::MAX), [2]);
        // Older ones are counted by a limit of their own.
        assert_eq!(overdue(&[Some(&short)], 20), [0]);
        let long = open(20, &[(41, 1)]);
        assert_eq!(overdue(&[Some(&short), None, Some(&long)], u64::MAX), [0, 0, 1]);
        // If no call was answered, none will be.
        assert_eq!(overdue(&[Some(&open(0, &[(1, 7)]))], u64::MAX), [7]);
        assert_eq!(overdue(&[], u64::MAX), [] as [u64; 0]);
    }
}
