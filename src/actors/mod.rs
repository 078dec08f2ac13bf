//! What systems are made of: one folder a kind of actor, one file a policy.
//!
//! An actor handles messages with exclusive access to itself and to the engine's core, never to another actor: all
//! interaction is a message. How systems are described and put together belongs in `model`.

pub mod balancer;
pub mod breaker;
pub mod clients;
pub mod concurrency;
pub mod fallback;
pub mod fleet;
pub mod host;
pub mod kit;
pub mod limiter;
pub mod router;
pub mod store;

use crate::engine::{ActorId, Duration, Hold, RequestId, Requests, Time, World};
use crate::measure::{Begin, Clock};
use balancer::Balancer;
use breaker::Breaker;
use clients::Clients;
use concurrency::ConcurrencyLimiter;
use fallback::Fallback;
use fleet::Fleet;
use host::Host;
use limiter::Limiter;
use kit::message::{Core, Message, Passed};
use router::Router;
use store::Store;

/// An actor of any kind.
#[derive(Debug)]
pub enum Actor {
    /// Where requests come from.
    Clients(Box<Clients>),
    /// Chooses who serves a request.
    Balancer(Box<Balancer>),
    /// Serves requests.
    Fleet(Box<Fleet>),
    /// Sends requests where its rules say.
    Router(Box<Router>),
    /// Lets as many requests pass as its rules allow.
    Limiter(Box<Limiter>),
    /// Stops calls to a service that is failing.
    Breaker(Box<Breaker>),
    /// Lets so many requests be under way at once.
    ConcurrencyLimiter(Box<ConcurrencyLimiter>),
    /// Answers in place of what stands behind it.
    Fallback(Box<Fallback>),
    /// Keeps what limiters share.
    Store(Box<Store>),
    /// Where a node runs that faults may hit. Hosts stand behind all nodes in the list.
    Host(Box<Host>),
}

/// When measuring begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measuring {
    /// After so long.
    After(Duration),
    /// At a boundary of windows that is chosen when the run is over, one of every so many: see [`Actors::begun`].
    AtEvery(usize),
}

/// All actors of a system, ready to run.
#[derive(Debug)]
pub struct Actors {
    /// The actors; an [`ActorId`] is a place in this list.
    pub all: Vec<Actor>,
    clock: Clock,
    /// When measuring begins, if that is known and still to come.
    begins: Option<Time>,
    /// Windows from one moment at which measuring may begin to the next.
    every: Option<usize>,
}

impl Actors {
    /// A system whose series have windows of `window` to begin with.
    #[must_use]
    pub fn new(all: Vec<Actor>, window: Duration) -> Self {
        Self { all, clock: Clock::new(window), begins: None, every: None }
    }

    /// When something is next to be recorded whatever happens: a window ends, or measuring begins.
    #[must_use]
    pub fn next_tick(&self) -> Time {
        self.begins.unwrap_or(Time::MAX).min(self.clock.next_boundary())
    }

    /// The windows of the series.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Puts the first events into the calendar.
    pub fn start(&mut self, core: &mut Core, measuring: Measuring) {
        match measuring {
            Measuring::After(warm_up) => self.begins = Some(Time::ZERO + warm_up).filter(|_| !warm_up.is_zero()),
            Measuring::AtEvery(windows) => self.every = Some(windows),
        }
        for actor in &mut self.all {
            match actor {
                Actor::Clients(clients) => clients.start(core),
                Actor::Balancer(balancer) => balancer.start(core),
                Actor::Router(_)
                | Actor::Limiter(_)
                | Actor::Breaker(_)
                | Actor::ConcurrencyLimiter(_)
                | Actor::Fallback(_) => {}
                Actor::Fleet(fleet) => fleet.start(core),
                Actor::Store(store) => store.start(core),
                Actor::Host(host) => host.start(core),
            }
        }
    }
}

impl World for Actors {
    type Message = Message;

    #[inline(always)]
    fn handle(&mut self, core: &mut Core, to: ActorId, message: Message) -> Passed {
        match &mut self.all[to.0 as usize] {
            Actor::Clients(clients) => clients.handle(core, message),
            Actor::Balancer(balancer) => balancer.handle(core, message),
            Actor::Fleet(fleet) => fleet.handle(core, message),
            Actor::Router(router) => router.handle(core, message),
            Actor::Limiter(limiter) => limiter.handle(core, message),
            Actor::Breaker(breaker) => breaker.handle(core, message),
            Actor::ConcurrencyLimiter(limiter) => limiter.handle(core, message),
            Actor::Fallback(fallback) => fallback.handle(core, message),
            Actor::Store(store) => store.handle(core, message),
            Actor::Host(host) => host.handle(core, message),
        }
    }

