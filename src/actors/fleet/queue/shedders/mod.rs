//! The registry of ways to shed load: one file here and one line below make one. What a way is belongs in `shedder.rs`
//! beside this folder.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::Classes;
use super::shedder::{Arrival, Describes, Sheds};
use crate::engine::{Duration, Time};
use crate::schema::{Name, registry};

registry! {
    pub mod {
        co_del::CoDel,
        adaptive_timeout::AdaptiveTimeout,
        by_class::ByClass,
        by_deadline::ByDeadline,
    }

    /// Load shedding: which requests are rejected although the queue has room.
    pub enum Shed;

    impl Shed {
        /// The names of clients that it mentions.
        #[must_use]
        pub fn clients(&self) -> Vec<&Name>;
        /// True if it works only where the queue is bounded.
        #[must_use]
        pub fn needs_bound(&self) -> bool;
        /// True if it works only with first come, first served.
        #[must_use]
        pub fn needs_fifo(&self) -> bool;
    }

    /// A way to shed load at work at one server.
    #[derive(Clone, Debug)]
    pub enum Shedder: Describes;

    /// Builds the state for one server.
    pub fn build(&self, classes: &Classes<'_>) -> Shedder;

    impl Sheds for Shedder {
        fn rejects(&mut self, arrival: &Arrival) -> bool;
        fn longest_wait(&mut self, now: Time, waiting: u32) -> Option<Duration>;
        fn drops(&mut self, now: Time, waited: Duration, behind: u32) -> bool;
        fn found_empty(&mut self, now: Time);
        fn served(&mut self, service: Duration);
    }
}
