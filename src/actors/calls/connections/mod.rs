//! The connections of a caller: which connection a request takes, and when it is closed. One file each for the pool of
//! open connections and the words of the language.
//!
//! Which server a connection leads to belongs in `balancer::layer`.

pub mod pool;
pub mod spec;
#[cfg(test)]
mod tests;

pub use spec::{Connections, Handshake};

use crate::distributions::Sampler;
use crate::engine::random::StreamKey;
use crate::engine::{Duration, Time};
use crate::measure::{Begin, Begun};
use pool::{Limits, Pool};

/// The time to open a connection: a number of one-way trips over the link.
#[derive(Clone, Debug)]
pub enum Opening {
    /// No time.
    AtOnce,
    /// Always as long.
    Fixed(Duration),
    /// Trips drawn one by one, keyed by the request that opens the connection.
    Random {
        /// The distribution of one way.
        sampler: Sampler,
        /// How many.
        trips: u32,
        /// The draws.
        key: StreamKey,
    },
}

impl Opening {
    /// How long it takes for the request of this number.
    pub(super) fn takes(&self, number: u64) -> Duration {
        match self {
            Self::AtOnce => Duration::ZERO,
            Self::Fixed(length) => *length,
            Self::Random { sampler, trips, key } => {
                let mut draws = key.draws(number);
                Duration::from_secs_f64((0..*trips).map(|_| sampler.sample(&mut draws)).sum())
            }
        }
    }
}

/// Connection state of a caller: its open connections, and how long opening takes.
#[derive(Debug)]
pub struct Dialing {
    /// The connections held open; `None` if each request has its own.
    pub pool: Option<Pool>,
    /// How long it takes to open one.
    pub opening: Opening,
    /// Connections opened, and connection-nanoseconds open, at the end of the warm-up.
    pub at_warm_up: Begun<(u64, u128)>,
    /// Connections opened, where each request has its own.
    pub(super) opened: u64,
}

impl Dialing {
    /// Nothing is open yet; without `limits`, each request has a connection of its own.
    #[must_use]
    pub fn new(limits: Option<Limits>, opening: Opening, class: u16, classes: u16) -> Self {
        let pool = limits.map(|limits| Pool::new(limits, class, classes));
        Self { pool, opening, at_warm_up: Begun::default(), opened: 0 }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        let area = self.pool.as_ref().map_or(0, |pool| pool.open.area(now));
        self.at_warm_up.begin(begin, (self.opened(), area), ());
    }

    /// Connections opened from time zero on.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.pool.as_ref().map_or(self.opened, |pool| pool.opened)
    }
}
