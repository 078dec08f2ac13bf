//! Measurements at a node in one run: its numbers and its series, with their names. Combining replications belongs in
//! `lab`, drawing in `report`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::outage::Outage;
use crate::actors::Actors;
use crate::engine::{ActorId, Duration, Time};
use crate::measure::latency::Packed;
use crate::measure::{Latency, Unit};

/// Nanoseconds to seconds.
pub const NANO: f64 = 1e-9;

/// A number of a node: its name, its identifier, its unit and its value.
pub type Value = (Word, Word, Unit, Option<f64>);
/// A series of a node: its identifier, its unit and its values by window.
pub type Row = (Word, Unit, Vec<Option<f64>>);

/// A name that is part of the program.
#[must_use]
pub const fn word(text: &'static str) -> Word {
    Cow::Borrowed(text)
}

/// A quotient; `None` if `whole` is zero.
#[must_use]
pub fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// A node of a running system: one entry an actor, in the order of their addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Its name in the file, with the number of the copy where there are several.
    pub name: String,
    /// Its name in the file.
    pub group: String,
    /// The kind of the node.
    pub kind: Cow<'static, str>,
    /// True if it makes requests itself.
    pub makes_requests: bool,
}

/// A name that the program knows, or one that was read back.
pub type Word = Cow<'static, str>;

/// The measurements of one node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeSeen {
    /// The node.
    pub info: NodeInfo,
    /// Name, identifier, unit and value of each of its numbers.
    pub values: Vec<(Word, Word, Unit, Option<f64>)>,
    /// Utilization of each server.
    pub servers: Vec<f64>,
    /// Utilization of each row of servers by window.
    pub heat: Vec<Vec<f64>>,
    /// Quantity, unit and value by window.
    pub series: Vec<(Word, Unit, Vec<Option<f64>>)>,
    /// For each of its numbers that is a ratio of sums, its identifier and its denominator in this replication, which
    /// is the weight of its value among replications.
    pub weights: Vec<(Word, f64)>,
    /// For each of its series that is a ratio of sums, its identifier and the whole of each window.
    pub wholes: Vec<(Word, Vec<u64>)>,
    /// The lengths of time that its means and quantiles are made of.
    pub times: Vec<Times>,
    /// The latencies of the answers that clients got in each window, to one digit.
    pub latencies: Vec<Packed>,
    /// Its time series that are drawn in addition to its traffic.
    pub gauges: Vec<Gauge>,
}

/// Lengths of time that a node recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Times {
    /// The beginning of the names of its numbers: "waiting" for `waiting_mean` and `waiting_p99`.
    pub of: Word,
    /// How many there are.
    pub count: u64,
    /// The distribution, if a quantile is asked for.
    pub buckets: Packed,
    /// True if their numbers are of no interest where no replication has any.
    pub only_where_seen: bool,
}

impl Times {
    /// A distribution of which mean and quantiles are asked for.
    #[must_use]
    pub fn of(of: &'static str, lengths: &Latency) -> Self {
        Self { of: Cow::Borrowed(of), count: lengths.count(), buckets: lengths.packed(), only_where_seen: false }
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        (self.count, self.buckets) = (0, Packed::new());
    }

    /// A distribution of which only the mean is asked for.
    #[must_use]
    pub fn of_mean(of: &'static str, lengths: &Latency) -> Self {
        Self { of: Cow::Borrowed(of), count: lengths.count(), buckets: Packed::new(), only_where_seen: false }
    }
}

impl NodeSeen {
    /// A node without numbers so far.
    #[must_use]
    pub fn of(info: &NodeInfo) -> Self {
        Self {
            info: info.clone(),
            values: Vec::new(),
            servers: Vec::new(),
            heat: Vec::new(),
            series: Vec::new(),
            weights: Vec::new(),
            wholes: Vec::new(),
            times: Vec::new(),
            latencies: Vec::new(),
            gauges: Vec::new(),
        }
    }

