//! The requests that wait at a balancer for a slot at a server, and what is recorded of them. When a request waits and
//! which one is next is decided elsewhere.

use std::collections::BTreeMap;

use super::spec::Queue;
use crate::actors::kit::books::Account;
use crate::engine::{BySlot, Duration, Handle, LaneId, RequestId, Time};
use crate::measure::{Begin, Begun, CountIntegral, Latency, LatencyCopy, Windows};

/// Cumulative figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueSnapshot {
    /// Requests that went to a server, after waiting or without.
    pub passed: u64,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
    /// Requests that were turned away, because the queue was full or they had waited too long.
    pub rejected: u64,
}

/// What is recorded of waiting.
#[derive(Clone, Debug, Default)]
pub struct QueueRecord {
    /// Requests that began to wait, from time zero on.
    pub arrivals: u64,
    /// Requests that wait no more, from time zero on.
    pub departures: u64,
    /// Requests that went to a server, after waiting or without, from time zero on.
    pub passed: u64,
    /// Requests that were turned away, from time zero on.
    pub rejected: u64,
    /// Requests that wait.
    pub waiting: CountIntegral,
    /// Sum of the times in nanoseconds that requests waited, from time zero on.
    pub sojourn: u128,
    /// How long requests waited that came to a server after the warm-up; zero of those that did not wait.
    pub waits: Latency,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<QueueSnapshot, LatencyCopy>,
    /// Figures at each boundary.
    pub windows: Windows<QueueSnapshot>,
}

impl QueueRecord {
    fn snapshot(&self, now: Time) -> QueueSnapshot {
        QueueSnapshot { passed: self.passed, waiting: self.waiting.area(now), rejected: self.rejected }
    }

    /// A request goes to a server, having waited so long.
    pub fn passes(&mut self, waited: Duration) {
        self.passed += 1;
        self.waits.record(waited);
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        let figures = self.snapshot(now);
        self.at_warm_up.begin(begin, figures, &mut self.waits);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        let snapshot = self.snapshot(now);
        self.windows.close(snapshot, halve);
    }
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: RequestId,
    since: Time,
    timeout: Handle,
}

/// Those who wait, in the order in which they came.
type InOrder = BTreeMap<u64, Waiting>;

/// The waiting requests, for a given server or for any.
#[derive(Debug)]
pub struct Line {
    places: usize,
    per_server: usize,
    /// How long a request may wait.
    pub lane: Option<LaneId>,
    for_any: InOrder,
    for_one: BTreeMap<usize, InOrder>,
    /// The number in line of each, and the server it waits for.
    tickets: BySlot<(u64, Option<usize>)>,
    waiting: usize,
    came: u64,
    /// What has been recorded.
    pub record: QueueRecord,
}

impl Line {
    /// Nobody waits. `lane` is that of the timeout.
    #[must_use]
    pub fn new(spec: &Queue, lane: Option<LaneId>) -> Self {
        Self {
            places: spec.places.unwrap_or(usize::MAX),
            per_server: spec.per_server.unwrap_or(usize::MAX),
            lane,
            for_any: InOrder::new(),
            for_one: BTreeMap::new(),
            tickets: BySlot::default(),
            waiting: 0,
            came: 0,
            record: QueueRecord::default(),
        }
    }

    /// What came, what left, and what is there at the end of a run.
    #[must_use]
    pub fn account(&self, over: Time) -> Account {
        let record = &self.record;
        let (inside, area) = (self.len() as u64, record.waiting.area(over));
        Account { came: record.arrivals, left: record.departures, inside, area, sojourn: record.sojourn }
    }

    /// Requests that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// True if no request waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// True if one more may wait, for `member` or for any.
    #[must_use]
    pub fn has_place(&self, member: Option<usize>) -> bool {
        let before = member.and_then(|member| self.for_one.get(&member)).map_or(0, BTreeMap::len);
        self.waiting < self.places && before < self.per_server
    }

    /// True if a request waits for `member` alone.
    #[must_use]
    pub fn waits_for(&self, member: usize) -> bool {
        self.for_one.contains_key(&member)
    }

