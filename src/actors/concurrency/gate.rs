//! A gate: the permits under one limit, and the requests that wait for them.

use super::permits::{Permits, Shares};
use crate::actors::resources::{Lines, Ticket};
use crate::engine::{Handle, RequestId, Time};

/// A request that waits for a permit.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The request.
    pub id: RequestId,
    /// Its class.
    pub class: u16,
    /// When it came.
    pub since: Time,
    /// When it has waited long enough.
    pub timeout: Handle,
}

/// Permits and the requests that wait for them. After each event no request waits that could have a permit, so a later
/// request never gets a permit that a waiting one could have.
#[derive(Debug)]
pub struct Gate {
    /// The permits.
    pub permits: Permits,
    /// By class. Of one class all can have a permit, or none; without shares all are of one.
    waiting: Lines<Waiting>,
}

impl Gate {
    /// A gate with these permits and no waiting requests.
    #[must_use]
    pub fn new(permits: Permits) -> Self {
        Self { permits, waiting: Lines::default() }
    }

    /// Requests that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// One more waits; its ticket.
    pub fn wait(&mut self, waiting: Waiting, shares: &Shares) -> Ticket {
        self.waiting.join(line(waiting.class, shares), waiting)
    }

    /// The first waiting request that gets a permit, with how many are in flight then.
    #[inline]
    pub fn next(&mut self, shares: &Shares, now: Time) -> Option<(Waiting, u32)> {
        if self.waiting.is_empty() { None } else { self.first(shares, now) }
    }

    #[inline(never)]
    fn first(&mut self, shares: &Shares, now: Time) -> Option<(Waiting, u32)> {
        let permits = &self.permits;
        let firsts = self.waiting.firsts().filter(|(_, _, first)| permits.has_one(first.class, shares));
        let (line, _, _) = firsts.min_by_key(|(_, number, _)| *number)?;
        let waiting = self.waiting.pop(line)?;
        let in_flight = self.permits.take(waiting.class, shares, now)?;
        Some((waiting, in_flight))
    }

    /// Removes the waiting request with this ticket.
    pub fn forget(&mut self, ticket: Ticket) -> Option<Waiting> {
        self.waiting.leave(ticket)
    }
}

/// The line in which a class waits.
fn line(class: u16, shares: &Shares) -> usize {
    if shares.is_empty() { 0 } else { usize::from(class) }
}
