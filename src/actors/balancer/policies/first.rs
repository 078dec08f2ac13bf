//! The first member that has room.

use std::collections::BTreeSet;

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// The first member in the list that is up and not full: a member gets requests only while all members before it
    /// are full, so that the last servers can be switched off at low load.
    ///
    /// HAProxy `balance first`. A member is full at its `max_connections`; without that the first member gets
    /// everything. If all are full a request is rejected; HAProxy would queue it. Costs O(log n).
    pub struct First {}
}

/// Members that are up and not full, in order.
#[derive(Clone, Debug)]
pub struct InOrder(BTreeSet<usize>);

impl Describes for First {
    type State = InOrder;

    fn build(&self, view: &View) -> InOrder {
        InOrder((0..view.len()).filter(|&member| view.is_up(member)).collect())
    }

    fn uses_weights(&self) -> bool {
        false
    }
}

impl Choose for InOrder {
    #[inline]
    fn choose(&mut self, _view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        self.0.first().copied()
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        if view.is_up(member) {
            self.0.insert(member);
        } else {
            self.0.remove(&member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    #[test]
    fn the_next_gets_requests_only_while_those_before_it_have_no_room() {
        let mut view = View::new(vec![1; 3]);
        let mut state = First {}.build(&view);
        let choose = |view: &View, state: &mut InOrder| {
            state.choose(view, Facts { now: Time::ZERO, client: 0, key: 0 }, &mut StreamKey::root(1, 0).draws(0))
        };
        assert_eq!(choose(&view, &mut state), Some(0));
        for (member, next) in [(0, Some(1)), (1, Some(2)), (2, None)] {
            view.set_up(member, false);
            state.availability_changed(&view, member);
            assert_eq!(choose(&view, &mut state), next);
        }
        view.set_up(1, true);
        state.availability_changed(&view, 1);
        assert_eq!(choose(&view, &mut state), Some(1));
    }
}
