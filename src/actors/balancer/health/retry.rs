//! Retries at other members after a failed attempt: which members each request has tried, and since when.

use std::collections::BTreeMap;

use super::spec::{Among, Failure, RetryElsewhere};
use crate::actors::calls::budget::ActiveBudget;
use crate::actors::calls::budget::active_budget::Most;
use crate::engine::{Duration, Outcome, RequestId, Time};

/// A request of which at least one attempt has failed.
#[derive(Clone, Debug)]
struct Story {
    began: Time,
    tried: Vec<u32>,
}

/// Where a request may go after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next<'a> {
    /// Attempts so far.
    pub attempts: usize,
    /// Members that it does not go to.
    pub aside: &'a [u32],
    /// True if it may go to them when no other member is left.
    pub or_the_same: bool,
}

/// The requests that have failed at least once and are still here.
#[derive(Debug)]
pub struct Retries {
    tries: usize,
    among: Among,
    timeout: Option<Duration>,
    budget: Option<Most>,
    on: Vec<Failure>,
    stories: BTreeMap<RequestId, Story>,
}

impl Retries {
    /// The retries of a balancer with this number of members, before any request has failed.
    #[must_use]
    pub fn new(spec: &RetryElsewhere, members: usize) -> Self {
        let tries = if spec.tries == 0 { members } else { spec.tries as usize };
        let timeout = Some(spec.timeout.duration()).filter(|timeout| !timeout.is_zero());
        Self {
            tries,
            among: spec.among.clone(),
            timeout,
            budget: spec.budget.as_ref().map(ActiveBudget::rule),
            on: spec.on.clone(),
            stories: BTreeMap::new(),
        }
    }

    /// True if not all may be sent again.
    #[must_use]
    pub fn has_budget(&self) -> bool {
        self.budget.is_some()
    }

    /// True if one more of `under_way` requests, which has just failed and is not among them, may be sent again.
    #[must_use]
    pub fn affords(&self, id: RequestId, under_way: u64) -> bool {
        let Some(most) = self.budget else { return true };
        // A request that has failed before and is still here is on another attempt.
        let others = self.stories.len() - usize::from(self.stories.contains_key(&id));
        (others as u64) < most.of(under_way)
    }

    /// An attempt of `id` at `member`, made at `sent`, has ended; if it may try another, how.
    pub fn ended(&mut self, id: RequestId, member: usize, outcome: Outcome, sent: Time, now: Time) -> Option<Next<'_>> {
        if !self.on.iter().any(|failure| failure.covers(outcome)) {
            return None;
        }
        let story = self.stories.entry(id).or_insert_with(|| Story { began: sent, tried: Vec::new() });
        story.tried.push(member as u32);
        let in_time = self.timeout.is_none_or(|timeout| now.since(story.began) < timeout);
        let aside = match self.among {
            Among::Untried(_) => &story.tried[..],
            Among::NotLast(_) => &story.tried[story.tried.len() - 1..],
            Among::Any(_) => &[],
        };
        let or_the_same = matches!(self.among, Among::NotLast(_));
        let next = Next { attempts: story.tried.len(), aside, or_the_same };
        (in_time && story.tried.len() < self.tries).then_some(next)
    }

    /// `id` leaves for good; true if it had failed before.
    pub fn forget(&mut self, id: RequestId) -> bool {
        !self.stories.is_empty() && self.stories.remove(&id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::UntriedMembers;
    use super::*;
    use crate::schema::quantity::{Percent, Span};

    fn retries(tries: u32, timeout: f64) -> Retries {
        let timeout = Span::from_seconds(timeout).expect("a length of time");
        let among = Among::Untried(UntriedMembers {});
        Retries::new(&RetryElsewhere { tries, among, timeout, budget: None, on: Failure::usual() }, 9)
    }

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn three_tries_are_two_retries() {
        let mut all = retries(3, 0.0);
        let id = RequestId(7);
        let next = |attempts, aside| Some(Next { attempts, aside, or_the_same: false });
        assert_eq!(all.ended(id, 4, Outcome::Refused, at(0), at(0)), next(1, &[4][..]));
        assert_eq!(all.ended(id, 2, Outcome::Crashed, at(0), at(9)), next(2, &[4, 2][..]));
        assert_eq!(all.ended(id, 0, Outcome::Refused, at(9), at(9)), None);
        assert!(all.forget(id) && !all.forget(id));
    }

    /// `max(budget_percent / 100 * active, min_retry_concurrency)` of Envoy's `resource_manager_impl.h`.
    #[test]
    fn a_budget_is_a_share_of_what_is_under_way_and_three_at_least() {
        for (under_way, most) in [(0, 3), (14, 3), (19, 3), (20, 4), (24, 4), (25, 5), (1000, 200)] {
            let mut all = retries(0, 0.0);
            all.budget = Some(ActiveBudget { share: Percent::of(20.0), minimum: 3 }.rule());
            let granted = (0..300).filter(|&id| {
                let affords = all.affords(RequestId(id), under_way);
                if affords {
                    all.ended(RequestId(id), 0, Outcome::Refused, at(0), at(0));
                }
                affords
            });
            assert_eq!(granted.count(), most, "{under_way}");
            // A request on another attempt does not count against itself.
            assert!(all.affords(RequestId(0), under_way));
        }
    }

    #[test]
    fn after_the_timeout_a_request_is_not_tried_again() {
        let mut all = retries(0, 5.0);
        let id = RequestId(7);
        assert!(all.ended(id, 0, Outcome::Crashed, at(1), at(5)).is_some());
        assert!(all.ended(id, 1, Outcome::Crashed, at(5), at(6)).is_none());
    }

    #[test]
    fn what_is_not_listed_is_not_tried_again() {
        let mut all = retries(0, 0.0);
        for outcome in [Outcome::Served, Outcome::Error, Outcome::QueueFull] {
            assert!(all.ended(RequestId(1), 0, outcome, at(0), at(0)).is_none());
        }
        assert!(!all.forget(RequestId(1)));
    }
}
