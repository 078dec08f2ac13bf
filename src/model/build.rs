//! From a checked description to actors that can run.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::check::named_copies;
use super::graph::Graph;
use super::system::{FaultSpec, NodeSpec, System, fleet_behind};
use crate::actors::balancer::health::{Roles, Watch};
use crate::actors::balancer::layer::SlowDowns;
use crate::actors::balancer::{Balancer, BalancerSpec, Front, Health, Hears, View, subset::subset};
use crate::actors::breaker::{Breaker, BreakerSpec};
use crate::actors::clients::arrivals::{Arrivals, Poisson, Process};
use crate::actors::clients::connections::{Dialing, Opening, pool};
use crate::actors::clients::{Calling, Clients, ClientsParts, ClientsSpec, Connections, Source, Traffic};
use crate::actors::concurrency::{ConcurrencyLimiter, ConcurrencyLimiterSpec};
use crate::actors::conditions::Conditions;
use crate::actors::copies::Copies;
use crate::actors::fallback::{Fallback, FallbackSpec};
use crate::actors::faults::{Fault, FaultEvent, Moments, Timetable, Troubles};
use crate::actors::fleet::signals::Dispatcher;
use crate::actors::fleet::{Classes, Fleet, FleetSpec, Subscriber};
use crate::actors::host::Host;
use crate::actors::limiter::{Limiter, LimiterSpec, Shared};
use crate::actors::link::{Endpoint, Link};
use crate::actors::message::Core;
use crate::actors::passage::Passage;
use crate::actors::route::{Route, Spread};
use crate::actors::router::{Router, RouterSpec, Way};
use crate::actors::store::{Store, StoreSpec};
use crate::actors::{Actor, Actors};
use crate::distributions::Distribution;
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, Duration, Time};
use crate::schema::Name;
use crate::schema::quantity::{Percent, Span};
use crate::trace::{Replay, Trace, schedule};

/// What a system reads beside its own text: the traces that clients replay.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Each trace under the description that reads it.
    pub traces: Vec<(Replay, Arc<Trace>)>,
}

impl Inputs {
    /// The trace that `replay` reads; `None` if it was not loaded.
    #[must_use]
    pub fn trace(&self, replay: &Replay) -> Option<&Arc<Trace>> {
        self.traces.iter().find(|(loaded, _)| loaded.reads_like(replay)).map(|(_, trace)| trace)
    }

    /// Bytes of memory that all traces take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.traces.iter().map(|(_, trace)| trace.bytes()).sum()
    }
}

/// A node of a running system: one entry an actor, in the order of their addresses.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeInfo {
    /// Its name in the file, with the number of the copy where there are several.
    pub name: String,
    /// Its name in the file.
    pub group: String,
    /// What kind of node it is.
    pub kind: Cow<'static, str>,
}

/// A system ready to run.
#[derive(Debug)]
pub struct Built {
    /// The actors.
    pub actors: Actors,
    /// Calendar, clock and requests.
    pub core: Core,
    /// What each actor is.
    pub nodes: Vec<NodeInfo>,
}

/// The nodes of `system` in the order of their actors.
#[must_use]
pub fn node_infos(system: &System) -> Vec<NodeInfo> {
    let mut infos = Vec::new();
    for (name, node) in &system.nodes.entries {
        for copy in 0..node.copies() {
            let text = if node.copies() == 1 { name.text.clone() } else { format!("{}[{copy}]", name.text) };
            infos.push(NodeInfo { name: text, group: name.text.clone(), kind: Cow::Borrowed(node.kind()) });
        }
    }
    infos
}

