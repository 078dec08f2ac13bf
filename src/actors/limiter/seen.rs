//! Measurements at a limiter: arrivals, rejections, and its limits over time.

use std::borrow::Cow;

use super::Limiter;
use crate::actors::kit::passage;
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, Word, ratio, word};
use crate::measure::Unit;

/// The numbers and series of a limiter.
#[must_use]
pub fn seen(limiter: &Limiter, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let mut seen = passage::seen(limiter.passage(), covered, info);
    let held = ratio(limiter.held() as f64, covered.span());
    seen.values.push((word("held back"), word("held"), Unit::PerSecond, held));
    let forgotten = limiter.forgotten() as f64;
    seen.values.push((word("accounts forgotten"), word("forgotten"), Unit::Count, Some(forgotten)));
    if let Some(undecided) = limiter.undecided() {
        seen.values.push((word("without store"), word("without_store"), Unit::Count, Some(undecided as f64)));
    }
    for gauge in limiter.gauges() {
        let (name, id): (Word, Word) = match &gauge.tier {
            None => (word("limit"), word("limit")),
            Some(tier) => (Cow::Owned(format!("limit of {tier}")), Cow::Owned(format!("limit_{tier}"))),
        };
        let mean = ratio((gauge.limit.area(covered.over) - *gauge.at_warm_up) as f64 * NANO, covered.span());
        seen.series.push((id.clone(), Unit::Count, covered.means(gauge.windows.values().iter().copied(), 1.0)));
        seen.values.push((name, id, Unit::Count, mean));
    }
    seen.gauges = vec![Gauge::new("limit", "limit", 5), Gauge::new("rejected", "rejected", 6)];
    seen
}
