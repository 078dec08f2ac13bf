//! When a fleet uses its queues: a request arrives, a worker becomes free, a request has waited too long or is
//! cancelled.
//!
//! What the queues decide belongs in `queue`. Plain fleets use nothing of this.

use super::queue::line::WaitToken;
use super::queue::{Facts, Joined};
use super::*;
use crate::actors::kit::cancel::{self, Found};
use crate::actors::kit::link::Link;
use crate::actors::kit::message::size_of;
use crate::engine::{Handle, Hold, LaneId};

impl Fleet {
    /// Gives limits that are always the same a lane of the calendar.
    pub(super) fn prepare_limits(&mut self, core: &mut Core) {
        let Some(queues) = &mut self.queues else { return };
        if let Some((longest, lane)) = &mut queues.wait_for_place {
            *lane = Some(core.calendar.lane(*longest));
        }
        if let Some(patience) = &mut queues.patience {
            patience.lane = patience.constant().map(|limit| core.calendar.lane(limit));
        }
    }

    /// A request comes to a server that is up and does more than let it stand in line.
    #[inline(never)]
    pub(super) fn arrive_at_queues(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let now = core.now();
        let Some(queues) = &mut self.queues else {
            self.arrive_shared(core, id, port);
            return;
        };
        let deadline = core.requests.details(id).deadline;
        if core.requests[id].outcome == Outcome::Cancelled {
            self.reject_and_tell(core, id, port, Outcome::Cancelled);
            return;
        }
        if deadline <= now {
            self.reject_and_tell(core, id, port, Outcome::DeadlinePassed);
            return;
        }
        if !self.shared.is_empty() {
            self.arrive_shared(core, id, port);
            return;
        }
        let look_at_work = queues.look_at_work();
        let work = if look_at_work { self.demand(&core.requests, id) } else { 0.0 };
        let facts = Facts { class: core.requests[id].class, bytes: size_of(&core.requests, id), deadline, work };
        let Some(queues) = &mut self.queues else { return };
        let busy = self.servers[port].busy.count();
        if queues.rejects(port, &facts, busy, self.workers, now) {
            self.reject_and_tell(core, id, port, Outcome::Shed);
        } else if busy < self.workers {
            queues.begins_at_once(port, &facts, busy == 0);
            self.servers[port].busy.up(now);
            self.take_up(core, id, port);
        } else {
            self.join(core, WaitToken::new(id, port as u32, now, facts));
        }
    }

    /// A worker that counts as busy begins to serve a request.
    fn take_up(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let now = core.now();
        let length = self.begin(&mut core.requests, id, port, self.servers[port].usual, now);
        core.set_timer(now + length, id);
    }

    /// A request comes while every worker is busy.
    fn join(&mut self, core: &mut Core, token: WaitToken) {
        let Some(queues) = &mut self.queues else { return };
        let (id, port) = (token.id, token.port as usize);
        let now = core.now();
        match queues.join(token) {
            Joined::TurnedAway => self.reject(core, id, Outcome::QueueFull),
            Joined::Outside(number) => {
                self.record.usage.waiting.up(now);
                core.requests[id].set_wait_token(number);
                self.time_outside(core, number);
            }
            Joined::Line(number, victims) => {
                self.record.usage.waiting.up(now);
                core.requests[id].set_wait_token(number);
                let displaced = victims.len() as u32;
                for victim in victims {
                    self.leave_queue(core, victim, Outcome::Shed);
                }
                self.time_inside(core, number, displaced);
            }
        }
        self.count_waiting(port);
    }

    fn count_waiting(&mut self, port: usize) {
        if let Some(queues) = &self.queues {
            self.servers[port].queued = queues.waiting(port);
        }
    }

    /// How long a request still waits for its service at most, in an exact number of nanoseconds, and the lane for it.
    fn patience_left(&self, core: &Core, token: &WaitToken) -> Option<(Duration, Option<LaneId>)> {
        let patience = self.queues.as_ref()?.patience.as_ref()?;
        let whole = patience.of(core.requests[token.id].number);
        let spent = core.now().since(token.since);
        let lane = patience.lane.filter(|_| spent.is_zero());
        Some((Duration::from_nanos(whole.as_nanos().saturating_sub(spent.as_nanos())), lane))
    }

    /// Sets the timer of a request that has come to stand before a full queue.
    fn time_outside(&mut self, core: &mut Core, number: u32) {
        let Some(queues) = &self.queues else { return };
        let limits = [queues.wait_for_place, self.patience_left(core, queues.token(number))];
        self.time(core, number, limits);
    }

    /// Sets the timer of a request that has joined the line, for which others had to go.
    fn time_inside(&mut self, core: &mut Core, number: u32, displaced: u32) {
        let Some(queues) = &mut self.queues else { return };
        let port = queues.token(number).port as usize;
        let limit = queues.limit(port, core.now(), displaced).map(|limit| (limit, None));
        let Some(queues) = &self.queues else { return };
        let limits = [limit, self.patience_left(core, queues.token(number))];
        self.time(core, number, limits);
    }

    /// Sets the timer of a request that waits to the shorter of its limits.
    fn time(&mut self, core: &mut Core, number: u32, limits: [Option<(Duration, Option<LaneId>)>; 2]) {
        let Some(queues) = &mut self.queues else { return };
        let token = queues.wait_token_mut(number);
        core.calendar.cancel(std::mem::replace(&mut token.timer, Handle::NONE));
        let shortest = limits.into_iter().flatten().min_by_key(|(limit, _)| *limit);
        let message = Message::WaitedOut { id: token.id };
        token.timer = match shortest {
            None => return,
            Some((_, Some(lane))) => core.send_in_lane(lane, self.me, message),
            Some((limit, None)) => core.send_after(limit, self.me, message),
        };
    }