/// Builds `system`, which has passed [`super::check`], with random streams under `root` and windows of `window`.
///
/// # Errors
/// A trace that is missing from `inputs` or cannot be put on the clock, in words.
pub fn build(system: &System, inputs: &Inputs, root: StreamKey, window: Duration) -> Result<Built, String> {
    let mut first = 0;
    let numbers = system.nodes.entries.iter().map(|(_, node)| {
        let here = first..first + node.copies() as u32;
        first = here.end;
        here
    });
    let hits = Hits::of(system);
    let builder = Builder {
        system,
        inputs,
        root,
        identity_matters: identity_matters(system),
        hosts: hosts(system, &hits),
        first_host: system.nodes.entries.iter().map(|(_, node)| node.copies() as u32).sum(),
        hits,
        actors: numbers.collect(),
    };
    let mut core = Core::new(depth(system));
    let mut actors = Vec::new();
    let mut class = 0;
    for (name, node) in &system.nodes.entries {
        for copy in 0..node.copies() {
            let me = ActorId(actors.len() as u32);
            actors.push(match node {
                NodeSpec::Clients(spec) => {
                    class += 1;
                    builder.clients(me, class - 1, &name.text, spec, &mut core)?
                }
                NodeSpec::Balancer(spec) => builder.balancer(me, &name.text, copy, spec, &mut core),
                NodeSpec::Fleet(spec) => builder.fleet(me, &name.text, copy, spec),
                NodeSpec::Router(spec) => builder.router(me, &name.text, spec, &mut core),
                NodeSpec::Limiter(spec) => builder.limiter(me, &name.text, spec, &mut core),
                NodeSpec::Breaker(spec) => builder.breaker(me, &name.text, spec, &mut core),
                NodeSpec::Fallback(spec) => builder.fallback(me, &name.text, spec, &mut core),
                NodeSpec::ConcurrencyLimiter(spec) => builder.concurrency_limiter(me, &name.text, spec, &mut core),
                NodeSpec::Store(spec) => builder.store(me, &name.text, spec),
            });
        }
    }
    builder.add_hosts(&mut actors);
    builder.subscribe(&mut actors);
    builder.announce_checks(&mut actors);
    builder.listen(&mut actors);
    Ok(Built { actors: Actors::new(actors, window), core, nodes: node_infos(system) })
}

/// A fault of the system, with what it names.
struct Hit<'a> {
    /// Which of the faults it is.
    place: usize,
    fault: &'a FaultSpec,
    /// The copies of the node.
    copies: Range<usize>,
    /// Where the link ends, if it hits one.
    to: Option<(String, Range<usize>)>,
}

impl Hit<'_> {
    /// True if it hits the node, and no link from there.
    fn is_of_node(&self) -> bool {
        self.fault.to.is_none()
    }

    /// What it does; `root` names all random streams.
    fn event(&self, root: StreamKey) -> FaultEvent {
        let fault = self.fault;
        FaultEvent {
            at: Time::ZERO + fault.at.duration(),
            lasts: fault.lasts.map(|lasts| lasts.duration()),
            servers: fault.servers.clone(),
            fault: fault.fault.clone(),
            recurs: fault.recurs.clone().map(|recurs| {
                // No node has such a name.
                let zone = recurs.zone.as_ref().map(|zone| root.named("faults by zone:").named(zone));
                (recurs, zone.map_or(Moments::Own(self.place), Moments::Zone))
            }),
        }
    }
}

/// The faults of a system, by the name of the node that they hit or at which their link begins.
#[derive(Default)]
struct Hits<'a>(BTreeMap<String, Vec<Hit<'a>>>);

impl<'a> Hits<'a> {
    fn of(system: &'a System) -> Self {
        let mut hits = Self::default();
        for (place, fault) in system.faults.iter().enumerate() {
            let Some((name, copies)) = named_copies(&system.nodes, &fault.node.0.text) else { continue };
            let to = fault.to.as_ref().and_then(|to| named_copies(&system.nodes, &to.0.text));
            hits.0.entry(name).or_default().push(Hit { place, fault, copies, to });
        }
        hits
    }

    /// Those of a copy of the node called `name`, and of the links from there, in the order of the file.
    fn at(&self, name: &str, copy: usize) -> impl Iterator<Item = &Hit<'a>> {
        self.0.get(name).into_iter().flatten().filter(move |hit| hit.copies.contains(&copy))
    }

    /// True if a fault hits the node itself, any of its copies.
    fn has_node(&self, name: &str) -> bool {
        self.0.get(name).into_iter().flatten().any(Hit::is_of_node)
    }
}

/// The actors that run on hosts that faults hit, in order.
fn hosts(system: &System, hits: &Hits<'_>) -> Vec<ActorId> {
    let mut hosts = Vec::new();
    let mut first = 0;
    for (name, node) in &system.nodes.entries {
        if node.has_host() {
            let is_hit = |copy: &usize| hits.at(&name.text, *copy).any(Hit::is_of_node);
            hosts.extend((0..node.copies()).filter(is_hit).map(|copy| ActorId((first + copy) as u32)));
        }
        first += node.copies();
    }
    hosts
}

