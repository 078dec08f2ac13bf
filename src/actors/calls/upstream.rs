//! The upstream of a node, as Envoy and NGINX call it: the node that is called or its copies, the link there, the open
//! connections, and the record of the calls.
//!
//! The attempts of a call belong in `caller`.

use super::CallsRecord;
use super::connections::Dialing;
use super::connections::pool::{Closed, Pool, Taken};
use crate::actors::kit::copies::Copies;
use crate::actors::kit::link::{Endpoint, Link};
use crate::actors::kit::message::{Core, Message, Passed};
use crate::engine::{ActorId, Connection, Outcome, RequestId, Time};
use crate::measure::Begin;

/// The upstream: the node that is called, and the way to it.
#[derive(Debug)]
pub struct Upstream {
    /// The node that calls.
    pub me: ActorId,
    /// The class of its requests.
    pub class: u16,
    /// The node that is called, or its copies.
    pub copies: Copies,
    /// The way there.
    pub link: Link,
    /// Connection state; `None` if every request opens a connection of its own at once.
    pub connections: Option<Box<Dialing>>,
    /// Records of the calls.
    pub record: CallsRecord,
}

impl Upstream {
    /// An upstream without calls so far, with a new connection for every request.
    #[must_use]
    pub fn new(me: ActorId, class: u16, copies: Copies, link: Link) -> Self {
        Self { me, class, copies, link, connections: None, record: CallsRecord::default() }
    }

    /// Lets requests travel on connections that are kept, or that take a time to open.
    pub fn dial(&mut self, connections: Dialing) {
        self.connections = Some(Box::new(connections));
    }

    /// Handles a message that concerns connections; false if it is another message.
    pub fn take(&mut self, core: &mut Core, message: Message) -> bool {
        match message {
            Message::Connected { id } => self.connected(core, id),
            Message::Broken { connection } => self.in_pool(core, |pool, core, _| pool.break_off(core, connection)),
            Message::Idle { place } => self.in_pool(core, |pool, core, _| Some(pool.idle(core, place))),
            _ => return false,
        }
        true
    }

    /// The connection of request `number` of `client`, the place of the copy that it leads to, and when it can leave.
    pub fn connect(&mut self, core: &mut Core, number: u64, client: u32) -> Taken {
        let now = core.now();
        let Some(dialing) = self.connections.as_deref_mut() else {
            let target = self.copies.place(number, client);
            return Taken { connection: Connection::OWN, target, established: now };
        };
        if let Some(taken) = dialing.pool.as_mut().and_then(|pool| pool.take(core, client)) {
            return taken;
        }
        let established = now + dialing.opening.takes(number);
        let target = self.copies.place(number, client);
        match &mut dialing.pool {
            Some(pool) => pool.open(client, target, now, established),
            None => {
                dialing.opened += 1;
                Taken { connection: Connection::OWN, target, established }
            }
        }
    }

    /// A request sets out on its connection: now, or when that is open.
    pub fn depart(&self, core: &mut Core, id: RequestId, target: u32, established: Time) -> Passed {
        if established > core.now() {
            // On its way it will have the port of the target; until then it has the target's place.
            core.requests[id].set_port(target);
            core.send_at(established, self.me, Message::Connected { id });
            return None;
        }
        self.leave(core, id, target)
    }

    fn leave(&self, core: &mut Core, id: RequestId, target: u32) -> Passed {
        let Endpoint { actor, port } = self.copies.at(target);
        core.requests[id].set_port(port);
        self.link.send(core, id, actor)
    }

    /// The connection of a request is open.
    fn connected(&mut self, core: &mut Core, id: RequestId) {
        if core.requests[id].is_abandoned() {
            // Its client gave up before it left.
            core.requests.take_reply(id);
            return;
        }
        let target = core.requests[id].port();
        let passed = self.leave(core, id, target);
        core.send_passed(passed);
    }

    /// The answer to a request has returned. A server that is gone takes the connection to it along, unless a proxy on
    /// the way had ended that.
    #[inline(never)]
    pub fn hang_up(&mut self, core: &mut Core, id: RequestId) {
        let request = &core.requests[id];
        if self.connections.is_none() || request.is_abandoned() {
            return;
        }
        let is_gone = matches!(request.outcome, Outcome::Refused | Outcome::Crashed | Outcome::NoServer);
        let connection = core.requests.details(id).connection;
        let keeps = !(is_gone && connection.shared().is_some());
        self.in_pool(core, |pool, core, me| pool.give_back(core, connection.number()?, keeps, me));
    }

    /// A request is given up: its connection may be closed with it.
    #[inline(never)]
    pub fn abandon(&mut self, core: &mut Core, id: RequestId) {
        let connection = core.requests.details(id).connection;
        self.in_pool(core, |pool, core, me| pool.abandon(core, connection.number()?, me));
    }

    /// No further call will be made: connections are closed when they are idle.
    pub fn last_call(&mut self, core: &mut Core) {
        let pool = self.connections.as_mut().and_then(|dialing| dialing.pool.as_mut());
        for closed in pool.map(|pool| pool.last_call(core)).unwrap_or_default() {
            self.closed(core, closed);
        }
    }

    fn in_pool(&mut self, core: &mut Core, change: impl FnOnce(&mut Pool, &mut Core, ActorId) -> Option<Closed>) {
        let me = self.me;
        let pool = self.connections.as_mut().and_then(|dialing| dialing.pool.as_mut());
        if let Some(closed) = pool.and_then(|pool| change(pool, core, me)) {
            self.closed(core, closed);
        }
    }

    /// The balancer that passed the connection on is told at once, because the number may be reused.
    fn closed(&self, core: &mut Core, closed: Closed) {
        core.send(self.copies.at(closed.target).actor, Message::Closed { connection: closed.number });
    }

    /// A window has closed; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.record.window(now, halve);
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.record.measure(now, begin);
        if let Some(connections) = &mut self.connections {
            connections.measure(now, begin);
        }
    }
}
