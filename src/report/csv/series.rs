//! `series.csv`: a row per arm, sweep point, node, quantity and window; a window is named by where it starts.
//!
//! One quantity a row, and not one a column: a column that stays empty for a hundred rows (a fleet has no latency) would be
//! taken for text by readers that look at the first rows only. A quantity that is zero in every window of every cell has no
//! rows; there is nothing to see, and they would be half of the file.

use super::{Table, place, short};
use crate::lab::results::{Results, Series};

pub(in crate::report) fn series(results: &Results) -> String {
    let all = || results.cells.iter().flat_map(|cell| &cell.series);
    let tells = |series: &&Series| series.mean.iter().any(|mean| mean.is_some_and(|mean| mean != 0.0));
    let mut telling: Vec<(&str, &str)> = all().filter(tells).map(|series| (&*series.node, &*series.quantity)).collect();
    telling.sort_unstable();
    telling.dedup();
    let mut table = Table::new(["arm", "point", "node", "quantity", "start", "mean", "half_width"]);
    for cell in &results.cells {
        let [arm, point, _] = place(results, cell);
        for series in cell.series.iter().filter(|s| telling.binary_search(&(&*s.node, &*s.quantity)).is_ok()) {
            for (window, mean) in series.mean.iter().enumerate() {
                let half_width = series.half_width.get(window).copied().flatten();
                let start = short(Some(window as f64 * cell.window));
                table.row([&arm, &point, &series.node, &series.quantity, &start, &short(*mean), &short(half_width)]);
            }
        }
    }
    table.text()
}
