//! Numbers in answers.

use rushhour::lab::results::{Cell, Estimate, Results};

/// The cell of an experiment that has one only.
pub fn only_cell(mut results: Results) -> Cell {
    assert_eq!(results.cells.len(), 1);
    results.cells.remove(0)
}

/// A number of a cell by its identifier.
pub fn estimate<'a>(cell: &'a Cell, id: &str) -> &'a Estimate {
    cell.estimates.iter().find(|estimate| estimate.id == id).unwrap_or_else(|| panic!("no estimate {id}"))
}

/// A number of a node by the names of both.
pub fn node_estimate<'a>(cell: &'a Cell, node: &str, id: &str) -> &'a Estimate {
    let node = cell.nodes.iter().find(|other| other.name == node).unwrap_or_else(|| panic!("no node {node}"));
    node.estimates.iter().find(|estimate| estimate.id == id).unwrap_or_else(|| panic!("no estimate {id}"))
}

/// The value of a number of a cell.
#[track_caller]
pub fn value(cell: &Cell, id: &str) -> f64 {
    estimate(cell, id).value.unwrap_or_else(|| panic!("{id} has no value"))
}

/// The value of a number of a node.
#[track_caller]
pub fn node_value(cell: &Cell, node: &str, id: &str) -> f64 {
    node_estimate(cell, node, id).value.unwrap_or_else(|| panic!("{id} of {node} has no value"))
}
