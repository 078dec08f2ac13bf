//! The descriptions of balancers: what a system finds out about them before a run.

use super::Policy;
use super::flow;
use super::remapping::IDENTITIES;
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{HISTOGRAM, KEPT, TIMEOUT, WAIT_TOKEN, WINDOW, WINDOWS};
use crate::actors::kit::queueing::{Queueing, Split};
use std::sync::Arc;

use super::health::{Roles, Watch};
use super::layer::SlowDowns;
use super::subset::subset;
use super::{Balancer, BalancerSpec, Front, Health, Subscription, View, advice};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Gives, Held, Server, Servers, fails_as_a_whole};
use crate::actors::kit::faults::{Fault, FaultSpec};
use crate::actors::kit::link::Endpoint;
use crate::actors::kit::route::{AtRandom, Spread};
use crate::actors::kit::signals::{Dispatcher, Signal, Subscriber};
use crate::actors::kit::site::Site;
use crate::engine::ActorId;
use crate::schema::{Diagnostic, Name};

/// Bytes of a server as a balancer sees it, with its place in the order of a policy.
const MEMBER: u64 = 80;
/// Bytes of the sample by which it is counted how many clients change their server.
const SAMPLE: u64 = IDENTITIES as u64 * 4;

impl Describe for BalancerSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        vec![Edge::passes(&self.to, Server::Chosen)]
    }

    fn gives(&self) -> Gives {
        match (&self.proxy, &self.queue) {
            (Some(_), _) => Gives::Servers,
            (None, Some(_)) => Gives::Queue,
            (None, None) => Gives::Traffic,
        }
    }

    fn asks(&self) -> Asks {
        Asks {
            identity: self.policy.uses_identity(),
            checks: matches!(self.health, Health::Active(_)),
            ..Asks::default()
        }
    }

    fn check(&self, name: &Name, found: &mut Vec<Diagnostic>) {
        if self.to.spread != Spread::Random(AtRandom {}) {
            let message = format!("the balancer \"{}\" chooses by its policy; `spread` is for clients", name.text);
            found.push(Diagnostic::new(name.region, message));
        }
    }

    /// The policy must be able to work before the members there are.
    fn check_fit(&self, name: &Name, site: &Site<'_>, found: &mut Vec<Diagnostic>) {
        if self.policy.subscription() != Subscription::None {
            for target in &self.to.to.0 {
                if site.nodes.get(&target.text).is_none_or(|node| node.servers().is_none()) {
                    let message =
                        format!("servers must answer the policy of \"{}\"; \"{}\" is no fleet", name.text, target.text);
                    found.push(Diagnostic::new(target.region, message));
                }
            }
        }
        // Of the policies of the language only those that hash names may be unable to work with some members, and
        // listing members takes time.
        if (self.policy.uses_names() || matches!(self.policy, Policy::Own(_)))
            && let Some(problem) = self.policy.problem(&Members::of(self, site).weights)
        {
            found.push(Diagnostic::new(name.region, format!("the policy of \"{}\": {problem}", name.text)));
        }
    }

    fn check_fault(&self, name: &str, fault: &FaultSpec) -> Vec<(String, Option<&'static str>)> {
        fails_as_a_whole(name, fault, self.proxy.is_some())
    }

    fn advice(&self, site: &Site<'_>) -> Vec<String> {
        advice::about(self, site)
    }

    /// Checks never stop.
    fn is_endless(&self) -> bool {
        matches!(self.health, Health::Active(_))
    }

    fn rejects(&self, site: &Site<'_>) -> bool {
        flow::rejects(self, site)
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        flow::pass_on(visit, self, flows);
    }

    /// Requests that wait for its proxy, and requests that wait for a place at a server.
    fn holds_back(&self) -> Vec<Held> {
        let proxy = self.proxy.as_ref().map(|_| Held::alone("queue"));
        let series = if proxy.is_some() { "server_queue" } else { "queue" };
        let line = self.queue.as_ref().map(|_| Held { in_line: true, ..Held::alone(series) });
        proxy.into_iter().chain(line).collect()
    }

    fn workers(&self) -> f64 {
        self.proxy.as_ref().map_or(1.0, |proxy| f64::from(proxy.workers))
    }

    fn queueing(&self) -> Option<Queueing> {
        let is_plain = self.to.delay.is_none() && self.copies == 1 && self.proxy.is_none() && sees_no_trouble(self);
        let split = match &self.policy {
            Policy::Random(_) => Split::Random,
            Policy::RoundRobin(_) => Split::InTurn,
            Policy::LeastConnections(_) => Split::Shortest,
            Policy::PowerOfChoices(choices) => Split::ShortestOf(choices.d),
            _ => Split::Other,
        };
        is_plain.then_some(Queueing::Split(split))
    }

    fn footprint(&self, site: &Site<'_>, _classes: u64) -> u64 {
        let members: usize = targets(self, site)
            .map(|(target, servers)| match servers {
                Some((_, servers)) => servers.count * servers.copies,
                None => site.nodes.get(&target.text).map_or(0, |node| node.copies()),
            })
            .sum();
        let sample = if self.policy.places_by_hash() { 2 * SAMPLE + WINDOWS * WINDOW } else { 0 };
        let waits = u64::from(self.proxy.is_some()) + u64::from(self.queue.is_some());
        members as u64 * MEMBER + WINDOWS * WINDOW + sample + waits * (HISTOGRAM + WINDOWS * WINDOW)
    }

    fn kept_of_a_request(&self) -> u64 {
        let attempt = if self.timeout.is_some() { KEPT + TIMEOUT } else { 0 };
        attempt + if self.queue.is_some() { WAIT_TOKEN } else { 0 }
    }

    fn asks_for_others(&self) -> bool {
        self.timeout.is_some()
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let (key, kit) = (building.key(), building.kit);
        let mut members = Members::of(self, kit.site);
        let mut endpoints = Vec::with_capacity(members.weights.len());
        for (target, servers) in targets(self, kit.site) {
            for actor in kit.actors_of(&target.text) {
                let actor = kit.address(actor);
                let ports = servers.map_or(1, |(_, servers)| servers.count as u32);
                endpoints.extend((0..ports).map(|port| Endpoint { actor, port }));
            }
        }
        let own: Option<Arc<[u32]>> = self.subset.map(|size| subset(endpoints.len(), building.copy, size).into());
        if let Some(own) = &own {
            endpoints = own.iter().map(|&member| endpoints[member as usize]).collect();
            members = members.of_these(own);
        }
        let Members { weights, names, roles } = members;
        let mut view = View::new(weights.clone());
        if self.policy.uses_names() {
            view = view.with_names(names.into());
        }
        let link = building.link(&self.to, key).between(&endpoints);
        let timeout = self.timeout.map(|timeout| building.lane(timeout));
        let watch = Watch::new(self, roles, &weights, building.copy, key, timeout);
        let wait = self.queue.as_ref().and_then(|queue| queue.timeout).map(|timeout| building.lane(timeout));
        let mut balancer = Balancer::new(building.me, &self.policy, endpoints, view, link, key);
        balancer.set_watch(watch);
        balancer.set_front(Front::new(self, kit.site.asks().connections, wait));
        if let Some(own) = own {
            balancer = balancer.with_subset(own);
        }
        if building.has_host() {
            let slow_downs = building.timetable(1, |fault| matches!(fault, Fault::SlowDown(_)));
            if !slow_downs.is_empty() {
                balancer.set_slow_downs(SlowDowns::new(slow_downs));
            }
        }
        Ok(Actor::Balancer(Box::new(balancer)))
    }

    fn connect(&self, building: &Building<'_, '_>, actors: &mut [Actor]) {
        self.subscribe(building, actors);
        self.listen(building, actors);
    }
}

