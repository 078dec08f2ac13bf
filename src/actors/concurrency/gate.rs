//! A gate: the permits under one limit, and the requests that wait for them.

use std::collections::BTreeMap;

use super::permits::{Permits, Shares};
use crate::engine::{Handle, RequestId};

/// A request that waits for a permit.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The request.
    pub id: RequestId,
    /// Its class.
    pub class: u16,
    /// When it has waited long enough.
    pub timeout: Handle,
}

/// Permits and the requests that wait for them. After each event no request waits that could have a permit, so a later
/// request never gets a permit that a waiting one could have.
#[derive(Debug)]
pub struct Gate {
    /// The permits.
    pub permits: Permits,
    /// By class, each by ticket: in the order in which they came. Of one class all can have a permit, or none; without
    /// shares all are of one.
    waiting: Vec<BTreeMap<u64, Waiting>>,
    count: usize,
    came: u64,
}

impl Gate {
    /// A gate with these permits and no waiting requests.
    #[must_use]
    pub fn new(permits: Permits) -> Self {
        Self { permits, waiting: Vec::new(), count: 0, came: 0 }
    }

    /// Requests that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.count
    }

    /// One more waits; its ticket.
    pub fn wait(&mut self, waiting: Waiting, shares: &Shares) -> u64 {
        let line = line(waiting.class, shares);
        if self.waiting.len() <= line {
            self.waiting.resize_with(line + 1, BTreeMap::new);
        }
        self.waiting[line].insert(self.came, waiting);
        (self.came, self.count) = (self.came + 1, self.count + 1);
        self.came - 1
    }

    /// The first of those who wait that gets a permit, with how many are in flight then.
    #[inline]
    pub fn next(&mut self, shares: &Shares) -> Option<(Waiting, u32)> {
        if self.count == 0 { None } else { self.first(shares) }
    }

    #[inline(never)]
    fn first(&mut self, shares: &Shares) -> Option<(Waiting, u32)> {
        let permits = &self.permits;
        let heads = self.waiting.iter_mut().filter_map(BTreeMap::first_entry);
        let next = heads.filter(|head| permits.has_one(head.get().class, shares)).min_by_key(|head| *head.key())?;
        let waiting = next.remove();
        self.count -= 1;
        let in_flight = self.permits.take(waiting.class, shares)?;
        Some((waiting, in_flight))
    }

    /// The request of `class` with this ticket waits no more.
    pub fn forget(&mut self, ticket: u64, class: u16, shares: &Shares) -> Option<Waiting> {
        let waiting = self.waiting.get_mut(line(class, shares))?.remove(&ticket)?;
        self.count -= 1;
        Some(waiting)
    }
}

/// The line in which a class waits.
fn line(class: u16, shares: &Shares) -> usize {
    if shares.is_empty() { 0 } else { usize::from(class) }
}
