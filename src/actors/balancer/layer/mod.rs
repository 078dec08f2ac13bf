//! Proxy capacity and layer 4: what happens to a request before its member is chosen, in balancers that have either.
//! One file each for the proxy, the members of connections, the words of the language, and the effects of a crash or
//! slow-down of the host.
//!
//! Waiting for a slot at a server belongs in `queue`, choosing a member in `policies`, opening connections in
//! `calls::connections`.

mod outage;
pub mod pins;
pub mod proxy;
pub mod spec;

pub use outage::SlowDowns;
pub use proxy::Proxy;
pub use spec::{Layer, ProxySpec};

use super::notes::{IN_PROXY, PINNED, WAITING};
use super::policy::Answer;
use super::queue::{Line, NoPlace};
use super::{Balancer, BalancerSpec};
use crate::actors::kit::message::{Core, Message, Passed, reply};
use crate::engine::{Duration, LaneId, Outcome, RequestId, Time};
use crate::measure::Begin;
use pins::{Pin, Pins};

/// The parts of a balancer that not every balancer has.
#[derive(Debug)]
pub struct Front {
    /// The members of connections, in layer 4.
    pins: Option<Pins>,
    /// The proxy, if it has a capacity of its own.
    pub proxy: Option<Proxy>,
    /// The requests that wait for a slot at a server, if there is a queue.
    pub(super) line: Option<Line>,
}

impl Front {
    /// The front that `spec` describes; `None` if it needs none. `kept` says that some clients keep connections, which
    /// a balancer of layer 7 has to end; `wait` is the lane of the timeout of requests that wait for a server.
    #[must_use]
    pub fn new(spec: &BalancerSpec, kept: bool, wait: Option<LaneId>) -> Option<Self> {
        let pins = matches!(spec.layer, Layer::Layer4(_)).then(Pins::default);
        let proxy = spec.proxy.as_ref().map(Proxy::new);
        let line = spec.queue.as_ref().map(|queue| Line::new(queue, wait));
        (kept || pins.is_some() || proxy.is_some() || line.is_some()).then_some(Self { pins, proxy, line })
    }
}

impl Balancer {
    /// Puts a front before the choice of members.
    pub fn set_front(&mut self, front: Option<Front>) {
        if front.is_some() {
            self.plain = None;
        }
        self.front = front.map(Box::new);
    }

