//! Concurrency limits: how many requests may be under way at once. A rule is one file in `rules` and one line in `rule.rs`.
//!
//! How many requests may pass in a time is another matter, and belongs in `limiter`.

pub mod gate;
pub mod permits;
pub mod record;
pub mod rule;
pub mod rules;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod window;

pub use record::ConcurrencyRecord;
pub use spec::ConcurrencyLimiterSpec;

use super::message::{Core, Message, Passed, reply};
use super::passage::{Passage, Taken};
use crate::engine::random::StreamKey;
use crate::engine::{BySlot, Duration, LaneId, Outcome, Request, RequestId, Time};
use gate::{Gate, Waiting};
use permits::{Permits, Shares};
use rule::Sample;

/// A request under way: when it went on, and how many were under way then.
#[derive(Clone, Copy, Debug)]
struct Flight {
    since: Time,
    in_flight: u32,
}

/// A concurrency limiter at work.
#[derive(Debug)]
pub struct ConcurrencyLimiter {
    passage: Passage,
    /// One for each server, or one for all.
    gates: Vec<Gate>,
    shares: Shares,
    /// How long requests may wait, where they may.
    wait: Option<LaneId>,
    queue: usize,
    /// Those under way.
    flights: BySlot<Flight>,
    /// What its limits did.
    pub record: ConcurrencyRecord,
}

/// Whether an answer is a drop; `None` if it says nothing of how much there is to do.
fn is_drop(request: &Request, given_up: Outcome) -> Option<bool> {
    let outcome = if request.abandoned { given_up } else { request.outcome };
    match outcome {
        Outcome::Served | Outcome::Degraded => Some(false),
        Outcome::Error | Outcome::Cancelled => None,
        _ => Some(true),
    }
}

impl ConcurrencyLimiter {
    /// A limiter as described by `spec` before so many servers, with the way on; `class_of` knows the classes of clients,
    /// `wait` is the lane of those that wait, and `key` names its random streams.
    #[must_use]
    pub fn new(
        spec: &ConcurrencyLimiterSpec,
        servers: usize,
        passage: Passage,
        class_of: impl Fn(&str) -> Option<u16>,
        wait: Option<LaneId>,
        key: StreamKey,
    ) -> Self {
        let mut shares = Shares::default();
        for (name, share) in &spec.shares.entries {
            if let Some(class) = class_of(&name.text) {
                shares.keep(class, share.fraction());
            }
        }
        let window = spec.window.map(|window| window.duration());
        let permits =
            |place: usize| Permits::new(spec.limit.build(key.named(&format!("limit {place}")))).with_window(window);
        let gate = |place: usize| Gate::new(permits(place));
        let gates: Vec<Gate> = (0..spec.per.count(servers)).map(gate).collect();
        let mut record = ConcurrencyRecord::default();
        record.limit.set(Time::ZERO, gates.iter().map(|gate| u64::from(gate.permits.limit())).sum());
        Self { passage, gates, shares, wait, queue: spec.queue as usize, flights: BySlot::default(), record }
    }

    /// The way on, with what was recorded of requests.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match self.passage.take(core, message) {
            Taken::Came(id) => self.arrive(core, id),
            Taken::Back(id) => self.returned(core, id),
            Taken::Handled(passed) => passed,
            other => self.handle_rare(core, other),
        }
    }

    #[inline(never)]
    fn handle_rare(&mut self, core: &mut Core, taken: Taken) -> Passed {
        match taken {
            Taken::Other(Message::WaitedOut { id }) => {
                self.stop_waiting(core, id)?;
                self.passage.reject_entered(core, id, Outcome::WaitedTooLong, Duration::ZERO)
            }
            Taken::Cancelled(id) => {
                // Or it is on the link to the next node, which will find the mark.
                let waiting = self.stop_waiting(core, id)?;
                core.calendar.cancel(waiting.timeout);
                reply(self.passage.leave(core, id).back, id)
            }
            Taken::WarmUpOver => {
                self.record.at_warm_up = self.record.snapshot(core.now());
                None
            }
            _ => None,
        }
    }

    #[inline]
    fn arrive(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        let (class, port) = (request.class, request.port());
        let place = if self.gates.len() == 1 { 0 } else { port };
        match self.gates[place as usize].permits.take(class, &self.shares) {
            Some(in_flight) => {
                self.passage.enter(core, id, place);
                self.go_on(core, id, in_flight)
            }
            None => self.turn_away(core, id, class, place),
        }
    }

    /// A request that has entered and holds a permit goes on.
    #[inline]
    fn go_on(&mut self, core: &mut Core, id: RequestId, in_flight: u32) -> Passed {
        let since = core.now();
        self.record.in_flight.up(since);
        self.flights.put(id, Flight { since, in_flight });
        self.passage.send(core, id)
    }

    /// There is no permit: the request waits for one, or is turned away.
    #[inline(never)]
    fn turn_away(&mut self, core: &mut Core, id: RequestId, class: u16, place: u32) -> Passed {
        let Some(lane) = self.wait else {
            return self.passage.reject(core, id, Outcome::TooManyInFlight, Duration::ZERO);
        };
        let gate = &mut self.gates[place as usize];
        if gate.waiting() >= self.queue {
            return self.passage.reject(core, id, Outcome::QueueFull, Duration::ZERO);
        }
        let timeout = core.send_in_lane(lane, self.passage.me, Message::WaitedOut { id });
        gate.wait(Waiting { id, class, timeout }, &self.shares);
        self.record.waiting.up(core.now());
        self.passage.enter(core, id, place);
        None
    }

    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let given_up = core.requests.details(id).given_up;
        let left = self.passage.leave(core, id);
        let (place, back, class) = (left.frame.tag as usize, left.back, left.request.class);
        let is_drop = is_drop(left.request, given_up);
        self.record.in_flight.down(now);
        let permits = &mut self.gates[place].permits;
        permits.give_back(class);
        if let (Some(Flight { since, in_flight }), Some(dropped)) = (self.flights.take(id), is_drop) {
            let before = permits.limit();
            permits.learn(Sample { round_trip: now.since(since), in_flight, dropped }, now);
            self.record.moved(before, permits.limit(), now);
            self.record.drops += u64::from(dropped);
        }
        self.let_in(core, place);
        reply(back, id)
    }

    /// Those who wait get the permits that there are.
    #[inline]
    fn let_in(&mut self, core: &mut Core, place: usize) {
        while let Some((waiting, in_flight)) = self.gates[place].next(&self.shares) {
            core.calendar.cancel(waiting.timeout);
            self.record.waiting.down(core.now());
            let passed = self.go_on(core, waiting.id, in_flight);
            core.send_passed(passed);
        }
    }

    /// The request waits no more, if it did.
    fn stop_waiting(&mut self, core: &mut Core, id: RequestId) -> Option<Waiting> {
        let place = core.requests.last(id)?.tag as usize;
        let waiting = self.gates[place].forget(id, core.requests[id].class, &self.shares)?;
        self.record.waiting.down(core.now());
        Some(waiting)
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
        self.record.window(now, halve);
    }
}
