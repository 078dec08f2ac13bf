//! How a call begins, and how its attempts are sent: the first, retries and hedges.
//!
//! How they end belongs in `ending`.

use super::budget::Spend;
use super::call::{Attempt, State, attempt_number};
use super::hedge::Due;
use super::{Caller, Origin, Step, Upstream};
use crate::actors::kit::message::{Core, Message};
use crate::distributions::Sampler;
use crate::engine::random::Bits;
use crate::engine::{Details, Duration, Handle, Outcome, RequestId, Time, Write};

/// Why an attempt is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// The call begins.
    First,
    /// The attempt before has failed.
    Retry,
    /// The attempt before takes long.
    Hedge,
}

impl Caller {
    /// Begins a call; all fields of its origin are resolved.
    #[inline(never)]
    pub fn begin(&mut self, core: &mut Core, upstream: &mut Upstream, origin: Origin) -> Step {
        let place = self.calls.begin(origin, core.now(), 0);
        self.call(core, upstream, place)
    }

    /// The call at a place begins.
    fn call(&mut self, core: &mut Core, upstream: &mut Upstream, place: u32) -> Step {
        let now = core.now();
        upstream.record.call_made(now);
        let call = self.calls.at(place);
        let overdue = Message::Overdue { call: place };
        let patience = |patience: &Sampler| {
            let seconds = patience.sample(&mut self.keys.patience.draws(call.origin.number));
            Duration::from_secs_f64(seconds)
        };
        match self.patience.as_ref().map(patience) {
            Some(patience) if self.timeout.is_none_or(|(_, end)| patience < end) => {
                call.gives_up = true;
                call.overdue = core.send_after(patience, upstream.me, overdue);
            }
            _ => {
                if let Some((lane, _)) = self.timeout {
                    call.overdue = core.send_in_lane(lane, upstream.me, overdue);
                }
            }
        }
        if let Some(budget) = self.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            budget.called(now);
        }
        if let Some(writes) = self.writes.as_mut().filter(|writes| writes.holds(call.asked)) {
            call.write = Some(writes.begin());
        }
        self.attempt(core, upstream, place, Reason::First)
    }

    /// The next attempt of a call is due, or the reload of a user.
    pub(super) fn next_attempt(&mut self, core: &mut Core, upstream: &mut Upstream, place: u32) -> Step {
        let call = self.calls.at(place);
        core.remove_pending_request();
        call.next = Handle::NONE;
        if call.state != State::Reloading {
            return self.attempt(core, upstream, place, Reason::Retry);
        }
        let (origin, reloads, asked) = (call.origin, call.reloads, call.asked);
        self.calls.renew(place, origin, core.now(), reloads);
        self.calls.at(place).asked = asked;
        self.record.counts.reloads += 1;
        self.call(core, upstream, place)
    }

    /// A call has been under way for long enough to be hedged.
    pub(super) fn hedge(&mut self, core: &mut Core, upstream: &mut Upstream, place: u32) -> Step {
        let now = core.now();
        let call = self.calls.at(place);
        call.hedge = Handle::NONE;
        if let Some(budget) = self.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            match budget.withdraw(now, false) {
                Some(cost) => call.cost = cost,
                None => {
                    self.record.counts.denied += 1;
                    return Step::default();
                }
            }
        }
        self.attempt(core, upstream, place, Reason::Hedge)
    }

    /// Sends an attempt, unless it is held back.
    fn attempt(&mut self, core: &mut Core, upstream: &mut Upstream, place: u32, reason: Reason) -> Step {
        let now = core.now();
        let call = self.calls.at(place);
        let number = attempt_number(call.origin.number, call.attempts);
        call.attempts += 1;
        match reason {
            Reason::Hedge => call.hedges += 1,
            Reason::First | Reason::Retry => call.tries += 1,
        }
        if let Some(throttle) = &mut self.throttle
            && !throttle.admits(now, self.keys.throttle.draws(number).uniform())
        {
            return self.held_back(core, upstream, place, reason);
        }
        match reason {
            Reason::First => {}
            Reason::Retry => self.record.counts.retries += 1,
            Reason::Hedge => self.record.counts.hedges += 1,
        }
        let (id, target, established) = self.prepare(core, upstream, place, number);
        let call = self.calls.at(place);
        call.waiting.push(Attempt { id, is_hedge: reason == Reason::Hedge, is_again: reason != Reason::First });
        if let Some((writes, write)) = self.writes.as_mut().zip(call.write) {
            writes.sent(write, id);
            core.requests.describe(id).write = Write { clients: upstream.me, place: write };
        }
        if let Some(budget) = self.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            budget.sent();
        }
        if reason != Reason::Hedge {
            call.sent = now;
        }
        self.plan_hedge(core, upstream, place);
        Step::passes(upstream.depart(core, id, target, established))
    }

    /// Throttling holds an attempt back.
    fn held_back(&mut self, core: &mut Core, upstream: &mut Upstream, place: u32, reason: Reason) -> Step {
        self.record.counts.throttled += 1;
        if let Some(budget) = self.budget().filter(|_| reason != Reason::First) {
            budget.released();
        }
        match reason {
            Reason::Hedge => {
                self.plan_hedge(core, upstream, place);
                Step::default()
            }
            _ => self.attempt_failed(core, upstream, place, Outcome::Throttled, upstream.me, Duration::ZERO),
        }
    }

    /// Makes the request of an attempt: gives it, the place of its target, and when it can leave.
    fn prepare(&self, core: &mut Core, upstream: &mut Upstream, place: u32, number: u64) -> (RequestId, u32, Time) {
        let now = core.now();
        let call = self.calls.get(place);
        let (begun, origin, asked) = (call.begun, call.origin, call.asked);
        let deadline = match self.deadlines {
            Some((whole, attempt)) => (begun + whole).min(now + attempt),
            None => Time::MAX,
        };
        let (key, client) = (origin.key.unwrap_or(0), origin.client.unwrap_or(0));
        let taken = upstream.connect(core, number, client);
        let (id, request) = core.create_request(number, upstream.class);
        request.set_out(upstream.me, place, now);
        if let Some(lane) = self.attempt_timeout {
            core.set_timeout(lane, id, upstream.me, Message::AttemptTimeout { id });
        }
        let size = origin.size.unwrap_or(0);
        let beyond_call = number.wrapping_sub(asked);
        let connection = taken.connection;
        *core.requests.describe(id) = Details { size, key, client, connection, deadline, beyond_call, ..Details::NONE };
        upstream.record.attempts += 1;
        (id, taken.target, taken.established)
    }

    /// Plans the next hedge of a call whose last attempt was just sent, or held back.
    fn plan_hedge(&mut self, core: &mut Core, upstream: &Upstream, place: u32) {
        let Some(hedging) = &self.hedging else { return };
        let call = self.calls.at(place);
        core.calendar.cancel(std::mem::replace(&mut call.hedge, Handle::NONE));
        let is_kept_once = call.write.is_some() && self.writes.as_ref().is_some_and(|writes| !writes.repeats);
        if call.hedges < hedging.most && !is_kept_once {
            let message = Message::Hedge { call: place };
            call.hedge = match hedging.due() {
                Some(Due::InLane(lane)) => core.send_in_lane(lane, upstream.me, message),
                Some(Due::After(delay)) => core.send_after(delay, upstream.me, message),
                None => Handle::NONE,
            };
        }
    }
}