    /// The series called `quantity`.
    #[must_use]
    pub fn series(&self, quantity: &str) -> Option<&[Option<f64>]> {
        self.series.iter().find(|(name, _, _)| *name == quantity).map(|(_, _, values)| &values[..])
    }
}

/// A time series of a node that is drawn on its timeline and below the traffic of clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    /// The series.
    pub series: Word,
    /// The name of the quantity that it shows.
    pub words: Word,
    /// If there is not enough room for all series, those with the lowest rank are drawn.
    pub rank: u8,
}

impl Gauge {
    /// A series, the name of its quantity, and its rank.
    #[must_use]
    pub const fn new(series: &'static str, words: &'static str, rank: u8) -> Self {
        Self { series: word(series), words: word(words), rank }
    }
}

/// The time that a run covered.
pub struct Covered<'a> {
    /// All actors.
    pub actors: &'a Actors,
    /// When it stopped.
    pub over: Time,
    /// When measuring began.
    pub warm_up: Duration,
    /// Seconds of a window.
    pub window: f64,
    /// The times within which answers to clients are counted, by the identifiers of their shares.
    pub limits: &'a [(Word, Duration)],
    /// False if it stopped within its warm-up: then there are series and no numbers.
    pub measured: bool,
}

impl Covered<'_> {
    /// Seconds that were measured.
    #[must_use]
    pub fn span(&self) -> f64 {
        self.over.since(Time::ZERO + self.warm_up).as_secs_f64()
    }

    /// Per second, from cumulative counts at the ends of windows.
    pub fn rates(&self, counts: impl Iterator<Item = u64>) -> Vec<Option<f64>> {
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
    pub fn means(&self, areas: impl Iterator<Item = u128>, whole: f64) -> Vec<Option<f64>> {
        let mut before = 0;
        areas
            .map(|area| {
                let in_window = area - before;
                before = area;
                Some(in_window as f64 * NANO / (self.window * whole))
            })
            .collect()
    }

    /// True if a member of this balancer can crash.
    #[must_use]
    pub fn may_fail_over(&self, balancer: ActorId) -> bool {
        let nodes = &self.actors.all;
        let may_crash = |actor: ActorId| nodes.get(actor.0 as usize).is_some_and(|actor| actor.node().may_crash());
        let members = nodes.get(balancer.0 as usize).map_or(&[][..], |balancer| balancer.node().members());
        members.iter().any(|member| may_crash(member.actor))
    }

    /// The losses of the balancer in each outage that began after the warm-up.
    #[must_use]
    pub fn failovers(&self, balancer: ActorId) -> Vec<Failover> {
        let nodes = &self.actors.all;
        let members = nodes.get(balancer.0 as usize).map_or(&[][..], |balancer| balancer.node().members());
        let mut actors: Vec<ActorId> = members.iter().map(|member| member.actor).collect();
        actors.dedup();
        let outages =
            actors.iter().filter_map(|actor| nodes.get(actor.0 as usize)).flat_map(|actor| actor.node().outages());
        let measured = outages.filter(|outage| outage.down >= Time::ZERO + self.warm_up);
        let lost = |outage: &Outage| {
            let sent = outage.misdirected.iter().find(|sent| sent.by == balancer);
            Failover {
                // Requests under way when the server went down were sent in good faith.
                seconds: sent.map_or(0.0, |sent| sent.last.max(outage.down).since(outage.down).as_secs_f64()),
                misdirected: sent.map_or(0, |sent| sent.count),
            }
        };
        measured.map(lost).collect()
    }
}

/// The losses of one balancer in one outage.
#[derive(Clone, Copy, Debug)]
pub struct Failover {
    /// From the crash until it sent the server the last request before the restart or the end; 0 if it sent none.
    pub seconds: f64,
    /// Requests it sent there.
    pub misdirected: u64,
}
