//! When servers or nodes were down, and which requests were sent there nevertheless.

use crate::engine::{ActorId, Time};

/// Requests that were sent to a server while it was down.
#[derive(Clone, Copy, Debug)]
pub struct Misdirected {
    /// The sender.
    pub by: ActorId,
    /// When the last was sent.
    pub last: Time,
    /// How many.
    pub count: u64,
}

/// A time during which a server was down.
#[derive(Clone, Debug)]
pub struct Outage {
    /// The server.
    pub server: usize,
    /// When it went down.
    pub down: Time,
    /// When it came up again; `None` if it did not.
    pub up: Option<Time>,
    /// The requests sent there nevertheless, without health checks.
    pub misdirected: Vec<Misdirected>,
}

impl Outage {
    /// `by` sent a request there, `at`.
    pub fn sent(&mut self, by: ActorId, at: Time) {
        match self.misdirected.iter_mut().find(|misdirected| misdirected.by == by) {
            Some(misdirected) => {
                misdirected.last = misdirected.last.max(at);
                misdirected.count += 1;
            }
            None => self.misdirected.push(Misdirected { by, last: at, count: 1 }),
        }
    }
}
