//! The queue of a balancer for places at servers: which servers take from it, and how much they can do together.
//!
//! While somebody waits there, every server has as many requests as it may have. So no worker that may be busy is idle, and
//! what can be done is known whatever the policy, but for those that place by a hash: there a request waits for its own
//! server, and others may idle.

use super::share::{in_use, is_pinned};
use crate::actors::NodeSpec;
use crate::actors::balancer::{BalancerSpec, Health};
use crate::actors::fleet::FleetSpec;
use crate::model::system::{System, fleet_behind};

/// What a balancer with a queue sends to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The servers.
    pub fleet: &'a FleetSpec,
    /// Workers that may be busy at once, of all servers.
    pub workers: f64,
    /// What they can do, in workers of speed 1.
    pub capacity: f64,
    /// What the slowest server can do.
    pub slowest: f64,
    /// True if nobody else sends there.
    pub alone: bool,
    /// True if all that can be done is done while somebody waits.
    pub pooled: bool,
    /// Requests that there is room for; infinite without a bound.
    pub room: f64,
    /// True if who waits may leave unserved.
    pub leaves: bool,
}

impl<'a> Line<'a> {
    /// The queue of a balancer; `None` where it has none, or where a server that may have any number keeps it empty.
    pub fn of(system: &'a System, balancer: &'a BalancerSpec) -> Option<Self> {
        let queue = balancer.queue.as_ref()?;
        let [target] = &balancer.to.to.0[..] else { return None };
        let (name, fleet) = fleet_behind(&system.nodes, &target.text)?;
        let leads_here = |to: &str| fleet_behind(&system.nodes, to).is_some_and(|(other, _)| other == name);
        let balancers = system.nodes.entries.iter().map(|(_, node)| match node {
            NodeSpec::Balancer(other) => other.to.to.0.iter().filter(|to| leads_here(&to.text)).count() * other.copies,
            _ => 0,
        });
        let balancers = balancers.sum::<usize>();
        let most = |server: usize| fleet.max_connections.get(server).copied().unwrap_or(0);
        if in_use(fleet).any(|server| most(server) == 0) {
            return None;
        }
        let workers = |server: usize| f64::from(fleet.workers).min(f64::from(most(server)) * balancers as f64);
        let can_do = |server: usize| workers(server) * fleet.speeds.get(server).copied().unwrap_or(1.0);
        let copies = fleet.copies as f64;
        let is_direct = target.text == name;
        let senders = system.nodes.entries.iter().filter(|(_, node)| node.targets().iter().any(|to| to.text == name));
        let is_alone = balancers == 1 && is_direct && senders.count() == 1;
        let is_safe = is_direct
            && !matches!(balancer.health, Health::Active(_))
            && balancer.passive.is_none()
            && balancer.outliers.is_none()
            && balancer.timeout.is_none()
            && in_use(fleet).all(|server| holds(fleet, most(server)));
        let by_server = queue.per_server.filter(|_| balancer.policy.places_by_hash());
        let rooms = [queue.places, by_server.map(|places| places * in_use(fleet).count() * fleet.copies)];
        Some(Self {
            fleet,
            workers: in_use(fleet).map(workers).sum::<f64>() * copies,
            capacity: in_use(fleet).map(can_do).sum::<f64>() * copies,
            slowest: in_use(fleet).map(can_do).fold(f64::INFINITY, f64::min),
            alone: is_alone,
            pooled: is_alone
                && is_safe
                && !balancer.policy.places_by_hash()
                && balancer.subset.is_none()
                && !is_pinned(system, balancer),
            room: rooms.into_iter().flatten().map(|places| places as f64).fold(f64::INFINITY, f64::min),
            leaves: queue.timeout.is_some() || !is_safe,
        })
    }

    /// True if nobody who waits ever leaves unserved or is turned away.
    pub fn keeps_all(&self) -> bool {
        self.room.is_infinite() && !self.leaves
    }
}

/// True if a server of the fleet turns none of so many requests away.
fn holds(fleet: &FleetSpec, requests: u32) -> bool {
    let room = fleet.queue.map_or(u64::MAX, |queue| (queue as u64).saturating_add(u64::from(fleet.workers)));
    u64::from(requests) <= room && fleet.queue_bytes.is_none() && fleet.longest_wait.is_none() && fleet.shed.is_none()
}
