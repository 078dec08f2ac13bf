//! Checks a system as a whole: names of missing nodes, cycles, nodes that no request reaches.

use std::collections::BTreeMap;

use super::blueprint::Blueprint;
use super::system::System;
use crate::actors::NodeSpec;
use crate::actors::kit::build::named_copies;
use crate::actors::kit::describe::{Edge, Mention, Sends, Server, Takes};
use crate::actors::kit::faults::{Fault, FaultSpec, Way};
use crate::actors::kit::graph::Graph;
use crate::actors::kit::site::Site;
use crate::engine::simulation::MAX_ACTORS;
use crate::schema::{Diagnostic, MOST_MISTAKES, Map, Name, suggest};

/// Everything that is wrong with how the parts of a system fit together.
#[must_use]
pub fn check(blueprint: &Blueprint) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let (system, site) = (blueprint.system(), blueprint.site());
    let (nodes, graph) = (site.nodes, site.graph());
    // Nodes that are nested too deeply are not followed any further.
    find_depths(nodes, graph, &mut found);
    if !found.is_empty() {
        return found;
    }
    check_nodes(&site, &mut found);
    if !found.is_empty() {
        // Faults name nodes too; further mistakes may follow from names that do not exist.
        check_faults(&site, &system.faults, &mut found);
        return found;
    }
    let Some((start, _)) = nodes.entries.first() else { return found };
    let actors: usize = nodes.entries.iter().map(|(_, node)| node.copies()).sum();
    if actors > MAX_ACTORS as usize {
        found.push(Diagnostic::new(start.region, format!("{actors} nodes with all copies; {MAX_ACTORS} at most")));
        return found;
    }
    if site.makers().is_empty() {
        let message = "no node makes requests: the system has no node of `Clients`";
        found.push(Diagnostic::new(start.region, message));
        return found;
    }
    find_cycles(nodes, graph, &mut found);
    // Nodes behind a cycle are unreachable because of it.
    if found.is_empty() {
        find_unreached(nodes, graph, &mut found);
    }
    nodes.entries.iter().for_each(|(name, node)| node.check_fit(name, &site, &mut found));
    let users: u64 = nodes.entries.iter().map(|(_, node)| node.users()).sum();
    if users > MOST_USERS {
        let message = format!("{users} users in all nodes of `Clients` together; {MOST_USERS} at most");
        found.push(Diagnostic::new(start.region, message));
    }
    check_faults(&site, &system.faults, &mut found);
    check_zones(system, &mut found);
    // A node that faults hit on its own counts twice: its host stands before it.
    let depth = if found.is_empty() { blueprint.depth() } else { 0 };
    if depth > MOST_STOPS {
        let message = format!("requests would pass {depth} nodes and hosts; {MOST_STOPS} at most");
        found.push(Diagnostic::new(start.region, message));
    }
    found
}

/// Checks each node by itself, and the names it uses.
fn check_nodes(site: &Site<'_>, found: &mut Vec<Diagnostic>) {
    let mut reach = Reach { site, by_clients: BTreeMap::new() };
    for (name, node) in &site.nodes.entries {
        if found.len() >= MOST_MISTAKES {
            return;
        }
        if let Some(problem) = bad_name(&name.text) {
            found.push(Diagnostic::new(name.region, problem));
        }
        for edge in node.edges() {
            edge.route.to.0.iter().for_each(|target| check_target(site, &edge, target, found));
        }
        for mention in node.mentions() {
            check_clients(&mut reach, &name.text, &mention, found);
        }
        if let Some(what) = node.of_each_server()
            && site.servers_behind(&name.text).is_none()
        {
            let message = format!("\"{}\" has {what} for each server, but no fleet stands right behind it", name.text);
            found.push(Diagnostic::new(name.region, message).help("put it between a `Balancer` and its fleet"));
        }
        node.check(name, found);
    }
}

/// Nodes and hosts of nodes that a request may pass: its way back counts them in 16 bits.
const MOST_STOPS: usize = 60_000;
/// Nodes that a request may pass: each takes 16 bytes of every request in flight.
const DEEPEST: usize = 10_000;

/// Every thinking user is an event in the calendar, which has room for this many.
const MOST_USERS: u64 = 10_000_000;

fn bad_name(name: &str) -> Option<String> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    if name.trim().is_empty() {
        Some("a node needs a name".to_owned())
    } else if !name.chars().all(good) || name.chars().count() > 60 {
        Some(format!("the name {name:?} is not letters, digits, `-`, `_` and spaces, 60 at most"))
    } else {
        None
    }
}

