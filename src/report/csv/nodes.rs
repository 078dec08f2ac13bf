//! `nodes.csv`: a row per arm, sweep point, node and number of that node.

use super::{CELL, Table, number, place, stability, unit};
use crate::lab::results::Results;

pub(in crate::report) fn nodes(results: &Results) -> String {
    let rest = ["stability", "replications", "node", "kind", "measure", "name", "unit", "value", "half_width"];
    let mut table = Table::new(CELL.into_iter().chain(rest));
    for cell in &results.cells {
        for node in &cell.nodes {
            for estimate in &node.estimates {
                let fields = [
                    stability(cell).to_owned(),
                    cell.replications.to_string(),
                    node.name.clone(),
                    node.kind.clone(),
                    estimate.id.clone(),
                    estimate.name.clone(),
                    unit(estimate.unit).to_owned(),
                    number(estimate.value),
                    number(estimate.half_width),
                ];
                table.row(place(results, cell).into_iter().chain(fields));
            }
        }
    }
    table.text()
}
