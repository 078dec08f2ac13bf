//! How long balancers went on sending requests to servers and nodes that were down.

use super::View;
use crate::actors::Actor;
use crate::actors::balancer::Balancer;
use crate::engine::{ActorId, Time};

/// What one balancer lost to one outage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failover {
    /// From the crash until it sent the server the last request before the restart or the end; 0 if it sent none.
    pub seconds: f64,
    /// Requests it sent there.
    pub misdirected: u64,
}

impl View<'_> {
    fn balancer(&self, place: usize) -> Option<&Balancer> {
        match self.actors.all.get(place) {
            Some(Actor::Balancer(balancer)) => Some(balancer),
            _ => None,
        }
    }

    /// True if a member of this balancer can crash.
    pub(super) fn may_fail_over(&self, place: usize) -> bool {
        let may_crash = |actor: ActorId| match self.actors.all.get(actor.0 as usize) {
            Some(Actor::Fleet(fleet)) => fleet.may_crash(),
            Some(Actor::Host(host)) => host.may_crash(),
            _ => false,
        };
        self.balancer(place).is_some_and(|balancer| balancer.members().iter().any(|member| may_crash(member.actor)))
    }

    /// What the balancer at `place` lost to each outage that began after the warm-up.
    pub(super) fn failovers(&self, place: usize) -> Vec<Failover> {
        let Some(balancer) = self.balancer(place) else { return Vec::new() };
        let mut found = Vec::new();
        let mut actors: Vec<ActorId> = balancer.members().iter().map(|member| member.actor).collect();
        actors.dedup();
        for actor in actors {
            let outages = match self.actors.all.get(actor.0 as usize) {
                Some(Actor::Fleet(fleet)) => &fleet.record.outages,
                Some(Actor::Host(host)) => &host.outages,
                _ => continue,
            };
            for outage in outages.iter().filter(|outage| outage.down >= Time::ZERO + self.warm_up) {
                let sent = outage.misdirected.iter().find(|sent| sent.by == ActorId(place as u32));
                found.push(Failover {
                    // What was under way when the server went down was sent in good faith.
                    seconds: sent.map_or(0.0, |sent| sent.last.max(outage.down).since(outage.down).as_secs_f64()),
                    misdirected: sent.map_or(0, |sent| sent.count),
                });
            }
        }
        found
    }

    /// The mean over outages and balancers; `None` without an outage.
    pub fn failover_time(&self) -> Option<f64> {
        let all: Vec<Failover> = (0..self.actors.all.len()).flat_map(|place| self.failovers(place)).collect();
        super::ratio(all.iter().map(|failover| failover.seconds).sum(), all.len() as f64)
    }
}
