//! How many clients or keys changed their member when members went, came back or changed their weight.

use super::balancer::Value;
use super::{View, ratio, word};
use crate::actors::Actor;
use crate::actors::balancer::Remapping;
use crate::actors::balancer::remapping::{Counts, IDENTITIES};
use crate::lab::results::Unit;

/// A count as a share of the sample.
fn share(count: u64) -> f64 {
    count as f64 / f64::from(IDENTITIES)
}

/// The counts after the warm-up.
fn since_warm_up(remapping: &Remapping) -> Counts {
    let (now, before) = (remapping.counts, *remapping.at_warm_up);
    Counts { changes: now.changes - before.changes, moved: now.moved - before.moved, least: now.least - before.least }
}

impl View<'_> {
    /// The mean over the balancers that place by a hash; `None` if there is none.
    pub fn remapped(&self, count: fn(Counts) -> u64) -> Option<f64> {
        let counts = self.actors.all.iter().filter_map(|actor| match actor {
            Actor::Balancer(balancer) => balancer.remapping().map(|remapping| count(since_warm_up(remapping))),
            _ => None,
        });
        let (sum, balancers) = counts.fold((0, 0_u32), |(sum, balancers), count| (sum + count, balancers + 1));
        ratio(share(sum), f64::from(balancers))
    }
}

pub(super) fn remapping_values(remapping: &Remapping) -> [Value; 3] {
    let since = since_warm_up(remapping);
    [
        (word("changes of members"), word("member_changes"), Unit::Count, Some(since.changes as f64)),
        (word("remapped"), word("remapped"), Unit::Fraction, Some(share(since.moved))),
        (word("had to be remapped"), word("remapped_least"), Unit::Fraction, Some(share(since.least))),
    ]
}

/// The share that was remapped in each window.
pub(super) fn remapped_by_window(remapping: &Remapping) -> Vec<Option<f64>> {
    let mut before = 0;
    let in_window = |counts: &Counts| {
        let moved = counts.moved - before;
        before = counts.moved;
        Some(share(moved))
    };
    remapping.windows.values().iter().map(in_window).collect()
}
