//! Resources of requests in service: units that a request acquires, holds and releases, or waits for while others hold
//! them (workers, memory, locks, connections of a pool), and processors that all share.
//!
//! One file each for units, their queue, shared processors, the busy time of workers, and how the use of any of these
//! is measured. How long a request holds a resource is decided by the node.

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
