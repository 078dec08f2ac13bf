//! The registry of disciplines: one file here and one line below define a discipline. What a discipline is belongs in
//! `discipline.rs` beside this folder.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::Classes;
use super::discipline::{Describes, Facts, Head, Order, Pick};
use crate::schema::{Name, registry};

registry! {
    pub mod {
        fifo::Fifo,
        processor_sharing::ProcessorSharing,
        lifo::Lifo,
        adaptive_lifo::AdaptiveLifo,
        priority::Priority,
        earliest_deadline::EarliestDeadline,
        weighted_fair::WeightedFair,
    }

    /// In what order a server works on its requests.
    pub enum Discipline;

    impl Discipline {
        /// True if requests share the processors, so that none waits.
        #[must_use]
        pub fn shares(&self) -> bool;
        /// True if it serves requests by rank.
        #[must_use]
        pub fn ranks(&self) -> bool;
        /// True if it depends on the work that a request needs.
        #[must_use]
        pub fn looks_at_work(&self) -> bool;
        /// The names of clients that it mentions.
        #[must_use]
        pub fn clients(&self) -> Vec<&Name>;
    }

    /// A discipline at work at one server.
    #[derive(Clone, Debug)]
    pub enum Ordering: Describes;

    /// Builds the state for a server with `workers` workers.
    pub fn build(&self, classes: &Classes<'_>, workers: u32) -> Ordering;

    impl Order for Ordering {
        fn rank(&mut self, facts: &Facts) -> u64;
        fn pick(&self, waiting: u32, head: &dyn Fn(u64) -> Option<Head>) -> Pick;
        fn begins(&mut self, facts: &Facts);
        fn leaves(&mut self, facts: &Facts);
        fn idle(&mut self);
    }
}
