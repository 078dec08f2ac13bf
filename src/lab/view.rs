//! Reads a system that has stopped: every number a replication gives.

mod balancer;
mod calls;
mod clients;
mod concurrency;
mod failover;
mod fallback;
mod node;
mod passage;
mod proxy;
mod reading;
mod remapping;
mod router;

use std::borrow::Cow;

use super::observe::{NodeSeen, Times, Word};
use super::results::{LedgerRow, Unit};
use super::station::Station;
use super::trouble::Trouble;
use crate::actors::fleet::Fleet;
use crate::actors::kit::watch::Watch;
use crate::actors::{Actor, Actors};
use crate::engine::{Duration, Outcome, Time};
use crate::measure::Latency;
use crate::model::NodeInfo;

/// Reads a system that has stopped.
pub struct View<'a> {
    /// Its actors.
    pub actors: &'a Actors,
    /// What each actor is.
    pub nodes: &'a [NodeInfo],
    /// When it stopped.
    pub over: Time,
    /// When measuring began.
    pub warm_up: Duration,
    /// Seconds of a window.
    pub window: f64,
    /// For each actor that is clients, how long its calls have been under way that are at the end.
    pub ages: &'a [Vec<Duration>],
    /// The times within which answers to clients are counted, by the identifiers of their shares.
    pub limits: Vec<(Word, Duration)>,
    /// What the nodes did that somebody asks for one by one.
    pub watch: &'a Watch,
    /// What the faults and spikes of arrivals of the system make together.
    pub trouble: Option<Trouble>,
    /// True if it was stopped because too many requests were in flight.
    pub overflowed: bool,
    /// False if it stopped within its warm-up: then it has series and a ledger, and no numbers.
    pub measured: bool,
}

/// Identifiers of counts that are means over time.
const NUMBERS_THERE: [&str; 7] =
    ["in_system", "queue", "available", "limit", "in_flight", "waiting", "open_connections"];

/// Nanoseconds to seconds.
pub(super) const NANO: f64 = 1e-9;

pub(super) const fn word(text: &'static str) -> Word {
    Cow::Borrowed(text)
}

pub fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

