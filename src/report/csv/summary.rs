//! `summary.csv`: a row per arm, sweep point and measure of the whole system.

use super::{CELL, Table, number, place, stability, unit};
use crate::lab::results::Results;

pub(in crate::report) fn summary(results: &Results) -> String {
    let rest = [
        "stability",
        "replications",
        "warm_up",
        "measure",
        "name",
        "unit",
        "value",
        "half_width",
        "low",
        "high",
        "theory",
    ];
    let mut table = Table::new(CELL.into_iter().chain(rest));
    for cell in &results.cells {
        for estimate in &cell.estimates {
            let bounds = estimate.half_width.and(estimate.bounds());
            let theory = cell.theory.as_ref().and_then(|theory| theory.value(&estimate.id));
            let fields = [
                stability(cell).to_owned(),
                cell.replications.to_string(),
                number(Some(cell.warm_up)),
                estimate.id.clone(),
                estimate.name.clone(),
                unit(estimate.unit).to_owned(),
                number(estimate.value),
                number(estimate.half_width),
                number(bounds.map(|bounds| bounds.0)),
                number(bounds.map(|bounds| bounds.1)),
                number(theory),
            ];
            table.row(place(results, cell).into_iter().chain(fields));
        }
    }
    table.text()
}
