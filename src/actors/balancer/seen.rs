//! Measurements at a balancer: its traffic, the health of its members as it saw it, and its queue.

use super::health::record::Counts;
use super::health::{HealthRecord, Watch};
use super::remapping::{Counts as Remapped, share};
use super::{Balancer, Line, Proxy, Remapping};
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, Row, Times, Value, ratio, word};
use crate::actors::resources::Station;
use crate::engine::ActorId;
use crate::measure::Unit;

/// The numbers and series of a balancer.
#[must_use]
pub fn seen(balancer: &Balancer, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &balancer.record;
    let area = (record.population.area(covered.over) - record.at_warm_up.population) as f64 * NANO;
    let areas = record.windows.values().iter().map(|snapshot| snapshot.population);
    let departures = record.departures - record.at_warm_up.departures;
    let mut values = vec![
        (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, covered.span())),
        (word("in system"), word("in_system"), Unit::Count, ratio(area, covered.span())),
    ];
    let mut series = vec![(word("in_system"), Unit::Count, covered.means(areas, 1.0))];
    let mut times = Vec::new();
    values.extend(failover_values(balancer.me, covered));
    if let Some(watch) = balancer.watch() {
        let health = &watch.record;
        values.extend(health_values(health, watch, covered));
        let windows = health.windows.values();
        series.push((word("available"), Unit::Count, covered.means(windows.iter().map(|w| w.available), 1.0)));
        let taken_out = |counts: &Counts| counts.falls + counts.outs + counts.ejections;
        series.push((
            word("taken_out"),
            Unit::PerSecond,
            covered.rates(windows.iter().map(|window| taken_out(&window.counts))),
        ));
        if watch.checks() {
            let failed = windows.iter().map(|window| window.counts.failed_checks);
            series.push((word("failed_checks"), Unit::PerSecond, covered.rates(failed)));
        }
        if watch.retries() {
            let retries = windows.iter().map(|window| window.counts.retries);
            series.push((word("retries"), Unit::PerSecond, covered.rates(retries)));
        }
    }
    if let Some(remapping) = balancer.remapping() {
        values.extend(remapping_values(remapping));
        series.push((word("remapped"), Unit::Fraction, remapped_by_window(remapping)));
    }
    if let Some(proxy) = balancer.proxy() {
        values.extend(proxy_values(proxy, covered));
        series.extend(proxy_series(proxy, covered));
        times.push(Times::of("waiting", &proxy.waits));
    }
    if let Some(line) = balancer.line() {
        let (more, over_time) = line_values(line, balancer.proxy().is_some(), covered);
        values.extend(more);
        series.extend(over_time);
        if balancer.proxy().is_none() {
            times.push(Times::of("waiting", &line.record.waits));
        }
    }
    let gauges = vec![Gauge::new("available", "members available", 8)];
    NodeSeen { values, series, times, gauges, ..NodeSeen::of(info) }
}

/// How long it went on sending requests to servers and nodes that were down.
fn failover_values(me: ActorId, covered: &Covered<'_>) -> Vec<Value> {
    if !covered.may_fail_over(me) {
        return Vec::new();
    }
    let failovers = covered.failovers(me);
    let mean = ratio(failovers.iter().map(|failover| failover.seconds).sum(), failovers.len() as f64);
    let misdirected: u64 = failovers.iter().map(|failover| failover.misdirected).sum();
    vec![
        (word("failover time"), word("failover_time"), Unit::Seconds, mean),
        (word("sent to dead servers"), word("misdirected"), Unit::Count, Some(misdirected as f64)),
    ]
}