impl BalancerSpec {
    /// Subscribes a balancer to reports of servers that go down, with its delay.
    fn subscribe(&self, building: &Building<'_, '_>, actors: &mut [Actor]) {
        let Health::Notified(notified) = &self.health else { return };
        let mut subscriber = Subscriber { balancer: building.me, first_member: 0, delay: notified.after.duration() };
        for (target, servers) in targets(self, building.kit.site) {
            // A node that only passes requests on has no servers of its own.
            let node = servers.map_or(target.text.as_str(), |(node, _)| node);
            for actor in building.kit.actors_of(node) {
                let (at, members) = match servers {
                    Some((_, servers)) => (ActorId(actor), servers.count as u32),
                    None => (building.kit.address(actor), 1),
                };
                actors[at.0 as usize].node_mut().subscribe(subscriber);
                subscriber.first_member += members;
            }
        }
    }

    /// Subscribes the policy of a balancer to signals of servers.
    fn listen(&self, building: &Building<'_, '_>, actors: &mut [Actor]) {
        let subscription = self.policy.subscription();
        let Actor::Balancer(balancer) = &actors[building.me.0 as usize] else { return };
        if subscription == Subscription::None {
            return;
        }
        let (link, subset) = (balancer.link().clone(), balancer.subset().cloned());
        let mut first_member = 0;
        for (target, servers) in targets(self, building.kit.site) {
            let key = building.kit.root.named(&target.text);
            for actor in building.kit.actors_of(&target.text) {
                let Some((_, servers)) = servers else { continue };
                let signal = match subscription {
                    Subscription::Probes => Signal::Loads,
                    _ => Signal::Idleness(Dispatcher {
                        balancer: building.me,
                        first_member,
                        subset: subset.clone(),
                        link: link.clone(),
                    }),
                };
                actors[actor as usize].node_mut().signal(key, signal);
                first_member += servers.count as u32;
            }
        }
    }
}