fn check_target(site: &Site<'_>, edge: &Edge<'_>, target: &Name, found: &mut Vec<Diagnostic>) {
    let (nodes, text) = (site.nodes, &target.text);
    let Some(node) = nodes.get(text) else {
        let others = nodes.entries.iter().filter(|(_, node)| node.takes() != Takes::Nothing);
        let valid: Vec<&str> = others.map(|(name, _)| name.text.as_str()).collect();
        found.push(Diagnostic::new(target.region, format!("there is no node \"{text}\"")).help(suggest(text, &valid)));
        return;
    };
    let mut wrong = |what: &str, help: Option<&str>| {
        let diagnostic = Diagnostic::new(target.region, format!("\"{text}\" {what}"));
        found.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    };
    match (edge.sends, node.takes()) {
        (Sends::Commands(_), Takes::Commands(_)) => {}
        (Sends::Commands([what, help]), _) => wrong(what, Some(help)),
        (_, Takes::Commands([what, help])) => wrong(what, Some(help)),
        (_, Takes::Nothing) => wrong("makes requests; it cannot be sent any", None),
        (Sends::Passes(server) | Sends::Calls(server), Takes::Requests) => {
            let Some((fleet, servers)) = site.servers_behind(text).filter(|(_, servers)| servers.count > 1) else {
                return;
            };
            if server == Server::Only {
                found.push(no_node_chooses(target, fleet, servers.count));
            } else if node.way_on().is_some() && node.copies() * servers.copies > 1 {
                // The servers of several copies could not be told apart by the node in front of them.
                let message =
                    format!("\"{text}\" and \"{fleet}\" behind it have copies, whose servers cannot be told apart");
                found.push(Diagnostic::new(target.region, message).help("put a `Balancer` between them"));
            }
        }
    }
}

/// A node that sends to several servers must choose among them, which only a balancer does.
fn no_node_chooses(target: &Name, fleet: &str, servers: usize) -> Diagnostic {
    let text = &target.text;
    let message = format!("\"{fleet}\" has {servers} servers and no node chooses one");
    let help = if fleet == text {
        "put a `Balancer` before the fleet".to_owned()
    } else {
        format!("put a `Balancer` before \"{text}\", or between it and the fleet")
    };
    Diagnostic::new(target.region, message).help(help)
}

/// Where the requests of clients come to, found once for each.
struct Reach<'a> {
    site: &'a Site<'a>,
    by_clients: BTreeMap<&'a str, Vec<bool>>,
}

impl<'a> Reach<'a> {
    /// True if requests of `clients` come to `node`.
    fn leads(&mut self, clients: &'a str, node: &str) -> bool {
        let (nodes, graph) = (self.site.nodes, self.site.graph());
        let reached = self.by_clients.entry(clients).or_insert_with(|| graph.reached(nodes.position(clients)));
        nodes.position(node).is_some_and(|place| reached[place])
    }
}

/// The clients that a node speaks of must be there and come by.
fn check_clients<'a>(reach: &mut Reach<'a>, node: &str, mention: &Mention<'a>, found: &mut Vec<Diagnostic>) {
    let site = reach.site;
    for Name { text, region } in mention.clients.iter().copied() {
        if site.class_of(text).is_none() {
            let message = format!("there are no clients \"{text}\" {}", mention.words[0]);
            found.push(Diagnostic::new(*region, message).help(suggest(text, &site.classes())));
        } else if !reach.leads(text, node) {
            let message = format!("no request of \"{text}\" comes to \"{node}\": {}", mention.words[1]);
            found.push(Diagnostic::new(*region, message));
        }
    }
}

/// A node on the way that leads back to itself: requests would go round for ever.
fn find_cycles(nodes: &Map<NodeSpec>, graph: &Graph, found: &mut Vec<Diagnostic>) {
    for (from, (edge, target)) in graph.rounds() {
        let (Name { text: name, .. }, node) = &nodes.entries[from];
        let target = &node.edges()[edge as usize].route.to.0[target as usize];
        let message = format!("requests would go round for ever: \"{name}\" leads back to itself");
        found.push(Diagnostic::new(target.region, message));
    }
}

fn find_depths(nodes: &Map<NodeSpec>, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let depths = graph.stops();
    let deepest = depths.iter().copied().max().unwrap_or(0);
    if let Some(place) = depths.iter().position(|&depth| depth == deepest).filter(|_| deepest > DEEPEST) {
        let Name { text, region } = &nodes.entries[place].0;
        let message = format!("requests would pass {deepest} nodes from \"{text}\" on; {DEEPEST} at most");
        found.push(Diagnostic::new(*region, message));
    }
}

fn find_unreached(nodes: &Map<NodeSpec>, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let entries = nodes.entries.iter().enumerate();
    let makers = entries.filter(|(_, (_, node))| node.takes() == Takes::Nothing).map(|(place, _)| place);
    let reached = graph.reached(makers);
    for ((name, _), reached) in nodes.entries.iter().zip(reached) {
        if !reached {
            let message = format!("nothing reaches \"{}\": no route from any clients leads to it", name.text);
            found.push(Diagnostic::new(name.region, message));
        }
    }
}

