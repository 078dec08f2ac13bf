//! What policies that hash have in common: what of a request is hashed, and rings of points.
//!
//! The policies themselves are in `policies`.

mod by;
mod placement;
mod ring;

pub use by::{ClientAddress, HashBy, RequestedKey};
pub use placement::{EnvoyPoints, KetamaPoints, NginxPoints, Placement};
pub use ring::Ring;

/// Points of a ring at most: about a gigabyte and a half.
pub const MAX_POINTS: u64 = 64_000_000;