/// The targets of a balancer, each with the servers behind it.
fn targets<'a>(
    balancer: &'a BalancerSpec,
    site: &'a Site<'a>,
) -> impl Iterator<Item = (&'a Name, Option<(&'a str, Servers<'a>)>)> {
    balancer.to.to.0.iter().map(|target| (target, site.servers_behind(&target.text)))
}

/// The members of a balancer, as known before anything happens.
struct Members {
    weights: Vec<u32>,
    /// The names of the members for a policy that hashes names; empty for other policies.
    names: Vec<String>,
    roles: Roles,
}

impl Members {
    fn of(balancer: &BalancerSpec, site: &Site<'_>) -> Self {
        let mut members = Self { weights: Vec::new(), names: Vec::new(), roles: Roles::default() };
        for (target, servers) in targets(balancer, site) {
            for copy in 0..site.nodes.get(&target.text).map_or(0, |node| node.copies()) {
                match servers {
                    Some((node, servers)) => {
                        for port in 0..servers.count {
                            let most = servers.max_connections.get(port).copied().unwrap_or(0);
                            members.add(servers.weight(port), servers.backups.contains(&port), most);
                        }
                        if balancer.policy.uses_names() {
                            members
                                .names
                                .extend((0..servers.count).map(|port| server_name(node, &servers, copy, port)));
                        }
                    }
                    None => {
                        members.add(1, false, 0);
                        if balancer.policy.uses_names() {
                            members.names.push(format!("{}-{copy}", target.text));
                        }
                    }
                }
            }
        }
        members
    }

    fn add(&mut self, weight: u32, is_backup: bool, max_connections: u32) {
        self.weights.push(weight);
        self.roles.backups.push(is_backup);
        self.roles.max_connections.push(max_connections);
    }

    /// Only these of them.
    fn of_these(self, own: &[u32]) -> Self {
        Self {
            weights: own.iter().map(|&member| self.weights[member as usize]).collect(),
            names: own.iter().filter_map(|&member| self.names.get(member as usize).cloned()).collect(),
            roles: self.roles.of(own),
        }
    }
}

/// The name of a server for a policy that hashes names.
fn server_name(node: &str, servers: &Servers<'_>, copy: usize, port: usize) -> String {
    match servers.names.get(port) {
        Some(name) => name.clone(),
        None if servers.copies == 1 => format!("{node}-{port}"),
        None => format!("{node}[{copy}]-{port}"),
    }
}

/// True for a balancer that neither sends health checks nor avoids members that fail.
fn sees_no_trouble(balancer: &BalancerSpec) -> bool {
    !matches!(balancer.health, Health::Active(_))
        && balancer.passive.is_none()
        && balancer.outliers.is_none()
        && balancer.retry.is_none()
}
