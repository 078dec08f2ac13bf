//! The requests in service at a plain fleet, looked up in the calendar when a fault needs them.
//!
//! Keeping a list would cost time at every request; faults are rare, and one search serves all servers that a fault
//! hits.

use crate::actors::kit::message::Core;
use crate::engine::{ActorId, RequestId, Requests, Time};

/// A request that a worker was serving; its end has been removed from the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    port: usize,
    started: Time,
    number: u64,
    /// The request.
    pub id: RequestId,
    /// When it would end.
    pub at: Time,
}

/// Services of a fleet, by server and then in the order they began.
#[derive(Debug, Default)]
pub struct Underway(Vec<Service>);

impl Underway {
    /// Removes from the calendar the services under way of `fleet` at `ports`, which are in order.
    #[must_use]
    pub fn take(core: &mut Core, fleet: ActorId, ports: &[usize]) -> Self {
        let port_of = |requests: &Requests, id: RequestId| {
            let stop = requests.last(id).filter(|stop| stop.actor == fleet)?;
            Some(stop.tag as usize).filter(|port| ports.binary_search(port).is_ok())
        };
        let timers = core.take_timers(|requests, id| port_of(requests, id).is_some());
        let service = |(at, id): (Time, RequestId)| {
            let request = &core.requests[id];
            let port = port_of(&core.requests, id)?;
            Some(Service { port, started: request.started(), number: request.number, id, at })
        };
        let mut services: Vec<Service> = timers.into_iter().filter_map(service).collect();
        services.sort_unstable_by_key(|service| (service.port, service.started, service.number, service.id));
        Self(services)
    }

    /// The services of one server.
    #[must_use]
    pub fn at(&self, port: usize) -> &[Service] {
        let from = self.0.partition_point(|service| service.port < port);
        let to = self.0.partition_point(|service| service.port <= port);
        &self.0[from..to]
    }
}
