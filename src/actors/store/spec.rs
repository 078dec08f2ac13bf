//! A store, as written in the language.

use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// An in-memory store of sorted sets that executes one command at a time, like Redis. Limiters share it.
    ///
    /// Its memory is counted in members of its sets (the series `members`): about 94 bytes each in Redis 7.0, and 13 in
    /// a set of 128 or fewer.
    ///
    /// Faults can hit it: a crash loses all its data and the waiting commands, and commands are refused until it
    /// restarts, empty.
    pub struct StoreSpec {
        /// How long a command takes.
        pub service: Distribution = Distribution::Constant(Constant {
            value: Span::from_seconds(20e-6).expect("a length of time"),
        }),
        /// The most accounts kept for each node of `Limiter`; the least recently used is evicted. 1 to 10,000,000.
        pub keys: u32 = 1_000_000,
    }
    check(self, at) {
        if self.keys == 0 || self.keys > 10_000_000 {
            at.field("keys").error("1 to 10,000,000 accounts");
        }
    }
}