fn check_faults(site: &Site<'_>, faults: &[FaultSpec], found: &mut Vec<Diagnostic>) {
    for fault in faults {
        if found.len() >= MOST_MISTAKES {
            return;
        }
        let Name { text, region } = &fault.node.0;
        let Some((name, _)) = named_copies(site.nodes, text) else {
            let nodes: Vec<&str> = site.nodes.keys().collect();
            let message = format!("there is no node \"{text}\" for this fault");
            found.push(Diagnostic::new(*region, message).help(suggest(text, &nodes)));
            continue;
        };
        let Some(node) = site.nodes.get(&name) else { continue };
        match (&fault.to, fault.fault.way()) {
            (Some(to), Some(way)) => check_link(site, (&name, node), &to.0, fault, way, found),
            (None, None) => check_node_fault(&name, node, fault, found),
            // At a node, a delay holds up arrivals.
            (None, Some(Way::Both(_))) if matches!(fault.fault, Fault::Delay(_)) && node.has_host() => {
                check_node_fault(&name, node, fault, found);
            }
            (Some(_), None) => {
                let message = format!("this fault hits a node, and no link: what hits \"{name}\" needs no `to`");
                found.push(Diagnostic::new(*region, message));
            }
            (None, Some(_)) => {
                let message = format!("this fault hits a link: say `to` which node, from \"{name}\"");
                found.push(Diagnostic::new(*region, message));
            }
        }
    }
}

/// Faults of one zone come and go together, and so say the same of when.
fn check_zones(system: &System, found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, (usize, &FaultSpec)> = BTreeMap::new();
    for (place, fault) in system.faults.iter().enumerate() {
        let Some(recurs) = &fault.recurs else { continue };
        let Some(zone) = recurs.zone.as_deref() else { continue };
        let (before, one) = *first.entry(zone).or_insert((place, fault));
        let differs = [
            (one.at != fault.at, "at"),
            (one.lasts != fault.lasts, "lasts"),
            (one.recurs.as_ref().is_some_and(|one| one.mtbf != recurs.mtbf), "mtbf"),
            (one.recurs.as_ref().is_some_and(|one| one.mttr != recurs.mttr), "mttr"),
        ];
        if let Some((_, field)) = differs.into_iter().find(|(differs, _)| *differs) {
            let message = format!("what fails together in zone \"{zone}\" has the same `{field}`");
            let help = format!("it differs from that of the fault of \"{}\", number {}", one.node.0.text, before + 1);
            found.push(Diagnostic::new(fault.node.0.region, message).help(help));
            if found.len() >= MOST_MISTAKES {
                return;
            }
        }
    }
}

/// Checks a fault of a node.
fn check_node_fault(name: &str, node: &NodeSpec, fault: &FaultSpec, found: &mut Vec<Diagnostic>) {
    for (problem, help) in node.check_fault(name, fault) {
        let diagnostic = Diagnostic::new(fault.node.0.region, problem);
        found.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
}

/// The link that a fault affects must exist; and if a node other than a balancer sends to several others over one
/// network, the answers of one cannot be told from those of the others.
fn check_link(
    site: &Site<'_>,
    (from, node): (&str, &NodeSpec),
    to: &Name,
    fault: &FaultSpec,
    way: &Way,
    found: &mut Vec<Diagnostic>,
) {
    let nodes = site.nodes;
    let chooses = node.edges().iter().any(|edge| edge.sends.server() == Some(Server::Chosen));
    let named =
        named_copies(nodes, &to.text).filter(|(name, _)| node.targets().iter().any(|target| target.text == *name));
    let Some((target, copies)) = named else {
        let targets: Vec<&str> = node.targets().iter().map(|target| target.text.as_str()).collect();
        let message = format!("there is no link from \"{from}\" to \"{}\"", to.text);
        found.push(Diagnostic::new(to.region, message).help(suggest(&to.text, &targets)));
        return;
    };
    if let Some(servers) = &fault.servers {
        let Some((_, fleet)) = site.servers_behind(&target).filter(|_| chooses) else {
            let message =
                format!("\"{from}\" does not choose among servers of \"{target}\": `servers` are of a balancer");
            found.push(Diagnostic::new(to.region, message));
            return;
        };
        if let Some(server) = servers.iter().find(|server| **server >= fleet.count) {
            let message = format!("\"{target}\" has no server {server}: its servers are 0 to {}", fleet.count - 1);
            found.push(Diagnostic::new(to.region, message));
        }
    }
    let leads_there_alone = |edge: &Edge<'_>| edge.route.to.0.len() == 1 && edge.route.to.0[0].text == target;
    let alone = node.edges().iter().any(leads_there_alone);
    let is_whole = alone && nodes.get(&target).is_some_and(|node| copies.len() == node.copies());
    if !chooses && !is_whole && !matches!(way, Way::There(_)) {
        let message =
            format!("\"{from}\" cannot tell answers of \"{}\" from those of others on the same network", to.text);
        let help = "let the fault hit all of them, or `way: There`; a `Balancer` can tell its members apart";
        found.push(Diagnostic::new(to.region, message).help(help));
    }
}