impl View<'_> {
    /// Seconds that were measured.
    pub(super) fn span(&self) -> f64 {
        self.over.since(Time::ZERO + self.warm_up).as_secs_f64()
    }

    /// The fleets or proxies of the node called `group`, or those who wait there for a place at a server.
    fn stations<'b>(&'b self, group: &'b str) -> impl Iterator<Item = Station<'b>> {
        self.actors.all.iter().zip(self.nodes).filter(move |(_, info)| info.group == group).filter_map(|(actor, _)| {
            match actor {
                Actor::Fleet(fleet) => Some(Station::Fleet(fleet)),
                Actor::Balancer(balancer) => {
                    balancer.proxy().map(Station::Proxy).or_else(|| balancer.line().map(Station::Line))
                }
                Actor::Store(store) => Some(Station::Store(store)),
                _ => None,
            }
        })
    }

    /// Differences from window to window of cumulative figures, summed over nodes.
    fn steps<I: Iterator<Item = u128>>(&self, nodes: impl Iterator<Item = I>) -> Vec<f64> {
        let mut sums: Vec<f64> = Vec::new();
        for node in nodes {
            let mut before = 0;
            for (place, value) in node.enumerate() {
                if place == sums.len() {
                    sums.push(0.0);
                }
                sums[place] += (value - before) as f64;
                before = value;
            }
        }
        sums
    }

    /// Requests by what became of them.
    pub fn ledger(&self) -> Vec<LedgerRow> {
        let mut rows = Vec::new();
        for (actor, info) in self.actors.all.iter().zip(self.nodes) {
            let Actor::Clients(clients) = actor else { continue };
            let record = &clients.record;
            let mut row = |outcome: String, count: u64| {
                if count > 0 {
                    rows.push(LedgerRow { clients: info.name.clone(), outcome, count });
                }
            };
            row(Outcome::Served.words().to_owned(), record.outcomes[Outcome::Served as usize]);
            for (&(outcome, by), &count) in &record.losses {
                let who = self.nodes.get(by.0 as usize).filter(|_| !outcome.is_of_clients());
                row(
                    who.map_or_else(
                        || outcome.words().to_owned(),
                        |who| format!("{} by {}", outcome.words(), who.name),
                    ),
                    count,
                );
            }
            row("in flight at the end".to_owned(), record.population.count());
        }
        rows
    }

    /// What each node gave.
    pub fn nodes(&self) -> Vec<NodeSeen> {
        let seen = self.actors.all.iter().zip(self.nodes).enumerate().filter_map(|(place, (actor, info))| {
            Some(match actor {
                Actor::Clients(clients) => self.see_clients(clients, info),
                Actor::Balancer(balancer) => self.see_balancer(balancer, place, info),
                Actor::Router(router) => self.see_router(router, info),
                Actor::Limiter(limiter) => self.see_limiter(limiter, info),
                Actor::Breaker(breaker) => self.see_breaker(breaker, info),
                Actor::Fallback(fallback) => self.see_fallback(fallback, info),
                Actor::ConcurrencyLimiter(limiter) => self.see_concurrency(limiter, info),
                Actor::Store(store) => self.see_store(store, info),
                Actor::Fleet(fleet) => self.see_fleet(fleet, info),
                // Hosts stand behind all nodes, and are none themselves.
                Actor::Host(_) => return None,
            })
        });
        let seen = seen.map(|mut node| {
            if !self.measured {
                node.values.iter_mut().for_each(|(_, _, _, value)| *value = None);
                node.servers.clear();
                node.times.iter_mut().for_each(Times::clear);
            }
            self.weighed(node)
        });
        seen.collect()
    }

    /// With weights for what is counted by time: rates, shares of time, and numbers of what is there. A total is none.
    fn weighed(&self, mut seen: NodeSeen) -> NodeSeen {
        for (_, id, unit, _) in &seen.values {
            let by_time = match unit {
                Unit::PerSecond | Unit::Fraction => true,
                Unit::Count => NUMBERS_THERE.contains(&&**id),
                Unit::Seconds => false,
            };
            if by_time && !seen.weights.iter().any(|(other, _)| other == id) {
                seen.weights.push((id.clone(), self.span()));
            }
        }
        seen
    }

    fn see_fleet(&self, fleet: &Fleet, info: &NodeInfo) -> NodeSeen {
        let record = &fleet.record;
        let windows = record.windows.values();
        let span = self.span();
        let (mut waiting, mut service) = (Latency::default(), Latency::default());
        for times in &record.classes {
            waiting.merge(&times.waiting);
            service.merge(&times.service);
        }
        let area = (record.population.area(self.over) - record.at_warm_up.figures.population) as f64 * NANO;
        let queue = (record.waiting.area(self.over) - record.at_warm_up.figures.waiting) as f64 * NANO;
        let per_server = fleet.workers() as f64 / fleet.len() as f64;
        let before = &record.at_warm_up.busy_by_server;
        let servers = fleet.busy_by_server(self.over);
        let servers = servers.iter().enumerate().map(|(place, &busy)| {
            let busy = busy - before.get(place).copied().unwrap_or(0);
            ratio(busy as f64 * NANO, per_server * span).unwrap_or(0.0)
        });
        let utilization = ratio(Station::Fleet(fleet).busy(self.over) as f64 * NANO, fleet.workers() as f64 * span);
        let wasted = ratio(Station::Fleet(fleet).wasted() as f64, Station::Fleet(fleet).busy(self.over) as f64);
        let departures = record.departures - record.at_warm_up.figures.departures;
        let mut values = vec![
            (word("utilization"), word("utilization"), Unit::Fraction, utilization),
            (word("wasted work"), word("wasted_work"), Unit::Fraction, wasted),
            (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, span)),
            (word("mean waiting"), word("waiting_mean"), Unit::Seconds, waiting.mean()),
            (word("p99 waiting"), word("waiting_p99"), Unit::Seconds, waiting.quantile(0.99)),
            (word("mean service"), word("service_mean"), Unit::Seconds, service.mean()),
            (word("queue length"), word("queue"), Unit::Count, ratio(queue, span)),
            (word("in system"), word("in_system"), Unit::Count, ratio(area, span)),
        ];
        if fleet.is_checked() {
            let load = ratio(record.checks.busy as f64 * NANO, fleet.workers() as f64 * span);
            values.push((word("utilization by checks"), word("check_load"), Unit::Fraction, load));
        }
        NodeSeen {
            values,
            weights: vec![(word("wasted_work"), Station::Fleet(fleet).busy(self.over) as f64)],
            times: vec![Times::of("waiting", &waiting), Times::of_mean("service", &service)],
            servers: servers.collect(),
            heat: self.heat(fleet, per_server),
            series: vec![
                (
                    word("utilization"),
                    Unit::Fraction,
                    self.means(windows.iter().map(|snapshot| snapshot.busy), fleet.workers() as f64),
                ),
                (
                    word("wasted"),
                    Unit::Fraction,
                    self.means(windows.iter().map(|snapshot| snapshot.wasted), fleet.workers() as f64),
                ),
                (word("queue"), Unit::Count, self.means(windows.iter().map(|snapshot| snapshot.waiting), 1.0)),
                (word("in_system"), Unit::Count, self.means(windows.iter().map(|snapshot| snapshot.population), 1.0)),
            ],
            ..NodeSeen::of(info)
        }
    }

    /// Utilization by row of servers and window, from cumulative busy times.
    fn heat(&self, fleet: &Fleet, per_server: f64) -> Vec<Vec<f64>> {
        let windows = fleet.record.rows.values();
        let rows = windows.first().map_or(0, Vec::len);
        let servers_in_row = fleet.len().div_ceil(rows.max(1));
        (0..rows)
            .map(|row| {
                let servers = servers_in_row.min(fleet.len() - row * servers_in_row) as f64;
                let mut before = 0;
                let step = |window: &Vec<u128>| {
                    let busy = window[row] - before;
                    before = window[row];
                    busy as f64 * NANO / (self.window * servers * per_server)
                };
                windows.iter().map(step).collect()
            })
            .collect()
    }

    /// Per second, from cumulative counts at the ends of windows.
    pub(super) fn rates(&self, counts: impl Iterator<Item = u64>) -> Vec<Option<f64>> {
        let mut before = 0;
        counts
            .map(|count| {
                let in_window = count - before;
                before = count;
                Some(in_window as f64 / self.window)
            })
            .collect()
    }

    /// Means over each window, from cumulative areas at the ends of windows; divided by `whole`.
    pub(super) fn means(&self, areas: impl Iterator<Item = u128>, whole: f64) -> Vec<Option<f64>> {
        let mut before = 0;
        areas
            .map(|area| {
                let in_window = area - before;
                before = area;
                Some(in_window as f64 * NANO / (self.window * whole))
            })
            .collect()
    }
}
