//! Estimates of the memory of nodes from their descriptions: the parts that several kinds have in common. The estimate
//! of each kind is in its folder; that of a whole run belongs in `lab`.

use crate::engine::Duration;
use crate::measure::windows::MAX_WINDOWS;
use crate::trace::Inputs;

/// An event that waits: its key in the heap and its slot.
pub const EVENT: u64 = 32;
/// A timeout that waits in its lane: room for two entries of 16 bytes, as most are cancelled, and its ticket in lists that grow.
pub const TIMEOUT: u64 = 72;
/// A histogram of latencies from a microsecond to an hour: 32 powers of two of 1024 counts.
pub const HISTOGRAM: u64 = 32 * 1024 * 8;
/// Windows of a series at most.
pub const WINDOWS: u64 = MAX_WINDOWS as u64;
/// The record of most nodes for a window.
pub const WINDOW: u64 = 256;
/// The account of a key, with its place in the index and in the order of use.
pub const ACCOUNT: u64 = 120;
/// The state that a node keeps of a request, in a table that is between half and entirely full.
pub const KEPT: u64 = 128;
/// The wait token of a request in a queue, with its places in the orders of the queue.
pub const WAIT_TOKEN: u64 = 256;
/// Accounts take no more than this: no run lets enough requests pass to fill more.
pub const MOST_ACCOUNTS: u64 = 1 << 30;

/// The bounds of a run.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// How long it lasts, if that is said.
    pub duration: Option<Duration>,
    /// Requests in flight at most.
    pub in_flight: u64,
    /// The logs that it replays.
    pub inputs: &'a Inputs,
}
