//! Reads all numbers of a finished replication from its system.

mod clients;
mod node;
mod reading;

use super::observe::{NodeSeen, Times, Word};
use super::rows::LedgerRow;
use super::trouble::Trouble;
use crate::actors::Actors;
use crate::actors::kit::made::Made;
use crate::actors::kit::node::Remapped;
use crate::actors::kit::seen::{Covered, Failover, NANO, ratio};
use crate::actors::kit::watch::Watch;
use crate::actors::resources::Station;
use crate::engine::{ActorId, Duration, Outcome, Time};
use crate::measure::Unit;
use crate::model::NodeInfo;

/// Reads a system that has stopped.
pub struct View<'a> {
    /// Its actors.
    pub actors: &'a Actors,
    /// The node of each actor.
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
    /// Observations of single nodes that measures ask for.
    pub watch: &'a Watch,
    /// The faults and the spikes of arrivals of the system, as one trouble.
    pub trouble: Option<Trouble>,
    /// True if it was stopped because too many requests were in flight.
    pub overflowed: bool,
    /// False if it stopped within its warm-up: then it has series and a ledger, and no numbers.
    pub measured: bool,
}

/// Identifiers of counts that are means over time.
const NUMBERS_THERE: [&str; 7] =
    ["in_system", "queue", "available", "limit", "in_flight", "waiting", "open_connections"];

impl View<'_> {
    /// Seconds that were measured.
    pub(super) fn span(&self) -> f64 {
        self.over.since(Time::ZERO + self.warm_up).as_secs_f64()
    }

    /// The stations of the node called `group`, one for each copy.
    fn stations<'b>(&'b self, group: &'b str) -> impl Iterator<Item = &'b dyn Station> {
        let those = self.actors.all.iter().zip(self.nodes).filter(move |(_, info)| info.group == group);
        those.filter_map(|(actor, _)| actor.node().station())
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

    /// Requests by outcome.
    pub fn ledger(&self) -> Vec<LedgerRow> {
        let mut rows = Vec::new();
        for (actor, info) in self.actors.all.iter().zip(self.nodes) {
            let Some(Made { calls: record, .. }) = actor.node().made() else { continue };
            let mut row = |outcome: String, count: u64| {
                if count > 0 {
                    rows.push(LedgerRow { clients: info.name.clone(), outcome, count });
                }
            };
            row(Outcome::Served.words().to_owned(), record.outcomes[Outcome::Served as usize]);
            for (&(outcome, by), &count) in &record.losses {
                let who = self.nodes.get(by.0 as usize).filter(|_| !outcome.is_client_side());
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

    /// The numbers and series of each node.
    pub fn nodes(&self) -> Vec<NodeSeen> {
        let covered = self.covered();
        let seen = self.actors.all.iter().zip(self.nodes).map(|(actor, info)| actor.node().seen(&covered, info));
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

    fn covered(&self) -> Covered<'_> {
        Covered {
            actors: self.actors,
            over: self.over,
            warm_up: self.warm_up,
            window: self.window,
            limits: &self.limits,
            measured: self.measured,
        }
    }

    /// How long balancers went on sending requests to servers that were down: the mean over outages and balancers; `None`
    /// without an outage.
    pub fn failover_time(&self) -> Option<f64> {
        let covered = self.covered();
        let of = |place: usize| covered.failovers(ActorId(place as u32));
        let all: Vec<Failover> = (0..self.actors.all.len()).flat_map(of).collect();
        ratio(all.iter().map(|failover| failover.seconds).sum(), all.len() as f64)
    }

    /// The mean share of clients or keys that were remapped, over the balancers that place by a hash; `None` if there is
    /// none.
    pub fn remapped(&self, count: fn(Remapped) -> u64) -> Option<f64> {
        let each = || self.actors.all.iter().filter_map(|actor| actor.node().remapped());
        let sum: u64 = each().map(count).sum();
        let sample = each().next()?.sample;
        ratio(sum as f64 / f64::from(sample), each().count() as f64)
    }

    /// With weights for numbers by time: rates, shares of time, and populations. A total has none.
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
}
