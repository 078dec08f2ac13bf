//! What clients saw: their calls by what became of them, and how long they took, of one node or of all together.

use std::borrow::Cow;

use super::{NANO, View, ratio, word};
use crate::actors::Actor;
use crate::actors::clients::Clients;
use crate::actors::clients::ClientsRecord;
use crate::actors::clients::record::Snapshot;
use crate::engine::{Duration, Outcome, Time};
use crate::lab::measure::reading::{Count, answers, ended, served};
use crate::lab::measure::{Answers, Quantity, Source};
use crate::lab::observe::{NodeSeen, Times};
use crate::lab::open::Open;
use crate::lab::results::Unit;
use crate::measure::Latency;
use crate::model::NodeInfo;

/// What counts calls within a limit; all clients of a system count the same limits.
pub(super) fn within(clients: &Clients, limit: Duration) -> Option<Count<Snapshot>> {
    let place = clients.record.within.place(limit)?;
    // Before the first boundary there are no counts.
    Some(Box::new(move |s| s.within.get(place).copied().unwrap_or(0)))
}

impl View<'_> {
    /// The clients called `of`, or all.
    pub(super) fn clients<'b>(&'b self, of: Option<&str>) -> impl Iterator<Item = &'b Clients> {
        let wanted = move |info: &NodeInfo| of.is_none_or(|of| info.name == of);
        self.actors.all.iter().zip(self.nodes).filter(move |(_, info)| wanted(info)).filter_map(
            |(actor, _)| match actor {
                Actor::Clients(clients) => Some(&**clients),
                _ => None,
            },
        )
    }

    /// Calls of each node of clients that were answered in time and as asked after the warm-up.
    pub fn served_by_clients(&self) -> Vec<u64> {
        let count: Count<Snapshot> = Box::new(served);
        self.clients(None).map(|clients| self.since(clients, &count)).collect()
    }

    /// Calls answered per second in time and as asked, of one node or of all clients together, by window from time zero on.
    pub fn goodput_by_window(&self, of: Option<&str>) -> Vec<f64> {
        let count: Count<Snapshot> = Box::new(served);
        self.windows_of_count(of, &count).iter().map(|served| served / self.window).collect()
    }

    /// Calls at `of`, or of all clients together, that are not over.
    pub fn open(&self, of: Option<String>) -> Open {
        let longest = self.latency_of(&Source { of: of.clone(), answers: Answers::Served }).longest().as_nanos();
        let mut ages = Latency::<10>::default();
        if self.measured {
            match of.as_deref().and_then(|of| self.watch.node(of)) {
                Some(stays) => self.measured_of(&stays.ages).for_each(|age| _ = ages.record(age)),
                None => self.ages_of(of.as_deref()).for_each(|age| _ = ages.record(age)),
            }
        }
        Open { of, longest, ages: ages.buckets() }
    }

    /// For how long the calls have been under way that are at the end and began after the warm-up.
    fn ages_of<'b>(&'b self, of: Option<&'b str>) -> impl Iterator<Item = Duration> + 'b {
        let those = self.nodes.iter().zip(self.ages).filter(move |(info, _)| of.is_none_or(|of| info.name == of));
        those.flat_map(|(_, ages)| self.measured_of(ages))
    }

    /// The ages at the end of what began after the warm-up: what hung before says nothing of the time that is measured.
    pub(super) fn measured_of<'b>(&'b self, ages: &'b [Duration]) -> impl Iterator<Item = Duration> + 'b {
        let most = self.over.since(Time::ZERO + self.warm_up.min(self.over.since(Time::ZERO)));
        ages.iter().copied().filter(move |age| *age <= most)
    }

    /// Calls under way at the end for longer than `limit`.
    pub(super) fn overdue(&self, of: Option<&str>, limit: Duration) -> u64 {
        self.ages_of(of).filter(|age| *age > limit).count() as u64
    }

    /// Latencies after the warm-up, of one node or of all clients together.
    pub fn latency_of<'b>(&'b self, source: &Source) -> Cow<'b, Latency> {
        if !self.measured {
            return Cow::default();
        }
        let of = source.of.as_deref();
        if let Some(stays) = of.and_then(|of| self.watch.node(of)) {
            return Cow::Borrowed(&stays.latency);
        }
        let pick = |record: &'b ClientsRecord| match source.answers {
            Answers::Served => &record.latency,
            Answers::Degraded => &record.degraded_latency,
            Answers::Late => &record.late_latency,
            Answers::Failed => &record.failed_latency,
        };
        let each: Vec<&Latency> = self.clients(of).map(|clients| pick(&clients.record)).collect();
        match each[..] {
            [only] => Cow::Borrowed(only),
            _ => {
                let mut all = Latency::default();
                each.iter().for_each(|latency| all.merge(latency));
                Cow::Owned(all)
            }
        }
    }

    /// A count of the calls of one node after the warm-up.
    fn since(&self, clients: &Clients, count: &Count<Snapshot>) -> u64 {
        count(&clients.record.snapshot(self.over)) - count(&clients.record.at_warm_up)
    }

    /// A count of the calls of one node, or of all clients together, after the warm-up.
    pub(super) fn sum(&self, of: Option<&str>, count: &Count<Snapshot>) -> u64 {
        self.clients(of).map(|clients| self.since(clients, count)).sum()
    }

    /// A count by window, from time zero on.
    pub(super) fn windows_of_count(&self, of: Option<&str>, count: &Count<Snapshot>) -> Vec<f64> {
        self.steps(self.clients(of).map(|c| c.record.windows.values().iter().map(|w| u128::from(count(w)))))
    }

    /// Adds, for each limit that is asked for, the share within it of the calls that ended in each window.
    fn see_shares_within(&self, clients: &Clients, seen: &mut NodeSeen) {
        let steps = |count: &Count<Snapshot>| {
            let mut before = 0;
            let step = |snapshot: &Snapshot| {
                let count = count(snapshot);
                count - std::mem::replace(&mut before, count)
            };
            clients.record.windows.values().iter().map(step).collect::<Vec<u64>>()
        };
        for (id, limit) in &self.limits {
            let Some(part) = within(clients, *limit) else { continue };
            let whole: Count<Snapshot> = Box::new(ended);
            let (parts, wholes) = (steps(&part), steps(&whole));
            let shares = parts.iter().zip(&wholes).map(|(part, whole)| ratio(*part as f64, *whole as f64)).collect();
            seen.series.push((id.clone(), Unit::Fraction, shares));
            seen.wholes.push((id.clone(), wholes));
        }
    }

    pub(super) fn see_clients(&self, clients: &Clients, info: &NodeInfo) -> NodeSeen {
        let record = &clients.record;
        let windows = record.windows.values();
        let rate = |count: fn(&Snapshot) -> u64| self.rates(windows.iter().map(count));
        let sum = |snapshot: &Snapshot, counts: fn(Outcome) -> bool| -> u64 {
            let those = Outcome::ALL.into_iter().filter(|&outcome| counts(outcome));
            those.map(|outcome| snapshot.outcomes[outcome as usize]).sum()
        };
        let rejected = windows.iter().map(|snapshot| sum(snapshot, Outcome::is_rejection));
        let failed = windows.iter().map(|snapshot| sum(snapshot, Outcome::is_failure));
        let latencies = record.latencies.values();
        let offered = record.offered - record.at_warm_up.offered;
        let area = (record.population.area(self.over) - record.at_warm_up.population) as f64 * NANO;
        let number = |quantity: Quantity| self.value(&Quantity { of: Some(info.name.clone()), ..quantity });
        let weight = |quantity: Quantity| self.weight(&Quantity { of: Some(info.name.clone()), ..quantity });
        let mut seen = NodeSeen {
            weights: vec![
                (word("attempts"), weight(Quantity::attempts())),
                (word("drop_rate"), weight(Quantity::drop_rate())),
            ],
            times: vec![Times::of("latency", &record.latency)],
            latencies: latencies.iter().map(Latency::packed).collect(),
            values: vec![
                (word("offered"), word("offered"), Unit::PerSecond, ratio(offered as f64, self.span())),
                (word("throughput"), word("throughput"), Unit::PerSecond, number(Quantity::throughput())),
                (word("goodput"), word("goodput"), Unit::PerSecond, number(Quantity::goodput())),
                (word("attempts per call"), word("attempts"), Unit::Count, number(Quantity::attempts())),
                (word("drop rate"), word("drop_rate"), Unit::Fraction, number(Quantity::drop_rate())),
                (word("mean latency"), word("latency_mean"), Unit::Seconds, record.latency.mean()),
                (word("p50 latency"), word("latency_p50"), Unit::Seconds, record.latency.quantile(0.5)),
                (word("p99 latency"), word("latency_p99"), Unit::Seconds, record.latency.quantile(0.99)),
                (word("in system"), word("in_system"), Unit::Count, ratio(area, self.span())),
            ],
            series: vec![
                (word("offered"), Unit::PerSecond, rate(|snapshot| snapshot.offered)),
                (word("attempts"), Unit::PerSecond, rate(|snapshot| snapshot.attempts)),
                (word("throughput"), Unit::PerSecond, rate(answers)),
                (word("goodput"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::Served as usize])),
                (word("degraded"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::Degraded as usize])),
                (word("rejected"), Unit::PerSecond, self.rates(rejected)),
                (word("failed"), Unit::PerSecond, self.rates(failed)),
                (word("timed_out"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::TimedOut as usize])),
                (word("given_up"), Unit::PerSecond, rate(|snapshot| snapshot.outcomes[Outcome::GaveUp as usize])),
                (word("latency_mean"), Unit::Seconds, latencies.iter().map(Latency::mean).collect()),
                (word("latency_p50"), Unit::Seconds, latencies.iter().map(|latency| latency.quantile(0.5)).collect()),
                (word("latency_p99"), Unit::Seconds, latencies.iter().map(|latency| latency.quantile(0.99)).collect()),
                (word("in_system"), Unit::Count, self.means(windows.iter().map(|snapshot| snapshot.population), 1.0)),
            ],
            ..NodeSeen::of(info)
        };
        self.see_shares_within(clients, &mut seen);
        see_other_answers(record, &mut seen);
        if let Some(dialing) = &clients.dialing {
            let (opened, area) = *dialing.at_warm_up;
            let opened = ratio((dialing.opened() - opened) as f64, self.span());
            seen.values.push((word("new connections"), word("connections"), Unit::PerSecond, opened));
            if let Some(pool) = &dialing.pool {
                let open = ratio((pool.open.area(self.over) - area) as f64 * NANO, self.span());
                seen.values.push((word("open connections"), word("open_connections"), Unit::Count, open));
            }
        }
        if let Some(calling) = &clients.calling {
            self.see_calls(calling, &mut seen);
        }
        seen
    }
}

/// Adds the latencies of answers that came degraded or late, and of calls that failed.
fn see_other_answers(record: &ClientsRecord, seen: &mut NodeSeen) {
    let kinds = [
        (Answers::Degraded, "degraded_latency", &record.degraded_latency),
        (Answers::Late, "late_latency", &record.late_latency),
        (Answers::Failed, "failed_latency", &record.failed_latency),
    ];
    for (answers, of, latency) in kinds {
        let numbers = [
            (Quantity::latency_mean(), latency.mean()),
            (Quantity::latency_quantile(0.5), latency.quantile(0.5)),
            (Quantity::latency_quantile(0.99), latency.quantile(0.99)),
        ];
        seen.values.extend(numbers.into_iter().map(|(quantity, value)| {
            let Quantity { name, id, unit, .. } = quantity.among(answers);
            (Cow::Owned(name), Cow::Owned(id), unit, value)
        }));
        seen.times.push(Times { only_where_seen: true, ..Times::of(of, latency) });
    }
}
