//! What a store gave: its commands, its work, and what passed over the limit.

use super::{Snapshot, Store};
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, ratio, word};
use crate::actors::kit::station::{Station, Window};
use crate::engine::Time;
use crate::measure::Unit;

/// What a store gave.
#[must_use]
pub fn seen(store: &Store, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &store.record;
    let before = &record.at_warm_up;
    let windows = record.windows.values();
    let commands = (record.arrivals - before.arrivals) as f64;
    let busy = (record.busy.area(covered.over) - before.busy) as f64 * NANO;
    let inside = (record.population.area(covered.over) - before.population) as f64 * NANO;
    let over = (store.over_limit() - before.over_limit) as f64;
    NodeSeen {
        values: vec![
            (word("commands"), word("commands"), Unit::PerSecond, ratio(commands, covered.span())),
            (word("utilization"), word("utilization"), Unit::Fraction, ratio(busy, covered.span())),
            (word("in system"), word("in_system"), Unit::Count, ratio(inside, covered.span())),
            (word("passed over the limit"), word("over_limit"), Unit::PerSecond, ratio(over, covered.span())),
            (word("members at the end"), word("members"), Unit::Count, Some(store.members(covered.over) as f64)),
        ],
        series: vec![
            (word("commands"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.arrivals))),
            (word("utilization"), Unit::Fraction, covered.means(windows.iter().map(|window| window.busy), 1.0)),
            (word("in_system"), Unit::Count, covered.means(windows.iter().map(|window| window.population), 1.0)),
            (word("over_limit"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.over_limit))),
            // As of the end of each window.
            (word("members"), Unit::Count, windows.iter().map(|window| Some(window.members as f64)).collect()),
        ],
        gauges: vec![Gauge::new("utilization", "utilization", 7)],
        ..NodeSeen::of(info)
    }
}

impl Station for Store {
    fn workers(&self) -> u64 {
        1
    }

    fn busy(&self, now: Time) -> u128 {
        self.record.busy.area(now) - self.record.at_warm_up.busy
    }

    fn windows(&self) -> Vec<Window> {
        let window =
            |w: &Snapshot| Window { arrivals: w.arrivals, busy: w.busy, wasted: 0, waiting: w.population - w.busy };
        self.record.windows.values().iter().map(window).collect()
    }
}