/// What a policy that hashes calls a server.
fn server_name(node: &str, fleet: &FleetSpec, copy: usize, port: usize) -> String {
    match fleet.names.get(port) {
        Some(name) => name.clone(),
        None if fleet.copies == 1 => format!("{node}-{port}"),
        None => format!("{node}[{copy}]-{port}"),
    }
}

fn identity_matters(system: &System) -> bool {
    system.nodes.entries.iter().any(|(_, node)| match node {
        NodeSpec::Balancer(balancer) => balancer.policy.looks_at_identity(),
        NodeSpec::Clients(clients) => keeps_connections(clients),
        NodeSpec::Router(router) => router.routes().any(|route| matches!(route.spread, Spread::ByClient(_))),
        NodeSpec::Limiter(limiter) => limiter.looks_at_clients() || matches!(limiter.to.spread, Spread::ByClient(_)),
        NodeSpec::Breaker(breaker) => matches!(breaker.to.spread, Spread::ByClient(_)),
        NodeSpec::Fallback(fallback) => {
            std::iter::once(&fallback.to).chain(fallback.smaller()).any(|to| matches!(to.spread, Spread::ByClient(_)))
        }
        NodeSpec::ConcurrencyLimiter(limiter) => matches!(limiter.to.spread, Spread::ByClient(_)),
        NodeSpec::Fleet(_) | NodeSpec::Store(_) => false,
    })
}

fn keeps_connections(clients: &ClientsSpec) -> bool {
    !matches!(clients.connections, Connections::PerRequest(_))
}

/// The most actors a request passes.
#[must_use]
pub fn depth(system: &System) -> usize {
    let hits = Hits::of(system);
    let on_a_host = |(name, node): &&(Name, NodeSpec)| node.has_host() && hits.has_node(&name.text);
    // No request passes more hosts than there are nodes with one.
    let hosts = system.nodes.entries.iter().filter(on_a_host).count();
    hosts + Graph::of(&system.nodes).depths().into_iter().max().unwrap_or(1)
}

fn opening(spec: &ClientsSpec, key: StreamKey) -> Opening {
    let trips = 2 * spec.handshake.round_trips();
    match &spec.to.delay {
        _ if trips == 0 => Opening::AtOnce,
        None => Opening::AtOnce,
        Some(Distribution::Constant(constant)) => {
            let one_way = constant.value.duration().as_nanos();
            match Duration::from_nanos(one_way.saturating_mul(u64::from(trips))) {
                Duration::ZERO => Opening::AtOnce,
                length => Opening::Fixed(length),
            }
        }
        Some(law) => Opening::Random { sampler: law.sampler(), trips, key: key.named("handshake") },
    }
}

fn limits(connections: &Connections, core: &mut Core) -> Option<pool::Limits> {
    let (streams, idle, requests, survives_timeouts) = match connections {
        Connections::PerRequest(_) => return None,
        Connections::KeepAlive(kept) => (1, kept.idle, kept.requests, false),
        Connections::Multiplexed(many) => (many.streams, many.idle, many.requests, true),
    };
    let idle = Some(idle.duration()).filter(|idle| !idle.is_zero()).map(|idle| core.calendar.lane(idle));
    Some(pool::Limits { streams, requests, idle, survives_timeouts })
}

struct Builder<'a> {
    system: &'a System,
    inputs: &'a Inputs,
    root: StreamKey,
    identity_matters: bool,
    /// The actors that have a host, in order; hosts stand behind all nodes, in the same order.
    hosts: Vec<ActorId>,
    first_host: u32,
    hits: Hits<'a>,
    /// The actors of each node.
    actors: Vec<Range<u32>>,
}

