//! A store in the words of the language.

use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// A store of sorted sets in memory that does one command at a time, as Redis does. Limiters share it.
    ///
    /// What it keeps is counted in members of its sets (`members`): about 94 bytes each in Redis 7.0, and 13 in a set of 128 or
    /// fewer.
    ///
    /// Faults may hit it: a crash loses what it holds and what waits, and commands are refused until it restarts, empty.
    pub struct StoreSpec {
        /// How long a command takes.
        pub service: Distribution = Distribution::Constant(Constant {
            value: Span::from_seconds(20e-6).expect("a length of time"),
        }),
        /// Accounts kept at most for each node of `Limiter`; the one used longest ago makes room. 1 to 10,000,000.
        pub keys: u32 = 1_000_000,
    }
    check(self, at) {
        if self.keys == 0 || self.keys > 10_000_000 {
            at.field("keys").error("1 to 10,000,000 accounts");
        }
    }
}
