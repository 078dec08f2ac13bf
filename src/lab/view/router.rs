//! What a router gave: its traffic, by the rule that sent it.

use std::borrow::Cow;

use super::{NANO, View, ratio, word};
use crate::actors::router::Router;
use crate::lab::observe::{NodeSeen, Word};
use crate::lab::results::Unit;
use crate::model::NodeInfo;

impl View<'_> {
    /// What a router gave.
    pub(super) fn see_router(&self, router: &Router, info: &NodeInfo) -> NodeSeen {
        let record = &router.record;
        let windows = record.windows.values();
        let area = (record.population.area(self.over) - record.at_warm_up.population) as f64 * NANO;
        let departures = record.departures - record.at_warm_up.departures;
        let mut values = vec![
            (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, self.span())),
            (word("in system"), word("in_system"), Unit::Count, ratio(area, self.span())),
        ];
        let mut series =
            vec![(word("in_system"), Unit::Count, self.means(windows.iter().map(|window| window.population), 1.0))];
        for (way, &count) in record.by_way.iter().enumerate() {
            let (name, id): (Word, Word) = if way + 1 == record.by_way.len() {
                (word("by no rule"), word("otherwise"))
            } else {
                (Cow::Owned(format!("by rule {}", way + 1)), Cow::Owned(format!("rule_{}", way + 1)))
            };
            let count = count - record.at_warm_up.by_way.get(way).copied().unwrap_or(0);
            let rates = self.rates(windows.iter().map(|window| window.by_way[way]));
            series.push((id.clone(), Unit::PerSecond, rates));
            values.push((name, id, Unit::PerSecond, ratio(count as f64, self.span())));
        }
        NodeSeen { values, series, ..NodeSeen::of(info) }
    }
}
