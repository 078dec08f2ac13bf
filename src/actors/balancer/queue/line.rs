//! The requests that wait at a balancer for a slot at a server, and what is recorded of them. When a request waits and
//! which one is next is decided elsewhere.

use super::spec::Queue;
use crate::actors::resources::{Lines, Station, Ticket, Usage};
use crate::engine::{BySlot, Duration, Handle, LaneId, RequestId, Time};
use crate::measure::{Begin, Begun, Latency, LatencyCopy, Windows};

/// Records of waiting.
#[derive(Clone, Debug, Default)]
pub struct QueueRecord {
    /// The requests that wait. Those that waited too long are rejected, and those that found no place in the queue.
    pub usage: Usage,
    /// Requests that went to a server, after waiting or without, from time zero on.
    pub passed: u64,
    /// Waiting times of requests that came to a server after the warm-up; zero for those that did not wait.
    pub waits: Latency,
    waits_at_warm_up: Begun<(), LatencyCopy>,
    /// Requests that went to a server, at each boundary.
    passed_by_window: Windows<u64>,
}

impl QueueRecord {
    /// A request goes to a server, having waited so long.
    pub fn passes(&mut self, waited: Duration) {
        self.passed += 1;
        self.waits.record(waited);
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.usage.measure(now, 0, begin);
        self.waits_at_warm_up.begin(begin, (), &mut self.waits);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.usage.window(now, 0, halve);
        self.passed_by_window.close(self.passed, halve);
    }
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: RequestId,
    since: Time,
    timeout: Handle,
}

/// The line of requests that wait for any member.
const FOR_ANY: usize = 0;

/// The line of requests that wait for one member, or for any.
fn line_of(member: Option<usize>) -> usize {
    member.map_or(FOR_ANY, |member| member + 1)
}

/// The waiting requests, for a given server or for any.
#[derive(Debug)]
pub struct Line {
    places: usize,
    per_server: usize,
    /// How long a request may wait.
    pub lane: Option<LaneId>,
    lines: Lines<Waiting>,
    tickets: BySlot<Ticket>,
    /// Records of the queue.
    pub record: QueueRecord,
}

impl Line {
    /// No request waits. `lane` is that of the timeout.
    #[must_use]
    pub fn new(spec: &Queue, lane: Option<LaneId>) -> Self {
        Self {
            places: spec.places.unwrap_or(usize::MAX),
            per_server: spec.per_server.unwrap_or(usize::MAX),
            lane,
            lines: Lines::default(),
            tickets: BySlot::default(),
            record: QueueRecord::default(),
        }
    }

    /// Requests that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True if no request waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// True if one more may wait, for `member` or for any.
    #[must_use]
    pub fn has_place(&self, member: Option<usize>) -> bool {
        let before = member.map_or(0, |member| self.lines.len_of(line_of(Some(member))));
        self.lines.len() < self.places && before < self.per_server
    }

    /// True if a request waits for `member` alone.
    #[must_use]
    pub fn waits_for(&self, member: usize) -> bool {
        self.lines.len_of(line_of(Some(member))) > 0
    }

    /// One more waits, for `member` or for any, until `timeout`.
    pub fn join(&mut self, id: RequestId, member: Option<usize>, timeout: Handle, now: Time) {
        self.tickets.put(id, self.lines.join(line_of(member), Waiting { id, since: now, timeout }));
        self.record.usage.came(now);
        self.record.usage.waiting.up(now);
    }

    /// The request that takes a place that is free at `member`: the one that came first of those that wait for it or for
    /// any.
    #[must_use]
    pub fn next(&self, member: usize) -> Option<RequestId> {
        let firsts = [line_of(Some(member)), FOR_ANY].into_iter().filter_map(|line| self.lines.first(line));
        firsts.min_by_key(|(number, _)| *number).map(|(_, waiting)| waiting.id)
    }

    /// The requests that wait for `member` alone, in order.
    #[must_use]
    pub fn all_for(&self, member: usize) -> Vec<RequestId> {
        self.lines.of(line_of(Some(member))).map(|waiting| waiting.id).collect()
    }

    /// Removes a waiting request: its timeout and how long it waited. `None` if it did not wait.
    pub fn leave(&mut self, id: RequestId, now: Time) -> Option<(Handle, Duration)> {
        let waiting = self.lines.leave(self.tickets.take(id)?)?;
        self.record.usage.waiting.down(now);
        self.record.usage.left(waiting.since, now);
        Some((waiting.timeout, now.since(waiting.since)))
    }
}

/// The slots for which requests wait belong to the servers.
impl Station for Line {
    fn capacity(&self) -> u64 {
        0
    }

    fn held(&self, _now: Time) -> u128 {
        0
    }

    fn usage(&self) -> &Usage {
        &self.record.usage
    }

    fn held_by_server(&self, _now: Time) -> Vec<u128> {
        Vec::new()
    }

    fn add_waiting(&self, all: &mut Latency) {
        all.merge(&self.record.waits);
    }

    /// Requests that went to a server, after waiting or without.
    fn waited_by_window(&self) -> Vec<u64> {
        self.record.passed_by_window.values().to_vec()
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
    fn a_place_goes_to_the_first_request_of_those_that_may_take_it() {
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
        let (usage, over) = (&line.record.usage, Time::from_nanos(99));
        assert_eq!((usage.arrivals, usage.departures), (5, 5));
        assert_eq!(usage.sojourn.total(), 9 + 8 + 7 + 6 + 5);
        assert_eq!((usage.waiting.area(over), line.account(over).area), (usage.sojourn.total(), usage.sojourn.total()));
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
