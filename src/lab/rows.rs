//! What results take from a replication as it is.

use serde::{Deserialize, Serialize};

/// How many requests ended one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The node of clients that sent them.
    pub clients: String,
    /// What became of them, for example "served", "rejected by web: queue full", "timed out", "in flight at the end".
    pub outcome: String,
    /// How many, over all replications.
    pub count: u64,
}
