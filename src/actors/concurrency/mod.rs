//! Concurrency limits: how many requests may be in flight at once. A rule is one file in `rules` and one line in
//! `rule.rs`.
//!
//! Limits on the rate of requests belong in `limiter`.

mod describe;
pub mod gate;
pub mod permits;
pub mod record;
pub mod rule;
pub mod rules;
mod seen;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod window;

pub use record::ConcurrencyRecord;
pub use spec::ConcurrencyLimiterSpec;

use super::kit::books::Account;
use super::kit::message::{Core, Message, Passed, reply};
use super::kit::node::Node;
use super::kit::passage::{Passage, Taken};
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use super::resources::{Station, Ticket, Usage};
use crate::engine::random::StreamKey;
use crate::engine::{BySlot, Duration, LaneId, Outcome, RequestId, Time};
use crate::measure::Begin;
use gate::{Gate, Waiting};
use permits::{Permits, Shares};
use rule::Sample;

/// The note of a request that is here: its gate, and how many were under way when it went on, as far as that fits beside.
#[derive(Clone, Copy, Debug)]
struct Notes {
    /// Bits for the number in flight, the low ones.
    bits: u32,
}

impl Notes {
    /// For this many gates.
    fn new(gates: usize) -> Self {
        Self { bits: u32::BITS - gates.next_power_of_two().ilog2() }
    }

    /// As many in flight as fit: with a million gates 4095.
    fn most(self) -> u32 {
        ((1_u64 << self.bits) - 1) as u32
    }

    fn note(self, place: u32, in_flight: u32) -> u32 {
        (u64::from(place) << self.bits) as u32 | in_flight.min(self.most())
    }

    fn place(self, note: u32) -> usize {
        (u64::from(note) >> self.bits) as usize
    }

    fn in_flight(self, note: u32) -> u32 {
        note & self.most()
    }
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
    /// The place in line of each request that waits.
    tickets: BySlot<Ticket>,
    notes: Notes,
    /// Records of its limits.
    pub record: ConcurrencyRecord,
}

/// Whether an answer is a drop; `None` if it is no information about the load. `outcome` is the outcome of its request
/// on the way from here.
fn is_drop(outcome: Option<Outcome>) -> Option<bool> {
    match outcome? {
        Outcome::Served | Outcome::Degraded => Some(false),
        Outcome::Error => None,
        _ => Some(true),
    }
}