    /// The proxy, if it has a capacity of its own.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        self.front.as_ref()?.proxy.as_ref()
    }

    /// The number of active requests or connections at the members, and how many connections are pinned to them; `None`
    /// except in layer 4.
    #[must_use]
    pub fn pinned(&self) -> Option<(u64, u64)> {
        let pins = self.front.as_ref()?.pins.as_ref()?;
        let active = (0..self.view.len()).map(|member| u64::from(self.view.active(member)));
        Some((active.sum(), pins.count()))
    }

    fn proxy_mut(&mut self) -> Option<&mut Proxy> {
        self.front.as_mut()?.proxy.as_mut()
    }

    /// Like `forward`, through the front.
    #[inline(never)]
    pub(super) fn receive(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        self.record.arrivals += 1;
        let me = self.me;
        if let Some(proxy) = self.proxy_mut() {
            if !proxy.has_place() {
                proxy.usage.rejected += 1;
                self.record.departures += 1;
                return self.refuse(core, id, Outcome::QueueFull);
            }
            core.requests.enter(id, me, IN_PROXY, now);
            proxy.arrive(core, id);
            self.record.population.up(now);
            return None;
        }
        match self.pick(core, id) {
            Ok(tag) => {
                self.record.population.up(now);
                core.requests.enter(id, me, tag, now);
                self.waited(Duration::ZERO);
                self.send(core, id, tag)
            }
            Err(NoPlace::Full(_)) if core.requests[id].outcome == Outcome::Cancelled => {
                self.record.departures += 1;
                reply(core.requests.last(id).map(|stop| stop.actor), id)
            }
            Err(NoPlace::Full(member)) if self.may_wait(member) => {
                self.record.population.up(now);
                core.requests.enter(id, me, WAITING, now);
                self.wait(core, id, member);
                None
            }
            Err(why) => {
                self.find_no_place(core, id, why);
                None
            }
        }
    }

    /// Rejects a request that has not entered.
    fn find_no_place(&mut self, core: &mut Core, id: RequestId, why: NoPlace) {
        match why {
            NoPlace::NoServer => self.reject(core, id),
            NoPlace::Full(_) => {
                self.record.departures += 1;
                if let Some(line) = self.line_mut() {
                    line.record.usage.rejected += 1;
                }
                let passed = self.refuse(core, id, Outcome::QueueFull);
                core.send_passed(passed);
            }
        }
    }

    /// The proxy is done with a request.
    #[inline(never)]
    pub fn proxied(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let frame = core.requests.last(id)?;
        self.proxy_mut()?.done(core, id, frame);
        let now = core.now();
        // The time in the proxy is over; the time that follows is that of the member, or of waiting for one.
        match self.pick(core, id) {
            Ok(tag) => {
                self.waited(Duration::ZERO);
                self.settle(core, id, tag);
                self.send(core, id, tag)
            }
            Err(NoPlace::Full(member)) if self.may_wait(member) => {
                self.settle(core, id, WAITING);
                self.wait(core, id, member);
                None
            }
            Err(why) => {
                self.record.sojourn.add(now.since(frame.entered).as_nanos());
                core.requests.leave(id);
                self.record.population.down(now);
                self.find_no_place(core, id, why);
                None
            }
        }
    }

    fn refuse(&self, core: &mut Core, id: RequestId, outcome: Outcome) -> Passed {
        core.requests.decide(id, outcome, self.me);
        reply(core.requests.last(id).map(|stop| stop.actor), id)
    }

    pub(super) fn send(&mut self, core: &mut Core, id: RequestId, tag: u32) -> Passed {
        let to = self.members[(tag & !PINNED) as usize];
        core.requests[id].set_port(to.port);
        self.launch(core, id, tag, to)
    }

    /// The note of the member that a request goes to.
    fn pick(&mut self, core: &mut Core, id: RequestId) -> Result<u32, NoPlace> {
        let connection = core.requests.details(id).connection;
        if let Some(number) = connection.shared() {
            if self.reads_requests() {
                core.requests.describe(id).connection.end();
            } else {
                if !connection.is_new()
                    && let Some(Pin { member, .. }) = self.pins_mut().and_then(|pins| pins.get(number))
                    // A balancer that watches its members may pass one over for new connections only.
                    && (self.watch.is_some() || self.view.is_up(member as usize))
                {
                    return Ok(PINNED | member);
                }
                if !core.requests[id].is_abandoned() {
                    self.unpin(core, number);
                }
            }
        }
        let member = self.place_for(core, id)?;
        Ok(self.take(core, id, member))
    }

    /// True if the balancer reads requests and thus knows their keys: a balancer of layer 4 does not.
    pub(super) fn reads_requests(&self) -> bool {
        self.front.as_ref().is_none_or(|front| front.pins.is_none())
    }

    /// The connection that a request is to pin to its member, in layer 4. Where its client has closed the connection, its
    /// number may stand for another by now.
    fn to_be_pinned(&self, core: &Core, id: RequestId) -> Option<u32> {
        let number = core.requests.details(id).connection.shared()?;
        (!self.reads_requests() && !core.requests[id].is_abandoned()).then_some(number)
    }

    /// The note of the member to which the connection of a request was pinned while the request waited.
    pub(super) fn pinned_since(&mut self, core: &Core, id: RequestId) -> Option<u32> {
        let number = self.to_be_pinned(core, id)?;
        self.pins_mut()?.get(number).map(|pin| PINNED | pin.member)
    }

    fn pins_mut(&mut self) -> Option<&mut Pins> {
        self.front.as_mut()?.pins.as_mut()
    }

    /// A request goes to `member`, and its connection stays there if there is one to be pinned; gives its note.
    pub(super) fn take(&mut self, core: &mut Core, id: RequestId, member: usize) -> u32 {
        self.view.sent(member);
        self.policy.sent(&self.view, member);
        if let Some(key) = self.probing {
            self.probe(core, key, id);
        }
        if self.watch.is_some() {
            self.sent_watched(core, member);
        }
        let member = member as u32;
        let Some(number) = self.to_be_pinned(core, id) else { return member };
        let client = core.requests.first(id).map(|stop| stop.actor);
        match (self.pins_mut(), client) {
            (Some(pins), Some(client)) => {
                pins.set(number, Pin { member, client });
                PINNED | member
            }
            _ => member,
        }
    }

    /// The answer to a request on a pinned connection comes from `member`: a server that is gone takes it along.
    #[inline(never)]
    pub(super) fn pinned_returned(&mut self, core: &mut Core, id: RequestId, member: u32) {
        if !matches!(core.requests[id].outcome, Outcome::Refused | Outcome::Crashed) {
            return;
        }
        let Some(number) = core.requests.details(id).connection.shared() else { return };
        if self.pins_mut().and_then(|pins| pins.get(number)).is_some_and(|pin| pin.member == member) {
            self.unpin(core, number);
        }
    }

    /// A connection leads nowhere from now on.
    #[inline(never)]
    pub(super) fn unpin(&mut self, core: &mut Core, number: u32) {
        let Some(pin) = self.pins_mut().and_then(|pins| pins.take(number)) else { return };
        let member = pin.member as usize;
        self.view.done(member);
        let answer = Answer { now: core.now(), response_time: None, outcome: Outcome::Served };
        self.policy.done(&self.view, member, answer);
        self.has_room(core, member);
        self.let_in(core, member);
        // Another balancer of layer 4 may stand there, or behind it.
        core.send(self.members[member].actor, Message::Closed { connection: number });
    }

    /// A member has gone down: connections to it break, and the nodes that opened them are told.
    #[inline(never)]
    pub(super) fn break_off(&mut self, core: &mut Core, member: u32) {
        let broken = self.pins_mut().map(|pins| pins.of(member)).unwrap_or_default();
        for (number, client) in broken {
            self.unpin(core, number);
            core.send(client, Message::Broken { connection: number });
        }
    }

    /// Called when measuring begins.
    pub(super) fn front_measure(&mut self, now: Time, begin: Begin) {
        if let Some(proxy) = self.proxy_mut() {
            proxy.measure(now, begin);
        }
        if let Some(line) = self.line_mut() {
            line.record.measure(now, begin);
        }
    }

    /// A window has closed.
    pub(super) fn front_window(&mut self, now: Time, halve: bool) {
        if let Some(proxy) = self.proxy_mut() {
            proxy.window(now, halve);
        }
        if let Some(line) = self.line_mut() {
            line.record.window(now, halve);
        }
    }
}
