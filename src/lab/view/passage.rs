//! What limiters, their stores and breakers gave: what came, what was turned away, and the states of circuits.

use std::borrow::Cow;

use super::{NANO, View, ratio, word};
use crate::actors::breaker::Breaker;
use crate::actors::kit::passage::Passage;
use crate::actors::limiter::Limiter;
use crate::actors::store::Store;
use crate::lab::observe::{NodeSeen, Word};
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
            weights: vec![(word("share_rejected"), came as f64)],
            values: vec![
                (word("arrivals"), word("arrivals"), Unit::PerSecond, ratio(came as f64, self.span())),
                (word("rejected"), word("rejected"), Unit::PerSecond, ratio(rejected as f64, self.span())),
                (word("share rejected"), word("share_rejected"), Unit::Fraction, share),
            ],
            series: vec![
                (word("arrivals"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.arrivals))),
                (word("rejected"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.rejected))),
                (word("in_system"), Unit::Count, self.means(windows.iter().map(|window| window.population), 1.0)),
            ],
            ..NodeSeen::of(info)
        }
    }

    /// What a limiter gave.
    pub(super) fn see_limiter(&self, limiter: &Limiter, info: &NodeInfo) -> NodeSeen {
        let mut seen = self.see_passage(limiter.passage(), info);
        let held = ratio(limiter.held() as f64, self.span());
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
            let mean = ratio((gauge.limit.area(self.over) - *gauge.at_warm_up) as f64 * NANO, self.span());
            seen.series.push((id.clone(), Unit::Count, self.means(gauge.windows.values().iter().copied(), 1.0)));
            seen.values.push((name, id, Unit::Count, mean));
        }
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
        if breaker.is_serial() {
            let waiting = (record.waiting.area(self.over) - record.at_warm_up.waiting) as f64 * NANO;
            seen.values.push((word("waiting here"), word("waiting"), Unit::Count, ratio(waiting, self.span())));
            let waiting = self.means(windows.iter().map(|window| window.waiting), 1.0);
            seen.series.push((word("waiting"), Unit::Count, waiting));
        }
        seen
    }

    /// What a store gave.
    pub(super) fn see_store(&self, store: &Store, info: &NodeInfo) -> NodeSeen {
        let record = &store.record;
        let before = &record.at_warm_up;
        let windows = record.windows.values();
        let commands = (record.arrivals - before.arrivals) as f64;
        let busy = (record.busy.area(self.over) - before.busy) as f64 * NANO;
        let inside = (record.population.area(self.over) - before.population) as f64 * NANO;
        let over = (store.over_limit() - before.over_limit) as f64;
        NodeSeen {
            values: vec![
                (word("commands"), word("commands"), Unit::PerSecond, ratio(commands, self.span())),
                (word("utilization"), word("utilization"), Unit::Fraction, ratio(busy, self.span())),
                (word("in system"), word("in_system"), Unit::Count, ratio(inside, self.span())),
                (word("passed over the limit"), word("over_limit"), Unit::PerSecond, ratio(over, self.span())),
                (word("members at the end"), word("members"), Unit::Count, Some(store.members(self.over) as f64)),
            ],
            series: vec![
                (word("commands"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.arrivals))),
                (word("utilization"), Unit::Fraction, self.means(windows.iter().map(|window| window.busy), 1.0)),
                (word("in_system"), Unit::Count, self.means(windows.iter().map(|window| window.population), 1.0)),
                (word("over_limit"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.over_limit))),
                // As of the end of each window.
                (word("members"), Unit::Count, windows.iter().map(|window| Some(window.members as f64)).collect()),
            ],
            ..NodeSeen::of(info)
        }
    }
}