impl ConcurrencyLimiter {
    /// A limiter as described by `spec` before the given number of servers, with the link to the node behind;
    /// `class_of` knows the classes of clients, `wait` is the lane of the timeout of waiting requests, and `key` names
    /// its random streams.
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
                shares.keep(class, share.exact());
            }
        }
        let window = spec.window.map(|window| window.duration());
        let permits =
            |place: usize| Permits::new(spec.limit.build(key.named(&format!("limit {place}")))).with_window(window);
        let gate = |place: usize| Gate::new(permits(place));
        let gates: Vec<Gate> = (0..spec.per.count(servers)).map(gate).collect();
        let mut record = ConcurrencyRecord::default();
        record.limit.set(Time::ZERO, gates.iter().map(|gate| u64::from(gate.permits.limit())).sum());
        let notes = Notes::new(gates.len());
        Self { passage, gates, shares, wait, queue: spec.queue as usize, tickets: BySlot::default(), notes, record }
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
                self.record.usage.rejected += 1;
                self.passage.reject_entered(core, id, Outcome::WaitedTooLong, Duration::ZERO)
            }
            Taken::Cancelled(id) => {
                // Or it is on the link to the next node, which will find the mark.
                let waiting = self.stop_waiting(core, id)?;
                core.calendar.cancel(waiting.timeout);
                reply(self.passage.leave(core, id).back, id)
            }
            _ => None,
        }
    }

    #[inline]
    fn arrive(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        let (class, port) = (request.class, request.port());
        let place = if self.gates.len() == 1 { 0 } else { port };
        match self.gates[place as usize].permits.take(class, &self.shares, core.now()) {
            Some(in_flight) => {
                self.passage.enter(core, id, self.notes.note(place, in_flight));
                self.passage.send(core, id)
            }
            None => self.wait_or_reject(core, id, class, place),
        }
    }

    /// There is no permit: the request waits for one, or is rejected.
    #[inline(never)]
    fn wait_or_reject(&mut self, core: &mut Core, id: RequestId, class: u16, place: u32) -> Passed {
        if core.requests.details(id).deadline <= core.now() {
            return self.passage.reject(core, id, Outcome::DeadlinePassed, Duration::ZERO);
        }
        let Some(lane) = self.wait else {
            return self.passage.reject(core, id, Outcome::TooManyInFlight, Duration::ZERO);
        };
        let gate = &mut self.gates[place as usize];
        if gate.waiting() >= self.queue {
            self.record.usage.rejected += 1;
            return self.passage.reject(core, id, Outcome::QueueFull, Duration::ZERO);
        }
        let timeout = core.send_in_lane(lane, self.passage.me, Message::WaitedOut { id });
        let now = core.now();
        self.tickets.put(id, gate.wait(Waiting { id, class, since: now, timeout }, &self.shares));
        self.record.usage.came(now);
        self.record.usage.waiting.up(now);
        self.passage.enter(core, id, self.notes.note(place, 0));
        None
    }

    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let is_drop = is_drop(core.requests.outcome_behind(id));
        let left = self.passage.leave(core, id);
        let (frame, back, class) = (left.frame, left.back, left.request.class);
        let place = self.notes.place(frame.tag);
        let permits = &mut self.gates[place].permits;
        permits.give_back(class, now);
        if let Some(dropped) = is_drop {
            let before = permits.limit();
            let in_flight = self.notes.in_flight(frame.tag);
            permits.learn(Sample { round_trip: now.since(frame.entered), in_flight, dropped }, now);
            self.record.moved(before, permits.limit(), now);
            self.record.drops += u64::from(dropped);
        }
        self.let_in(core, place);
        reply(back, id)
    }

    /// Waiting requests get the permits that there are.
    #[inline]
    fn let_in(&mut self, core: &mut Core, place: usize) {
        while let Some((waiting, in_flight)) = self.gates[place].next(&self.shares, core.now()) {
            let id = waiting.id;
            core.calendar.cancel(waiting.timeout);
            self.tickets.take(id);
            self.waited(waiting.since, core.now());
            let passed = if core.requests.details(id).deadline <= core.now() {
                self.gates[place].permits.give_back(waiting.class, core.now());
                self.record.usage.rejected += 1;
                self.passage.reject_entered(core, id, Outcome::DeadlinePassed, Duration::ZERO)
            } else {
                self.passage.note(core, id, self.notes.note(place as u32, in_flight));
                self.passage.send(core, id)
            };
            core.send_passed(passed);
        }
    }

    /// Removes the request from the line, if it waits.
    fn stop_waiting(&mut self, core: &mut Core, id: RequestId) -> Option<Waiting> {
        let ticket = self.tickets.take(id)?;
        let place = self.notes.place(core.requests.last(id)?.tag);
        let waiting = self.gates[place].forget(ticket)?;
        self.waited(waiting.since, core.now());
        Some(waiting)
    }

    /// Counts the end of the waiting of a request that began to wait at `since`.
    fn waited(&mut self, since: Time, now: Time) {
        self.record.usage.waiting.down(now);
        self.record.usage.left(since, now);
    }
}

/// The requests that wait, and the permits for which they wait.
impl Station for ConcurrencyLimiter {
    fn capacity(&self) -> u64 {
        self.record.limit.count()
    }

    fn held(&self, now: Time) -> u128 {
        self.gates.iter().map(|gate| gate.permits.in_flight().area(now)).sum()
    }

    fn usage(&self) -> &Usage {
        &self.record.usage
    }
}

impl Node for ConcurrencyLimiter {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    fn account(&self, over: Time) -> Account {
        Account::of_passage(&self.passage.record, over)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
        self.record.window(now, self.held(now), halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.passage.record.measure(now, begin);
        self.record.measure(now, self.held(now), begin);
    }
}
