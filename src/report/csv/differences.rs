//! `differences.csv`: a row per arm that is compared with the baseline, sweep point and measure.

use super::{CELL, Table, number, place, unit};
use crate::lab::results::Results;

pub(in crate::report) fn differences(results: &Results) -> String {
    let rest = [
        "baseline",
        "measure",
        "unit",
        "difference",
        "half_width",
        "relative",
        "ratio",
        "ratio_half_width",
        "p_value",
        "variance_saved",
        "significant",
    ];
    let mut table = Table::new(CELL.into_iter().chain(rest));
    let baseline = results.baseline.and_then(|arm| results.arms.get(arm)).map_or("", String::as_str);
    for cell in &results.cells {
        for compared in &cell.comparisons {
            let Some(estimate) = cell.estimate(&compared.id) else { continue };
            let fields = [
                baseline.to_owned(),
                compared.id.clone(),
                unit(estimate.unit).to_owned(),
                number(compared.difference),
                number(compared.half_width),
                number(compared.relative),
                number(compared.ratio),
                number(compared.ratio_half_width),
                number(compared.p_value),
                number(compared.variance_saved),
                compared.significant.to_string(),
            ];
            table.row(place(results, cell).into_iter().chain(fields));
        }
    }
    table.text()
}