impl Builder<'_> {
    /// The actors of the node called `name`: the first, and how many.
    fn actors_of(&self, name: &str) -> Range<u32> {
        self.system.nodes.position(name).map_or(0..0, |place| self.actors[place].clone())
    }

    /// Where requests for an actor are sent: to its host, if it has one.
    fn address(&self, actor: u32) -> ActorId {
        match self.hosts.binary_search(&ActorId(actor)) {
            Ok(place) => ActorId(self.first_host + place as u32),
            Err(_) => ActorId(actor),
        }
    }

    /// The hosts on which faults hit nodes.
    fn add_hosts(&self, actors: &mut Vec<Actor>) {
        for &node in &self.hosts {
            let me = ActorId(actors.len() as u32);
            let (name, copy) = self.node_of(node);
            let timetable = self.timetable(name, copy, 1, |fault| !matches!(fault, Fault::SlowDown(_)));
            let slow_downs = self.timetable(name, copy, 1, |fault| matches!(fault, Fault::SlowDown(_)));
            if let Actor::Balancer(balancer) = &mut actors[node.0 as usize]
                && !slow_downs.is_empty()
            {
                balancer.set_slow_downs(SlowDowns::new(slow_downs));
            }
            actors.push(Actor::Host(Box::new(Host::new(me, node, timetable, self.fault_key(name, copy)))));
        }
    }

    /// The name of an actor's node, and which copy it is.
    fn node_of(&self, actor: ActorId) -> (&str, usize) {
        let place = self.actors.partition_point(|actors| actors.end <= actor.0);
        (&self.system.nodes.entries[place].0.text, (actor.0 - self.actors[place].start) as usize)
    }

    /// The network of a route of the actor `me` of the node called `name`.
    fn link(&self, me: ActorId, name: &str, route: &Route, key: StreamKey, core: &mut Core) -> Link {
        let link = match &route.delay {
            None => Link::Direct,
            Some(Distribution::Constant(constant)) => match constant.value.duration() {
                Duration::ZERO => Link::Direct,
                delay => Link::fixed(core, delay),
            },
            Some(law) => {
                Link::Random { sampler: law.sampler(), there: key.named("delay there"), back: key.named("delay back") }
            }
        };
        let copy = (me.0 - self.actors_of(name).start) as usize;
        let mut troubles = Troubles::default();
        for hit in self.hits.at(name, copy) {
            let Some((to, copies)) = &hit.to else { continue };
            if !route.to.0.iter().any(|target| target.text == *to) {
                continue;
            }
            let all = self.actors_of(to);
            let is_whole = route.to.0.len() == 1 && copies.len() == all.len() && hit.fault.servers.is_none();
            let targets: Vec<ActorId> = copies.clone().map(|copy| self.address(all.start + copy as u32)).collect();
            let key = self.fault_key(name, copy).named(&format!("fault {}", hit.place));
            troubles.add(&hit.event(self.root), (!is_whole).then_some(&targets), key);
        }
        link.with(troubles)
    }

    /// Copies fail each by itself, so the streams of their faults are their own.
    fn fault_key(&self, name: &str, copy: usize) -> StreamKey {
        self.root.named(name).named(&format!("faults of copy {copy}"))
    }

    fn clients(
        &self,
        me: ActorId,
        class: u16,
        name: &str,
        spec: &ClientsSpec,
        core: &mut Core,
    ) -> Result<Actor, String> {
        let key = self.root.named(name);
        let targets = spec.to.to.0.iter().flat_map(|target| self.actors_of(&target.text));
        let parts = ClientsParts {
            me,
            class,
            source: self.source(spec, key)?,
            targets: targets.map(|actor| Endpoint { actor: self.address(actor), port: 0 }).collect(),
            link: self.link(me, name, &spec.to, key, core),
            timeout: spec.timeout.map(|timeout| core.calendar.lane(timeout.duration())),
            identity_matters: self.identity_matters,
            key,
        };
        let mut clients = Clients::new(spec, parts);
        let opening = opening(spec, key);
        let limits = limits(&spec.connections, core);
        if limits.is_some() || !matches!(opening, Opening::AtOnce) {
            let classes = self.system.clients().count() as u16;
            clients.dial(Dialing::new(limits, opening, class, classes));
        }
        clients.calling = Calling::new(spec, key, core).map(Box::new);
        Ok(Actor::Clients(Box::new(clients)))
    }

    /// The class of the clients called `name`.
    fn class_of(&self, name: &str) -> Option<u16> {
        self.system.clients().position(|(other, _)| other == name).map(|class| class as u16)
    }

    fn copies(&self, route: &Route, key: StreamKey) -> Copies {
        let targets = route.to.0.iter().flat_map(|target| self.actors_of(&target.text));
        let targets = targets.map(|actor| Endpoint { actor: self.address(actor), port: 0 }).collect();
        Copies::new(targets, route.spread.clone(), key.named("spread"))
    }

    fn passage(&self, me: ActorId, name: &str, route: &Route, core: &mut Core) -> Passage {
        let key = self.root.named(name);
        Passage::new(me, self.copies(route, key), self.link(me, name, route, key, core))
    }

    fn limiter(&self, me: ActorId, name: &str, spec: &LimiterSpec, core: &mut Core) -> Actor {
        let passage = self.passage(me, name, &spec.to, core);
        let mut limiter = Limiter::new(spec, passage, |name| self.class_of(name));
        if let Some(distributed) = &spec.distributed {
            let key = self.root.named(name).named("store");
            let store = distributed.store.to.0.first().map_or(0, |store| self.actors_of(&store.text).start);
            let link = self.link(me, name, &distributed.store, key, core);
            let lane = core.calendar.lane(distributed.timeout.duration());
            limiter.share(Shared::new(distributed, me, ActorId(store), link, lane));
        }
        if self.address(me.0) != me {
            limiter.expect_crashes(spec, |name| self.class_of(name));
        }
        Actor::Limiter(Box::new(limiter))
    }

    fn store(&self, me: ActorId, name: &str, spec: &StoreSpec) -> Actor {
        let mut store = Store::new(me, spec, self.root.named(name), self.timetable(name, 0, 1, |_| true));
        for (limiters, node) in &self.system.nodes.entries {
            if let NodeSpec::Limiter(LimiterSpec { distributed: Some(distributed), .. }) = node
                && distributed.store.to.0.iter().any(|target| target.text == name)
            {
                store.serve(self.actors_of(&limiters.text), distributed);
            }
        }
        Actor::Store(Box::new(store))
    }

    fn breaker(&self, me: ActorId, name: &str, spec: &BreakerSpec, core: &mut Core) -> Actor {
        let passage = self.passage(me, name, &spec.to, core);
        let servers = fleet_behind(&self.system.nodes, name).map_or(1, |(_, fleet)| fleet.servers);
        let timeout = spec.timeout.map(|timeout| core.calendar.lane(timeout.duration()));
        Actor::Breaker(Box::new(Breaker::new(spec, servers, passage, timeout)))
    }

    fn concurrency_limiter(&self, me: ActorId, name: &str, spec: &ConcurrencyLimiterSpec, core: &mut Core) -> Actor {
        let key = self.root.named(name);
        let passage = self.passage(me, name, &spec.to, core);
        let servers = fleet_behind(&self.system.nodes, name).map_or(1, |(_, fleet)| fleet.servers);
        let wait = Some(spec.wait.duration()).filter(|wait| !wait.is_zero()).map(|wait| core.calendar.lane(wait));
        let limiter = ConcurrencyLimiter::new(spec, servers, passage, |name| self.class_of(name), wait, key);
        Actor::ConcurrencyLimiter(Box::new(limiter))
    }

    fn fallback(&self, me: ActorId, name: &str, spec: &FallbackSpec, core: &mut Core) -> Actor {
        let key = self.root.named(name);
        let passage = self.passage(me, name, &spec.to, core);
        let ways = spec.smaller().enumerate().map(|(place, route)| {
            let key = key.named(&format!("smaller {place}"));
            (self.copies(route, key), self.link(me, name, route, key, core))
        });
        let ways: Vec<_> = ways.collect();
        let timeout = spec.timeout.map(|timeout| core.calendar.lane(timeout.duration()));
        Actor::Fallback(Box::new(Fallback::new(spec, key, passage, ways, timeout)))
    }

    fn router(&self, me: ActorId, name: &str, spec: &RouterSpec, core: &mut Core) -> Actor {
        let key = self.root.named(name);
        let conditions = spec.rules.iter().map(|rule| {
            let class_of = |name: &str| self.class_of(name);
            Conditions::new(rule.clients.as_ref(), rule.keys.as_ref(), rule.size.as_ref(), class_of)
        });
        let ways = spec.routes().zip(conditions.chain(std::iter::once(Conditions::default())));
        let ways = ways.map(|(route, conditions)| Way {
            conditions,
            copies: self.copies(route, key),
            link: self.link(me, name, route, key, core),
        });
        Actor::Router(Box::new(Router::new(me, ways.collect())))
    }

    fn source(&self, spec: &ClientsSpec, key: StreamKey) -> Result<Source, String> {
        // Numbers of different clients lie far apart, so that no two requests share their draws.
        let base = key.named("request").number();
        Ok(match &spec.arrivals {
            Traffic::Users(users) => Source::Users {
                base,
                made: vec![0; users.count as usize],
                think: users.think.sampler(),
                key: key.named("think"),
            },
            Traffic::Sessions(sessions) => Source::Sessions {
                base,
                begun: 0,
                arrivals: Arrivals::Poisson(Poisson { rate: sessions.rate }.arrivals(key.named("arrivals"))),
                mean_length: sessions.requests,
                think: sessions.think.sampler(),
                key: key.named("think"),
                lengths: key.named("length"),
                places: Vec::new(),
                free: Vec::new(),
            },
            Traffic::Replay(replay) => {
                let missing = || format!("the log \"{}\" was not loaded", replay.file);
                let trace = self.inputs.trace(replay).ok_or_else(missing)?;
                let times = schedule(trace, replay, key.named("spread")).map_err(|error| error.to_string())?;
                Source::Replay { base, trace: Arc::clone(trace), times: times.into(), next: 0 }
            }
            open => {
                // Every other kind of traffic is an open process.
                let arrivals = open.arrivals(key.named("arrivals")).ok_or("not an open process")?;
                Source::Open { base, made: 0, arrivals }
            }
        })
    }

    fn balancer(&self, me: ActorId, name: &str, copy: usize, spec: &BalancerSpec, core: &mut Core) -> Actor {
        let key = self.root.named(name);
        let (mut members, mut weights, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let mut roles = Roles::default();
        for target in &spec.to.to.0 {
            for (which, actor) in self.actors_of(&target.text).enumerate() {
                let actor = self.address(actor);
                match fleet_behind(&self.system.nodes, &target.text) {
                    Some((fleet_name, fleet)) => {
                        for port in 0..fleet.servers {
                            members.push(Endpoint { actor, port: port as u32 });
                            weights.push(fleet.weights.get(port).copied().unwrap_or(1));
                            roles.backups.push(fleet.backups.contains(&port));
                            roles.max_connections.push(fleet.max_connections.get(port).copied().unwrap_or(0));
                        }
                        if spec.policy.looks_at_names() {
                            names.extend((0..fleet.servers).map(|port| server_name(fleet_name, fleet, which, port)));
                        }
                    }
                    None => {
                        members.push(Endpoint { actor, port: 0 });
                        weights.push(1);
                        if spec.policy.looks_at_names() {
                            names.push(format!("{}-{which}", target.text));
                        }
                        roles.backups.push(false);
                        roles.max_connections.push(0);
                    }
                }
            }
        }
        let own: Option<Arc<[u32]>> = spec.subset.map(|size| subset(members.len(), copy, size).into());
        if let Some(own) = &own {
            members = own.iter().map(|&member| members[member as usize]).collect();
            weights = own.iter().map(|&member| weights[member as usize]).collect();
            names = own.iter().filter_map(|&member| names.get(member as usize).cloned()).collect();
            roles = roles.of(own);
        }
        let mut view = View::new(weights.clone());
        if spec.policy.looks_at_names() {
            view = view.with_names(names.into());
        }
        let link = self.link(me, name, &spec.to, key, core).between(&members);
        let lane = |span: Option<Span>, core: &mut Core| span.map(|span| core.calendar.lane(span.duration()));
        let watch = Watch::new(spec, roles, &weights, copy, key, lane(spec.timeout, core));
        let wait = lane(spec.queue.as_ref().and_then(|queue| queue.timeout), core);
        let kept = self.system.clients().any(|(_, clients)| keeps_connections(clients));
        let mut balancer = Balancer::new(me, &spec.policy, members, view, link, key);
        balancer.set_watch(watch);
        balancer.set_front(Front::new(spec, kept, wait));
        Actor::Balancer(Box::new(match own {
            Some(own) => balancer.with_subset(own),
            None => balancer,
        }))
    }

    /// What goes wrong with a copy of the node called `name`, which has so many servers, of the faults that are `meant`.
    fn timetable(&self, name: &str, copy: usize, servers: usize, meant: impl Fn(&Fault) -> bool) -> Timetable {
        let here = self.hits.at(name, copy).filter(|hit| hit.is_of_node() && meant(&hit.fault.fault));
        let events = here.map(|hit| hit.event(self.root)).collect();
        Timetable::new(events, servers, self.fault_key(name, copy))
    }

    fn fleet(&self, me: ActorId, name: &str, copy: usize, spec: &FleetSpec) -> Actor {
        // Copies share their streams: a request needs the same work whichever copy it comes to.
        let class_of = |name: &str| self.class_of(name);
        let classes = Classes { count: self.system.clients().count(), class_of: &class_of };
        let key = self.root.named(name);
        let mut fleet = Fleet::new(me, spec, &classes, key, self.timetable(name, copy, spec.servers, |_| true));
        // What a host that crashes has passed on is taken back.
        let takes_back = !self.hosts.is_empty();
        if takes_back || self.system.clients().any(|(_, clients)| clients.cancels || clients.propagates_deadline) {
            fleet.expect_impatience(spec, &classes, key);
        }
        if self.system.clients().any(|(_, clients)| clients.writes != Percent::ZERO) {
            fleet.note_work();
        }
        Actor::Fleet(Box::new(fleet))
    }

    /// Prepares fleets for the checks of balancers, which may reach them through other balancers.
    fn announce_checks(&self, actors: &mut [Actor]) {
        if self.system.has_checks() {
            actors.iter_mut().for_each(|actor| {
                if let Actor::Fleet(fleet) = actor {
                    fleet.expect_checks();
                }
            });
        }
    }

    /// Lets balancers hear of servers that go down, with the delay that each asks for.
    fn subscribe(&self, actors: &mut [Actor]) {
        for (name, node) in &self.system.nodes.entries {
            let NodeSpec::Balancer(spec) = node else { continue };
            let Health::Notified(notified) = &spec.health else { continue };
            for balancer in self.actors_of(&name.text) {
                let mut first_member = 0;
                for target in &spec.to.to.0 {
                    // Whoever stands in the way has no servers of its own.
                    let behind = fleet_behind(&self.system.nodes, &target.text).map(|(fleet, _)| fleet);
                    for actor in self.actors_of(behind.unwrap_or(&target.text)) {
                        match &mut actors[actor as usize] {
                            Actor::Fleet(fleet) => {
                                fleet.subscribe(Subscriber {
                                    balancer: ActorId(balancer),
                                    first_member,
                                    delay: notified.after.duration(),
                                });
                                first_member += fleet.len() as u32;
                            }
                            _ => {
                                let address = self.address(actor);
                                if let Actor::Host(host) = &mut actors[address.0 as usize] {
                                    host.subscribe(Subscriber {
                                        balancer: ActorId(balancer),
                                        first_member,
                                        delay: notified.after.duration(),
                                    });
                                }
                                first_member += 1;
                            }
                        }
                    }
                }
            }
        }
    }

    /// Lets servers signal what the policies of balancers want to hear.
    fn listen(&self, actors: &mut [Actor]) {
        for (name, node) in &self.system.nodes.entries {
            let NodeSpec::Balancer(spec) = node else { continue };
            if spec.policy.hears() == Hears::Nothing {
                continue;
            }
            for id in self.actors_of(&name.text) {
                let Actor::Balancer(balancer) = &actors[id as usize] else { continue };
                let (link, own) = (balancer.link().clone(), balancer.subset().cloned());
                let mut first_member = 0;
                for target in &spec.to.to.0 {
                    let key = self.root.named(&target.text);
                    for actor in self.actors_of(&target.text) {
                        let Actor::Fleet(fleet) = &mut actors[actor as usize] else { continue };
                        let servers = fleet.len();
                        let dispatcher =
                            Dispatcher { balancer: ActorId(id), first_member, subset: own.clone(), link: link.clone() };
                        fleet.signal(key, |signals| match spec.policy.hears() {
                            Hears::Probes => signals.remember_loads(servers),
                            _ => signals.tell_of_idleness(dispatcher),
                        });
                        first_member += servers as u32;
                    }
                }
            }
        }
    }
}
