//! What concurrency limiters gave: what came, what was turned away, and where their limits were.

use super::{NANO, View, ratio, word};
use crate::actors::concurrency::ConcurrencyLimiter;
use crate::lab::observe::NodeSeen;
use crate::lab::results::Unit;
use crate::model::NodeInfo;

impl View<'_> {
    /// What a concurrency limiter gave.
    pub(super) fn see_concurrency(&self, limiter: &ConcurrencyLimiter, info: &NodeInfo) -> NodeSeen {
        let mut seen = self.see_passage(limiter.passage(), info);
        let record = &limiter.record;
        let (windows, before) = (record.windows.values(), &record.at_warm_up);
        let mean = |area: u128, before: u128| ratio((area - before) as f64 * NANO, self.span());
        let limit = mean(record.limit.area(self.over), before.limit);
        let in_flight = mean(record.in_flight.area(self.over), before.in_flight);
        let waiting = mean(record.waiting.area(self.over), before.waiting);
        let drops = ratio((record.drops - before.drops) as f64, self.span());
        seen.values.extend([
            (word("limit"), word("limit"), Unit::Count, limit),
            (word("in flight"), word("in_flight"), Unit::Count, in_flight),
            (word("waiting here"), word("waiting"), Unit::Count, waiting),
            (word("drops seen"), word("drops"), Unit::PerSecond, drops),
        ]);
        seen.series.extend([
            (word("limit"), Unit::Count, self.means(windows.iter().map(|window| window.limit), 1.0)),
            (word("in_flight"), Unit::Count, self.means(windows.iter().map(|window| window.in_flight), 1.0)),
            (word("waiting"), Unit::Count, self.means(windows.iter().map(|window| window.waiting), 1.0)),
            (word("drops"), Unit::PerSecond, self.rates(windows.iter().map(|window| window.drops))),
        ]);
        seen
    }
}
