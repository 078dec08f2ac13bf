//! How requests ended, by the ledger of a cell.

use rushhour::lab::results::Cell;

/// Requests of all replications that ended so.
pub fn ended(cell: &Cell, outcome: &str) -> u64 {
    cell.ledger.iter().filter(|row| row.outcome == outcome).map(|row| row.count).sum()
}

/// Requests of all replications that ended in a way that these words begin.
pub fn ended_as(cell: &Cell, words: &str) -> u64 {
    cell.ledger.iter().filter(|row| row.outcome.starts_with(words)).map(|row| row.count).sum()
}

/// The same of one node of clients.
pub fn ended_as_of(cell: &Cell, clients: &str, words: &str) -> u64 {
    let rows = cell.ledger.iter().filter(|row| row.clients == clients && row.outcome.starts_with(words));
    rows.map(|row| row.count).sum()
}
