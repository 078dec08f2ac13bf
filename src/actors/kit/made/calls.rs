//! The record of calls: their outcomes, and their latency as seen by the callers.

use std::collections::BTreeMap;

use crate::engine::{ActorId, Duration, Outcome, Time};
use crate::measure::{
    Begin, Begun, CoarseLatency, CountIntegral, Latency, LatencyCopy, LatencyWindow, Windows, Within,
};

/// Requests by outcome.
pub type Outcomes = [u64; Outcome::ALL.len()];

/// Cumulative figures of clients at a boundary of windows.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Calls made.
    pub offered: u64,
    /// Calls by outcome.
    pub outcomes: Outcomes,
    /// Attempts sent.
    pub attempts: u64,
    /// Late answers, which arrived after their client had stopped waiting.
    pub late: u64,
    /// Request-nanoseconds in flight.
    pub population: u128,
    /// Served requests within each limit that is asked for.
    pub within: Vec<u64>,
}

impl Snapshot {
    /// Calls that ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// Calls answered in time and as asked.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.outcomes[Outcome::Served as usize]
    }

    /// Calls that ended without an answer.
    #[must_use]
    pub fn not_answered(&self) -> u64 {
        self.ended() - self.served() - self.outcomes[Outcome::Degraded as usize]
    }

    /// Answers that returned, useful or not.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.served() + self.outcomes[Outcome::Degraded as usize] + self.late
    }
}

/// Everything that is recorded of calls in one run. A request of a user, a call, has one attempt unless it is retried
/// or hedged.
#[derive(Clone, Debug, Default)]
pub struct CallsRecord {
    /// Requests of users made, from time zero on.
    pub offered: u64,
    /// Requests by how they ended, from time zero on.
    pub outcomes: Outcomes,
    /// Attempts sent, from time zero on.
    pub attempts: u64,
    /// Attempts by how they ended for their clients, from time zero on.
    pub attempt_outcomes: Outcomes,
    /// Late answers, from time zero on, which arrived after their client had stopped waiting.
    pub late: u64,
    /// Requests that were not served as asked, by outcome and by the node that decided it, from time zero on.
    pub losses: BTreeMap<(Outcome, ActorId), u64>,
    /// Requests whose outcome is not known yet.
    pub population: CountIntegral,
    /// Sum of the times in nanoseconds from making a request until its outcome was known, from time zero on.
    pub sojourn: u128,
    /// Latency of served requests, measured after the warm-up.
    pub latency: Latency,
    /// How many served requests took how long at most, as far as that is asked for, from time zero on.
    pub within: Within,
    /// Latency of degraded answers, measured after the warm-up.
    pub degraded_latency: Latency,
    /// Latency of late answers, from the sending of the attempt, measured after the warm-up.
    pub late_latency: Latency,
    /// Of requests that ended without an answer, until their clients knew, measured after the warm-up.
    pub failed_latency: Latency,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot, [LatencyCopy; 4]>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
    /// Latency of the requests served in each window, to one digit.
    pub latencies: Windows<CoarseLatency>,
    window_latency: LatencyWindow,
}

impl CallsRecord {
    /// A request has been made.
    #[inline]
    pub fn made(&mut self, now: Time) {
        self.attempts += 1;
        self.call_made(now);
    }

    /// The outcome of a request is known.
    #[inline]
    pub fn ended(&mut self, now: Time, created: Time, outcome: Outcome, by: ActorId) {
        self.attempt_outcomes[outcome as usize] += 1;
        self.call_ended(now, created, outcome, by);
    }

    /// A call has begun, whatever its attempts.
    #[inline]
    pub fn call_made(&mut self, now: Time) {
        self.offered += 1;
        self.population.up(now);
    }

    /// The outcome of a call is known.
    #[inline]
    pub fn call_ended(&mut self, now: Time, created: Time, outcome: Outcome, by: ActorId) {
        self.population.down(now);
        self.outcomes[outcome as usize] += 1;
        let latency: Duration = now.since(created);
        self.sojourn += u128::from(latency.as_nanos());
        if outcome == Outcome::Served {
            let bucket = self.latency.record(latency);
            self.window_latency.count(bucket);
            self.within.record(latency);
        } else {
            self.lost(latency, outcome, by);
        }
    }

    /// A request whose client had stopped waiting has come back; its attempt was sent at `sent`.
    #[inline(never)]
    pub fn came_late(&mut self, now: Time, sent: Time, outcome: Outcome) {
        if outcome.is_answer() {
            self.late += 1;
            self.late_latency.record(now.since(sent));
        }
    }

    #[inline(never)]
    fn lost(&mut self, latency: Duration, outcome: Outcome, by: ActorId) {
        if outcome.is_answer() {
            self.degraded_latency.record(latency);
        } else {
            self.failed_latency.record(latency);
        }
        *self.losses.entry((outcome, by)).or_default() += 1;
    }

    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot {
            offered: self.offered,
            outcomes: self.outcomes,
            attempts: self.attempts,
            late: self.late,
            population: self.population.area(now),
            within: self.within.counts(),
        }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        let figures = self.snapshot(now);
        self.window_latency.while_changed(&mut self.latency, |latency| {
            let (degraded, late) = (&mut self.degraded_latency, &mut self.late_latency);
            self.at_warm_up.begin(begin, figures, [latency, degraded, late, &mut self.failed_latency]);
        });
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        let snapshot = self.snapshot(now);
        self.windows.close(snapshot, halve);
        self.latencies.push(self.window_latency.close(&self.latency));
        if halve {
            self.latencies.halve(|first, second| first.merge(&second));
        }
    }
}
