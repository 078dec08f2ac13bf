//! Placement of keys: which of several members a key belongs to, by hash alone, and what moves when members join or
//! leave. Balancers place clients and keys on servers; shards and caches place keys on theirs.
//!
//! One file each for rings and their points, for the Maglev table, for rendezvous hashing, and for which part of a
//! request is hashed. The members, and which of them are up, belong to the caller.

mod by;
mod members;
mod points;
mod rendezvous;
mod ring;
mod table;

pub use by::{ClientAddress, HashBy, RequestedKey};
pub use members::Members;
pub use points::{EnvoyPoints, KetamaPoints, NginxPoints, Placement};
pub use rendezvous::HighestWeight;
pub use ring::Ring;
pub use table::Table;

/// Points of a ring at most: about a gigabyte and a half.
pub const MAX_POINTS: u64 = 64_000_000;
