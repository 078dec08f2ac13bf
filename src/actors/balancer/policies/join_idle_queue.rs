//! Join idle queue.

use std::collections::VecDeque;

use super::random::Shares;
use crate::actors::balancer::policy::{Choose, Describes, Facts, Subscription};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// The member that has been idle longest, of those that reported to this balancer that they are idle; if there is
    /// none, a random member by weight.
    ///
    /// Lu et al. 2011, "Join-Idle-Queue: a novel load balancing algorithm for dynamically scalable web services"
    /// (JIQ-Random): a server that becomes idle reports it to one balancer, chosen at random of those with this policy;
    /// the report travels with the answer. The server stays in that balancer's queue even if another balancer gives it
    /// work meanwhile: removing it would cost messages. A choice costs O(1) with equal weights, else O(log n).
    pub struct JoinIdleQueue {}
}

/// Idle members.
#[derive(Clone, Debug)]
pub struct IdleQueue {
    queue: VecDeque<u32>,
    /// For each member, true if it stands in the queue.
    queued: Vec<bool>,
    shares: Shares,
}

impl Describes for JoinIdleQueue {
    type State = IdleQueue;

    fn build(&self, view: &View) -> IdleQueue {
        IdleQueue { queue: VecDeque::new(), queued: vec![false; view.len()], shares: Shares::of(view) }
    }

    fn subscription(&self) -> Subscription {
        Subscription::Idleness
    }
}

impl Choose for IdleQueue {
    #[inline]
    fn choose(&mut self, view: &View, _facts: Facts, draws: &mut Draws) -> Option<usize> {
        while let Some(member) = self.queue.pop_front() {
            let member = member as usize;
            self.queued[member] = false;
            if view.is_up(member) {
                return Some(member);
            }
        }
        self.shares.pick(draws)
    }

    fn idle(&mut self, _view: &View, member: usize) {
        if !std::mem::replace(&mut self.queued[member], true) {
            self.queue.push_back(member as u32);
        }
    }

    fn weights_changed(&mut self, view: &View) {
        self.shares = Shares::of(view);
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        self.shares.change(view, member);
        // A server that comes up reports itself that it is idle; a report from before it went down is void.
        if !view.is_up(member) && std::mem::replace(&mut self.queued[member], false) {
            self.queue.retain(|&queued| queued as usize != member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    #[test]
    fn idle_members_come_first_in_the_order_of_their_news() {
        let mut view = View::new(vec![1; 4]);
        let mut state = JoinIdleQueue {}.build(&view);
        for member in [2, 0, 2, 3] {
            state.idle(&view, member);
        }
        view.set_up(0, false);
        state.health_changed(&view, 0);
        let key = StreamKey::root(1, 0);
        let mut choose = |n| state.choose(&view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut key.draws(n));
        assert_eq!([choose(0), choose(1)], [Some(2), Some(3)]);
        let picks: Vec<_> = (2..100).filter_map(choose).collect();
        assert!([1, 2, 3].iter().all(|member| picks.contains(member)) && !picks.contains(&0));
    }
}
