//! Rows of results that are taken from a replication unchanged.

use serde::{Deserialize, Serialize};

/// Number of requests with one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The node of `Clients` that sent them.
    pub clients: String,
    /// The outcome, for example "served", "rejected by web: queue full", "timed out", "in flight at the end".
    pub outcome: String,
    /// How many, over all replications.
    pub count: u64,
}
