//! Waiting at a balancer for a slot at a server: which requests wait, and when one may go on.
//!
//! Detecting that a server is full belongs in `watched` beside this folder; waiting for the workers of the proxy
//! belongs in `layer`.

pub mod line;
pub mod spec;

pub use line::Line;
pub use spec::Queue;

use super::Balancer;
use super::notes::WAITING;
use super::policy::Facts;
use crate::actors::kit::message::{Core, Message, Passed, reply};
use crate::engine::{Duration, Handle, Outcome, RequestId};

/// Why a request cannot go to a server now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// No server is up.
    NoServer,
    /// All servers are full, or the one is that it belongs to: it may wait for a place.
    Full(Option<usize>),
}

impl Balancer {
    pub(super) fn line_mut(&mut self) -> Option<&mut Line> {
        self.front.as_mut()?.line.as_mut()
    }

    /// The requests that wait for a slot at a server, if there is a queue.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        self.front.as_ref()?.line.as_ref()
    }

    /// True if requests wait for the server that a hash gives them.
    pub(super) fn waits_for_own(&self) -> bool {
        self.line().is_some() && self.remapping.is_some()
    }

    /// True if `member` has a free slot to which no waiting request has a claim.
    fn has_place(&self, member: usize) -> bool {
        let most = self.watch.as_deref().and_then(|watch| watch.max_connections.get(member)).copied().unwrap_or(0);
        most == 0 || self.view.active(member) < most
    }

    /// The member that a request may go to now.
    pub(super) fn place_for(&mut self, core: &Core, id: RequestId) -> Result<usize, NoPlace> {
        let details = core.requests.details(id);
        let key = if self.reads_requests() { details.key } else { 0 };
        let facts = Facts { now: core.now(), client: details.client, key };
        match self.policy.choose(&self.view, facts, self.choices, core.requests[id].number) {
            Some(member) if !self.waits_for_own() || self.has_place(member) => Ok(member),
            Some(member) => Err(NoPlace::Full(Some(member))),
            None => {
                let only_full = self.watch.as_deref().is_some_and(|watch| watch.rotation.only_full());
                Err(if self.line().is_some() && only_full { NoPlace::Full(None) } else { NoPlace::NoServer })
            }
        }
    }

    /// True if a request for which there is no place may wait.
    pub(super) fn may_wait(&self, member: Option<usize>) -> bool {
        self.line().is_some_and(|line| line.has_place(member))
    }

    /// A request that has entered waits from now on, for `member` or for any.
    pub(super) fn wait(&mut self, core: &mut Core, id: RequestId, member: Option<usize>) {
        let (now, me) = (core.now(), self.me);
        let Some(line) = self.line_mut() else { return };
        let timeout = match line.lane {
            Some(lane) => core.send_in_lane(lane, me, Message::WaitedOut { id }),
            None => Handle::NONE,
        };
        line.join(id, member, timeout, now);
    }

    /// A request goes to a server after this wait.
    pub(super) fn waited(&mut self, wait: Duration) {
        if let Some(line) = self.line_mut() {
            line.record.passes(wait);
        }
    }

    /// Ends the waiting of a request, if it waited; the time it waited is now in the account of the balancer.
    fn wait_over(&mut self, core: &mut Core, id: RequestId) -> Option<Duration> {
        let now = core.now();
        let (timeout, waited) = self.line_mut()?.leave(id, now)?;
        core.calendar.cancel(timeout);
        Some(waited)
    }

    /// `member` may have a free slot for a waiting request.
    #[inline(never)]
    pub(super) fn let_in(&mut self, core: &mut Core, member: usize) {
        while let Some(id) = self.line().filter(|line| !line.is_empty()).and_then(|line| line.next(member)) {
            if !self.view.is_up(member) || !self.has_place(member) {
                return;
            }
            let Some(waited) = self.wait_over(core, id) else { return };
            let passed = if core.requests.details(id).deadline <= core.now() {
                self.reject_waiting(core, id, Outcome::DeadlinePassed)
            } else {
                self.waited(waited);
                self.go_to(core, id, member)
            };
            core.send_passed(passed);
        }
    }

    /// `member` has gone down: requests that wait for it alone are placed again.
    pub(super) fn place_anew(&mut self, core: &mut Core, member: usize) {
        for id in self.line().map(|line| line.all_for(member)).unwrap_or_default() {
            let Some(waited) = self.wait_over(core, id) else { continue };
            let passed = match self.place_for(core, id) {
                Ok(other) => {
                    self.waited(waited);
                    self.go_to(core, id, other)
                }
                Err(NoPlace::Full(other)) if self.may_wait(other) => {
                    self.keep_waiting(core, id, other);
                    None
                }
                Err(NoPlace::Full(_)) => self.reject_waiting(core, id, Outcome::QueueFull),
                Err(NoPlace::NoServer) => self.reject_waiting(core, id, Outcome::NoServer),
            };
            core.send_passed(passed);
        }
    }

    /// A request that waited goes to `member`; one that came on a connection that has gone to another meanwhile, there.
    fn go_to(&mut self, core: &mut Core, id: RequestId, member: usize) -> Passed {
        let tag = match self.pinned_since(core, id) {
            Some(tag) => tag,
            None => self.take(core, id, member),
        };
        self.settle(core, id, tag);
        self.send(core, id, tag)
    }

    /// A request that waited goes on waiting for another server. Its waiting so far is in the account.
    fn keep_waiting(&mut self, core: &mut Core, id: RequestId, member: Option<usize>) {
        self.settle(core, id, WAITING);
        self.wait(core, id, member);
    }

    /// The time since a request came here, or since its note changed, goes into the books; its note changes.
    pub(super) fn settle(&mut self, core: &mut Core, id: RequestId, tag: u32) {
        let now = core.now();
        if let Some(frame) = core.requests.last(id) {
            self.record.sojourn.add(now.since(frame.entered).as_nanos());
            core.requests.retag(id, tag, now);
        }
    }

    /// A request has waited too long.
    #[inline(never)]
    pub(super) fn waited_out(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.wait_over(core, id)?;
        self.reject_waiting(core, id, Outcome::WaitedTooLong)
    }

    /// A request that may wait here was cancelled: it leaves, as with `option abortonclose` of HAProxy.
    pub(super) fn taken_back(&mut self, core: &mut Core, id: RequestId) -> Option<Passed> {
        self.wait_over(core, id)?;
        Some(self.reject_waiting(core, id, Outcome::Cancelled))
    }

    /// A request that has entered, and waits no more, leaves without having been served.
    fn reject_waiting(&mut self, core: &mut Core, id: RequestId, outcome: Outcome) -> Passed {
        let now = core.now();
        let left = core.requests.leave(id);
        let (entered, back) = (left.frame.entered, left.back);
        self.record.sojourn.add(now.since(entered).as_nanos());
        self.record.population.down(now);
        self.record.departures += 1;
        if outcome != Outcome::Cancelled {
            core.requests.decide(id, outcome, self.me);
        }
        if let Some(line) = self.line_mut() {
            line.record.usage.rejected += u64::from(outcome != Outcome::Cancelled);
        }
        if outcome == Outcome::NoServer {
            self.record.no_server += 1;
        }
        self.forget_retries(id);
        reply(back, id)
    }
}
