//! What stands between a request and the choice of its member, in balancers that ask for it: the work of the proxy, and
//! the connection a request came on. One file each for the proxy, the members of connections and the words of the
//! language, and for what a crash or a slow-down of its host does.
//!
//! How a member is chosen belongs in `policies`; who opens connections, in `clients::connections`.

mod outage;
pub mod pins;
pub mod proxy;
pub mod spec;

pub use outage::SlowDowns;
pub use proxy::Proxy;
pub use spec::{Layer, ProxySpec};

use super::policy::{Answer, Facts};
use super::{Balancer, BalancerSpec};
use crate::actors::link::Endpoint;
use crate::actors::message::{Core, Message, Passed, reply};
use crate::engine::{Outcome, RequestId, Time};
use pins::{Pin, Pins};

/// The note of a balancer on a request that is still in its proxy.
pub const IN_PROXY: u32 = u32::MAX;
/// Notes from here on are members of requests whose connection is pinned: it is the connection that is active there.
pub const PINNED: u32 = 1 << 31;

/// The parts of a balancer that not every balancer has.
#[derive(Debug)]
pub struct Front {
    /// The members of connections, in layer 4.
    pins: Option<Pins>,
    /// The proxy, if it has a capacity of its own.
    pub proxy: Option<Proxy>,
}

impl Front {
    /// What `spec` asks for; `None` if it is nothing. `kept` says that some clients keep connections, which a balancer of
    /// layer 7 has to end.
    #[must_use]
    pub fn new(spec: &BalancerSpec, kept: bool) -> Option<Self> {
        let pins = matches!(spec.layer, Layer::Layer4(_)).then(Pins::default);
        let proxy = spec.proxy.as_ref().map(Proxy::new);
        (kept || pins.is_some() || proxy.is_some()).then_some(Self { pins, proxy })
    }
}

impl Balancer {
    /// Puts a front before the choice of members.
    pub fn set_front(&mut self, front: Option<Front>) {
        self.front = front.map(Box::new);
    }

    /// The proxy, if it has a capacity of its own.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        self.front.as_ref()?.proxy.as_ref()
    }

    /// What is active at the members, and how many connections are pinned to them; `None` but in layer 4.
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
                proxy.record.rejected += 1;
                self.record.departures += 1;
                return self.refuse(core, id, Outcome::QueueFull);
            }
            core.requests.enter(id, me, IN_PROXY, now);
            proxy.arrive(core, id);
            self.record.population.up(now);
            return None;
        }
        let Some(tag) = self.pick(core, id) else {
            self.turn_away(core, id);
            return None;
        };
        self.record.population.up(now);
        core.requests.enter(id, me, tag, now);
        self.send(core, id, tag)
    }

    /// The proxy is done with a request.
    #[inline(never)]
    pub fn proxied(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let frame = core.requests.last(id)?;
        self.proxy_mut()?.done(core, id, frame);
        let now = core.now();
        // The time in the proxy is over; what follows is the time of the member.
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        let Some(tag) = self.pick(core, id) else {
            core.requests.leave(id);
            self.record.population.down(now);
            self.turn_away(core, id);
            return None;
        };
        core.requests.retag(id, tag, now);
        self.send(core, id, tag)
    }

    fn refuse(&self, core: &mut Core, id: RequestId, outcome: Outcome) -> Passed {
        core.requests.decide(id, outcome, self.me);
        reply(core.requests.last(id).map(|stop| stop.actor), id)
    }

    fn send(&self, core: &mut Core, id: RequestId, tag: u32) -> Passed {
        let Endpoint { actor, port } = self.members[(tag & !PINNED) as usize];
        core.requests[id].set_port(port);
        self.link.send(core, id, actor)
    }

    /// The note of the member that a request goes to; `None` if there is none.
    fn pick(&mut self, core: &mut Core, id: RequestId) -> Option<u32> {
        let connection = core.requests.details(id).connection;
        let Some(pins) = self.front.as_mut().and_then(|front| front.pins.as_mut()) else {
            if connection.shared().is_some() {
                core.requests.describe(id).connection.end();
            }
            return self.choose(core, id, true);
        };
        let Some(number) = connection.shared() else { return self.choose(core, id, false) };
        if !connection.is_new()
            && let Some(Pin { member, .. }) = pins.get(number)
            // A balancer that watches its members may pass one over for new connections only.
            && (self.watch.is_some() || self.view.is_up(member as usize))
        {
            return Some(PINNED | member);
        }
        // Its client has closed the connection, whose number may stand for another by now.
        if core.requests[id].abandoned {
            return self.choose(core, id, false);
        }
        self.unpin(core, number);
        let member = self.choose(core, id, false)?;
        let client = core.requests.first(id)?.actor;
        if let Some(pins) = self.pins_mut() {
            pins.set(number, Pin { member, client });
        }
        Some(PINNED | member)
    }

    fn pins_mut(&mut self) -> Option<&mut Pins> {
        self.front.as_mut()?.pins.as_mut()
    }

    /// The policy's choice. What is asked for is only seen by who reads requests.
    fn choose(&mut self, core: &mut Core, id: RequestId, reads: bool) -> Option<u32> {
        let details = core.requests.details(id);
        let key = if reads { details.key } else { 0 };
        let facts = Facts { now: core.now(), client: details.client, key };
        let member = self.policy.choose(&self.view, facts, self.choices, core.requests[id].number)?;
        self.view.sent(member);
        self.policy.sent(&self.view, member);
        if let Some(key) = self.probing {
            self.probe(core, key, id);
        }
        if self.watch.is_some() {
            self.sent_watched(core, member);
        }
        Some(member as u32)
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
        // Another balancer of layer 4 may stand there, or behind it.
        core.send(self.members[member].actor, Message::Closed { connection: number });
    }

    /// A member has gone down: the connections to it break, and who opened them hears of it.
    #[inline(never)]
    pub(super) fn break_off(&mut self, core: &mut Core, member: u32) {
        let broken = self.pins_mut().map(|pins| pins.of(member)).unwrap_or_default();
        for (number, client) in broken {
            self.unpin(core, number);
            core.send(client, Message::Broken { connection: number });
        }
    }

    /// The warm-up is over.
    pub(super) fn front_warmed_up(&mut self, now: Time) {
        if let Some(proxy) = self.proxy_mut() {
            proxy.warm_up_over(now);
        }
    }

    /// A window has closed.
    pub(super) fn front_window(&mut self, now: Time, halve: bool) {
        if let Some(proxy) = self.proxy_mut() {
            proxy.window(now, halve);
        }
    }
}
