//! Connections of clients: how a request gets onto one, and what becomes of it. One file each for the connections held
//! open and the words of the language.
//!
//! Which server a connection leads to belongs in `balancer::layer`.

pub mod pool;
pub mod spec;
#[cfg(test)]
mod tests;

pub use spec::{Connections, Handshake};

use super::source::Origin;
use super::{Clients, address_of};
use crate::actors::kit::link::Endpoint;
use crate::actors::kit::message::{Core, Message, Passed};
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{Connection, Details, Duration, Outcome, RequestId, Time};
use crate::measure::{Begin, Begun};
use pool::{Closed, Limits, Pool, Taken};

/// How long it takes to open a connection: so many trips over the link, one way each.
#[derive(Clone, Debug)]
pub enum Opening {
    /// No time.
    AtOnce,
    /// Always as long.
    Fixed(Duration),
    /// Trips drawn one by one, keyed by the request that opens the connection.
    Random {
        /// The distribution of one way.
        sampler: Sampler,
        /// How many.
        trips: u32,
        /// The draws.
        key: StreamKey,
    },
}

impl Opening {
    fn takes(&self, number: u64) -> Duration {
        match self {
            Self::AtOnce => Duration::ZERO,
            Self::Fixed(length) => *length,
            Self::Random { sampler, trips, key } => {
                let mut draws = key.draws(number);
                Duration::from_secs_f64((0..*trips).map(|_| sampler.sample(&mut draws)).sum())
            }
        }
    }
}

/// Connection state of clients: what they hold open, and how long opening takes.
#[derive(Debug)]
pub struct Dialing {
    /// The connections held open; `None` if each request has its own.
    pub pool: Option<Pool>,
    /// How long it takes to open one.
    pub opening: Opening,
    /// Connections opened, and connection-nanoseconds open, at the end of the warm-up.
    pub at_warm_up: Begun<(u64, u128)>,
    /// Connections opened, where each request has its own.
    opened: u64,
}

impl Dialing {
    /// Clients that have opened nothing yet; without `limits`, each request has a connection of its own.
    #[must_use]
    pub fn new(limits: Option<Limits>, opening: Opening, class: u16, classes: u16) -> Self {
        let pool = limits.map(|limits| Pool::new(limits, class, classes));
        Self { pool, opening, at_warm_up: Begun::default(), opened: 0 }
    }

    /// Is told when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        let area = self.pool.as_ref().map_or(0, |pool| pool.open.area(now));
        self.at_warm_up.begin(begin, (self.opened(), area), ());
    }

    /// Connections opened from time zero on.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.pool.as_ref().map_or(self.opened, |pool| pool.opened)
    }
}

impl Clients {
    /// Gives the clients connection state: without it, every request opens a connection of its own at once.
    pub fn dial(&mut self, dialing: Dialing) {
        self.dialing = Some(Box::new(dialing));
    }

    /// Like `make`, on a connection.
    #[inline(never)]
    pub(super) fn make_on_connection(&mut self, core: &mut Core, origin: Origin) -> Passed {
        let now = core.now();
        let number = origin.number;
        let client =
            origin.client.unwrap_or_else(|| address_of(self.client_stream.draws(number).below(self.population.max(1))));
        let taken = self.connect(core, number, client)?;
        let (id, request) = core.requests.create(number, self.class);
        request.set_out(self.me, origin.place, now);
        let size = origin.size.unwrap_or(self.size);
        let key = origin.key.unwrap_or_else(|| self.keys.sample(self.key_stream, number));
        self.describe(core, id, Details { size, key, client, connection: taken.connection, ..Details::NONE });
        self.record.made(now);
        if self.source.is_over() {
            self.last_call(core);
        }
        if taken.established > now {
            // On its way it will have the port of the target; until then it has the target's place.
            core.requests[id].set_port(taken.target);
            core.send_at(taken.established, self.me, Message::Connected { id });
            return None;
        }
        self.leave(core, id, taken.target)
    }

    pub(super) fn connect(&mut self, core: &mut Core, number: u64, client: u32) -> Option<Taken> {
        let now = core.now();
        let dialing = self.dialing.as_deref_mut()?;
        if let Some(taken) = dialing.pool.as_mut().and_then(|pool| pool.take(core, client)) {
            return Some(taken);
        }
        let established = now + dialing.opening.takes(number);
        let target = self.copies.place(number, client);
        Some(match &mut dialing.pool {
            Some(pool) => pool.open(client, target, now, established),
            None => {
                dialing.opened += 1;
                Taken { connection: Connection::OWN, target, established }
            }
        })
    }

    pub(super) fn leave(&self, core: &mut Core, id: RequestId, target: u32) -> Passed {
        let Endpoint { actor, port } = self.copies.at(target);
        core.requests[id].set_port(port);
        self.link.send(core, id, actor)
    }

    /// The connection of a request is open.
    pub(super) fn connected(&mut self, core: &mut Core, id: RequestId) {
        if core.requests[id].is_abandoned() {
            // Its client gave up before it left.
            core.requests.take_reply(id);
            return;
        }
        let target = core.requests[id].port();
        let passed = self.leave(core, id, target);
        core.send_passed(passed);
    }

    /// The answer to a request has come home. A server that is gone takes the connection to it along, unless a proxy on
    /// the way had ended that.
    #[inline(never)]
    pub(super) fn hang_up(&mut self, core: &mut Core, id: RequestId) {
        let request = &core.requests[id];
        if request.is_abandoned() {
            return;
        }
        let is_gone = matches!(request.outcome, Outcome::Refused | Outcome::Crashed | Outcome::NoServer);
        let connection = core.requests.details(id).connection;
        let keeps = !(is_gone && connection.shared().is_some());
        self.in_pool(core, |pool, core, me| pool.give_back(core, connection.number()?, keeps, me));
    }

    /// A request has taken too long.
    #[inline(never)]
    pub(super) fn abandon(&mut self, core: &mut Core, id: RequestId) {
        let connection = core.requests.details(id).connection;
        self.in_pool(core, |pool, core, me| pool.abandon(core, connection.number()?, me));
    }

    /// A connection was broken off on the way.
    pub(super) fn broken(&mut self, core: &mut Core, number: u32) {
        self.in_pool(core, |pool, core, _| pool.break_off(core, number));
    }

    /// A connection has been idle for too long.
    pub(super) fn idle(&mut self, core: &mut Core, place: u32) {
        self.in_pool(core, |pool, core, _| Some(pool.idle(core, place)));
    }

    pub(super) fn last_call(&mut self, core: &mut Core) {
        let pool = self.dialing.as_mut().and_then(|dialing| dialing.pool.as_mut());
        for closed in pool.map(|pool| pool.last_call(core)).unwrap_or_default() {
            self.closed(core, closed);
        }
    }

    fn in_pool(
        &mut self,
        core: &mut Core,
        change: impl FnOnce(&mut Pool, &mut Core, crate::engine::ActorId) -> Option<Closed>,
    ) {
        let me = self.me;
        let pool = self.dialing.as_mut().and_then(|dialing| dialing.pool.as_mut());
        if let Some(closed) = pool.and_then(|pool| change(pool, core, me)) {
            self.closed(core, closed);
        }
    }

    /// Who has passed the connection on hears of it at once: it may be given the same number again.
    fn closed(&self, core: &mut Core, closed: Closed) {
        core.send(self.copies.at(closed.target).actor, Message::Closed { connection: closed.number });
    }
}
