//! Flows: how much work comes to each station of a system whose arrivals do not change with time, as far as that follows
//! from its description: rates, shares, demands and workers.
//!
//! Where something is not known (retries, hedges, adaptive parts, limits that turn away) a flow lies between the least that
//! surely comes and the most that may. What a run showed, and what is called stable, belongs in `lab`.

mod line;
mod share;
mod station;
mod traffic;

pub use station::StationLoad;

use std::collections::BTreeMap;

use super::system::System;
use crate::actors::NodeSpec;
use crate::actors::balancer::{BalancerSpec, Health};
use crate::actors::concurrency::{ConcurrencyLimiterSpec, rule::Rule as ConcurrencyRule};
use crate::actors::fleet::FleetSpec;
use crate::actors::kit::passage::Per;
use crate::actors::kit::route::{Route, Spread};
use crate::actors::limiter::distributed::Commands;
use crate::actors::limiter::rule::Rule;
use crate::actors::limiter::rules::leaky_bucket::Excess;
use crate::actors::limiter::{LimiterSpec, rules};
use line::Line;
use share::Share;

/// Requests per second of one node of clients on their way.
#[derive(Clone, Copy, Debug)]
struct Flow {
    /// Place of the clients among the nodes.
    clients: usize,
    /// That surely come.
    least: f64,
    /// That may come at most; infinite where nothing is known.
    most: f64,
    /// The squared coefficient of variation of the gaps between them; in the long run for bursts.
    variability: f64,
    /// Requests under way at once, at most.
    held: f64,
    /// Requests that gather at a station for each request too many: less than one where a user has one at a time and
    /// makes several.
    gather: f64,
    /// True if they may be taken back.
    leaves: bool,
    /// True if a server drops them once nobody waits for them any more.
    expires: bool,
    /// True if only some keys are among them.
    keys_are_cut: bool,
    /// How they spread over the servers of the fleet that comes next.
    share: Share,
    /// Work of health checks for each server, worker-seconds a second.
    checks: f64,
}

/// Something that requests spend time in without hindering each other: a network, a pause of users.
#[derive(Clone, Debug, PartialEq)]
pub struct Delay {
    /// The node it belongs to.
    pub node: String,
    /// Its mean in seconds.
    pub mean: f64,
}

/// What follows from the description of a system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// What does work and has a queue before it, and limits that hold requests back.
    pub stations: Vec<StationLoad>,
    /// What only takes time.
    pub delays: Vec<Delay>,
    /// True if clients may have calls that wait for another attempt.
    pub calls_wait: bool,
}

/// The flows of `system`, which has passed [`super::check`] and whose arrivals do not change with time.
#[must_use]
pub fn flows(system: &System) -> Flows {
    let mut walk = Walk {
        system,
        places: system.nodes.entries.iter().enumerate().map(|(place, (name, _))| (name.text.as_str(), place)).collect(),
        coming: vec![Vec::new(); system.nodes.entries.len()],
        commands: vec![Vec::new(); system.nodes.entries.len()],
        held: vec![f64::INFINITY; system.nodes.entries.len()],
        balancers: balancers(system),
        turns_away: turns_away(system),
        found: Flows::default(),
    };
    for place in walk.in_order() {
        walk.visit(place);
    }
    walk.found
}

/// Servers of a fleet that get requests while nothing is wrong: all but the backups.
#[must_use]
pub fn servers_in_use(fleet: &FleetSpec) -> usize {
    share::in_use(fleet).count()
}