    /// One more waits, for `member` or for any, until `timeout`.
    pub fn join(&mut self, id: RequestId, member: Option<usize>, timeout: Handle, now: Time) {
        let waiting = Waiting { id, since: now, timeout };
        match member {
            Some(member) => self.for_one.entry(member).or_default(),
            None => &mut self.for_any,
        }
        .insert(self.came, waiting);
        self.tickets.put(id, (self.came, member));
        (self.came, self.waiting) = (self.came + 1, self.waiting + 1);
        self.record.arrivals += 1;
        self.record.waiting.up(now);
    }

    /// Who takes a place that is free at `member`: the one that came first of those who wait for it or for any.
    #[must_use]
    pub fn next(&self, member: usize) -> Option<RequestId> {
        let own = self.for_one.get(&member).and_then(BTreeMap::first_key_value);
        let any = self.for_any.first_key_value();
        own.into_iter().chain(any).min_by_key(|(ticket, _)| **ticket).map(|(_, waiting)| waiting.id)
    }

    /// Those who wait for `member` alone, in order.
    #[must_use]
    pub fn all_for(&self, member: usize) -> Vec<RequestId> {
        self.for_one.get(&member).into_iter().flat_map(BTreeMap::values).map(|waiting| waiting.id).collect()
    }

    /// A request waits no more: its timeout and how long it waited. `None` if it did not wait.
    pub fn leave(&mut self, id: RequestId, now: Time) -> Option<(Handle, Duration)> {
        let (ticket, member) = self.tickets.take(id)?;
        let waiting = match member {
            None => self.for_any.remove(&ticket)?,
            Some(member) => {
                let line = self.for_one.get_mut(&member)?;
                let waiting = line.remove(&ticket)?;
                if line.is_empty() {
                    self.for_one.remove(&member);
                }
                waiting
            }
        };
        let waited = now.since(waiting.since);
        self.waiting -= 1;
        self.record.departures += 1;
        self.record.waiting.down(now);
        self.record.sojourn += u128::from(waited.as_nanos());
        Some((waiting.timeout, waited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quantity::Span;

    fn line(places: Option<usize>, per_server: Option<usize>) -> Line {
        Line::new(&Queue { timeout: Some(Span::whole(1)), places, per_server }, None)
    }

    fn join(line: &mut Line, id: u32, member: Option<usize>) {
        line.join(RequestId(id), member, Handle::NONE, Time::from_nanos(u64::from(id)));
    }

    #[test]
    fn a_place_goes_to_who_came_first_of_those_who_may_take_it() {
        let mut line = line(None, None);
        for (id, member) in [(1, Some(0)), (2, None), (3, Some(1)), (4, Some(0)), (5, None)] {
            join(&mut line, id, member);
        }
        let mut order = |member: usize| {
            let id = line.next(member)?;
            line.leave(id, Time::from_nanos(10)).map(|_| id.0)
        };
        assert_eq!([order(1), order(1), order(1), order(1)], [Some(2), Some(3), Some(5), None]);
        assert_eq!([order(0), order(0), order(0)], [Some(1), Some(4), None]);
        assert!(line.is_empty());
        assert_eq!((line.record.arrivals, line.record.departures), (5, 5));
        assert_eq!(line.record.sojourn, 9 + 8 + 7 + 6 + 5);
        assert_eq!(line.record.waiting.area(Time::from_nanos(99)), line.record.sojourn);
    }

    #[test]
    fn places_are_counted_in_all_and_by_server() {
        let mut line = line(Some(3), Some(1));
        join(&mut line, 1, Some(0));
        assert!(!line.has_place(Some(0)) && line.has_place(Some(1)) && line.has_place(None));
        join(&mut line, 2, None);
        join(&mut line, 3, None);
        assert!(!line.has_place(Some(1)) && !line.has_place(None));
        assert!(line.leave(RequestId(1), Time::from_nanos(4)).is_some());
        assert!(line.leave(RequestId(1), Time::from_nanos(4)).is_none());
        assert!(line.has_place(Some(0)) && !line.waits_for(0));
    }
}
