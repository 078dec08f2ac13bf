//! Measurements at a breaker: arrivals, rejections, and the states of its circuits.

use super::Breaker;
use crate::actors::kit::passage;
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, ratio, word};
use crate::actors::resources::Station;
use crate::measure::Unit;

/// The numbers and series of a breaker.
#[must_use]
pub fn seen(breaker: &Breaker, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let mut seen = passage::seen(breaker.passage(), covered, info);
    let record = &breaker.record;
    let windows = record.windows.values();
    let circuits = breaker.circuits() as f64;
    let share = |area: u128, before: u128| ratio((area - before) as f64 * NANO, circuits * covered.span());
    let openings = (record.openings - record.at_warm_up.openings) as f64;
    let open = share(record.open.area(covered.over), record.at_warm_up.open);
    let half_open = share(record.half_open.area(covered.over), record.at_warm_up.half_open);
    seen.values.extend([
        (word("circuit openings"), word("openings"), Unit::Count, Some(openings)),
        (word("time open"), word("open"), Unit::Fraction, open),
        (word("time half open"), word("half_open"), Unit::Fraction, half_open),
    ]);
    seen.series.extend([
        (word("open"), Unit::Fraction, covered.means(windows.iter().map(|window| window.open), circuits)),
        (word("half_open"), Unit::Fraction, covered.means(windows.iter().map(|window| window.half_open), circuits)),
        (word("openings"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.openings))),
    ]);
    if let Some(locks) = breaker.locks() {
        let waiting = locks.since_warm_up(covered.over).waiting as f64 * NANO;
        seen.values.push((word("waiting here"), word("waiting"), Unit::Count, ratio(waiting, covered.span())));
        let waiting = covered.means(locks.usage.windows.values().iter().map(|window| window.waiting), 1.0);
        seen.series.push((word("waiting"), Unit::Count, waiting));
    }
    seen.gauges = vec![
        Gauge::new("open", "share of circuits open", 0),
        Gauge::new("half_open", "share of circuits half open", 1),
        Gauge::new("waiting", "requests waiting for the lock", 2),
    ];
    seen
}
