//! What the nodes gave that pass requests on: balancers and routers.

use std::borrow::Cow;

use super::observe::{NodeSeen, Word};
use super::results::Unit;
use super::station::Station;
use super::view::{NANO, View, ratio, word};
use crate::actors::balancer::{Balancer, Proxy};
use crate::actors::router::Router;
use crate::model::NodeInfo;

type Value = (Word, Word, Unit, Option<f64>);
type Row = (Word, Unit, Vec<Option<f64>>);

impl View<'_> {
    /// What a balancer gave.
    pub(super) fn see_balancer(&self, balancer: &Balancer, info: &NodeInfo) -> NodeSeen {
        let record = &balancer.record;
        let area = (record.population.area(self.over) - record.at_warm_up.population) as f64 * NANO;
        let areas = record.windows.values().iter().map(|snapshot| snapshot.population);
        let departures = record.departures - record.at_warm_up.departures;
        let departures = ratio(departures as f64, self.span());
        let mut values = vec![
            (word("departures"), word("departures"), Unit::PerSecond, departures),
            (word("in system"), word("in_system"), Unit::Count, ratio(area, self.span())),
        ];
        let mut series = vec![(word("in_system"), Unit::Count, self.means(areas, 1.0))];
        if let Some(proxy) = balancer.proxy() {
            values.extend(self.proxy_values(proxy));
            series.extend(self.proxy_series(proxy));
        }
        NodeSeen { info: info.clone(), values, servers: Vec::new(), heat: Vec::new(), series }
    }

    fn proxy_values(&self, proxy: &Proxy) -> [Value; 5] {
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

    fn proxy_series(&self, proxy: &Proxy) -> [Row; 2] {
        let windows = Station::Proxy(proxy).windows();
        let workers = f64::from(proxy.workers());
        [
            (word("utilization"), Unit::Fraction, self.means(windows.iter().map(|window| window.busy), workers)),
            (word("queue"), Unit::Count, self.means(windows.iter().map(|window| window.waiting), 1.0)),
        ]
    }

    /// What a router gave.
    pub(super) fn see_router(&self, router: &Router, info: &NodeInfo) -> NodeSeen {
        let record = &router.record;
        let windows = record.windows.values();
        let area = (record.population.area(self.over) - record.at_warm_up.population) as f64 * NANO;
        let departures = record.departures - record.at_warm_up.departures;
        let mut values = vec![
            (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, self.span())),
            (word("in system"), word("in_system"), Unit::Count, ratio(area, self.span())),
        ];
        let mut series =
            vec![(word("in_system"), Unit::Count, self.means(windows.iter().map(|window| window.population), 1.0))];
        for (way, &count) in record.by_way.iter().enumerate() {
            let (name, id): (Word, Word) = if way + 1 == record.by_way.len() {
                (word("by no rule"), word("otherwise"))
            } else {
                (Cow::Owned(format!("by rule {}", way + 1)), Cow::Owned(format!("rule_{}", way + 1)))
            };
            let count = count - record.at_warm_up.by_way.get(way).copied().unwrap_or(0);
            let rates = self.rates(windows.iter().map(|window| window.by_way[way]));
            series.push((id.clone(), Unit::PerSecond, rates));
            values.push((name, id, Unit::PerSecond, ratio(count as f64, self.span())));
        }
        NodeSeen { info: info.clone(), values, servers: Vec::new(), heat: Vec::new(), series }
    }
}
