//! The warm-up of a cell, as given or as detected. Detecting it belongs in `run`.

use crate::engine::Duration;

/// Replications that are looked at to find the warm-up.
pub const PILOTS: u32 = 10;

/// The warm-up of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUpFound {
    /// How long.
    pub length: Duration,
    /// False if the run is too short to tell when the system settles.
    pub settled: bool,
}

impl WarmUpFound {
    /// None: measuring begins with the run.
    pub const NONE: Self = Self { length: Duration::ZERO, settled: true };
}
