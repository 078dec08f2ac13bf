//! What clients saw: their calls by what became of them, and how long they took, of one node or of all together.

use std::borrow::Cow;

use super::{NANO, View, ratio, word};
use crate::actors::Actor;
use crate::actors::clients::Clients;
use crate::actors::clients::ClientsRecord;
use crate::actors::clients::calls::record::Counts;
use crate::actors::clients::record::{Outcomes, Snapshot};
use crate::engine::{Duration, Outcome, Time};
use crate::lab::measure::{Answers, Quantity, Source, What};
use crate::lab::observe::{NodeSeen, Times};
use crate::lab::open::Open;
use crate::lab::recovery::Course;
use crate::lab::results::Unit;
use crate::measure::Latency;
use crate::model::NodeInfo;

/// Calls that ended without an answer.
fn not_answered(outcomes: &Outcomes) -> u64 {
    outcomes.iter().sum::<u64>() - outcomes[Outcome::Served as usize] - outcomes[Outcome::Degraded as usize]
}

/// Answers that came home, of use or not.
fn answers(outcomes: &Outcomes, late: u64) -> u64 {
    outcomes[Outcome::Served as usize] + outcomes[Outcome::Degraded as usize] + late
}

/// Counts of calls: those of a kind, or all that they are a share of.
type Count = Box<dyn Fn(&Snapshot) -> u64>;

/// What a quantity counts of calls, if it is a count.
fn count(what: &What) -> Option<Count> {
    Some(match *what {
        What::Throughput => Box::new(|s| answers(&s.outcomes, s.late)),
        What::Goodput => Box::new(|s| s.outcomes[Outcome::Served as usize]),
        What::OfferedRate => Box::new(|s| s.offered),
        What::Attempts => Box::new(|s| s.attempts),
        What::LateAnswers => Box::new(|s| s.late),
        What::DropRate => Box::new(|s| not_answered(&s.outcomes)),
        What::Answered => Box::new(|s| s.outcomes[Outcome::Served as usize]),
        What::Share(outcome) => Box::new(move |s| s.outcomes[outcome as usize]),
        _ => return None,
    })
}

/// What a count is divided by; `None` if it is a rate, by time.
fn whole(what: &What) -> Option<Count> {
    Some(match what {
        What::Attempts => Box::new(|s| s.offered),
        What::LateAnswers => Box::new(|s| answers(&s.outcomes, s.late)),
        What::DropRate | What::Answered | What::Within(_) | What::Share(_) => Box::new(|s| s.outcomes.iter().sum()),
        _ => return None,
    })
}

/// What counts calls within a limit; all clients of a system count the same limits.
fn within(clients: &Clients, limit: Duration) -> Option<Count> {
    let place = clients.record.within.place(limit)?;
    // Before the first boundary there are no counts.
    Some(Box::new(move |s| s.within.get(place).copied().unwrap_or(0)))
}

