//! Faults: what can go wrong with a node, when, and what is wrong at one time. One file each for the words of the
//! language, the timetable, and the state that follows from all faults that are active.
//!
//! What a node does when its state changes belongs to that node.

pub mod active;
pub mod spec;
pub mod timetable;

pub use active::Active;
pub use spec::{Crash, Errors, Fault, FaultEvent, Recurs, Restart, SlowDown};
pub use timetable::{Timetable, Turn};
