//! The registry of ways to shed load: one file here and one line below make one. What a way is belongs in `shedder.rs` beside
//! this folder.
//!
//! `cargo fmt` does not see files that a macro names; `rustfmt FILE` does.

use super::Classes;
use super::shedder::{Arrival, Describes, Sheds, registry};
use crate::engine::{Duration, Time};
use crate::schema::Name;

registry! {
    co_del::CoDel,
    adaptive_timeout::AdaptiveTimeout,
    by_class::ByClass,
    by_deadline::ByDeadline,
}
