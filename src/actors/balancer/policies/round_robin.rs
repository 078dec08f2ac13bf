//! Round robin.

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Each available member in turn, whatever its weight and load.
    pub struct RoundRobin {}
}

/// Where the turn has come to.
#[derive(Clone, Debug)]
pub struct Turn {
    next: usize,
}

impl Describes for RoundRobin {
    type State = Turn;

    fn build(&self, _view: &View) -> Turn {
        Turn { next: 0 }
    }

    fn follows_weights(&self) -> bool {
        false
    }
}

impl Choose for Turn {
    #[inline]
    fn choose(&mut self, view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        if view.available().is_empty() {
            return None;
        }
        loop {
            let member = self.next;
            self.next = if member + 1 == view.len() { 0 } else { member + 1 };
            if view.is_up(member) {
                return Some(member);
            }
        }
    }
}
