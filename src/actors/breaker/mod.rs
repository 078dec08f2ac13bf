//! Circuit breakers: they stop calls to a service that is failing, and try again later. A rule is one file in `rules` and
//! one line in `rule.rs`.

pub mod record;
pub mod rule;
pub mod rules;
pub mod spec;

pub use record::CircuitRecord;
pub use spec::{BreakerSpec, Per};

use super::cancel::{Found, arrived};
use super::message::{CHECK_CLASS, Core, Message, Passed, reply};
use super::passage::Passage;
use crate::engine::{Duration, Handle, LaneId, Outcome, Request, RequestId, Time};
use rule::{Break, Circuit, Ending};

/// A call under way that may be found to take too long.
#[derive(Clone, Copy, Debug)]
struct Patience {
    timeout: Handle,
    circuit: u32,
    since: Time,
    counted: bool,
}

/// Calls that take too long: a place for each slot of requests.
#[derive(Debug)]
struct Overtime {
    lane: LaneId,
    limit: Duration,
    calls: Vec<Option<Patience>>,
}

/// A breaker at work.
#[derive(Debug)]
pub struct Breaker {
    passage: Passage,
    /// One for each server, or one for all.
    circuits: Vec<Circuit>,
    overtime: Option<Overtime>,
    /// What its circuits did.
    pub record: CircuitRecord,
}

/// How a call ended, as far as the service can help it.
fn ending(request: &Request, given_up: Outcome) -> Ending {
    let outcome = if request.abandoned { given_up } else { request.outcome };
    match outcome {
        Outcome::Served | Outcome::Degraded => Ending::Success,
        Outcome::RateLimited | Outcome::Throttled | Outcome::Cancelled => Ending::Ignored,
        _ => Ending::Failure,
    }
}

impl Breaker {
    /// A breaker as described by `spec` before so many servers, with the way on; `timeout` is the lane of its timeouts.
    #[must_use]
    pub fn new(spec: &BreakerSpec, servers: usize, passage: Passage, timeout: Option<LaneId>) -> Self {
        let circuits = match spec.per {
            Per::Service(_) => 1,
            Per::Server(_) => servers.max(1),
        };
        let limit = spec.timeout.map_or(Duration::ZERO, |timeout| timeout.duration());
        Self {
            passage,
            circuits: (0..circuits).map(|_| spec.rule.build()).collect(),
            overtime: timeout.map(|lane| Overtime { lane, limit, calls: Vec::new() }),
            record: CircuitRecord::default(),
        }
    }

    /// The way on, with what was recorded of requests.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// Circuits.
    #[must_use]
    pub fn circuits(&self) -> usize {
        self.circuits.len()
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Request { id } => self.permit(core, id),
            Message::Reply { id } => {
                if self.passage.link().arrives_at_once(core, id, self.passage.me) {
                    self.returned(core, id)
                } else {
                    None
                }
            }
            other => self.handle_rare(core, other),
        }
    }

    #[inline(never)]
    fn handle_rare(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Returned { id } => return self.returned(core, id),
            Message::CallTimeout { id } => self.overdue(core, id),
            Message::Cancel { id } => {
                if let Found::GoneOn(next, _) = arrived(core, id, self.passage.me) {
                    let number = core.requests[id].number;
                    self.passage.link().carry(core, number, next, Message::Cancel { id }, true);
                }
            }
            Message::Closed { connection } => self.passage.closed(core, connection),
            Message::WarmUpOver => {
                self.passage.record.at_warm_up = self.passage.record.snapshot(core.now());
                self.record.at_warm_up = self.record.snapshot(core.now());
            }
            _ => {}
        }
        None
    }

    #[inline]
    fn permit(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        if request.class == CHECK_CLASS {
            return self.passage.let_check_by(core, id);
        }
        let place = if self.circuits.len() == 1 { 0 } else { request.port() };
        let now = core.now();
        self.passage.record.arrivals += 1;
        let circuit = &mut self.circuits[place as usize];
        let before = circuit.state();
        let permitted = circuit.permit(now);
        self.record.saw(before, circuit.state(), now);
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
        let given_up = core.requests.details(id).given_up;
        let left = self.passage.leave(core, id);
        let (frame, back) = (left.frame, left.back);
        let (ending, class) = (ending(left.request, given_up), left.request.class);
        if class != CHECK_CLASS && !self.was_counted(core, id) {
            self.ended(frame.tag, ending, now.since(frame.entered), now);
        }
        reply(back, id)
    }

    #[inline]
    fn ended(&mut self, place: u32, ending: Ending, took: Duration, now: Time) {
        let circuit = &mut self.circuits[place as usize];
        let before = circuit.state();
        circuit.ended(ending, took, now);
        self.record.saw(before, circuit.state(), now);
    }

    /// From now on the call may turn out to take too long.
    #[inline(never)]
    fn expect(&mut self, core: &mut Core, id: RequestId, circuit: u32) {
        let Some(Overtime { lane, calls, .. }) = &mut self.overtime else { return };
        let slot = id.0 as usize;
        if calls.len() <= slot {
            calls.resize(slot + 1, None);
        }
        let timeout = core.send_in_lane(*lane, self.passage.me, Message::CallTimeout { id });
        calls[slot] = Some(Patience { timeout, circuit, since: core.now(), counted: false });
    }

    /// True if the call that has ended was found to take too long before.
    #[inline]
    fn was_counted(&mut self, core: &mut Core, id: RequestId) -> bool {
        let Some(Overtime { calls, .. }) = &mut self.overtime else { return false };
        let Some(call) = calls.get_mut(id.0 as usize).and_then(Option::take) else { return false };
        if !call.counted {
            core.calendar.cancel(call.timeout);
        }
        call.counted
    }

    /// A call takes too long: it has failed, whatever comes of it.
    fn overdue(&mut self, core: &mut Core, id: RequestId) {
        let Some(Overtime { calls, limit, .. }) = &mut self.overtime else { return };
        let Some(Some(call)) = calls.get_mut(id.0 as usize) else { return };
        call.counted = true;
        let (circuit, took, now) = (call.circuit, (*limit).max(core.now().since(call.since)), core.now());
        self.ended(circuit, Ending::Failure, took, now);
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
        self.record.window(now, halve);
    }
}
