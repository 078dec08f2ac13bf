//! Balancers with a timeout for each attempt. Each attempt is a child request of the request that arrived, so that the
//! request can be retried or answered while an earlier attempt is still at its server.
//!
//! The consequences of a timeout belong in `watched`.

use super::Balancer;
use crate::actors::calls::OnBehalf;
use crate::actors::kit::link::Endpoint;
use crate::actors::kit::message::{CHECK_CLASS, Core, Message, Passed};
use crate::engine::{BySlot, Duration, Handle, LaneId, Outcome, RequestId};

/// The attempts that are under way.
#[derive(Debug)]
pub struct Attempts {
    /// How long each may take.
    lane: LaneId,
    made: OnBehalf,
    timeouts: BySlot<Handle>,
}

impl Attempts {
    /// None under way; `lane` is that of the timeout.
    #[must_use]
    pub fn new(lane: LaneId) -> Self {
        Self { lane, made: OnBehalf::default(), timeouts: BySlot::default() }
    }
}

impl Balancer {
    fn attempts_mut(&mut self) -> Option<&mut Attempts> {
        self.watch.as_deref_mut()?.attempts.as_mut()
    }

    /// A request that has entered with the note `tag` sets out to `to`: itself, or an attempt on its behalf.
    #[inline]
    pub(super) fn launch(&mut self, core: &mut Core, id: RequestId, tag: u32, to: Endpoint) -> Passed {
        let me = self.me;
        let Some(attempts) = self.attempts_mut() else { return self.link.send(core, id, to.actor) };
        if core.requests[id].class == CHECK_CLASS {
            // A health check of another balancer has a timeout of its own.
            return self.link.send(core, id, to.actor);
        }
        let attempt = attempts.made.ask(core, id, me, tag, |number| number);
        core.requests[attempt].set_port(to.port);
        let timeout = core.send_in_lane(attempts.lane, me, Message::CallTimeout { id: attempt });
        attempts.timeouts.put(attempt, timeout);
        self.link.send(core, attempt, to.actor)
    }

    /// An attempt has come back, and is over. The request that waits for it has its outcome now, and leaves the balancer as
    /// if it had come back itself.
    pub(super) fn attempt_returned(&mut self, core: &mut Core, attempt: RequestId) -> Passed {
        let details = core.requests.details(attempt);
        let outcome = core.requests[attempt].outcome;
        core.requests.finish(attempt);
        let attempts = self.attempts_mut()?;
        // No request waits for an attempt that took too long.
        let id = attempts.made.home(core, attempt)?;
        if let Some(timeout) = attempts.timeouts.take(attempt) {
            core.calendar.cancel(timeout);
        }
        core.requests.continue_from(id, attempt);
        let was_taken_back = core.requests[id].outcome == Outcome::Cancelled;
        if outcome == Outcome::Served {
            core.requests[id].outcome = outcome;
        } else if !was_taken_back || outcome.is_answer() {
            core.requests.decide(id, outcome, details.decided_by);
        }
        if details.retry_after != Duration::ZERO {
            core.requests.describe(id).retry_after = details.retry_after;
        }
        self.attempt_over(core, id)
    }

    /// An attempt has taken too long: its connection is closed, which its server does not notice.
    #[inline(never)]
    pub(super) fn attempt_overdue(&mut self, core: &mut Core, attempt: RequestId) -> Passed {
        let attempts = self.attempts_mut()?;
        attempts.timeouts.take(attempt)?;
        let id = attempts.made.give_up(core, attempt)?;
        core.requests.continue_from(id, attempt);
        if core.requests[id].outcome != Outcome::Cancelled {
            core.requests.decide(id, Outcome::GatewayTimeout, self.me);
        }
        if let Some(watch) = self.watch.as_deref_mut() {
            watch.record.counts.overdue += 1;
        }
        self.attempt_over(core, id)
    }

    fn attempt_over(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let left = core.requests.leave(id);
        let (frame, back) = (left.frame, left.back);
        self.returned_watched(core, id, frame, back)
    }
}
