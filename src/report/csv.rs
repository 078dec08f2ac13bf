//! Tables for machines: tidy, one observation a line, in base units, empty where there is no number.

use ::csv::WriterBuilder;

use crate::lab::results::{Cell, Comparison, Estimate, Results, Stability, Unit};

/// `summary.csv`: one line per arm, sweep point and measure. Measures of the whole system have no node.
pub(super) fn summary(results: &Results) -> String {
    let header = [
        "arm",
        "point",
        "point_value",
        "stability",
        "node",
        "measure",
        "name",
        "unit",
        "value",
        "half_width",
        "replications",
        "difference",
        "difference_half_width",
        "difference_relative",
        "significant",
        "theory",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for cell in &results.cells {
        for estimate in &cell.estimates {
            let comparison = cell.comparisons.iter().find(|comparison| comparison.id == estimate.id);
            lines.push(line(results, cell, "", estimate, comparison));
        }
        for node in &cell.nodes {
            lines.extend(node.estimates.iter().map(|estimate| line(results, cell, &node.name, estimate, None)));
        }
    }
    write(&lines)
}

fn line(results: &Results, cell: &Cell, node: &str, estimate: &Estimate, compared: Option<&Comparison>) -> Vec<String> {
    let theory = cell.theory.as_ref().filter(|_| node.is_empty()).and_then(|theory| theory.value(&estimate.id));
    let point = results.point(cell);
    vec![
        results.arm(cell).to_owned(),
        point.map_or_else(String::new, |point| point.label.clone()),
        number(point.and_then(|point| point.value)),
        match cell.stability {
            Stability::Stable => "stable",
            Stability::Unstable { .. } => "unstable",
            Stability::NotSettled { .. } => "not settled",
            Stability::Bimodal { .. } => "bimodal",
            Stability::Overflow { .. } => "overflow",
        }
        .to_owned(),
        node.to_owned(),
        estimate.id.clone(),
        estimate.name.clone(),
        unit(estimate.unit).to_owned(),
        number(estimate.value),
        number(estimate.half_width),
        cell.replications.to_string(),
        number(compared.and_then(|comparison| comparison.difference)),
        number(compared.and_then(|comparison| comparison.half_width)),
        number(compared.and_then(|comparison| comparison.relative)),
        compared.map_or_else(String::new, |comparison| comparison.significant.to_string()),
        number(theory),
    ]
}

/// `series.csv`: one line per arm, sweep point, node, quantity and window; a window is named by where it starts.
pub(super) fn series(results: &Results) -> String {
    let header = ["arm", "point", "node", "quantity", "unit", "start", "mean", "half_width"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for cell in &results.cells {
        for series in &cell.series {
            for (window, mean) in series.mean.iter().enumerate() {
                lines.push(vec![
                    results.arm(cell).to_owned(),
                    results.point(cell).map_or_else(String::new, |point| point.label.clone()),
                    series.node.clone(),
                    series.quantity.clone(),
                    unit(series.unit).to_owned(),
                    number(Some(window as f64 * cell.window)),
                    number(*mean),
                    number(series.half_width.get(window).copied().flatten()),
                ]);
            }
        }
    }
    write(&lines)
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::PerSecond => "1/s",
        Unit::Fraction => "fraction",
        Unit::Count => "count",
    }
}

/// The shortest digits that give back the same bits; nothing for what is not a number.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string())
}

fn write(lines: &[Vec<String>]) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).expect("every line has as many fields as the header");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("the fields are text")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_summary_is_tidy() {
        let mut results = fixture::make(&fixture::Shape { rates: vec![900.0, 1050.0], ..Default::default() });
        results.arms[1] = "least, \"connections\"".to_owned();
        insta::assert_snapshot!(summary(&results));
    }

    #[test]
    fn a_series_names_each_window_by_its_start() {
        let shape =
            fixture::Shape { rates: vec![], windows: 2, arms: vec!["system".to_owned()], servers: 2, storm: false };
        insta::assert_snapshot!(series(&fixture::make(&shape)));
    }

    #[test]
    fn numbers_survive_the_round_trip() {
        let results = fixture::results();
        let text = summary(&results);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let read: Vec<Option<f64>> = reader.records().map(|record| record.unwrap()[8].parse().ok()).collect();
        let expected: Vec<Option<f64>> = results
            .cells
            .iter()
            .flat_map(|cell| cell.estimates.iter().chain(cell.nodes.iter().flat_map(|node| &node.estimates)))
            .map(|estimate| estimate.value)
            .collect();
        assert_eq!(read, expected);
    }
}
