//! Measurements at a fallback: how many answers were its own, and of which kind.

use super::record::Counts;
use super::{Fallback, Kind};
use crate::actors::kit::seen::{Covered, NodeInfo, NodeSeen, ratio, word};
use crate::measure::Unit;

/// Figures by name; all are requests per second.
type Figure = (&'static str, &'static str, fn(&Counts) -> u64);

const FIGURES: [Figure; 7] = [
    ("degraded", "degraded", |counts| counts.given.iter().sum()),
    ("stale answers", "stale", |counts| counts.given[Kind::Stale as usize]),
    ("smaller answers", "smaller", |counts| counts.given[Kind::Smaller as usize]),
    ("default answers", "default", |counts| counts.given[Kind::Default as usize]),
    ("overdue", "overdue", |counts| counts.overdue),
    ("late answers", "late", |counts| counts.late),
    ("no answer found", "bare", |counts| counts.without_answer),
];

/// The numbers and series of a fallback.
#[must_use]
pub fn seen(fallback: &Fallback, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let passage = &fallback.passage().record;
    let came = (passage.arrivals - passage.at_warm_up.arrivals) as f64;
    let arrivals = passage.windows.values().iter().map(|window| window.arrivals);
    let record = &fallback.record;
    let mut seen = NodeSeen {
        weights: vec![(word("share_degraded"), came)],
        values: vec![(word("arrivals"), word("arrivals"), Unit::PerSecond, ratio(came, covered.span()))],
        series: vec![(word("arrivals"), Unit::PerSecond, covered.rates(arrivals))],
        ..NodeSeen::of(info)
    };
    for (name, id, count) in FIGURES {
        let given = (count(&record.counts) - count(&record.at_warm_up)) as f64;
        seen.values.push((word(name), word(id), Unit::PerSecond, ratio(given, covered.span())));
        seen.series.push((word(id), Unit::PerSecond, covered.rates(record.windows.values().iter().map(count))));
    }
    let degraded: u64 = record.counts.given.iter().sum::<u64>() - record.at_warm_up.given.iter().sum::<u64>();
    let share = ratio(degraded as f64, came);
    seen.values.insert(2, (word("share degraded"), word("share_degraded"), Unit::Fraction, share));
    seen
}
