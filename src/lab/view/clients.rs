//! Calls as seen by clients: their outcomes and latencies, of one node or of all together.

use std::borrow::Cow;

use super::View;
use crate::actors::kit::made::calls::Snapshot;
use crate::actors::kit::made::{CallsRecord, Made};
use crate::engine::{Duration, Time};
use crate::lab::measure::reading::{Count, served};
use crate::lab::measure::{Answers, Source};
use crate::lab::open::Open;
use crate::measure::Latency;
use crate::model::NodeInfo;

/// The count of calls within a limit; all clients of a system count the same limits.
pub(super) fn within(clients: Made<'_>, limit: Duration) -> Option<Count<Snapshot>> {
    let place = clients.calls.within.place(limit)?;
    // Before the first boundary there are no counts.
    Some(Box::new(move |s| s.within.get(place).copied().unwrap_or(0)))
}

impl View<'_> {
    /// The clients called `of`, or all.
    pub(super) fn clients<'b>(&'b self, of: Option<&str>) -> impl Iterator<Item = Made<'b>> {
        let wanted = move |info: &NodeInfo| of.is_none_or(|of| info.name == of);
        let those = self.actors.all.iter().zip(self.nodes).filter(move |(_, info)| wanted(info));
        those.filter_map(|(actor, _)| actor.node().made())
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
        let bucket = |age: Duration| Latency::<10>::bounds(age.as_nanos()).1;
        let mut ages: Vec<u64> = Vec::new();
        if self.measured {
            match of.as_deref().and_then(|of| self.watch.node(of)) {
                Some(stays) => ages.extend(self.measured_of(&stays.ages).map(bucket)),
                None => ages.extend(self.ages_of(of.as_deref()).map(bucket)),
            }
        }
        // They are few, and a histogram would be long.
        ages.sort_unstable();
        let ages = ages.chunk_by(|one, next| one == next).map(|same| (same[0], same.len() as u64)).collect();
        Open { of, longest, ages }
    }

    /// For how long the calls have been under way that are at the end and began after the warm-up.
    fn ages_of<'b>(&'b self, of: Option<&'b str>) -> impl Iterator<Item = Duration> + 'b {
        let those = self.nodes.iter().zip(self.ages).filter(move |(info, _)| of.is_none_or(|of| info.name == of));
        those.flat_map(|(_, ages)| self.measured_of(ages))
    }

    /// The ages, at the end, of calls that began after the warm-up: calls that began before do not belong to the time
    /// that is measured.
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
        let pick = |record: &'b CallsRecord| match source.answers {
            Answers::Served => &record.latency,
            Answers::Degraded => &record.degraded_latency,
            Answers::Late => &record.late_latency,
            Answers::Failed => &record.failed_latency,
        };
        let each: Vec<&Latency> = self.clients(of).map(|clients| pick(clients.calls)).collect();
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
    fn since(&self, clients: Made<'_>, count: &Count<Snapshot>) -> u64 {
        count(&clients.calls.snapshot(self.over)) - count(&clients.calls.at_warm_up)
    }

    /// A count of the calls of one node, or of all clients together, after the warm-up.
    pub(super) fn sum(&self, of: Option<&str>, count: &Count<Snapshot>) -> u64 {
        self.clients(of).map(|clients| self.since(clients, count)).sum()
    }

    /// A count by window, from time zero on.
    pub(super) fn windows_of_count(&self, of: Option<&str>, count: &Count<Snapshot>) -> Vec<f64> {
        self.steps(self.clients(of).map(|c| c.calls.windows.values().iter().map(|w| u128::from(count(w)))))
    }
}