impl View<'_> {
    /// The clients called `of`, or all.
    fn clients<'b>(&'b self, of: Option<&str>) -> impl Iterator<Item = &'b Clients> {
        let wanted = move |info: &NodeInfo| of.is_none_or(|of| info.name == of);
        self.actors.all.iter().zip(self.nodes).filter(move |(_, info)| wanted(info)).filter_map(
            |(actor, _)| match actor {
                Actor::Clients(clients) => Some(&**clients),
                _ => None,
            },
        )
    }

    /// A number that clients see.
    pub(super) fn value_of_clients(&self, quantity: &Quantity) -> Option<f64> {
        let of = quantity.of.as_deref();
        match &quantity.what {
            What::LatencyMean => self.latency_of(&quantity.source()).mean(),
            What::LatencyQuantile(p) => self.latency_of(&quantity.source()).quantile(*p),
            What::Answered | What::Within(_) => {
                let (part, whole) = self.calls_answered(quantity)?;
                ratio(part as f64, whole as f64)
            }
            What::InSystem => {
                let since = |c: &Clients| c.record.population.area(self.over) - c.record.at_warm_up.population;
                let area: u128 = self.clients(of).map(since).sum();
                ratio(area as f64 * NANO, self.span())
            }
            What::DuplicateWrites => {
                let (twice, writes) = self.writes(of);
                ratio(twice as f64, writes as f64)
            }
            What::Fairness => {
                // Jain, Chiu and Hawe 1984.
                let goodput = count(&What::Goodput)?;
                let each: Vec<f64> = self.clients(None).map(|clients| self.since(clients, &goodput) as f64).collect();
                let sum: f64 = each.iter().sum();
                ratio(sum * sum, each.len() as f64 * each.iter().map(|x| x * x).sum::<f64>())
            }
            What::Recovery(number, how) => {
                let goodput = self.windows_of_count(of, &count(&What::Goodput)?);
                let rates: Vec<f64> = goodput.iter().map(|served| served / self.window).collect();
                let trouble = how.trouble(self.trouble)?;
                let course = Course::of(&rates, self.window, self.warm_up.as_secs_f64(), trouble, how)?;
                if self.overflowed { course.cut_off() } else { course }.number(*number)
            }
            what => {
                let part = self.sum(of, &count(what)?) as f64;
                ratio(part, whole(what).map_or_else(|| self.span(), |whole| self.sum(of, &whole) as f64))
            }
        }
    }

    /// Calls made after the warm-up.
    pub(super) fn calls_made(&self, of: Option<&str>) -> u64 {
        let offered: Count = Box::new(|snapshot| snapshot.offered);
        self.sum(of, &offered)
    }

    /// The calls that a share counts and those it is a share of, where a quantity is one; for what is true or false of a
    /// replication, 1 of 1 or none of it.
    pub fn counts(&self, quantity: &Quantity) -> Option<(u64, u64)> {
        if quantity.unit != Unit::Fraction || !self.measured {
            return None;
        }
        if quantity.is_verdict() {
            return self.value(quantity).map(|value| (u64::from(value > 0.5), 1));
        }
        if let Some(stays) = self.stays(quantity) {
            return self.counts_of_node(quantity, stays);
        }
        if quantity.what == What::DuplicateWrites {
            return Some(self.writes(quantity.of.as_deref()));
        }
        if matches!(quantity.what, What::Answered | What::Within(_)) {
            return self.calls_answered(quantity);
        }
        let of = quantity.of.as_deref();
        Some((self.sum(of, &count(&quantity.what)?), self.sum(of, &whole(&quantity.what)?)))
    }

    /// Calls answered in time and as asked, perhaps within a limit, and all of which this replication knows whether they
    /// are: those that ended, and those that still wait at the end and are over the limit.
    fn calls_answered(&self, quantity: &Quantity) -> Option<(u64, u64)> {
        let of = quantity.of.as_deref();
        let (part, overdue) = match quantity.what {
            What::Within(time) => {
                let limit = time.duration();
                (within(self.clients(of).next()?, limit)?, self.overdue(of, limit))
            }
            _ => (count(&quantity.what)?, 0),
        };
        Some((self.sum(of, &part), self.sum(of, &whole(&quantity.what)?) + overdue))
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

    /// Calls that write whose work was done more than once, and all that are over.
    fn writes(&self, of: Option<&str>) -> (u64, u64) {
        let records = self.clients(of).filter_map(|clients| clients.calling.as_ref()).map(|calling| &calling.record);
        records.fold((0, 0), |(twice, all), record| {
            let (now, before) = (&record.counts, &*record.at_warm_up);
            (twice + now.writes_twice - before.writes_twice, all + now.writes - before.writes)
        })
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
    fn overdue(&self, of: Option<&str>, limit: Duration) -> u64 {
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
    fn since(&self, clients: &Clients, count: &Count) -> u64 {
        count(&clients.record.snapshot(self.over)) - count(&clients.record.at_warm_up)
    }

    fn sum(&self, of: Option<&str>, count: &Count) -> u64 {
        self.clients(of).map(|clients| self.since(clients, count)).sum()
    }

    /// A count by window, from time zero on.
    fn windows_of_count(&self, of: Option<&str>, count: &Count) -> Vec<f64> {
        self.steps(self.clients(of).map(|c| c.record.windows.values().iter().map(|w| u128::from(count(w)))))
    }

    /// Parts and wholes of a number that clients see by window, from time zero on; empty of what is no ratio of sums.
    pub(super) fn windows_of_clients(&self, quantity: &Quantity) -> Vec<(f64, f64)> {
        let of = quantity.of.as_deref();
        let width = self.window;
        match &quantity.what {
            What::LatencyMean => {
                let mut sums: Vec<(f64, f64)> = Vec::new();
                for clients in self.clients(of) {
                    let windows = clients.record.latencies.values();
                    sums.resize(sums.len().max(windows.len()), (0.0, 0.0));
                    for (sum, latency) in sums.iter_mut().zip(windows) {
                        let count = latency.count() as f64;
                        *sum = (sum.0 + latency.mean().unwrap_or(0.0) * count, sum.1 + count);
                    }
                }
                sums
            }
            What::DuplicateWrites => {
                let calling = || self.clients(of).filter_map(|clients| clients.calling.as_ref());
                let steps = |count: fn(&Counts) -> u64| {
                    self.steps(
                        calling()
                            .map(|calling| calling.record.windows.values().iter().map(move |w| u128::from(count(w)))),
                    )
                };
                let (twice, all) = (steps(|counts| counts.writes_twice), steps(|counts| counts.writes));
                twice.into_iter().zip(all).collect()
            }
            What::InSystem => {
                let areas = self.clients(of).map(|c| c.record.windows.values().iter().map(|w| w.population));
                self.steps(areas).into_iter().map(|area| (area * NANO, width)).collect()
            }
            what => {
                let count = match what {
                    What::Within(time) => self.clients(of).next().and_then(|c| within(c, time.duration())),
                    _ => count(what),
                };
                let Some(count) = count else { return Vec::new() };
                let parts = self.windows_of_count(of, &count);
                match whole(what) {
                    None => parts.into_iter().map(|part| (part, width)).collect(),
                    Some(whole) => parts.into_iter().zip(self.windows_of_count(of, &whole)).collect(),
                }
            }
        }
    }

    /// Adds, for each limit that is asked for, the share within it of the calls that ended in each window.
    fn see_shares_within(&self, clients: &Clients, seen: &mut NodeSeen) {
        let steps = |count: &Count| {
            let mut before = 0;
            let step = |snapshot: &Snapshot| {
                let count = count(snapshot);
                count - std::mem::replace(&mut before, count)
            };
            clients.record.windows.values().iter().map(step).collect::<Vec<u64>>()
        };
        for (id, limit) in &self.limits {
            let Some((part, whole)) = within(clients, *limit).zip(whole(&What::Answered)) else { continue };
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
                (word("throughput"), Unit::PerSecond, rate(|snapshot| answers(&snapshot.outcomes, snapshot.late))),
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
