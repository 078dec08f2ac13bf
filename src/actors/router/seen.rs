//! Measurements at a router: its traffic, by rule.

use std::borrow::Cow;

use super::Router;
use crate::actors::kit::seen::{Covered, NANO, NodeInfo, NodeSeen, Word, ratio, word};
use crate::measure::Unit;

/// The numbers and series of a router.
#[must_use]
pub fn seen(router: &Router, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &router.record;
    let windows = record.windows.values();
    let area = (record.population.area(covered.over) - record.at_warm_up.population) as f64 * NANO;
    let departures = record.departures - record.at_warm_up.departures;
    let mut values = vec![
        (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, covered.span())),
        (word("in system"), word("in_system"), Unit::Count, ratio(area, covered.span())),
    ];
    let mut series =
        vec![(word("in_system"), Unit::Count, covered.means(windows.iter().map(|window| window.population), 1.0))];
    for (way, &count) in record.by_way.iter().enumerate() {
        let (name, id): (Word, Word) = if way + 1 == record.by_way.len() {
            (word("by no rule"), word("otherwise"))
        } else {
            (Cow::Owned(format!("by rule {}", way + 1)), Cow::Owned(format!("rule_{}", way + 1)))
        };
        let count = count - record.at_warm_up.by_way.get(way).copied().unwrap_or(0);
        let rates = covered.rates(windows.iter().map(|window| window.by_way[way]));
        series.push((id.clone(), Unit::PerSecond, rates));
        values.push((name, id, Unit::PerSecond, ratio(count as f64, covered.span())));
    }
    NodeSeen { values, series, ..NodeSeen::of(info) }
}
