//! Measurements of calls: outcomes, latency, retries and hedges.

use std::borrow::Cow;

use super::connections::Dialing;
use super::{Caller, CallsRecord, Upstream};
use crate::actors::kit::made::attempts::Counts;
use crate::actors::kit::made::calls::Snapshot;
use crate::actors::kit::seen::{Covered, NANO, NodeInfo, NodeSeen, Times, Word, ratio, word};
use crate::engine::Outcome;
use crate::measure::{Latency, Unit};

/// A count of calls: its name, its identifier and how to read it.
type Counted = (&'static str, &'static str, fn(&Counts) -> u64);

const COUNTED: [Counted; 8] = [
    ("retries", "retries", |counts| counts.retries),
    ("attempts denied by the budget", "denied", |counts| counts.denied),
    ("hedges", "hedges", |counts| counts.hedges),
    ("hedges that won", "hedges_won", |counts| counts.hedges_won),
    ("held back by throttling", "throttled", |counts| counts.throttled),
    ("calls made anew", "reloads", |counts| counts.reloads),
    ("writes", "writes", |counts| counts.writes),
    ("writes done more than once", "writes_twice", |counts| counts.writes_twice),
];

/// The numbers and series of a node that makes calls over `upstream`.
#[must_use]
pub fn seen(upstream: &Upstream, caller: Option<&Caller>, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &upstream.record;
    let windows = record.windows.values();
    let rate = |count: fn(&Snapshot) -> u64| covered.rates(windows.iter().map(count));
    let sum = |snapshot: &Snapshot, counts: fn(Outcome) -> bool| -> u64 {
        let those = Outcome::ALL.into_iter().filter(|&outcome| counts(outcome));
        those.map(|outcome| snapshot.outcomes[outcome as usize]).sum()
    };
    let rejected = windows.iter().map(|snapshot| sum(snapshot, Outcome::is_rejection));
    let failed = windows.iter().map(|snapshot| sum(snapshot, Outcome::is_failure));
    let latencies = record.latencies.values();
    let offered = record.offered - record.at_warm_up.offered;
    let area = (record.population.area(covered.over) - record.at_warm_up.population) as f64 * NANO;
    let (now, before) = (record.snapshot(covered.over), &record.at_warm_up);
    let since = |count: fn(&Snapshot) -> u64| (count(&now) - count(before)) as f64;
    let (ended, attempts) = (since(Snapshot::ended), since(|snapshot| snapshot.attempts));
    let weight = |calls: f64| if covered.measured { calls } else { 0.0 };
    let mut seen = NodeSeen {
        weights: vec![(word("attempts"), weight(offered as f64)), (word("drop_rate"), weight(ended))],
        times: vec![Times::of("latency", &record.latency)],
        latencies: latencies.iter().map(Latency::packed).collect(),
        values: vec![
            (word("offered"), word("offered"), Unit::PerSecond, ratio(offered as f64, covered.span())),
            (word("throughput"), word("throughput"), Unit::PerSecond, ratio(since(Snapshot::answers), covered.span())),
            (word("goodput"), word("goodput"), Unit::PerSecond, ratio(since(Snapshot::served), covered.span())),
            (word("attempts per call"), word("attempts"), Unit::Count, ratio(attempts, offered as f64)),
            (word("drop rate"), word("drop_rate"), Unit::Fraction, ratio(since(Snapshot::not_answered), ended)),
            (word("mean latency"), word("latency_mean"), Unit::Seconds, record.latency.mean()),
            (word("p50 latency"), word("latency_p50"), Unit::Seconds, record.latency.quantile(0.5)),
            (word("p99 latency"), word("latency_p99"), Unit::Seconds, record.latency.quantile(0.99)),
            (word("in system"), word("in_system"), Unit::Count, ratio(area, covered.span())),
        ],
        series: vec![
            (word("offered"), Unit::PerSecond, rate(|snapshot| snapshot.offered)),
            (word("attempts"), Unit::PerSecond, rate(|snapshot| snapshot.attempts)),
            (word("throughput"), Unit::PerSecond, rate(Snapshot::answers)),
            (word("goodput"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::Served as usize])),
            (word("degraded"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::Degraded as usize])),
            (word("rejected"), Unit::PerSecond, covered.rates(rejected)),
            (word("failed"), Unit::PerSecond, covered.rates(failed)),
            (word("timed_out"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::TimedOut as usize])),
            (word("given_up"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::GaveUp as usize])),
            (word("latency_mean"), Unit::Seconds, latencies.iter().map(Latency::mean).collect()),
            (word("latency_p50"), Unit::Seconds, latencies.iter().map(|latency| latency.quantile(0.5)).collect()),
            (word("latency_p99"), Unit::Seconds, latencies.iter().map(|latency| latency.quantile(0.99)).collect()),
            (word("in_system"), Unit::Count, covered.means(windows.iter().map(|snapshot| snapshot.population), 1.0)),
        ],
        ..NodeSeen::of(info)
    };
    see_shares_within(record, covered, &mut seen);
    see_other_answers(record, &mut seen);
    if let Some(dialing) = &upstream.connections {
        see_connections(dialing, covered, &mut seen);
    }
    if let Some(caller) = caller {
        see_calls(caller, covered, &mut seen);
    }
    seen
}

