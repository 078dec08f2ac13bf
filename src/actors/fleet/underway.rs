//! What a fleet is working on first come, first served, found in the calendar when a fault needs to know.
//!
//! Keeping it at hand would cost every request; faults are rare, and one look serves all the servers that one hits.

use crate::actors::message::{Core, Message};
use crate::engine::{ActorId, Handle, RequestId, Time};

/// A request that a worker is working on.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    port: usize,
    started: Time,
    number: u64,
    /// The request.
    pub id: RequestId,
    /// The event at its end.
    pub end: Handle,
    /// When it ends.
    pub at: Time,
}

/// All services of a fleet, by server and then in the order they began.
#[derive(Debug, Default)]
pub struct Underway(Vec<Service>);

impl Underway {
    /// What `fleet` is working on.
    #[must_use]
    pub fn of(core: &Core, fleet: ActorId) -> Self {
        let service = |(end, at, to, message): (Handle, Time, ActorId, Message)| match message {
            Message::ServiceEnd { id } if to == fleet => {
                let request = &core.requests[id];
                let port = core.requests.last(id)?.tag as usize;
                Some(Service { port, started: request.started, number: request.number, id, end, at })
            }
            _ => None,
        };
        let mut services: Vec<Service> = core.pending().filter_map(service).collect();
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
