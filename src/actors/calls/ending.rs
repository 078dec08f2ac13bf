//! How attempts end, and how calls do: answers, failures and what follows them, timeouts, lost patience.

use super::budget::Spend;
use super::call::{State, attempt_number, reload_number};
use super::{Caller, Origin, Over, Step, Upstream};
use crate::actors::kit::message::{Core, Message};
use crate::actors::kit::{cancel, link};
use crate::engine::random::Bits;
use crate::engine::{ActorId, Duration, Handle, Outcome, RequestId};

impl Caller {
    /// The answer to an attempt sets out to this node.
    #[inline(never)]
    pub fn replied(&mut self, core: &mut Core, upstream: &mut Upstream, id: RequestId) -> Step {
        if upstream.link.arrives_at_once(core, id, upstream.me) {
            return self.answered(core, upstream, id);
        }
        Step::default()
    }

    /// The answer to an attempt has returned.
    #[inline(never)]
    pub fn answered(&mut self, core: &mut Core, upstream: &mut Upstream, id: RequestId) -> Step {
        upstream.hang_up(core, id);
        let (frame, request) = core.requests.take_reply(id);
        let (outcome, is_abandoned, times_done) = (request.outcome, request.is_abandoned(), request.times_done());
        if let Some(writes) = &mut self.writes {
            self.record.counts.writes_twice += u64::from(writes.returned(id, times_done));
        }
        if is_abandoned {
            upstream.record.came_late(core.now(), frame.entered, outcome);
            return Step::default();
        }
        let details = core.requests.details(id);
        core.clear_timeout(id);
        upstream.record.attempt_outcomes[outcome as usize] += 1;
        let now = core.now();
        let place = frame.tag;
        let attempt = self.calls.at(place).take(id);
        self.attempt_over(attempt);
        if let Some(throttle) = &mut self.throttle {
            throttle.ended(now, outcome);
        }
        if !outcome.is_answer() {
            return self.attempt_failed(core, upstream, place, outcome, details.decided_by, details.retry_after);
        }
        let call = self.calls.at(place);
        self.record.counts.hedges_won += u64::from(attempt.is_hedge);
        if let Some(hedging) = &mut self.hedging {
            hedging.observe(now.since(call.sent));
        }
        if let Some(budget) = self.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
            budget.succeeded(call.cost);
        }
        let by = if outcome == Outcome::Served { upstream.me } else { details.decided_by };
        self.end_call(core, upstream, place, outcome, by)
    }

    /// An attempt has taken too long.
    pub(super) fn attempt_timed_out(&mut self, core: &mut Core, upstream: &mut Upstream, id: RequestId) -> Step {
        let Some(frame) = core.requests.first(id) else { return Step::default() };
        let place = frame.tag;
        let now = core.now();
        let attempt = self.calls.at(place).take(id);
        self.attempt_over(attempt);
        if let Some(hedging) = &mut self.hedging {
            hedging.observe(now.since(self.calls.get(place).sent));
        }
        self.give_up(core, upstream, id, Outcome::TimedOut);
        self.attempt_failed(core, upstream, place, Outcome::TimedOut, upstream.me, Duration::ZERO)
    }

    /// A call has taken too long, for its timeout or for its user.
    pub(super) fn overdue(&mut self, core: &mut Core, upstream: &mut Upstream, place: u32) -> Step {
        let call = self.calls.at(place);
        call.overdue = Handle::NONE;
        let outcome = if call.gives_up { Outcome::GaveUp } else { Outcome::TimedOut };
        // The response time of an attempt that is given up is longer than this; leaving it out would keep only the
        // short ones.
        if let Some(hedging) = self.hedging.as_mut().filter(|_| !call.waiting.is_empty()) {
            hedging.observe(core.now().since(call.sent));
        }
        self.end_call(core, upstream, place, outcome, upstream.me)
    }

    /// An attempt has failed, and its call no longer waits for it: the call waits for another attempt, for a retry, or
    /// is over.
    pub(super) fn attempt_failed(
        &mut self,
        core: &mut Core,
        upstream: &mut Upstream,
        place: u32,
        outcome: Outcome,
        by: ActorId,
        retry_after: Duration,
    ) -> Step {
        let now = core.now();
        let retrying = self.retrying.as_mut().filter(|retrying| retrying.rules.covers(outcome));
        let call = self.calls.at(place);
        // No work was done for a request that was rejected or never reached a server.
        let is_kept_once = call.write.is_some() && self.writes.as_ref().is_some_and(|writes| !writes.repeats);
        let is_harmless = outcome.is_rejection() || outcome == Outcome::Refused;
        let Some(retrying) = retrying.filter(|_| !is_kept_once || is_harmless) else {
            if call.waiting.is_empty() {
                return self.end_call(core, upstream, place, outcome, by);
            }
            return Step::default();
        };
        if let Some(budget) = &mut retrying.budget {
            budget.failed(now);
        }
        if !call.waiting.is_empty() {
            return Step::default();
        }
        if call.tries >= retrying.rules.attempts {
            return self.end_call(core, upstream, place, outcome, by);
        }
        if let Some(budget) = &mut retrying.budget {
            match budget.withdraw(now, outcome == Outcome::TimedOut) {
                Some(cost) => call.cost = cost,
                None => {
                    self.record.counts.denied += 1;
                    return self.end_call(core, upstream, place, outcome, by);
                }
            }
        }
        let number = attempt_number(call.origin.number, call.attempts);
        let draws = &mut self.keys.backoff.draws(number);
        call.waited = retrying.rules.backoff.wait(call.tries - 1, call.waited, draws);
        let wait = if retrying.rules.honours_retry_after { call.waited.max(retry_after) } else { call.waited };
        core.calendar.cancel(std::mem::replace(&mut call.hedge, Handle::NONE));
        core.add_pending_request();
        call.next = core.send_after(wait, upstream.me, Message::NextAttempt { call: place });
        Step::default()
    }

    /// Stops waiting for an attempt.
    fn give_up(&mut self, core: &mut Core, upstream: &mut Upstream, id: RequestId, outcome: Outcome) {
        upstream.record.attempt_outcomes[outcome as usize] += 1;
        core.clear_timeout(id);
        core.requests.abandon(id, outcome, core.now());
        link::let_go(core, id);
        upstream.abandon(core, id);
        if let Some(throttle) = &mut self.throttle {
            throttle.ended(core.now(), outcome);
        }
        if self.cancels {
            cancel::take_back(core, id, &upstream.link);
        }
    }

    /// A call is over. Its other attempts are given up; its user may reload.
    fn end_call(
        &mut self,
        core: &mut Core,
        upstream: &mut Upstream,
        place: u32,
        outcome: Outcome,
        by: ActorId,
    ) -> Step {
        let now = core.now();
        let given = match outcome {
            Outcome::TimedOut | Outcome::GaveUp => outcome,
            _ => Outcome::Cancelled,
        };
        while let Some(attempt) = self.calls.at(place).waiting.pop() {
            self.attempt_over(attempt);
            self.give_up(core, upstream, attempt.id, given);
        }
        let call = self.calls.at(place);
        if call.next != Handle::NONE {
            core.remove_pending_request();
            // A retry that is never sent.
            if let Some(budget) = self.retrying.as_mut().and_then(|retrying| retrying.budget.as_mut()) {
                budget.released();
            }
        }
        for handle in [&mut call.overdue, &mut call.next, &mut call.hedge] {
            core.calendar.cancel(std::mem::replace(handle, Handle::NONE));
        }
        if let Some((writes, write)) = self.writes.as_mut().zip(call.write.take()) {
            writes.over(write);
            self.record.counts.writes += 1;
        }
        upstream.record.call_ended(now, call.begun, outcome, by);
        let origin = call.origin;
        if let (Outcome::TimedOut | Outcome::GaveUp, Some(reload)) = (outcome, &self.reload)
            && call.reloads < reload.most
            && self.keys.reload.draws(origin.number).uniform() < reload.chance.fraction()
        {
            call.reloads += 1;
            call.state = State::Reloading;
            call.origin = Origin { number: reload_number(origin.number), ..origin };
            core.add_pending_request();
            call.next = core.send_after(reload.after.duration(), upstream.me, Message::NextAttempt { call: place });
            return Step { passed: None, over: Some(Over { place: origin.place, outcome, anew: true }) };
        }
        self.calls.end(place);
        Step { passed: None, over: Some(Over { place: origin.place, outcome, anew: false }) }
    }
}
