//! How a call begins, and how its attempts are sent: the first, retries and hedges.
//!
//! How they end belongs in `ends`.

use super::call::{Attempt, State, attempt_number};
use super::hedge::Due;
use crate::actors::calls::budget::Spend;
use crate::actors::clients::source::Origin;
use crate::actors::clients::{Clients, address_of};
use crate::actors::kit::message::{Core, Message, Passed};
use crate::distributions::Sampler;
use crate::engine::random::Bits;
use crate::engine::{Connection, Details, Duration, Handle, Outcome, RequestId, Time, Write};

/// Why an attempt is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The call begins.
    First,
    /// The attempt before has failed.
    Retry,
    /// The attempt before takes long.
    Hedge,
}

impl Clients {
    /// Like `make`: a call begins.
    #[inline(never)]
    pub(in crate::actors::clients) fn make_call(&mut self, core: &mut Core, origin: Origin) -> Passed {
        let number = origin.number;
        let client = origin.client.unwrap_or_else(|| match self.population {
            0 => 0,
            population => address_of(self.client_stream.draws(number).below(population)),
        });
        let key = origin.key.unwrap_or_else(|| self.keys.sample(self.key_stream, number));
        let size = origin.size.unwrap_or(self.size);
        let origin = Origin { client: Some(client), key: Some(key), size: Some(size), ..origin };
        let calling = self.calling.as_deref_mut()?;
        let place = calling.calls.begin(origin, core.now(), 0);
        let passed = self.call(core, place);
        if self.source.is_over() {
            self.last_call(core);
        }
        passed
    }

