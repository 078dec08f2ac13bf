//! The registry of disciplines: one file here and one line below make a discipline. What a discipline is belongs in
//! `discipline.rs` beside this folder.
//!
//! `cargo fmt` does not see files that a macro names; `rustfmt FILE` does.

use super::Classes;
use super::discipline::{Describes, Facts, Head, Order, Pick, registry};
use crate::schema::Name;

registry! {
    fifo::Fifo,
    processor_sharing::ProcessorSharing,
    lifo::Lifo,
    adaptive_lifo::AdaptiveLifo,
    priority::Priority,
    earliest_deadline::EarliestDeadline,
    weighted_fair::WeightedFair,
}
