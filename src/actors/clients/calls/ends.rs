//! How attempts end, and how calls do: answers, failures and what follows them, timeouts, lost patience.

use super::call::{State, attempt_number, reload_number};
use crate::actors::calls::budget::Spend;
use crate::actors::clients::Clients;
use crate::actors::clients::source::{Next, Origin};
use crate::actors::kit::message::{Core, Message};
use crate::actors::kit::{cancel, link};
use crate::engine::random::Bits;
use crate::engine::{ActorId, Duration, Handle, Outcome, RequestId};

impl Clients {
    /// The answer to an attempt sets out to these clients.
    #[inline(never)]
    pub(in crate::actors::clients) fn attempt_replied(&mut self, core: &mut Core, id: RequestId) {
        if self.link.arrives_at_once(core, id, self.me) {
            self.attempt_answered(core, id);
        }
    }

    /// The answer to an attempt has come home.
    #[inline(never)]
    pub(in crate::actors::clients) fn attempt_answered(&mut self, core: &mut Core, id: RequestId) {
        if self.dialing.is_some() {
            self.hang_up(core, id);
        }
        let (frame, request) = core.requests.take_reply(id);
        let (outcome, is_abandoned, times_done) = (request.outcome, request.is_abandoned(), request.times_done());
        if let Some(calling) = self.calling.as_deref_mut()
            && let Some(writes) = &mut calling.writes
        {
            calling.record.counts.writes_twice += u64::from(writes.home(id, times_done));
        }
        if is_abandoned {
            self.record.came_late(core.now(), frame.entered, outcome);
            return;
        }
        let details = core.requests.details(id);
        core.calendar.cancel(details.timeout);
        self.record.attempt_outcomes[outcome as usize] += 1;
        let now = core.now();
        let place = frame.tag;
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let attempt = calling.calls.at(place).take(id);
        calling.attempt_over(attempt);
        let call = calling.calls.at(place);
        if let Some(throttle) = &mut calling.throttle {
            throttle.ended(now, outcome);
        }
        if !outcome.is_answer() {
            return self.attempt_failed(core, place, outcome, details.decided_by, details.retry_after);
        }
        calling.record.counts.hedges_won += u64::from(attempt.is_hedge);
        if let Some(hedging) = &mut calling.hedging {
            hedging.observe(now.since(call.sent));
        }
        if let Some(budget) = calling.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            budget.succeeded(call.cost);
        }
        let by = if outcome == Outcome::Served { self.me } else { details.decided_by };
        self.end_call(core, place, outcome, by);
    }

    /// An attempt has taken too long.
    pub(in crate::actors::clients) fn attempt_timed_out(&mut self, core: &mut Core, id: RequestId) {
        let Some(frame) = core.requests.first(id) else { return };
        let place = frame.tag;
        let now = core.now();
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let attempt = calling.calls.at(place).take(id);
        calling.attempt_over(attempt);
        let call = calling.calls.at(place);
        if let Some(hedging) = &mut calling.hedging {
            hedging.observe(now.since(call.sent));
        }
        self.give_up(core, id, Outcome::TimedOut);
        self.attempt_failed(core, place, Outcome::TimedOut, self.me, Duration::ZERO);
    }

    /// A call has taken too long, for its timeout or for its user.
    pub(in crate::actors::clients) fn overdue(&mut self, core: &mut Core, place: u32) {
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let call = calling.calls.at(place);
        call.overdue = Handle::NONE;
        let outcome = if call.gives_up { Outcome::GaveUp } else { Outcome::TimedOut };
        // Waited for in vain is longer than this; leaving it out would leave only what was short.
        if let Some(hedging) = calling.hedging.as_mut().filter(|_| !call.waiting.is_empty()) {
            hedging.observe(core.now().since(call.sent));
        }
        self.end_call(core, place, outcome, self.me);
    }

    /// An attempt has failed, and its call waits for it no more: for another, for a retry, or it is over.
    pub(super) fn attempt_failed(
        &mut self,
        core: &mut Core,
        place: u32,
        outcome: Outcome,
        by: ActorId,
        retry_after: Duration,
    ) {
        let now = core.now();
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let retrying = calling.retrying.as_mut().filter(|retrying| retrying.rules.covers(outcome));
        let call = calling.calls.at(place);
        // Nothing was done for what was turned away or never reached a server.
        let is_kept_once = call.deed.is_some() && calling.writes.as_ref().is_some_and(|writes| !writes.repeats);
        let is_harmless = outcome.is_rejection() || outcome == Outcome::Refused;
        let Some(retrying) = retrying.filter(|_| !is_kept_once || is_harmless) else {
            if call.waiting.is_empty() {
                self.end_call(core, place, outcome, by);
            }
            return;
        };
        if let Some(budget) = &mut retrying.budget {
            budget.failed(now);
        }
        if !call.waiting.is_empty() {
            return;
        }
        if call.tries >= retrying.rules.attempts {
            return self.end_call(core, place, outcome, by);
        }
        if let Some(budget) = &mut retrying.budget {
            match budget.withdraw(now, outcome == Outcome::TimedOut) {
                Some(cost) => call.cost = cost,
                None => {
                    calling.record.counts.denied += 1;
                    return self.end_call(core, place, outcome, by);
                }
            }
        }
        let number = attempt_number(call.origin.number, call.attempts);
        let draws = &mut calling.keys.backoff.draws(number);
        call.waited = retrying.rules.backoff.wait(call.tries - 1, call.waited, draws);
        let wait = if retrying.rules.honours_retry_after { call.waited.max(retry_after) } else { call.waited };
        core.calendar.cancel(std::mem::replace(&mut call.hedge, Handle::NONE));
        core.resting += 1;
        call.next = core.send_after(wait, self.me, Message::NextAttempt { call: place });
    }

    /// Nobody waits for an attempt any more.
    fn give_up(&mut self, core: &mut Core, id: RequestId, outcome: Outcome) {
        self.record.attempt_outcomes[outcome as usize] += 1;
        let timeout = std::mem::replace(&mut core.requests.describe(id).timeout, Handle::NONE);
        core.calendar.cancel(timeout);
        core.requests.abandon(id, outcome, core.now());
        link::let_go(core, id);
        if self.dialing.is_some() {
            self.abandon(core, id);
        }
        let now = core.now();
        let Some(calling) = self.calling.as_deref_mut() else { return };
        if let Some(throttle) = &mut calling.throttle {
            throttle.ended(now, outcome);
        }
        if calling.cancels {
            cancel::take_back(core, id, &self.link);
        }
    }

    /// A call is over. What it still waits for is given up; its user may ask anew.
    fn end_call(&mut self, core: &mut Core, place: u32, outcome: Outcome, by: ActorId) {
        let now = core.now();
        let given = match outcome {
            Outcome::TimedOut | Outcome::GaveUp => outcome,
            _ => Outcome::Cancelled,
        };
        loop {
            let Some(calling) = self.calling.as_deref_mut() else { return };
            let Some(attempt) = calling.calls.at(place).waiting.pop() else { break };
            calling.attempt_over(attempt);
            self.give_up(core, attempt.id, given);
        }
        let Some(calling) = self.calling.as_deref_mut() else { return };
        let call = calling.calls.at(place);
        if call.next != Handle::NONE {
            core.resting -= 1;
            // A retry that is never sent.
            if let Some(budget) = calling.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
                budget.released();
            }
        }
        for handle in [&mut call.overdue, &mut call.next, &mut call.hedge] {
            core.calendar.cancel(std::mem::replace(handle, Handle::NONE));
        }
        if let Some((writes, deed)) = calling.writes.as_mut().zip(call.deed.take()) {
            writes.over(deed);
            calling.record.counts.writes += 1;
        }
        self.record.call_ended(now, call.begun, outcome, by);
        core.completed += 1;
        let origin = call.origin;
        if let (Outcome::TimedOut | Outcome::GaveUp, Some(reload)) = (outcome, &calling.reload)
            && call.reloads < reload.most
            && calling.keys.reload.draws(origin.number).uniform() < reload.chance.fraction()
        {
            call.reloads += 1;
            call.state = State::Reloading;
            call.origin = Origin { number: reload_number(origin.number), ..origin };
            core.resting += 1;
            call.next = core.send_after(reload.after.duration(), self.me, Message::NextAttempt { call: place });
            return;
        }
        calling.calls.end(place);
        if let Some(at) = self.source.ended(now, origin.place) {
            self.plan(core, at, Next::User(origin.place));
        }
    }
}
