//! Circuit breakers: they stop calls to a failing service, and try again later. A rule is one file in `rules` and one
//! line in `rule.rs`.

mod describe;
pub mod ends;
pub mod lock;
pub mod record;
pub mod rule;
pub mod rules;
mod seen;
pub mod spec;

pub use record::CircuitRecord;
pub use spec::BreakerSpec;

use super::kit::books::Account;
use super::kit::message::{Core, Message, Passed, reply};
use super::kit::node::Node;
use super::kit::passage::{Passage, Taken};
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::{BySlot, Duration, Handle, LaneId, Outcome, RequestId, Time};
use crate::measure::Begin;
use ends::Endings;
use lock::Locks;
use rule::{Break, Ending, State};
use rules::{Circuit, Rule};

/// A call under way that may be found to take too long.
#[derive(Clone, Copy, Debug)]
struct Patience {
    timeout: Handle,
    circuit: u32,
    since: Time,
    counted: bool,
}

/// Calls that take too long.
#[derive(Debug)]
struct Overtime {
    lane: LaneId,
    limit: Duration,
    calls: BySlot<Patience>,
}

/// A breaker at work.
#[derive(Debug)]
pub struct Breaker {
    passage: Passage,
    /// One for each server, or one for all.
    circuits: Vec<Circuit>,
    rule: Rule,
    endings: Endings,
    /// Where calls go one at a time.
    locks: Option<Box<Locks>>,
    overtime: Option<Overtime>,
    /// Records of its circuits.
    pub record: CircuitRecord,
}

impl Breaker {
    /// A breaker as described by `spec` in front of `servers` servers, with the link to them; `timeout` is the lane of
    /// its timeouts.
    #[must_use]
    pub fn new(spec: &BreakerSpec, servers: usize, passage: Passage, timeout: Option<LaneId>) -> Self {
        let limit = spec.timeout.map_or(Duration::ZERO, |timeout| timeout.duration());
        let circuits = spec.per.count(servers);
        Self {
            passage,
            circuits: (0..circuits).map(|_| spec.rule.build()).collect(),
            rule: spec.rule.clone(),
            endings: Endings::new(&spec.failures, &spec.ignored),
            locks: spec.serial.then(|| Box::new(Locks::new(circuits))),
            overtime: timeout.map(|lane| Overtime { lane, limit, calls: BySlot::default() }),
            record: CircuitRecord::default(),
        }
    }

    /// The link to the node behind, with the records of requests.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// Circuits.
    #[must_use]
    pub fn circuits(&self) -> usize {
        self.circuits.len()
    }

    /// The locks, if calls go one at a time.
    #[must_use]
    pub fn locks(&self) -> Option<&Locks> {
        self.locks.as_deref()
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match self.passage.take(core, message) {
            Taken::Came(id) => return self.permit(core, id),
            Taken::Back(id) => return self.returned(core, id),
            Taken::Handled(passed) => return passed,
            Taken::Other(Message::CallTimeout { id }) => self.overdue(core, id),
            Taken::Other(Message::CircuitAlarm { circuit }) => {
                self.ask(core, circuit, |circuit, now| circuit.rings(now))
            }
            Taken::Other(Message::Crashed) => self.crashed(core),
            Taken::Cancelled(id) => return self.cancelled(core, id),
            Taken::Other(_) => {}
        }
        None
    }

    /// Its host has crashed: every circuit starts again, closed.
    fn crashed(&mut self, core: &mut Core) {
        for place in 0..self.circuits.len() {
            let rule = &self.rule;
            let fresh = rule.build();
            self.ask(core, place as u32, |circuit, _| *circuit = fresh);
        }
    }

    #[inline]
    fn permit(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        let place = if self.circuits.len() == 1 { 0 } else { request.port() };
        if let Some(locks) = &mut self.locks {
            return if locks.take(place, id, core.now()) {
                self.permit_locked(core, id, place)
            } else {
                self.wait(core, id, place)
            };
        }
        let permitted = self.ask(core, place, |circuit, now| circuit.permit(now));
        if let Err(retry_after) = permitted {
            return self.passage.reject(core, id, Outcome::CircuitOpen, retry_after);
        }
        self.passage.enter(core, id, place);
        if self.overtime.is_some() {
            self.expect(core, id, place);
        }
        self.passage.send(core, id)
    }