/// True if something about the system turns requests away, so that attempts may fail though nothing is broken.
fn turns_away(system: &System) -> bool {
    // Where servers are full, requests wait at the balancer if it has a queue, and are turned away if not.
    let everybody_waits = system.nodes.entries.iter().all(|(_, node)| match node {
        NodeSpec::Balancer(balancer) => balancer.queue.is_some(),
        _ => true,
    });
    system.nodes.entries.iter().any(|(_, node)| match node {
        NodeSpec::Clients(_) | NodeSpec::Router(_) | NodeSpec::Store(_) => false,
        NodeSpec::Limiter(_) | NodeSpec::Breaker(_) | NodeSpec::ConcurrencyLimiter(_) | NodeSpec::Fallback(_) => true,
        NodeSpec::Balancer(balancer) => {
            balancer.proxy.as_ref().is_some_and(|proxy| proxy.queue.is_some())
                || matches!(balancer.health, Health::Active(_))
                || Line::of(system, balancer).is_some_and(|line| !line.keeps_all())
        }
        NodeSpec::Fleet(fleet) => {
            fleet.queue.is_some()
                || fleet.queue_bytes.is_some()
                || fleet.longest_wait.is_some()
                || fleet.shed.is_some()
                || (fleet.max_connections.iter().any(|most| *most > 0) && !everybody_waits)
        }
    })
}

/// Balancers with all their copies.
fn balancers(system: &System) -> f64 {
    let copies = system.nodes.entries.iter().filter_map(|(_, node)| match node {
        NodeSpec::Balancer(balancer) => Some(balancer.copies as f64),
        _ => None,
    });
    copies.sum()
}

/// Adds up the flows of the same clients that are alike, so that there are no more of them than clients, however many ways
/// lead from those to a node. `held` are the requests that each node of clients has under way at most.
fn merge(mut flows: Vec<Flow>, held: &[f64]) -> Vec<Flow> {
    let kind = |flow: &Flow| (flow.clients, flow.keys_are_cut, flow.share);
    flows.sort_by_key(kind);
    let mut merged: Vec<Flow> = Vec::new();
    for flow in flows {
        match merged.last_mut() {
            Some(last) if kind(last) == kind(&flow) => last.add(&flow, held[flow.clients]),
            _ => merged.push(flow),
        }
    }
    merged
}

struct Walk<'a> {
    system: &'a System,
    places: BTreeMap<&'a str, usize>,
    /// The requests that come to each node.
    coming: Vec<Vec<Flow>>,
    /// The commands that come to each store.
    commands: Vec<Vec<Flow>>,
    /// Requests that each node of clients has under way at once, at most.
    held: Vec<f64>,
    /// Balancers of the system, with copies.
    balancers: f64,
    turns_away: bool,
    found: Flows,
}

impl<'a> Walk<'a> {
    fn node(&self, place: usize) -> (&'a str, &'a NodeSpec) {
        let (name, node) = &self.system.nodes.entries[place];
        (&name.text, node)
    }

    /// All nodes, each before those that it sends to.
    fn in_order(&self) -> Vec<usize> {
        let targets = |place: usize| {
            let targets = self.system.nodes.entries[place].1.targets();
            targets.into_iter().filter_map(|target| self.places.get(target.text.as_str()).copied()).collect::<Vec<_>>()
        };
        let mut before = vec![0; self.coming.len()];
        (0..before.len()).flat_map(targets).for_each(|target| before[target] += 1);
        let mut order: Vec<usize> = (0..before.len()).filter(|&place| before[place] == 0).collect();
        let mut at = 0;
        while let Some(&place) = order.get(at) {
            at += 1;
            for target in targets(place) {
                before[target] -= 1;
                if before[target] == 0 {
                    order.push(target);
                }
            }
        }
        order
    }