    /// Fleets, proxies and limiters set timers of requests: a service or a wait ends.
    #[inline(always)]
    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if core.requests.is_held(id, Hold::Timer) {
            // Whoever set it has let go of the request since.
            core.requests.release(id, Hold::Timer);
            return None;
        }
        let holder = core.requests.last(id)?.actor;
        match &mut self.all[holder.0 as usize] {
            Actor::Fleet(fleet) => fleet.service_end(core, id),
            Actor::Balancer(balancer) => balancer.proxied(core, id),
            Actor::Limiter(limiter) => limiter.passes(core, id),
            Actor::Fallback(fallback) => fallback.made(core, id),
            Actor::Clients(_)
            | Actor::Router(_)
            | Actor::Breaker(_)
            | Actor::ConcurrencyLimiter(_)
            | Actor::Store(_)
            | Actor::Host(_) => None,
        }
    }

    /// Only clients set alarms: an arrival is due.
    #[inline(always)]
    fn wake(&mut self, core: &mut Core, actor: ActorId) -> Passed {
        match &mut self.all[actor.0 as usize] {
            Actor::Clients(clients) => clients.arrival(core),
            _ => None,
        }
    }

    fn tick(&mut self, _requests: &Requests, at: Time) -> Time {
        self.record(at);
        self.next_tick()
    }
}

/// What was recorded at a tick beside all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// A window has closed; true if pairs of windows were merged.
    pub halved: Option<bool>,
    /// What was said of when measuring begins.
    pub begin: Option<Begin>,
}

impl Actors {
    /// Records what is to be recorded at this tick.
    pub fn record(&mut self, at: Time) -> Ticked {
        let halved = (self.clock.next_boundary() == at).then(|| self.clock.close());
        if let Some(halve) = halved {
            self.window(at, halve);
        }
        let begin = match (self.begins, self.every, halved) {
            (Some(begins), ..) if begins == at => Some(Begin::Now),
            (_, Some(_), Some(true)) => Some(Begin::Thin),
            (_, Some(every), Some(false)) => self.clock.closed().is_multiple_of(every).then_some(Begin::Maybe),
            _ => None,
        };
        if let Some(begin) = begin {
            self.measure(at, begin);
            self.begins = None;
        }
        Ticked { halved, begin }
    }

    /// Of the moments that [`Measuring::AtEvery`] left to be chosen, measuring began at this one, counted from zero; said
    /// when the run is over at `over`.
    pub fn begun(&mut self, over: Time, moment: usize) {
        self.measure(over, Begin::Then(moment));
    }

    fn measure(&mut self, at: Time, begin: Begin) {
        for actor in &mut self.all {
            match actor {
                Actor::Clients(clients) => clients.measure(at, begin),
                Actor::Balancer(balancer) => balancer.measure(at, begin),
                Actor::Fleet(fleet) => fleet.measure(at, begin),
                Actor::Router(router) => router.measure(at, begin),
                Actor::Limiter(limiter) => limiter.measure(at, begin),
                Actor::Breaker(breaker) => breaker.measure(at, begin),
                Actor::ConcurrencyLimiter(limiter) => limiter.measure(at, begin),
                Actor::Fallback(fallback) => fallback.measure(at, begin),
                Actor::Store(store) => store.measure(at, begin),
                Actor::Host(host) => host.measure(at, begin),
            }
        }
    }

    fn window(&mut self, at: Time, halve: bool) {
        for actor in &mut self.all {
            match actor {
                Actor::Clients(clients) => clients.window(at, halve),
                Actor::Balancer(balancer) => balancer.window(at, halve),
                Actor::Fleet(fleet) => fleet.window(at, halve),
                Actor::Router(router) => router.window(at, halve),
                Actor::Limiter(limiter) => limiter.window(at, halve),
                Actor::Breaker(breaker) => breaker.window(at, halve),
                Actor::ConcurrencyLimiter(limiter) => limiter.window(at, halve),
                Actor::Fallback(fallback) => fallback.window(at, halve),
                Actor::Store(store) => store.window(at, halve),
                Actor::Host(host) => host.window(at, halve),
            }
        }
    }
}
