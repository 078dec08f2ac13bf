//! Faults: what can go wrong with a node, when, and the state that results at any time. One file each for the words of
//! the language, the timetable of a node, the state that follows from all faults that are active, and the faults of a
//! link.
//!
//! What a node does when its state changes belongs to that node.

pub mod active;
pub mod network;
pub mod spec;
pub mod timetable;

pub use active::Active;
pub use network::Troubles;
pub use spec::{Crash, Errors, Fault, FaultEvent, FaultSpec, Moments, NodeName, Recurs, Restart, SlowDown, Way};
pub use timetable::Timetable;
