//! What limiters and breakers gave: what came, what was turned away, and the states of circuits.

use super::{NANO, View, ratio, word};
use crate::actors::breaker::Breaker;
use crate::actors::limiter::Limiter;
use crate::actors::passage::Passage;
use crate::lab::observe::NodeSeen;
use crate::lab::results::Unit;
use crate::model::NodeInfo;

impl View<'_> {
    /// What a node gave that requests pass.
    pub(super) fn see_passage(&self, passage: &Passage, info: &NodeInfo) -> NodeSeen {
        let record = &passage.record;
        let windows = record.windows.values();
        let came = record.arrivals - record.at_warm_up.arrivals;
        let rejected = record.rejected - record.at_warm_up.rejected;
        let share = ratio(rejected as f64, came as f64);
        NodeSeen {
            info: info.clone(),
            values: vec![
                (word("arrivals"), word("arrivals"), Unit::PerSecond, ratio(came as f64, self.span())),
                (word("rejected"), word("rejected"), Unit::PerSecond, ratio(rejected as f64, self.span())),
                (word("share rejected"), word("share_rejected"), Unit::Fraction, share),
            ],
            servers: Vec::new(),
            heat: Vec::new(),
            series: vec![
                (word("arrivals"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.arrivals))),
                (word("rejected"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.rejected))),
            ],
        }
    }

    /// What a limiter gave.
    pub(super) fn see_limiter(&self, limiter: &Limiter, info: &NodeInfo) -> NodeSeen {
        let mut seen = self.see_passage(limiter.passage(), info);
        let held = ratio(limiter.held() as f64, self.span());
        seen.values.push((word("held back"), word("held"), Unit::PerSecond, held));
        let forgotten = limiter.forgotten() as f64;
        seen.values.push((word("accounts forgotten"), word("forgotten"), Unit::Count, Some(forgotten)));
        seen
    }

    /// What a breaker gave.
    pub(super) fn see_breaker(&self, breaker: &Breaker, info: &NodeInfo) -> NodeSeen {
        let mut seen = self.see_passage(breaker.passage(), info);
        let record = &breaker.record;
        let windows = record.windows.values();
        let circuits = breaker.circuits() as f64;
        let share = |area: u128, before: u128| ratio((area - before) as f64 * NANO, circuits * self.span());
        let openings = (record.openings - record.at_warm_up.openings) as f64;
        let open = share(record.open.area(self.over), record.at_warm_up.open);
        let half_open = share(record.half_open.area(self.over), record.at_warm_up.half_open);
        seen.values.extend([
            (word("circuit openings"), word("openings"), Unit::Count, Some(openings)),
            (word("time open"), word("open"), Unit::Fraction, open),
            (word("time half open"), word("half_open"), Unit::Fraction, half_open),
        ]);
        seen.series.extend([
            (word("open"), Unit::Fraction, self.means(windows.iter().map(|window| window.open), circuits)),
            (word("half_open"), Unit::Fraction, self.means(windows.iter().map(|window| window.half_open), circuits)),
            (word("openings"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.openings))),
        ]);
        seen
    }
}
