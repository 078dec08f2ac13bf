//! `servers.csv`: a row per arm, sweep point, node, group of servers and window: what the heat maps are drawn from.

use super::{CELL, Table, place, short};
use crate::lab::results::Results;

pub(in crate::report) fn servers(results: &Results) -> String {
    let mut table = Table::new(CELL.into_iter().chain(["node", "row", "start", "utilization"]));
    for cell in &results.cells {
        let key = place(results, cell);
        for node in &cell.nodes {
            for (row, windows) in node.heat.iter().enumerate() {
                for (window, busy) in windows.iter().enumerate() {
                    let start = short(Some(window as f64 * cell.window));
                    let fields = [node.name.clone(), (row + 1).to_string(), start, short(Some(*busy))];
                    table.row(key.iter().cloned().chain(fields));
                }
            }
        }
    }
    table.text()
}
