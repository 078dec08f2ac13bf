//! Measurements at a concurrency limiter: arrivals, rejections, and its limits over time.

use super::ConcurrencyLimiter;
use crate::actors::kit::passage;
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, ratio, word};
use crate::actors::resources::Station;
use crate::measure::Unit;

/// The numbers and series of a concurrency limiter.
#[must_use]
pub fn seen(limiter: &ConcurrencyLimiter, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let mut seen = passage::seen(limiter.passage(), covered, info);
    let record = &limiter.record;
    let (windows, before) = (record.windows.values(), &record.at_warm_up);
    let (waiting, since) = (record.usage.windows.values(), limiter.since_warm_up(covered.over));
    let mean = |area: u128| ratio(area as f64 * NANO, covered.span());
    let limit = record.limit.area(covered.over) - before.limit;
    let drops = ratio((record.drops - before.drops) as f64, covered.span());
    seen.values.extend([
        (word("limit"), word("limit"), Unit::Count, mean(limit)),
        (word("in flight"), word("in_flight"), Unit::Count, mean(since.held)),
        (word("waiting here"), word("waiting"), Unit::Count, mean(since.waiting)),
        (word("drops seen"), word("drops"), Unit::PerSecond, drops),
    ]);
    seen.series.extend([
        (word("limit"), Unit::Count, covered.means(windows.iter().map(|window| window.limit), 1.0)),
        (word("in_flight"), Unit::Count, covered.means(waiting.iter().map(|window| window.held), 1.0)),
        (word("waiting"), Unit::Count, covered.means(waiting.iter().map(|window| window.waiting), 1.0)),
        (word("drops"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.drops))),
    ]);
    seen.gauges = vec![Gauge::new("limit", "limit", 3), Gauge::new("waiting", "requests waiting", 4)];
    seen
}
