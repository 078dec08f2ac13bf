//! Measurements at a store: its commands, its work, and how many requests passed above the limit.

use super::Store;
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, ratio, word};
use crate::actors::resources::Station;
use crate::measure::Unit;

/// The numbers and series of a store.
#[must_use]
pub fn seen(store: &Store, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let windows = store.usage.windows.values();
    let since = store.since_warm_up(covered.over);
    let busy = since.held as f64 * NANO;
    let inside = since.population as f64 * NANO;
    let over = (store.over_limit() - store.at_warm_up.over_limit) as f64;
    let kept = store.windows.values();
    NodeSeen {
        values: vec![
            (word("commands"), word("commands"), Unit::PerSecond, ratio(since.arrivals as f64, covered.span())),
            (word("utilization"), word("utilization"), Unit::Fraction, ratio(busy, covered.span())),
            (word("in system"), word("in_system"), Unit::Count, ratio(inside, covered.span())),
            (word("passed over the limit"), word("over_limit"), Unit::PerSecond, ratio(over, covered.span())),
            (word("members at the end"), word("members"), Unit::Count, Some(store.members(covered.over) as f64)),
        ],
        series: vec![
            (word("commands"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.arrivals))),
            (word("utilization"), Unit::Fraction, covered.means(windows.iter().map(|window| window.held), 1.0)),
            (word("in_system"), Unit::Count, covered.means(windows.iter().map(|window| window.population), 1.0)),
            (word("over_limit"), Unit::PerSecond, covered.rates(kept.iter().map(|kept| kept.over_limit))),
            // As of the end of each window.
            (word("members"), Unit::Count, kept.iter().map(|kept| Some(kept.members as f64)).collect()),
        ],
        gauges: vec![Gauge::new("utilization", "utilization", 7)],
        ..NodeSeen::of(info)
    }
}