/// How requests waited for a place at a server: as at any queue, unless the proxy has one too.
fn line_values(line: &Line, proxy: bool, covered: &Covered<'_>) -> (Vec<Value>, Vec<Row>) {
    let record = &line.record;
    let windows = record.usage.windows.values();
    let (span, since) = (covered.span(), line.since_warm_up(covered.over));
    let (mean, p99) = (record.waits.mean(), record.waits.quantile(0.99));
    let queue = ratio(since.waiting as f64 * NANO, span);
    let rejected = ratio(since.rejected as f64, span);
    let own = |plain: &'static str, beside: &'static str| word(if proxy { beside } else { plain });
    let values = vec![
        (own("mean waiting", "mean wait for a server"), own("waiting_mean", "server_wait_mean"), Unit::Seconds, mean),
        (own("p99 waiting", "p99 wait for a server"), own("waiting_p99", "server_wait_p99"), Unit::Seconds, p99),
        (own("queue length", "queue for servers"), own("queue", "server_queue"), Unit::Count, queue),
        (word("turned away from the queue"), word("queue_rejected"), Unit::PerSecond, rejected),
    ];
    let lengths = covered.means(windows.iter().map(|window| window.waiting), 1.0);
    let rejected = covered.rates(windows.iter().map(|window| window.rejected));
    let series =
        vec![(own("queue", "server_queue"), Unit::Count, lengths), (word("queue_rejected"), Unit::PerSecond, rejected)];
    (values, series)
}

fn health_values(health: &HealthRecord, watch: &Watch, covered: &Covered<'_>) -> Vec<Value> {
    let (checks, retries) = (watch.checks(), watch.retries());
    let (now, before) = (&health.counts, &health.at_warm_up.counts);
    let since = |count: fn(&Counts) -> u64| (count(now) - count(before)) as f64;
    let available = (health.available.area(covered.over) - health.at_warm_up.available) as f64 * NANO;
    let mut values = vec![
        (word("members available"), word("available"), Unit::Count, ratio(available, covered.span())),
        (word("taken out by failed requests"), word("outs"), Unit::Count, Some(since(|counts| counts.outs))),
        (word("ejections"), word("ejections"), Unit::Count, Some(since(|counts| counts.ejections))),
    ];
    if checks {
        let sent = since(|counts| counts.checks);
        values.extend([
            (word("checks"), word("checks"), Unit::PerSecond, ratio(sent, covered.span())),
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

fn proxy_values(proxy: &Proxy, covered: &Covered<'_>) -> [Value; 5] {
    let (span, since) = (covered.span(), proxy.since_warm_up(covered.over));
    let (busy, queue) = (since.held as f64 * NANO, since.waiting as f64 * NANO);
    let connections = proxy.connections - *proxy.connections_at_warm_up;
    [
        (word("utilization"), word("utilization"), Unit::Fraction, ratio(busy, proxy.capacity() as f64 * span)),
        (word("mean waiting"), word("waiting_mean"), Unit::Seconds, proxy.waits.mean()),
        (word("p99 waiting"), word("waiting_p99"), Unit::Seconds, proxy.waits.quantile(0.99)),
        (word("queue length"), word("queue"), Unit::Count, ratio(queue, span)),
        (word("new connections"), word("connections"), Unit::PerSecond, ratio(connections as f64, span)),
    ]
}

fn proxy_series(proxy: &Proxy, covered: &Covered<'_>) -> [Row; 2] {
    let windows = proxy.usage.windows.values();
    let workers = proxy.capacity() as f64;
    [
        (word("utilization"), Unit::Fraction, covered.means(windows.iter().map(|window| window.held), workers)),
        (word("queue"), Unit::Count, covered.means(windows.iter().map(|window| window.waiting), 1.0)),
    ]
}

fn remapping_values(remapping: &Remapping) -> [Value; 3] {
    let since = remapping.since_warm_up();
    [
        (word("changes of members"), word("member_changes"), Unit::Count, Some(since.changes as f64)),
        (word("remapped"), word("remapped"), Unit::Fraction, Some(share(since.moved))),
        (word("had to be remapped"), word("remapped_least"), Unit::Fraction, Some(share(since.least))),
    ]
}

/// The share that was remapped in each window.
fn remapped_by_window(remapping: &Remapping) -> Vec<Option<f64>> {
    let mut before = 0;
    let in_window = |counts: &Remapped| {
        let moved = counts.moved - before;
        before = counts.moved;
        Some(share(moved))
    };
    remapping.windows.values().iter().map(in_window).collect()
}
