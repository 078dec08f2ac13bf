//! What a balancer gave that has a capacity of its own: the work of its proxy.

use super::{NANO, View, ratio, word};
use crate::actors::balancer::Proxy;
use crate::lab::observe::Word;
use crate::lab::results::Unit;
use crate::lab::station::Station;

type Value = (Word, Word, Unit, Option<f64>);
type Row = (Word, Unit, Vec<Option<f64>>);

impl View<'_> {
    pub(super) fn proxy_values(&self, proxy: &Proxy) -> [Value; 5] {
        let record = &proxy.record;
        let span = self.span();
        let busy = Station::Proxy(proxy).busy(self.over) as f64 * NANO;
        let queue = (record.waiting.area(self.over) - record.at_warm_up.waiting) as f64 * NANO;
        let connections = record.connections - record.at_warm_up.connections;
        [
            (word("utilization"), word("utilization"), Unit::Fraction, ratio(busy, f64::from(proxy.workers()) * span)),
            (word("mean waiting"), word("waiting_mean"), Unit::Seconds, record.waits.mean()),
            (word("p99 waiting"), word("waiting_p99"), Unit::Seconds, record.waits.quantile(0.99)),
            (word("queue length"), word("queue"), Unit::Count, ratio(queue, span)),
            (word("new connections"), word("connections"), Unit::PerSecond, ratio(connections as f64, span)),
        ]
    }

    pub(super) fn proxy_series(&self, proxy: &Proxy) -> [Row; 2] {
        let windows = Station::Proxy(proxy).windows();
        let workers = f64::from(proxy.workers());
        [
            (word("utilization"), Unit::Fraction, self.means(windows.iter().map(|window| window.busy), workers)),
            (word("queue"), Unit::Count, self.means(windows.iter().map(|window| window.waiting), 1.0)),
        ]
    }
}
