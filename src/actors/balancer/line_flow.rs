//! The capacity behind the queue of a balancer: which servers take requests from it, and how much they can do together.
//!
//! While a request waits there, every server has as many requests as it may have. So no worker that could be busy is
//! idle, and the capacity does not depend on the policy. Hash policies are the exception: there a request waits for its
//! own server, and others may be idle.

use super::{BalancerSpec, Health, Layer};
use crate::actors::kit::describe::Server;
use crate::actors::kit::site::Site;

/// The servers behind a balancer with a queue.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The node of the servers.
    pub node: &'a str,
    /// Workers that may be busy at once, of all servers.
    pub workers: f64,
    /// Their capacity, in workers of speed 1.
    pub capacity: f64,
    /// The capacity of the slowest server.
    pub slowest: f64,
    /// True if no other node sends requests there.
    pub alone: bool,
    /// True if all servers are fully used while a request waits.
    pub pooled: bool,
    /// Requests that there is room for; infinite without a bound.
    pub room: f64,
    /// True if a waiting request may leave unserved.
    pub leaves: bool,
}

impl<'a> Line<'a> {
    /// The queue of a balancer; `None` where it has none, or where a server that may have any number keeps it empty.
    #[must_use]
    pub fn of(site: &'a Site<'a>, balancer: &'a BalancerSpec) -> Option<Self> {
        let queue = balancer.queue.as_ref()?;
        let [target] = &balancer.to.to.0[..] else { return None };
        let (node, servers) = site.servers_behind(&target.text)?;
        let leads_here = |to: &str| site.servers_behind(to).is_some_and(|(other, _)| other == node);
        let entries = &site.nodes.entries;
        let choosers = entries.iter().map(|(_, other)| {
            let chosen = other.edges().into_iter().filter(|edge| edge.sends.server() == Some(Server::Chosen));
            chosen.flat_map(|edge| &edge.route.to.0).filter(|to| leads_here(&to.text)).count() * other.copies()
        });
        let choosers = choosers.sum::<usize>();
        let most = |server: usize| servers.max_connections.get(server).copied().unwrap_or(0);
        if servers.in_use().any(|server| most(server) == 0) {
            return None;
        }
        let workers = |server: usize| f64::from(servers.workers).min(f64::from(most(server)) * choosers as f64);
        let can_do = |server: usize| workers(server) * servers.speeds.get(server).copied().unwrap_or(1.0);
        let copies = servers.copies as f64;
        let is_direct = target.text == node;
        let senders = entries.iter().filter(|(_, other)| other.targets().iter().any(|to| to.text == node));
        let is_alone = choosers == 1 && is_direct && senders.count() == 1;
        let is_safe = is_direct
            && !matches!(balancer.health, Health::Active(_))
            && balancer.passive.is_none()
            && balancer.outliers.is_none()
            && balancer.timeout.is_none()
            && servers.in_use().all(|server| u64::from(most(server)) <= servers.holds);
        let by_server = queue.per_server.filter(|_| balancer.policy.places_by_hash());
        let rooms = [queue.places, by_server.map(|places| places * servers.in_use().count() * servers.copies)];
        Some(Self {
            node,
            workers: servers.in_use().map(workers).sum::<f64>() * copies,
            capacity: servers.in_use().map(can_do).sum::<f64>() * copies,
            slowest: servers.in_use().map(can_do).fold(f64::INFINITY, f64::min),
            alone: is_alone,
            pooled: is_alone
                && is_safe
                && !balancer.policy.places_by_hash()
                && balancer.subset.is_none()
                && !is_pinned(site, balancer),
            room: rooms.into_iter().flatten().map(|places| places as f64).fold(f64::INFINITY, f64::min),
            leaves: queue.timeout.is_some() || !is_safe,
        })
    }

    /// True if no waiting request ever leaves unserved or is rejected.
    #[must_use]
    pub fn keeps_all(&self) -> bool {
        self.room.is_infinite() && !self.leaves
    }
}

/// True if requests follow their connections, which a balancer of layer 4 places once.
#[must_use]
pub fn is_pinned(site: &Site<'_>, balancer: &BalancerSpec) -> bool {
    matches!(balancer.layer, Layer::Layer4(_)) && site.asks().connections
}