    fn visit(&mut self, place: usize) {
        let (name, node) = self.node(place);
        let flows = merge(std::mem::take(&mut self.coming[place]), &self.held);
        match node {
            NodeSpec::Clients(clients) => {
                let flow = traffic::flow(place, clients, self.turns_away);
                self.held[place] = flow.held;
                self.found.calls_wait |= clients.makes_calls();
                self.delays_of_clients(name, clients);
                self.send(&clients.to, name, [flow]);
            }
            NodeSpec::Router(router) => {
                for (route, flows) in share::by_rule(self.system, router, &flows) {
                    self.send(route, name, flows);
                }
            }
            NodeSpec::Balancer(balancer) => self.balance(name, balancer, flows),
            NodeSpec::Fleet(fleet) => self.serve(name, fleet, &flows),
            NodeSpec::Limiter(limiter) => self.limit(name, limiter, flows),
            // They let all pass, or turn some away.
            NodeSpec::Breaker(breaker) => self.send(&breaker.to, name, flows.into_iter().map(Flow::at_most)),
            NodeSpec::Fallback(fallback) => {
                let flows: Vec<Flow> = flows.into_iter().map(Flow::at_most).collect();
                for route in std::iter::once(&fallback.to).chain(fallback.smaller()) {
                    self.send(route, name, flows.iter().copied());
                }
            }
            NodeSpec::ConcurrencyLimiter(limiter) => {
                let held = self.permits(name, limiter);
                let through = |flow: Flow| Flow { held: flow.held.min(held), ..flow.at_most() };
                self.send(&limiter.to, name, flows.into_iter().map(through));
            }
            NodeSpec::Store(store) => {
                let commands = merge(std::mem::take(&mut self.commands[place]), &self.held);
                let found = StationLoad::of_one_worker(name, &commands, &store.service);
                self.found.stations.extend(found);
            }
        }
    }

    /// Sends flows along a route, which takes its time there and back.
    fn send(&mut self, route: &Route, from: &str, flows: impl IntoIterator<Item = Flow>) {
        if let Some(delay) = &route.delay {
            self.found.delays.push(Delay { node: from.to_owned(), mean: 2.0 * delay.mean() });
        }
        let Some(&place) = route.to.0.first().and_then(|target| self.places.get(target.text.as_str())) else { return };
        let uneven = self.node(place).1.copies() > 1 && matches!(route.spread, Spread::ByClient(_));
        let spread = |flow: Flow| if uneven { Flow { share: Share::Open, ..flow } } else { flow };
        self.coming[place].extend(flows.into_iter().map(spread));
    }

    fn delays_of_clients(&mut self, name: &str, clients: &crate::actors::clients::ClientsSpec) {
        let trips = f64::from(clients.handshake.round_trips());
        let handshake = clients.to.delay.as_ref().map_or(0.0, |delay| 2.0 * delay.mean() * trips);
        for mean in [handshake, traffic::pause(clients)] {
            if mean > 0.0 {
                self.found.delays.push(Delay { node: name.to_owned(), mean });
            }
        }
    }

    fn limit(&mut self, name: &str, limiter: &LimiterSpec, flows: Vec<Flow>) {
        if let Some(distributed) = &limiter.distributed {
            let store = &distributed.store;
            let most = if matches!(distributed.commands, Commands::CheckThenAdd(_)) { 2.0 } else { 1.0 };
            if let Some(delay) = &store.delay {
                self.found.delays.push(Delay { node: name.to_owned(), mean: 2.0 * most * delay.mean() });
            }
            if let Some(&place) = store.to.0.first().and_then(|target| self.places.get(target.text.as_str())) {
                let asked = |flow: &Flow| Flow { most: flow.most * most, held: f64::INFINITY, ..*flow };
                self.commands[place].extend(flows.iter().map(asked));
            }
        }
        // One account for all, from which each request takes one, is a rate for all.
        let is_one = limiter.by.is_empty() && limiter.tiers.entries.is_empty() && limiter.costs.is_empty();
        let common = limiter.limit.as_ref().filter(|_| is_one);
        let rate = common.and_then(|rule| match rule {
            Rule::LeakyBucket(rule) => Some(rule.rate.per_second()),
            Rule::TokenBucket(rule) => Some(rule.refill.per_second()),
            _ => None,
        });
        if let (
            Some(Rule::LeakyBucket(rules::leaky_bucket::LeakyBucket { burst, excess: Excess::Delay(_), .. })),
            Some(rate),
        ) = (common, rate)
        {
            let copies = limiter.copies as f64;
            self.found.stations.extend(StationLoad::of_bucket(name, &flows, copies, rate, f64::from(*burst)));
        }
        let all: f64 = flows.iter().map(|flow| flow.most).sum();
        let cap = rate.map_or(f64::INFINITY, |rate| rate * limiter.copies as f64);
        // What a limit lets through in all is each flow's part of it.
        let part = if all > cap { cap / all } else { 1.0 };
        let through = |flow: Flow| Flow {
            most: if flow.most.is_finite() && part > 0.0 { flow.most * part } else { flow.most.min(cap) },
            ..flow.at_most()
        };
        self.send(&limiter.to, name, flows.into_iter().map(through));
    }

