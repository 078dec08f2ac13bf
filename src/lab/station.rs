//! What does work and has a queue before it, whatever kind of node it belongs to: a fleet, the proxy of a balancer, or a
//! store; or a balancer at which requests wait for a place at a server, and nothing is done.

use crate::actors::balancer::layer::proxy::ProxySnapshot;
use crate::actors::balancer::queue::line::QueueSnapshot;
use crate::actors::balancer::{Line, Proxy};
use crate::actors::fleet::Fleet;
use crate::actors::fleet::record::Snapshot as FleetSnapshot;
use crate::actors::store::{Snapshot as StoreSnapshot, Store};
use crate::engine::Time;
use crate::measure::Latency;

/// A fleet, a proxy or a store.
#[derive(Clone, Copy, Debug)]
pub enum Station<'a> {
    /// A fleet.
    Fleet(&'a Fleet),
    /// The proxy of a balancer.
    Proxy(&'a Proxy),
    /// A store, which does one command at a time.
    Store(&'a Store),
    /// Who waits at a balancer for a place at a server.
    Line(&'a Line),
}

/// Cumulative figures at the end of a window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Requests that came.
    pub arrivals: u64,
    /// Worker-nanoseconds of work.
    pub busy: u128,
    /// Worker-nanoseconds of work that was for nobody.
    pub wasted: u128,
    /// Request-nanoseconds of waiting.
    pub waiting: u128,
}

impl Station<'_> {
    /// Workers.
    #[must_use]
    pub fn workers(self) -> u64 {
        match self {
            Self::Fleet(fleet) => fleet.workers(),
            Self::Proxy(proxy) => u64::from(proxy.workers()),
            Self::Store(_) => 1,
            Self::Line(_) => 0,
        }
    }

    /// Worker-nanoseconds of work from the end of the warm-up until `now`.
    #[must_use]
    pub fn busy(self, now: Time) -> u128 {
        match self {
            Self::Fleet(fleet) => {
                let total: u128 = fleet.busy_by_server(now).iter().sum();
                total - fleet.record.at_warm_up.figures.busy
            }
            Self::Proxy(proxy) => proxy.busy(now) - proxy.record.at_warm_up.busy,
            Self::Store(store) => store.record.busy.area(now) - store.record.at_warm_up.busy,
            Self::Line(_) => 0,
        }
    }

    /// Worker-nanoseconds of work from the end of the warm-up on that was for nobody: it may have begun before. Proxies and
    /// stores do not know.
    #[must_use]
    pub fn wasted(self) -> u128 {
        match self {
            Self::Fleet(fleet) => fleet.record.wasted - fleet.record.at_warm_up.figures.wasted,
            Self::Proxy(_) | Self::Store(_) | Self::Line(_) => 0,
        }
    }

    /// Worker-nanoseconds of work by server from the end of the warm-up until `now`.
    #[must_use]
    pub fn busy_by_server(self, now: Time) -> Vec<u128> {
        match self {
            Self::Fleet(fleet) => {
                let before = &fleet.record.at_warm_up.busy_by_server;
                let servers = fleet.busy_by_server(now).into_iter().enumerate();
                servers.map(|(at, busy)| busy - before.get(at).copied().unwrap_or(0)).collect()
            }
            Self::Proxy(_) | Self::Store(_) => vec![self.busy(now)],
            Self::Line(_) => Vec::new(),
        }
    }

    /// Adds the waiting times after the warm-up to `all`; a store does not record them.
    pub fn add_waiting(self, all: &mut Latency) {
        match self {
            Self::Fleet(fleet) => fleet.record.classes.iter().for_each(|times| all.merge(&times.waiting)),
            Self::Proxy(proxy) => all.merge(&proxy.record.waits),
            Self::Store(_) => {}
            Self::Line(line) => all.merge(&line.record.waits),
        }
    }

    /// Cumulative figures by window.
    #[must_use]
    pub fn windows(self) -> Vec<Window> {
        match self {
            Self::Fleet(fleet) => {
                let windows = fleet.record.windows.values().iter();
                let window = |w: &FleetSnapshot| Window {
                    arrivals: w.arrivals,
                    busy: w.busy,
                    wasted: w.wasted,
                    waiting: w.waiting,
                };
                windows.map(window).collect()
            }
            Self::Proxy(proxy) => {
                let windows = proxy.record.windows.values().iter();
                let window =
                    |w: &ProxySnapshot| Window { arrivals: w.arrivals, busy: w.busy, wasted: 0, waiting: w.waiting };
                windows.map(window).collect()
            }
            Self::Store(store) => {
                let windows = store.record.windows.values().iter();
                let window = |w: &StoreSnapshot| Window {
                    arrivals: w.arrivals,
                    busy: w.busy,
                    wasted: 0,
                    waiting: w.population - w.busy,
                };
                windows.map(window).collect()
            }
            Self::Line(line) => {
                let windows = line.record.windows.values().iter();
                let window = |w: &QueueSnapshot| Window { arrivals: w.passed, busy: 0, wasted: 0, waiting: w.waiting };
                windows.map(window).collect()
            }
        }
    }
}
