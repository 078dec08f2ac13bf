//! The parts needed to build a node: its links to other nodes, its faults, its random streams, and the requirements of
//! the rest of the system.

use std::collections::BTreeMap;
use std::ops::Range;

use super::copies::Copies;
use super::faults::{Fault, FaultEvent, FaultSpec, Moments, Timetable, Troubles};
use super::link::{Endpoint, Link};
use super::message::Core;
use super::passage::Passage;
use super::route::Route;
use super::site::Site;
use crate::actors::NodeSpec;
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, LaneId, Time};
use crate::schema::Map;
use crate::schema::quantity::Span;
use crate::trace::Inputs;

/// The node that a fault names, with which of its copies: all of `web`, or only `web[1]`.
#[must_use]
pub fn named_copies(nodes: &Map<NodeSpec>, written: &str) -> Option<(String, Range<usize>)> {
    if let Some(node) = nodes.get(written) {
        return Some((written.to_owned(), 0..node.copies()));
    }
    let (name, index) = written.strip_suffix(']')?.rsplit_once('[')?;
    let index: usize = index.parse().ok()?;
    (index < nodes.get(name)?.copies()).then(|| (name.to_owned(), index..index + 1))
}

/// A fault of the system, with the nodes that it names.
#[derive(Debug)]
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

    /// Its effect; `root` names all random streams.
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
#[derive(Debug, Default)]
pub struct Hits<'a>(BTreeMap<String, Vec<Hit<'a>>>);

impl<'a> Hits<'a> {
    /// Sorts the faults of a system by node; a fault of a node that does not exist is left out.
    #[must_use]
    pub fn of(nodes: &Map<NodeSpec>, faults: &'a [FaultSpec]) -> Self {
        let mut hits = Self::default();
        for (place, fault) in faults.iter().enumerate() {
            let Some((name, copies)) = named_copies(nodes, &fault.node.0.text) else { continue };
            let to = fault.to.as_ref().and_then(|to| named_copies(nodes, &to.0.text));
            hits.0.entry(name).or_default().push(Hit { place, fault, copies, to });
        }
        hits
    }

    /// The faults of a copy of the node called `name`, and of the links from there, in the order of the file.
    fn at(&self, name: &str, copy: usize) -> impl Iterator<Item = &Hit<'a>> {
        self.0.get(name).into_iter().flatten().filter(move |hit| hit.copies.contains(&copy))
    }

    /// True if a fault hits the node itself, any of its copies.
    #[must_use]
    pub fn has_node(&self, name: &str) -> bool {
        self.0.get(name).into_iter().flatten().any(Hit::is_of_node)
    }

    /// The actors that run on hosts that faults hit, in order.
    fn hosts(&self, nodes: &Map<NodeSpec>) -> Vec<ActorId> {
        let mut hosts = Vec::new();
        let mut first = 0;
        for (name, node) in &nodes.entries {
            if node.has_host() {
                let is_hit = |copy: &usize| self.at(&name.text, *copy).any(Hit::is_of_node);
                hosts.extend((0..node.copies()).filter(is_hit).map(|copy| ActorId((first + copy) as u32)));
            }
            first += node.copies();
        }
        hosts
    }
}

/// The parts that all nodes of a system are built with.
#[derive(Debug)]
pub struct Kit<'a> {
    /// The nodes.
    pub site: &'a Site<'a>,
    /// The logs they replay.
    pub inputs: &'a Inputs,
    /// Names all random streams.
    pub root: StreamKey,
    /// The actors that have a host, in order; hosts stand behind all nodes, in the same order.
    hosts: Vec<ActorId>,
    first_host: u32,
    hits: Hits<'a>,
    /// The actors of each node.
    actors: Vec<Range<u32>>,
}

impl<'a> Kit<'a> {
    /// For the nodes of `site`, which `faults` hit; `root` names all random streams.
    #[must_use]
    pub fn new(site: &'a Site<'a>, faults: &'a [FaultSpec], inputs: &'a Inputs, root: StreamKey) -> Self {
        let mut first = 0;
        let numbers = site.nodes.entries.iter().map(|(_, node)| {
            let here = first..first + node.copies() as u32;
            first = here.end;
            here
        });
        let actors: Vec<Range<u32>> = numbers.collect();
        let hits = Hits::of(site.nodes, faults);
        Self { site, inputs, root, hosts: hits.hosts(site.nodes), first_host: first, hits, actors }
    }

    /// The actors that have a host, in order.
    #[must_use]
    pub fn hosts(&self) -> &[ActorId] {
        &self.hosts
    }

    /// The actors of the node called `name`, one for each copy.
    #[must_use]
    pub fn actors_of(&self, name: &str) -> Range<u32> {
        self.site.nodes.position(name).map_or(0..0, |place| self.actors[place].clone())
    }