    /// Requests that a concurrency limiter lets be under way at once.
    fn permits(&self, name: &str, limiter: &ConcurrencyLimiterSpec) -> f64 {
        let servers = super::fleet_behind(&self.system.nodes, name).map_or(1, |(_, fleet)| fleet.servers);
        let limits = if matches!(limiter.per, Per::Server(_)) { servers } else { 1 };
        match &limiter.limit {
            ConcurrencyRule::Fixed(fixed) => f64::from(fixed.limit) * limits as f64 * limiter.copies as f64,
            _ => f64::INFINITY,
        }
    }

    fn balance(&mut self, name: &str, balancer: &BalancerSpec, mut flows: Vec<Flow>) {
        if let Some(proxy) = &balancer.proxy {
            self.found.stations.extend(StationLoad::of_proxy(name, self.system, balancer.copies, proxy, &flows));
            if proxy.queue.is_some() {
                flows = flows.into_iter().map(Flow::at_most).collect();
            }
        }
        let failures = self.turns_away || balancer.timeout.is_some();
        let may_eject = failures && (balancer.passive.is_some() || balancer.outliers.is_some());
        for flow in &mut flows {
            // Where every member is taken for down, requests are turned away; an overload may make them look so.
            if may_eject || matches!(balancer.health, Health::Active(_)) {
                *flow = flow.at_most();
            }
            if failures && balancer.retry.is_some() {
                flow.most = f64::INFINITY;
            }
            if let Health::Active(active) = &balancer.health {
                flow.checks += active.work.0.mean() / active.interval.seconds() * balancer.copies as f64;
            }
        }
        if let Some(line) = Line::of(self.system, balancer) {
            self.found.stations.extend(StationLoad::of_line(name, self.system, line, balancer.copies, &flows));
            if !line.keeps_all() {
                flows = flows.into_iter().map(Flow::at_most).collect();
            }
        }
        if let Some(delay) = &balancer.to.delay {
            self.found.delays.push(Delay { node: name.to_owned(), mean: 2.0 * delay.mean() });
        }
        for (target, flows) in share::over_targets(self.system, balancer, may_eject, &flows) {
            if let Some(&place) = self.places.get(target) {
                self.coming[place].extend(flows);
            }
        }
    }

    fn serve(&mut self, name: &str, fleet: &FleetSpec, flows: &[Flow]) {
        self.found.stations.extend(StationLoad::of_fleet(name, self.system, self.balancers, fleet, flows));
    }
}

impl Flow {
    /// Adds one of the same clients, which have so many requests under way at most. Their gaps are as irregular as those of
    /// each, by how much comes.
    fn add(&mut self, other: &Self, held: f64) {
        let least = self.least + other.least;
        let part = if least > 0.0 { other.least / least } else { 0.5 };
        self.variability += part * (other.variability - self.variability);
        self.held = (self.held + other.held).min(held);
        self.leaves |= other.leaves;
        self.expires |= other.expires;
        self.checks = self.checks.max(other.checks);
        (self.least, self.most) = (least, self.most + other.most);
    }

    /// The same, of which any part may be turned away.
    fn at_most(self) -> Self {
        Self { least: 0.0, ..self }
    }
}

#[cfg(test)]
mod tests;
