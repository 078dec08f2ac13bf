//! Measurements at a delay: arrivals, and how many requests were on the way there, behind it and on the way back.

use super::Delay;
use crate::actors::kit::seen::{Covered, NANO, NodeInfo, NodeSeen, ratio, word};
use crate::measure::Unit;

/// The numbers and series of a delay.
#[must_use]
pub fn seen(delay: &Delay, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &delay.passage.record;
    let windows = record.windows.values();
    let came = (record.arrivals - record.at_warm_up.arrivals) as f64;
    let inside = (record.population.area(covered.over) - record.at_warm_up.population) as f64 * NANO;
    NodeSeen {
        values: vec![
            (word("arrivals"), word("arrivals"), Unit::PerSecond, ratio(came, covered.span())),
            (word("in system"), word("in_system"), Unit::Count, ratio(inside, covered.span())),
        ],
        series: vec![
            (word("arrivals"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.arrivals))),
            (word("in_system"), Unit::Count, covered.means(windows.iter().map(|window| window.population), 1.0)),
        ],
        ..NodeSeen::of(info)
    }
}