    /// Where requests for an actor are sent: to its host, if it has one.
    #[must_use]
    pub fn address(&self, actor: u32) -> ActorId {
        match self.hosts.binary_search(&ActorId(actor)) {
            Ok(place) => ActorId(self.first_host + place as u32),
            Err(_) => ActorId(actor),
        }
    }

    /// The name of an actor's node, and which copy it is.
    #[must_use]
    pub fn node_of(&self, actor: ActorId) -> (&'a str, usize) {
        let place = self.actors.partition_point(|actors| actors.end <= actor.0);
        (&self.site.nodes.entries[place].0.text, (actor.0 - self.actors[place].start) as usize)
    }

    /// Copies fail each by itself, so the streams of their faults are their own.
    #[must_use]
    pub fn fault_key(&self, name: &str, copy: usize) -> StreamKey {
        self.root.named(name).named(&format!("faults of copy {copy}"))
    }

    /// The faults of a copy of the node called `name`, which has `servers` servers, among those that are `meant`.
    #[must_use]
    pub fn timetable(&self, name: &str, copy: usize, servers: usize, meant: impl Fn(&Fault) -> bool) -> Timetable {
        let here = self.hits.at(name, copy).filter(|hit| hit.is_of_node() && meant(&hit.fault.fault));
        let events = here.map(|hit| hit.event(self.root)).collect();
        Timetable::new(events, servers, self.fault_key(name, copy))
    }
}

/// The parts that one copy of a node is built with.
#[derive(Debug)]
pub struct Building<'a, 'c> {
    /// The parts that all nodes are built with.
    pub kit: &'a Kit<'a>,
    /// The calendar, for lanes.
    pub core: &'c mut Core,
    /// The address of the copy.
    pub me: ActorId,
    /// The name of the node.
    pub name: &'a str,
    /// Which of its copies.
    pub copy: usize,
}

impl Building<'_, '_> {
    /// Names the random streams of the node; its copies share them.
    #[must_use]
    pub fn key(&self) -> StreamKey {
        self.kit.root.named(self.name)
    }

    /// The lane of a timeout.
    pub fn lane(&mut self, span: Span) -> LaneId {
        self.core.calendar.lane(span.duration())
    }

    /// True if it runs on a host that faults hit.
    #[must_use]
    pub fn has_host(&self) -> bool {
        self.kit.address(self.me.0) != self.me
    }

    /// Its faults, among those that are `meant`.
    #[must_use]
    pub fn timetable(&self, servers: usize, meant: impl Fn(&Fault) -> bool) -> Timetable {
        self.kit.timetable(self.name, self.copy, servers, meant)
    }

    /// Where a route leads: all copies of its targets.
    #[must_use]
    pub fn endpoints(&self, route: &Route) -> Vec<Endpoint> {
        let targets = route.to.0.iter().flat_map(|target| self.kit.actors_of(&target.text));
        targets.map(|actor| Endpoint { actor: self.kit.address(actor), port: 0 }).collect()
    }

    /// The network of a route, whose delays `key` draws.
    #[must_use]
    pub fn link(&mut self, route: &Route, key: StreamKey) -> Link {
        let link = route.delay.as_ref().map_or(Link::Direct, |law| Link::of(law, law, self.core, key));
        link.with(self.troubles(route))
    }

    /// The faults on a route.
    #[must_use]
    pub fn troubles(&self, route: &Route) -> Troubles {
        let kit = self.kit;
        let mut troubles = Troubles::default();
        for hit in kit.hits.at(self.name, self.copy) {
            let Some((to, copies)) = &hit.to else { continue };
            if !route.to.0.iter().any(|target| target.text == *to) {
                continue;
            }
            let all = kit.actors_of(to);
            let is_whole = route.to.0.len() == 1 && copies.len() == all.len() && hit.fault.servers.is_none();
            let targets: Vec<ActorId> = copies.clone().map(|copy| kit.address(all.start + copy as u32)).collect();
            let key = kit.fault_key(self.name, self.copy).named(&format!("fault {}", hit.place));
            troubles.add(&hit.event(kit.root), (!is_whole).then_some(&targets), key);
        }
        troubles
    }

    /// The copies that a route leads to, among which `key` draws.
    #[must_use]
    pub fn copies(&self, route: &Route, key: StreamKey) -> Copies {
        Copies::new(self.endpoints(route), route.spread.clone(), key.named("spread"))
    }

    /// The way on of a node that stands in the way of requests.
    pub fn passage(&mut self, route: &Route) -> Passage {
        let key = self.key();
        let copies = self.copies(route, key);
        Passage::new(self.me, copies, self.link(route, key))
    }

    /// The number of servers of the node: that of the fleet behind it, or one.
    #[must_use]
    pub fn servers_behind(&self) -> usize {
        self.kit.site.servers_behind(self.name).map_or(1, |(_, servers)| servers.count)
    }
}
