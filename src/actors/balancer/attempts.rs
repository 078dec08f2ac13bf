//! How long a balancer waits for an answer. Each attempt is then a request of its own, made on behalf of the one that came,
//! so that the one can go on or go home while the other is still at its server.
//!
//! What follows from an attempt that took too long belongs in `watched`.

use super::Balancer;
use crate::actors::kit::late_work;
use crate::actors::kit::link::{self, Endpoint};
use crate::actors::kit::message::{CHECK_CLASS, Core, Message, Passed};
use crate::engine::{BySlot, Details, Duration, Handle, LaneId, Outcome, RequestId};

/// The attempts that are under way.
#[derive(Debug)]
pub struct Attempts {
    /// How long each may take.
    lane: LaneId,
    /// For each attempt, the request that waits for it, and the timeout.
    under_way: BySlot<(RequestId, Handle)>,
}

impl Attempts {
    /// None under way; `lane` is that of the timeout.
    #[must_use]
    pub fn new(lane: LaneId) -> Self {
        Self { lane, under_way: BySlot::default() }
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
        let request = &core.requests[id];
        if request.class == CHECK_CLASS {
            // A health check of another balancer has a timeout of its own.
            return self.link.send(core, id, to.actor);
        }
        let (number, class, abandoned, outcome) =
            (request.number, request.class, request.is_abandoned(), request.outcome);
        let details = core.requests.details(id);
        let now = core.now();
        let (attempt, request) = core.requests.create(number, class);
        request.set_out(me, tag, now);
        request.set_port(to.port);
        request.outcome = outcome;
        if abandoned {
            request.set_abandoned();
        }
        // The client's timeout is no business of the server.
        *core.requests.describe(attempt) =
            Details { timeout: Handle::NONE, retry_after: Duration::ZERO, child: RequestId::NONE, ..details };
        core.requests.describe(id).child = attempt;
        let timeout = core.send_in_lane(attempts.lane, me, Message::CallTimeout { id: attempt });
        attempts.under_way.put(attempt, (id, timeout));
        self.link.send(core, attempt, to.actor)
    }

    /// An attempt has come back, and is over. The request that waits for it has its outcome now, and leaves the balancer as
    /// if it had come back itself.
    pub(super) fn attempt_returned(&mut self, core: &mut Core, attempt: RequestId) -> Passed {
        let details = core.requests.details(attempt);
        let (outcome, times_done) = (core.requests[attempt].outcome, core.requests[attempt].times_done());
        // Nobody waits for one that took too long.
        let waiting = self.attempts_mut().and_then(|attempts| attempts.under_way.take(attempt));
        if let Some((id, _)) = waiting {
            core.requests.follow(id, attempt);
        }
        core.requests.finish(attempt);
        let Some((id, timeout)) = waiting else {
            late_work::is_over(core, details.write, times_done);
            return None;
        };
        core.calendar.cancel(timeout);
        (0..times_done).for_each(|_| core.requests[id].work_done());
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
        let (id, _) = self.attempts_mut()?.under_way.take(attempt)?;
        core.requests.follow(id, attempt);
        core.requests.abandon(attempt, Outcome::TimedOut, core.now());
        late_work::goes_on(core, attempt);
        link::let_go(core, attempt);
        if core.requests[id].outcome != Outcome::Cancelled {
            core.requests.decide(id, Outcome::GatewayTimeout, self.me);
        }
        if let Some(watch) = self.watch.as_deref_mut() {
            watch.record.counts.overdue += 1;
        }
        self.attempt_over(core, id)
    }

    fn attempt_over(&mut self, core: &mut Core, id: RequestId) -> Passed {
        core.requests.describe(id).child = RequestId::NONE;
        let left = core.requests.leave(id);
        let (frame, back) = (left.frame, left.back);
        self.returned_watched(core, id, frame, back)
    }
}