    /// The call at a place begins.
    fn call(&mut self, core: &mut Core, place: u32) -> Passed {
        let now = core.now();
        self.record.call_made(now);
        let calling = self.calling.as_deref_mut()?;
        let call = calling.calls.at(place);
        let overdue = Message::Overdue { call: place };
        let patience = |patience: &Sampler| {
            let seconds = patience.sample(&mut calling.keys.patience.draws(call.origin.number));
            Duration::from_secs_f64(seconds)
        };
        match calling.patience.as_ref().map(patience) {
            Some(patience) if calling.timeout.is_none_or(|(_, end)| patience < end) => {
                call.gives_up = true;
                call.overdue = core.send_after(patience, self.me, overdue);
            }
            _ => {
                if let Some((lane, _)) = calling.timeout {
                    call.overdue = core.send_in_lane(lane, self.me, overdue);
                }
            }
        }
        if let Some(budget) = calling.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            budget.called(now);
        }
        if let Some(writes) = calling.writes.as_mut().filter(|writes| writes.holds(call.asked)) {
            call.deed = Some(writes.begin());
        }
        self.attempt(core, place, Reason::First)
    }

    /// The next attempt of a call is due, or the call that a user makes anew.
    pub(in crate::actors::clients) fn next_attempt(&mut self, core: &mut Core, place: u32) {
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let call = calling.calls.at(place);
        core.resting -= 1;
        call.next = Handle::NONE;
        let passed = if call.state == State::Reloading {
            let (origin, reloads, asked) = (call.origin, call.reloads, call.asked);
            calling.calls.renew(place, origin, core.now(), reloads);
            calling.calls.at(place).asked = asked;
            calling.record.counts.reloads += 1;
            self.call(core, place)
        } else {
            self.attempt(core, place, Reason::Retry)
        };
        core.send_passed(passed);
    }

    /// A call has been under way for long enough to be hedged.
    pub(in crate::actors::clients) fn hedge(&mut self, core: &mut Core, place: u32) {
        let now = core.now();
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let call = calling.calls.at(place);
        call.hedge = Handle::NONE;
        if let Some(budget) = calling.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            match budget.withdraw(now, false) {
                Some(cost) => call.cost = cost,
                None => {
                    calling.record.counts.denied += 1;
                    return;
                }
            }
        }
        let passed = self.attempt(core, place, Reason::Hedge);
        core.send_passed(passed);
    }

    /// Sends an attempt, unless it is held back.
    fn attempt(&mut self, core: &mut Core, place: u32, reason: Reason) -> Passed {
        let now = core.now();
        let calling = self.calling.as_deref_mut()?;
        let call = calling.calls.at(place);
        let number = attempt_number(call.origin.number, call.attempts);
        call.attempts += 1;
        match reason {
            Reason::Hedge => call.hedges += 1,
            Reason::First | Reason::Retry => call.tries += 1,
        }
        if let Some(throttle) = &mut calling.throttle
            && !throttle.admits(now, calling.keys.throttle.draws(number).uniform())
        {
            calling.record.counts.throttled += 1;
            if let Some(budget) = calling.budget().filter(|_| reason != Reason::First) {
                budget.released();
            }
            match reason {
                Reason::Hedge => self.plan_hedge(core, place),
                _ => self.attempt_failed(core, place, Outcome::Throttled, self.me, Duration::ZERO),
            }
            return None;
        }
        match reason {
            Reason::First => {}
            Reason::Retry => calling.record.counts.retries += 1,
            Reason::Hedge => calling.record.counts.hedges += 1,
        }
        let (id, target, established) = self.prepare(core, place, number)?;
        let calling = self.calling.as_deref_mut()?;
        let call = calling.calls.at(place);
        call.waiting.push(Attempt { id, is_hedge: reason == Reason::Hedge, is_again: reason != Reason::First });
        if let Some((writes, deed)) = calling.writes.as_mut().zip(call.deed) {
            writes.sent(deed, id);
            core.requests.describe(id).write = Write { clients: self.me, place: deed };
        }
        if let Some(budget) = calling.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            budget.sent();
        }
        if reason != Reason::Hedge {
            call.sent = now;
        }
        self.plan_hedge(core, place);
        if established > now {
            // On its way it will have the port of the target; until then it has the target's place.
            core.requests[id].set_port(target);
            core.send_at(established, self.me, Message::Connected { id });
            return None;
        }
        self.leave(core, id, target)
    }

    /// Makes the request of an attempt: gives it, the place of its target, and when it can leave.
    fn prepare(&mut self, core: &mut Core, place: u32, number: u64) -> Option<(RequestId, u32, Time)> {
        let now = core.now();
        let calling = self.calling.as_deref_mut()?;
        let call = calling.calls.at(place);
        let (begun, origin, asked) = (call.begun, call.origin, call.asked);
        let deadline = match calling.deadlines {
            Some((whole, attempt)) => (begun + whole).min(now + attempt),
            None => Time::MAX,
        };
        let lane = calling.attempt_timeout;
        let (key, client) = (origin.key.unwrap_or(0), origin.client.unwrap_or(0));
        let (target, connection, established) = if self.dialing.is_some() {
            let taken = self.connect(core, number, client)?;
            (taken.target, taken.connection, taken.established)
        } else {
            (self.copies.place(number, client), Connection::OWN, now)
        };
        let (id, request) = core.requests.create(number, self.class);
        request.set_out(self.me, place, now);
        let timeout = match lane {
            Some(lane) => core.send_in_lane(lane, self.me, Message::AttemptTimeout { id }),
            None => Handle::NONE,
        };
        let size = origin.size.unwrap_or(0);
        let beyond_call = number.wrapping_sub(asked);
        *core.requests.describe(id) =
            Details { size, timeout, key, client, connection, deadline, beyond_call, ..Details::NONE };
        self.record.attempts += 1;
        Some((id, target, established))
    }

    /// Plans the next hedge of a call whose last attempt was just sent, or held back.
    fn plan_hedge(&mut self, core: &mut Core, place: u32) {
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let Some(hedging) = &calling.hedging else { return };
        let call = calling.calls.at(place);
        core.calendar.cancel(std::mem::replace(&mut call.hedge, Handle::NONE));
        let is_kept_once = call.deed.is_some() && calling.writes.as_ref().is_some_and(|writes| !writes.repeats);
        if call.hedges < hedging.most && !is_kept_once {
            let message = Message::Hedge { call: place };
            call.hedge = match hedging.due() {
                Some(Due::InLane(lane)) => core.send_in_lane(lane, self.me, message),
                Some(Due::After(delay)) => core.send_after(delay, self.me, message),
                None => Handle::NONE,
            };
        }
    }
}
