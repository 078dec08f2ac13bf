//! What requests use up while they are worked on: units that they take, hold and give back, or wait for in line while others
//! hold them (workers, memory, locks, connections of a pool), and processors that all share.
//!
//! One file each for units, for the line before them, for shared processors, for the time that workers are busy, and for how
//! any of these is counted. How long a request holds what it has belongs to the node.

pub mod busy;
pub mod fifo;
pub mod processors;
pub mod station;
pub mod units;
pub mod usage;

pub use busy::Busy;
pub use processors::Processors;
pub use station::{Station, Window};
pub use units::{Asked, Units};
pub use usage::Usage;