/// Adds the connections that were opened and held.
fn see_connections(dialing: &Dialing, covered: &Covered<'_>, seen: &mut NodeSeen) {
    let (opened, area) = *dialing.at_warm_up;
    let opened = ratio((dialing.opened() - opened) as f64, covered.span());
    seen.values.push((word("new connections"), word("connections"), Unit::PerSecond, opened));
    if let Some(pool) = &dialing.pool {
        let open = ratio((pool.open.area(covered.over) - area) as f64 * NANO, covered.span());
        seen.values.push((word("open connections"), word("open_connections"), Unit::Count, open));
    }
}

/// Adds, for each limit that is asked for, the share within it of the calls that ended in each window.
fn see_shares_within(record: &CallsRecord, covered: &Covered<'_>, seen: &mut NodeSeen) {
    let steps = |count: &dyn Fn(&Snapshot) -> u64| {
        let mut before = 0;
        let step = |snapshot: &Snapshot| {
            let count = count(snapshot);
            count - std::mem::replace(&mut before, count)
        };
        record.windows.values().iter().map(step).collect::<Vec<u64>>()
    };
    for (id, limit) in covered.limits {
        let Some(place) = record.within.place(*limit) else { continue };
        // Before the first boundary there are no counts.
        let part = |snapshot: &Snapshot| snapshot.within.get(place).copied().unwrap_or(0);
        let (parts, wholes) = (steps(&part), steps(&Snapshot::ended));
        let shares = parts.iter().zip(&wholes).map(|(part, whole)| ratio(*part as f64, *whole as f64)).collect();
        seen.series.push((id.clone(), Unit::Fraction, shares));
        seen.wholes.push((id.clone(), wholes));
    }
}

/// Adds the numbers of features that the caller has; the others would be zeros only.
fn see_calls(caller: &Caller, covered: &Covered<'_>, seen: &mut NodeSeen) {
    let span = covered.span();
    for (name, id, count) in COUNTED.into_iter().filter(|(_, id, _)| caller.counts(id)) {
        let since = count(&caller.record.counts) - count(&caller.record.at_warm_up);
        let (name, id): (Word, Word) = (word(name), word(id));
        seen.values.push((name, id.clone(), Unit::PerSecond, ratio(since as f64, span)));
        let rates = covered.rates(caller.record.windows.values().iter().map(count));
        seen.series.push((id, Unit::PerSecond, rates));
    }
}

/// Adds the latencies of answers that came degraded or late, and of calls that failed.
fn see_other_answers(record: &CallsRecord, seen: &mut NodeSeen) {
    let kinds = [
        ("degraded", "degraded answers", "degraded_latency", &record.degraded_latency),
        ("late", "late answers", "late_latency", &record.late_latency),
        ("failed", "failed calls", "failed_latency", &record.failed_latency),
    ];
    for (kind, answers, of, latency) in kinds {
        let numbers = [
            ("mean latency", "latency_mean", latency.mean()),
            ("p50 latency", "latency_p50", latency.quantile(0.5)),
            ("p99 latency", "latency_p99", latency.quantile(0.99)),
        ];
        seen.values.extend(numbers.into_iter().map(|(name, id, value)| {
            let (name, id) = (format!("{name} of {answers}"), format!("{kind}_{id}"));
            (Cow::Owned(name), Cow::Owned(id), Unit::Seconds, value)
        }));
        seen.times.push(Times { only_where_seen: true, ..Times::of(of, latency) });
    }
}
