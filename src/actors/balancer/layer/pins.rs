//! Layer 4: the member of each connection.

use crate::engine::ActorId;

/// Where a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The member.
    pub member: u32,
    /// The client that opened the connection.
    pub client: ActorId,
}

const NOWHERE: Pin = Pin { member: u32::MAX, client: ActorId(u32::MAX) };

/// The member of each open connection, by the connection's number.
#[derive(Debug, Default)]
pub struct Pins(Vec<Pin>);

impl Pins {
    /// Where a connection leads to; `None` if it was not pinned or has been closed.
    #[must_use]
    pub fn get(&self, connection: u32) -> Option<Pin> {
        self.0.get(connection as usize).copied().filter(|&pin| pin != NOWHERE)
    }

    /// A connection leads to a member from now on.
    pub fn set(&mut self, connection: u32, pin: Pin) {
        let place = connection as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, NOWHERE);
        }
        self.0[place] = pin;
    }

    /// A connection leads nowhere from now on; gives where it led to.
    pub fn take(&mut self, connection: u32) -> Option<Pin> {
        let pin = self.get(connection)?;
        self.0[connection as usize] = NOWHERE;
        Some(pin)
    }

    /// How many connections lead somewhere.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().filter(|&&pin| pin != NOWHERE).count() as u64
    }

    /// The connections to a member, in the order of their numbers, each with the client that opened it.
    #[must_use]
    pub fn of(&self, member: u32) -> Vec<(u32, ActorId)> {
        (0..).zip(&self.0).filter(|(_, pin)| pin.member == member).map(|(number, pin)| (number, pin.client)).collect()
    }
}
