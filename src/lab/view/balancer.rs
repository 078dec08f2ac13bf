//! What a balancer gave: its traffic, and the health of its members as it saw it.

use super::remapping::{remapped_by_window, remapping_values};
use super::{NANO, View, ratio, word};
use crate::actors::balancer::health::record::Counts;
use crate::actors::balancer::health::{HealthRecord, Watch};
use crate::actors::balancer::{Balancer, Line};
use crate::lab::observe::{NodeSeen, Times, Word};
use crate::lab::results::Unit;
use crate::model::NodeInfo;

pub(super) type Value = (Word, Word, Unit, Option<f64>);
type Row = (Word, Unit, Vec<Option<f64>>);

impl View<'_> {
    pub(super) fn see_balancer(&self, balancer: &Balancer, place: usize, info: &NodeInfo) -> NodeSeen {
        let record = &balancer.record;
        let area = (record.population.area(self.over) - record.at_warm_up.population) as f64 * NANO;
        let areas = record.windows.values().iter().map(|snapshot| snapshot.population);
        let departures = record.departures - record.at_warm_up.departures;
        let mut values = vec![
            (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, self.span())),
            (word("in system"), word("in_system"), Unit::Count, ratio(area, self.span())),
        ];
        let mut series = vec![(word("in_system"), Unit::Count, self.means(areas, 1.0))];
        let mut times = Vec::new();
        values.extend(self.failover_values(place));
        if let Some(watch) = balancer.watch() {
            let health = &watch.record;
            values.extend(self.health_values(health, watch));
            let windows = health.windows.values();
            series.push((word("available"), Unit::Count, self.means(windows.iter().map(|w| w.available), 1.0)));
            let taken_out = |counts: &Counts| counts.falls + counts.outs + counts.ejections;
            series.push((
                word("taken_out"),
                Unit::PerSecond,
                self.rates(windows.iter().map(|window| taken_out(&window.counts))),
            ));
            if watch.checks() {
                let failed = windows.iter().map(|window| window.counts.failed_checks);
                series.push((word("failed_checks"), Unit::PerSecond, self.rates(failed)));
            }
            if watch.retries() {
                let retries = windows.iter().map(|window| window.counts.retries);
                series.push((word("retries"), Unit::PerSecond, self.rates(retries)));
            }
        }
        if let Some(remapping) = balancer.remapping() {
            values.extend(remapping_values(remapping));
            series.push((word("remapped"), Unit::Fraction, remapped_by_window(remapping)));
        }
        if let Some(proxy) = balancer.proxy() {
            values.extend(self.proxy_values(proxy));
            series.extend(self.proxy_series(proxy));
            times.push(Times::of("waiting", &proxy.record.waits));
        }
        if let Some(line) = balancer.line() {
            let (more, over_time) = self.line_values(line, balancer.proxy().is_some());
            values.extend(more);
            series.extend(over_time);
            if balancer.proxy().is_none() {
                times.push(Times::of("waiting", &line.record.waits));
            }
        }
        NodeSeen { values, series, times, ..NodeSeen::of(info) }
    }

    /// What it lost to crashes: only where a server behind it can crash.
    fn failover_values(&self, place: usize) -> Vec<Value> {
        if !self.may_fail_over(place) {
            return Vec::new();
        }
        let failovers = self.failovers(place);
        let mean = ratio(failovers.iter().map(|failover| failover.seconds).sum(), failovers.len() as f64);
        let misdirected: u64 = failovers.iter().map(|failover| failover.misdirected).sum();
        vec![
            (word("failover time"), word("failover_time"), Unit::Seconds, mean),
            (word("sent to dead servers"), word("misdirected"), Unit::Count, Some(misdirected as f64)),
        ]
    }

    /// How requests waited for a place at a server: as at any queue, unless the proxy has one too.
    fn line_values(&self, line: &Line, proxy: bool) -> (Vec<Value>, Vec<Row>) {
        let record = &line.record;
        let windows = record.windows.values();
        let span = self.span();
        let queue = (record.waiting.area(self.over) - record.at_warm_up.waiting) as f64 * NANO;
        let rejected = (record.rejected - record.at_warm_up.rejected) as f64;
        let (mean, p99) = (record.waits.mean(), record.waits.quantile(0.99));
        let queue = ratio(queue, span);
        let own = |plain: &'static str, beside: &'static str| word(if proxy { beside } else { plain });
        let values = vec![
            (
                own("mean waiting", "mean wait for a server"),
                own("waiting_mean", "server_wait_mean"),
                Unit::Seconds,
                mean,
            ),
            (own("p99 waiting", "p99 wait for a server"), own("waiting_p99", "server_wait_p99"), Unit::Seconds, p99),
            (own("queue length", "queue for servers"), own("queue", "server_queue"), Unit::Count, queue),
            (word("turned away from the queue"), word("queue_rejected"), Unit::PerSecond, ratio(rejected, span)),
        ];
        let lengths = self.means(windows.iter().map(|window| window.waiting), 1.0);
        let turned_away = self.rates(windows.iter().map(|window| window.rejected));
        let series = vec![
            (own("queue", "server_queue"), Unit::Count, lengths),
            (word("queue_rejected"), Unit::PerSecond, turned_away),
        ];
        (values, series)
    }

    fn health_values(&self, health: &HealthRecord, watch: &Watch) -> Vec<Value> {
        let (checks, retries) = (watch.checks(), watch.retries());
        let (now, before) = (&health.counts, &health.at_warm_up.counts);
        let since = |count: fn(&Counts) -> u64| (count(now) - count(before)) as f64;
        let available = (health.available.area(self.over) - health.at_warm_up.available) as f64 * NANO;
        let mut values = vec![
            (word("members available"), word("available"), Unit::Count, ratio(available, self.span())),
            (word("taken out by failed requests"), word("outs"), Unit::Count, Some(since(|counts| counts.outs))),
            (word("ejections"), word("ejections"), Unit::Count, Some(since(|counts| counts.ejections))),
        ];
        if checks {
            let sent = since(|counts| counts.checks);
            values.extend([
                (word("checks"), word("checks"), Unit::PerSecond, ratio(sent, self.span())),
                (word("failed checks"), word("failed_checks"), Unit::Count, Some(since(|counts| counts.failed_checks))),
                (word("taken out by checks"), word("falls"), Unit::Count, Some(since(|counts| counts.falls))),
            ]);
        }
        if watch.times_out() {
            let overdue = Some(since(|counts| counts.overdue));
            values.push((word("attempts that took too long"), word("overdue"), Unit::Count, overdue));
        }
        if watch.budgets() {
            let denied = Some(since(|counts| counts.denied));
            values.push((word("retries denied"), word("retries_denied"), Unit::Count, denied));
        }
        if retries {
            values.extend([
                (word("retries"), word("retries"), Unit::Count, Some(since(|counts| counts.retries))),
                (word("requests saved"), word("saved"), Unit::Count, Some(since(|counts| counts.saved))),
            ]);
        }
        values
    }
}
