//! The actors of a system: one folder for each kind, one file for each policy.
//!
//! An actor handles messages with exclusive access to itself and to the engine's core, never to another actor: all
//! interaction is a message. How systems are described and put together belongs in `model`.

pub mod balancer;
pub mod breaker;
pub mod calls;
pub mod clients;
pub mod concurrency;
pub mod delay;
pub mod fallback;
pub mod fleet;
pub mod host;
pub mod kit;
pub mod limiter;
pub mod placement;
pub mod resources;
pub mod router;
pub mod store;

use crate::engine::{ActorId, Duration, Hold, RequestId, Requests, Time, World};
use crate::measure::{Begin, Clock};
use crate::schema::choice;
use kit::describe::Describe;
use kit::message::{Core, Message, Passed};
use kit::node::Node;

/// Lists the kinds of nodes: the word of each in the language, its description, and the node at work.
macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $kind:ident($folder:ident::$spec:ident, $same:ident::$node:ident), )+) => {
        /// The records of all kinds, for systems written in code.
        pub mod words {
            pub use super::NodeSpec as Node;
            $( pub use super::$folder::$spec as $kind; )+
        }

        // Imported, so that the documentation of the variants can link to them.
        $( use $folder::$spec; )+

        choice! {
            /// A node of a system, by kind.
            pub enum NodeSpec {
                $( $kind($spec), )+
            }
        }

        impl NodeSpec {
            /// The kind of node, as written in a file, such as `Fleet`.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self {
                    $( Self::$kind(_) => stringify!($kind), )+
                }
            }
        }

        /// The description of a node, whatever its kind.
        impl std::ops::Deref for NodeSpec {
            type Target = dyn Describe;

            fn deref(&self) -> &Self::Target {
                match self {
                    $( Self::$kind(spec) => spec, )+
                }
            }
        }

        /// An actor of any kind.
        #[derive(Debug)]
        pub enum Actor {
            $( $(#[doc = $doc])+ $kind(Box<$same::$node>), )+
            /// The host of a node, which faults may hit. Hosts come after all nodes in the list.
            Host(Box<host::Host>),
        }

        impl Actor {
            /// The node at work, whatever its kind.
            #[must_use]
            pub fn node(&self) -> &dyn Node {
                match self {
                    $( Self::$kind(node) => &**node, )+
                    Self::Host(host) => &**host,
                }
            }

            /// The same, to change it.
            pub fn node_mut(&mut self) -> &mut dyn Node {
                match self {
                    $( Self::$kind(node) => &mut **node, )+
                    Self::Host(host) => &mut **host,
                }
            }
        }

        impl World for Actors {
            type Message = Message;

            #[inline(always)]
            fn handle(&mut self, core: &mut Core, to: ActorId, message: Message) -> Passed {
                match &mut self.all[to.0 as usize] {
                    $( Actor::$kind(node) => Node::handle(&mut **node, core, message), )+
                    Actor::Host(host) => Node::handle(&mut **host, core, message),
                }
            }

            #[inline(always)]
            fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
                if core.requests.is_held(id, Hold::Timer) {
                    // The node that set it no longer has the request.
                    core.requests.release(id, Hold::Timer);
                    return None;
                }
                let holder = core.requests.last(id)?.actor;
                match &mut self.all[holder.0 as usize] {
                    $( Actor::$kind(node) => Node::ring(&mut **node, core, id), )+
                    Actor::Host(_) => None,
                }
            }

            #[inline(always)]
            fn wake(&mut self, core: &mut Core, actor: ActorId) -> Passed {
                match &mut self.all[actor.0 as usize] {
                    $( Actor::$kind(node) => Node::wake(&mut **node, core), )+
                    Actor::Host(_) => None,
                }
            }

            fn tick(&mut self, _requests: &Requests, at: Time) -> Time {
                self.record(at);
                self.next_tick()
            }
        }
    };
}

kinds! {
    /// Where requests come from.
    Clients(clients::ClientsSpec, clients::Clients),
    /// Chooses the server of a request.
    Balancer(balancer::BalancerSpec, balancer::Balancer),
    /// Serves requests.
    Fleet(fleet::FleetSpec, fleet::Fleet),
    /// Sends requests where its rules say.
    Router(router::RouterSpec, router::Router),
    /// Limits the rate of requests.
    Limiter(limiter::LimiterSpec, limiter::Limiter),
    /// Stops calls to a failing service.
    Breaker(breaker::BreakerSpec, breaker::Breaker),
    /// Limits the number of requests in flight.
    ConcurrencyLimiter(concurrency::ConcurrencyLimiterSpec, concurrency::ConcurrencyLimiter),
    /// Answers in place of the node behind it.
    Fallback(fallback::FallbackSpec, fallback::Fallback),
    /// Keeps limits that limiters share.
    Store(store::StoreSpec, store::Store),
    /// A network hop with its own delay distributions.
    Delay(delay::DelaySpec, delay::Delay),
}

/// When measuring begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measuring {
    /// After a fixed time.
    After(Duration),
    /// At a boundary of windows that is chosen after the run, one of every n-th: see [`Actors::begun`].
    AtEvery(usize),
}

/// All actors of a system, ready to run.
#[derive(Debug)]
pub struct Actors {
    /// The actors; an [`ActorId`] is an index into this list.
    pub all: Vec<Actor>,
    clock: Clock,
    /// When measuring begins, if that is known and still to come.
    begins: Option<Time>,
    /// Number of windows between two moments at which measuring may begin.
    every: Option<usize>,
}

impl Actors {
    /// The actors of a system, whose time series initially have windows of length `window`.
    #[must_use]
    pub fn new(all: Vec<Actor>, window: Duration) -> Self {
        Self { all, clock: Clock::new(window), begins: None, every: None }
    }

    /// The next tick: the end of a window, or the start of measuring.
    #[must_use]
    pub fn next_tick(&self) -> Time {
        self.begins.unwrap_or(Time::MAX).min(self.clock.next_boundary())
    }

    /// The windows of the series.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Schedules the first events.
    pub fn start(&mut self, core: &mut Core, measuring: Measuring) {
        match measuring {
            Measuring::After(warm_up) => self.begins = Some(Time::ZERO + warm_up).filter(|_| !warm_up.is_zero()),
            Measuring::AtEvery(windows) => self.every = Some(windows),
        }
        self.all.iter_mut().for_each(|actor| actor.node_mut().start(core));
    }
}

/// Records of a tick beside the counts of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// A window has closed; true if pairs of windows were merged.
    pub halved: Option<bool>,
    /// The message to records when measuring begins.
    pub begin: Option<Begin>,
}

impl Actors {
    /// Makes the records that are due at this tick.
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

    /// Sets, after the run, at which of the moments of [`Measuring::AtEvery`] measuring began, counted from zero; the
    /// run ended at `over`.
    pub fn begun(&mut self, over: Time, moment: usize) {
        self.measure(over, Begin::Then(moment));
    }

    fn measure(&mut self, at: Time, begin: Begin) {
        self.all.iter_mut().for_each(|actor| actor.node_mut().measure(at, begin));
    }

    fn window(&mut self, at: Time, halve: bool) {
        self.all.iter_mut().for_each(|actor| actor.node_mut().window(at, halve));
    }
}