    /// A request that was taken out of its queue stops waiting.
    fn stop_waiting(&mut self, core: &mut Core, number: u32) -> Option<WaitToken> {
        let token = self.queues.as_mut()?.give_back(number);
        core.calendar.cancel(token.timer);
        self.record.usage.waiting.down(core.now());
        Some(token)
    }

    /// A request that was taken out of its queue leaves unserved.
    fn leave_queue(&mut self, core: &mut Core, number: u32, outcome: Outcome) {
        if let Some(queues) = &mut self.queues {
            queues.leaves_unserved(number);
        }
        if let Some(token) = self.stop_waiting(core, number) {
            self.reject(core, token.id, outcome);
        }
    }

    /// Accepts requests that wait for room, while there is room.
    fn admit(&mut self, core: &mut Core, port: usize) {
        while let Some(number) = self.queues.as_mut().and_then(|queues| queues.admit(port)) {
            self.time_inside(core, number, 0);
        }
    }

    /// The service of a request ends, and its worker takes up the next.
    #[inline(never)]
    pub(super) fn service_end_with_queues(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let (frame, back, service) = self.leave_served(core, id);
        let port = frame.tag as usize;
        if let Some(queues) = &mut self.queues {
            queues.served(port, service);
        }
        self.next(core, port);
        self.answer_unusual(core, id, port, frame.entered);
        reply(back, id)
    }

    /// A worker that counts as busy takes up the next request, or rests.
    fn next(&mut self, core: &mut Core, port: usize) {
        let now = core.now();
        while let Some(queues) = &mut self.queues {
            let Some(number) = queues.take(port) else {
                queues.found_empty(port, now);
                self.servers[port].busy.down(now);
                break;
            };
            let token = *queues.token(number);
            if token.facts.deadline <= now {
                self.leave_queue(core, number, Outcome::DeadlinePassed);
            } else if queues.drops(&token, now) {
                self.leave_queue(core, number, Outcome::Shed);
            } else {
                queues.begins(&token);
                self.stop_waiting(core, number);
                self.admit(core, port);
                self.take_up(core, token.id, port);
                break;
            }
            self.admit(core, port);
        }
        self.count_waiting(port);
    }

    /// A request has waited too long, in the queue or for a place in it.
    pub(super) fn waited_out(&mut self, core: &mut Core, id: RequestId) {
        self.take_out(core, id, Outcome::WaitedTooLong);
    }

    /// Takes a request that waits out of its queue; false if it does not wait.
    fn take_out(&mut self, core: &mut Core, id: RequestId, outcome: Outcome) -> bool {
        let (Some(queues), Some(number)) = (&mut self.queues, core.requests[id].wait_token()) else { return false };
        let port = queues.token(number).port as usize;
        queues.remove(number);
        self.leave_queue(core, number, outcome);
        self.admit(core, port);
        self.count_waiting(port);
        true
    }

    /// The cancellation of a request by its client has arrived.
    pub(super) fn cancelled(&mut self, core: &mut Core, id: RequestId) {
        // No node stands behind a server.
        if cancel::follow(core, id, self.me, |_| &Link::Direct) != Found::Here || self.queues.is_none() {
            return;
        }
        let Some(stop) = core.requests.last(id) else { return };
        let (port, now) = (stop.tag as usize, core.now());
        if !self.shared.is_empty() {
            self.cancel_shared(core, id, port);
            return;
        }
        if self.take_out(core, id, Outcome::Cancelled) {
            return;
        }
        // In service: its worker is free at once, and its timer will be ignored.
        core.requests.hold(id, Hold::Timer);
        self.record.usage.waste(now.since(core.requests[id].started()));
        self.next(core, port);
        self.reject_and_tell(core, id, port, Outcome::Cancelled);
    }

    fn cancel_shared(&mut self, core: &mut Core, id: RequestId, port: usize) {
        let (workers, speed, now) = (self.workers, self.conditions[port].speed, core.now());
        let shared = &mut self.shared[port];
        shared.advance(now, workers, speed);
        let Some(received) = shared.take(id, core.requests[id].finish()) else { return };
        if shared.len() < workers as usize {
            self.servers[port].busy.down(now);
        } else {
            self.record.usage.waiting.down(now);
        }
        self.record.usage.waste(Duration::from_secs_f64(received / speed));
        self.turn(core, port);
        self.reject_and_tell(core, id, port, Outcome::Cancelled);
    }

    /// Rejects a request, and lets balancers know if that leaves its server idle.
    #[cold]
    #[inline(never)]
    fn reject_and_tell(&mut self, core: &mut Core, id: RequestId, port: usize, outcome: Outcome) {
        if self.in_flight(port) == 0
            && let Some(signals) = &self.signals
        {
            signals.idle(core, port, id);
        }
        self.reject(core, id, outcome);
    }

    /// A server has crashed: its waiting requests are added to `lost`, in order of arrival.
    pub(super) fn empty_queue(&mut self, core: &mut Core, port: usize, lost: &mut Vec<RequestId>) {
        let Some(queues) = &mut self.queues else { return };
        for number in queues.clear(port) {
            if let Some(token) = self.stop_waiting(core, number) {
                lost.push(token.id);
            }
        }
        self.servers[port].queued = 0;
    }
}