    #[inline]
    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let ending = self.endings.of(core.requests.outcome_behind(id));
        let left = self.passage.leave(core, id);
        let (frame, back) = (left.frame, left.back);
        if !self.was_counted(core, id) {
            let took = now.since(frame.entered);
            self.ask(core, frame.tag, |circuit, now| circuit.ended(ending, took, now));
        }
        if self.locks.is_some() {
            self.unlock(core, frame.tag);
        }
        reply(back, id)
    }

    /// The lock of the circuit is held, so the request waits for it.
    fn wait(&mut self, core: &mut Core, id: RequestId, place: u32) -> Passed {
        self.passage.enter(core, id, place);
        None
    }

    /// The call of a request that has just arrived holds the lock, for which no other waits.
    fn permit_locked(&mut self, core: &mut Core, id: RequestId, place: u32) -> Passed {
        self.passage.enter(core, id, place);
        let (passed, holds) = self.try_call(core, id, place);
        if !holds && let Some(locks) = &mut self.locks {
            locks.give_back(place, core.now());
        }
        passed
    }

    /// Makes the call of a request that is here and holds the lock, if the circuit permits it; false if the request no
    /// longer needs the lock.
    fn try_call(&mut self, core: &mut Core, id: RequestId, place: u32) -> (Passed, bool) {
        if let Err(retry_after) = self.ask(core, place, |circuit, now| circuit.permit(now)) {
            return (self.passage.reject_entered(core, id, Outcome::CircuitOpen, retry_after), false);
        }
        self.passage.note(core, id, place);
        if self.overtime.is_some() {
            self.expect(core, id, place);
        }
        (self.passage.send(core, id), true)
    }

    /// The lock is free: the next in line asks the circuit, until one goes through.
    #[inline(never)]
    fn unlock(&mut self, core: &mut Core, place: u32) {
        while let Some(next) = self.locks.as_mut().and_then(|locks| locks.give_back(place, core.now())) {
            let (passed, holds) = self.try_call(core, next, place);
            core.send_passed(passed);
            if holds {
                return;
            }
        }
    }

    /// A request is cancelled. If it waits here it leaves; otherwise the next node will find the mark.
    fn cancelled(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let place = core.requests.last(id)?.tag;
        if !self.locks.as_mut()?.forget(place, id, core.now()) {
            return None;
        }
        reply(self.passage.leave(core, id).back, id)
    }

    /// Calls a method of a circuit, after which its state may have changed.
    #[inline]
    fn ask<A>(&mut self, core: &mut Core, place: u32, it: impl FnOnce(&mut Circuit, Time) -> A) -> A {
        let now = core.now();
        let circuit = &mut self.circuits[place as usize];
        let before = circuit.state();
        let answer = it(circuit, now);
        let after = circuit.state();
        if before != after {
            self.changed(core, place, before, after);
        }
        answer
    }

    #[cold]
    #[inline(never)]
    fn changed(&mut self, core: &mut Core, place: u32, before: State, after: State) {
        self.record.changed(before, after, core.now());
        if let Some(at) = self.circuits[place as usize].alarm() {
            core.send_at(at, self.passage.me, Message::CircuitAlarm { circuit: place });
        }
    }

    /// From now on the call may turn out to take too long.
    #[inline(never)]
    fn expect(&mut self, core: &mut Core, id: RequestId, circuit: u32) {
        let Some(Overtime { lane, calls, .. }) = &mut self.overtime else { return };
        let timeout = core.send_in_lane(*lane, self.passage.me, Message::CallTimeout { id });
        calls.put(id, Patience { timeout, circuit, since: core.now(), counted: false });
    }

    /// True if the call that has ended was found to take too long before.
    #[inline]
    fn was_counted(&mut self, core: &mut Core, id: RequestId) -> bool {
        let Some(Overtime { calls, .. }) = &mut self.overtime else { return false };
        let Some(call) = calls.take(id) else { return false };
        if !call.counted {
            core.calendar.cancel(call.timeout);
        }
        call.counted
    }

    /// A call takes too long: it has failed, whatever comes of it.
    fn overdue(&mut self, core: &mut Core, id: RequestId) {
        let Some(Overtime { calls, limit, .. }) = &mut self.overtime else { return };
        let Some(call) = calls.get_mut(id) else { return };
        call.counted = true;
        let (circuit, took) = (call.circuit, (*limit).max(core.now().since(call.since)));
        self.ask(core, circuit, |circuit, now| circuit.ended(Ending::Failure, took, now));
    }
}

impl Node for Breaker {
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
        self.record.window(now, halve);
        if let Some(locks) = &mut self.locks {
            locks.window(now, halve);
        }
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.passage.record.measure(now, begin);
        self.record.measure(now, begin);
        if let Some(locks) = &mut self.locks {
            locks.measure(now, begin);
        }
    }
}
