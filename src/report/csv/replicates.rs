//! `replicates.csv`: a row per arm, sweep point, measure and replication, with what that replication gave by itself.

use super::{CELL, Table, number, place};
use crate::lab::results::Results;

pub(in crate::report) fn replicates(results: &Results) -> String {
    let mut table = Table::new(CELL.into_iter().chain(["measure", "replication", "value"]));
    for cell in &results.cells {
        for estimate in &cell.estimates {
            for (replication, value) in estimate.replicates.iter().enumerate() {
                let fields = [estimate.id.clone(), replication.to_string(), number(*value)];
                table.row(place(results, cell).into_iter().chain(fields));
            }
        }
    }
    table.text()
}
