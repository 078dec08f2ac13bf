//! A gate: the permits under one limit, and the requests that wait for them.

use std::collections::VecDeque;

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

/// Permits and those who wait for them. After each event, nobody waits who could have one: so nobody who comes later gets a
/// permit that somebody who waits could have.
#[derive(Debug)]
pub struct Gate {
    /// The permits.
    pub permits: Permits,
    /// In the order in which they came.
    waiting: VecDeque<Waiting>,
}

impl Gate {
    /// A gate with these permits, at which nobody waits.
    #[must_use]
    pub fn new(permits: Permits) -> Self {
        Self { permits, waiting: VecDeque::new() }
    }

    /// Requests that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// One more waits.
    pub fn wait(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// The first of those who wait that gets a permit, with how many are in flight then.
    #[inline]
    pub fn next(&mut self, shares: &Shares) -> Option<(Waiting, u32)> {
        if self.waiting.is_empty() { None } else { self.first(shares) }
    }

    #[inline(never)]
    fn first(&mut self, shares: &Shares) -> Option<(Waiting, u32)> {
        let permits = &mut self.permits;
        let found = self.waiting.iter().enumerate();
        // Without shares, who is not the first gets nothing either.
        let mut found = found.take(if shares.is_empty() { 1 } else { usize::MAX });
        let (place, in_flight) = found.find_map(|(place, one)| Some((place, permits.take(one.class, shares)?)))?;
        self.waiting.remove(place).map(|waiting| (waiting, in_flight))
    }

    /// The request waits no more, if it did.
    pub fn forget(&mut self, id: RequestId) -> Option<Waiting> {
        let place = self.waiting.iter().position(|waiting| waiting.id == id)?;
        self.waiting.remove(place)
    }
}
