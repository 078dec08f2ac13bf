//! What is wrong with a system as a whole: names that lead nowhere, requests that go round, nodes nobody reaches.

use std::collections::BTreeMap;

use super::build::depth;
use super::graph::Graph;
use super::system::{DEEPEST, FaultSpec, NodeSpec, System, fleet_behind};
use crate::actors::balancer::Hears;
use crate::actors::clients::Traffic;
use crate::actors::kit::faults::{Fault, Way};
use crate::actors::limiter::By;
use crate::actors::kit::passage::{EachServer, Per};
use crate::actors::kit::route::Spread;
use crate::engine::simulation::MAX_ACTORS;
use crate::schema::{Diagnostic, MOST_MISTAKES, Map, Name, suggest};

/// Everything that is wrong with how the parts of `system` fit together.
#[must_use]
pub fn check(system: &System) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let nodes = &system.nodes;
    let graph = Graph::of(nodes);
    // What is too deep is not followed any further.
    find_depths(nodes, &graph, &mut found);
    if !found.is_empty() {
        return found;
    }
    let mut reach = Reach { nodes, graph: &graph, by_clients: BTreeMap::new() };
    for (name, node) in &nodes.entries {
        if found.len() >= MOST_MISTAKES {
            return found;
        }
        if let Some(problem) = bad_name(&name.text) {
            found.push(Diagnostic::new(name.region, problem));
        }
        for target in node.targets() {
            check_target(nodes, node, target, &mut found);
        }
        let (clients, words) = clients_of(node);
        check_clients(&mut reach, &name.text, clients, words, &mut found);
        if let NodeSpec::Limiter(limiter) = node {
            let words = ["for this cost", "this cost never fits"];
            check_clients(&mut reach, &name.text, limiter.charged().collect(), words, &mut found);
        }
        if let Some(what) = of_each_server(node)
            && fleet_behind(nodes, &name.text).is_none()
        {
            let message = format!("\"{}\" has {what} for each server, but no fleet stands right behind it", name.text);
            found.push(Diagnostic::new(name.region, message).help("put it between a `Balancer` and its fleet"));
        }
        if let NodeSpec::Fallback(fallback) = node {
            for target in fallback.others() {
                check_chosen(nodes, &target.text, target, &mut found);
            }
        }
        if let NodeSpec::Balancer(balancer) = node
            && balancer.to.spread != (Spread::Random(crate::actors::kit::route::AtRandom {}))
        {
            let message = format!("the balancer \"{}\" chooses by its policy; `spread` is for clients", name.text);
            found.push(Diagnostic::new(name.region, message));
        }
    }
    if !found.is_empty() {
        // Faults name nodes too; what else would be found may follow from names that lead nowhere.
        check_faults(system, &mut found);
        return found;
    }
    let actors: usize = nodes.entries.iter().map(|(_, node)| node.copies()).sum();
    if actors > MAX_ACTORS as usize
        && let Some((start, _)) = nodes.entries.first()
    {
        found.push(Diagnostic::new(start.region, format!("{actors} nodes with all copies; {MAX_ACTORS} at most")));
        return found;
    }
    if let Some((start, _)) = nodes.entries.first()
        && system.clients().next().is_none()
    {
        let message = "nobody makes requests: the system has no node of `Clients`";
        found.push(Diagnostic::new(start.region, message));
        return found;
    }
    find_cycles(nodes, &graph, &mut found);
    // What is behind a round is reached by nobody because of it.
    if found.is_empty() {
        find_unreached(nodes, &graph, &mut found);
    }
    check_policies(nodes, &mut found);
    check_users(system, &mut found);
    check_faults(system, &mut found);
    check_zones(system, &mut found);
    // A node that faults hit on its own counts twice: its host stands before it.
    if let Some((start, _)) = nodes.entries.first().filter(|_| found.is_empty() && depth(system) > MOST_STOPS) {
        let message = format!("requests would pass {} nodes and hosts; {MOST_STOPS} at most", depth(system));
        found.push(Diagnostic::new(start.region, message));
    }
    found
}

/// Nodes and hosts of nodes that a request may pass: its way back counts them in a byte.
const MOST_STOPS: usize = 250;

/// Every user who thinks stands in the calendar, which has room for so many.
const MOST_USERS: u64 = 10_000_000;

fn check_users(system: &System, found: &mut Vec<Diagnostic>) {
    let users = system.clients().map(|(_, clients)| match &clients.arrivals {
        Traffic::Users(users) => u64::from(users.count),
        _ => 0,
    });
    let users: u64 = users.sum();
    if users > MOST_USERS
        && let Some((start, _)) = system.nodes.entries.first()
    {
        let message = format!("{users} users in all nodes of `Clients` together; {MOST_USERS} at most");
        found.push(Diagnostic::new(start.region, message));
    }
}

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

fn check_target(nodes: &Map<NodeSpec>, from: &NodeSpec, target: &Name, found: &mut Vec<Diagnostic>) {
    let text = &target.text;
    match nodes.get(text) {
        None => {
            let valid: Vec<&str> = nodes
                .entries
                .iter()
                .filter(|(_, node)| !matches!(node, NodeSpec::Clients(_)))
                .map(|(name, _)| name.text.as_str())
                .collect();
            found.push(
                Diagnostic::new(target.region, format!("there is no node \"{text}\"")).help(suggest(text, &valid)),
            );
        }
        Some(NodeSpec::Store(_)) if !is_store_of(from, target) => {
            let message = format!("\"{text}\" is a store: it serves limiters, not requests");
            found.push(Diagnostic::new(target.region, message).help("name it as `store` of a `distributed` limit"));
        }
        Some(node) if is_store_of(from, target) && !matches!(node, NodeSpec::Store(_)) => {
            let message = format!("\"{text}\" is no store");
            found.push(
                Diagnostic::new(target.region, message).help("a `distributed` limit is kept by a node of `Store`"),
            );
        }
        Some(NodeSpec::Clients(_)) => {
            let message = format!("\"{text}\" makes requests; it cannot be sent any");
            found.push(Diagnostic::new(target.region, message));
        }
        Some(node) => match fleet_behind(nodes, text) {
            Some((_, spec)) if matches!(from, NodeSpec::Clients(_) | NodeSpec::Router(_)) && spec.servers > 1 => {
                check_chosen(nodes, text, target, found);
            }
            // Servers of several copies could not be told apart by who stands before them.
            Some((fleet, spec)) if node.way_on().is_some() && spec.servers > 1 && node.copies() * spec.copies > 1 => {
                let message =
                    format!("\"{text}\" and \"{fleet}\" behind it have copies, whose servers nobody can tell apart");
                found.push(Diagnostic::new(target.region, message).help("put a `Balancer` between them"));
            }
            _ => {}
        },
    }
}

/// Somebody must choose among the servers behind a target of a node that does not.
fn check_chosen(nodes: &Map<NodeSpec>, text: &str, target: &Name, found: &mut Vec<Diagnostic>) {
    let Some((fleet, spec)) = fleet_behind(nodes, text).filter(|(_, spec)| spec.servers > 1) else { return };
    let message = format!("\"{fleet}\" has {} servers and nobody chooses one", spec.servers);
    let help = if fleet == text {
        "put a `Balancer` before the fleet".to_owned()
    } else {
        format!("put a `Balancer` before \"{text}\", or between it and the fleet")
    };
    found.push(Diagnostic::new(target.region, message).help(help));
}

/// True if a limiter names the target as its store.
fn is_store_of(from: &NodeSpec, target: &Name) -> bool {
    let NodeSpec::Limiter(limiter) = from else { return false };
    let mut stores = limiter.distributed.iter().flat_map(|distributed| &distributed.store.to.0);
    stores.any(|store| store.region == target.region && store.text == target.text)
}

/// Policies that cannot work before the members that they have.
fn check_policies(nodes: &Map<NodeSpec>, found: &mut Vec<Diagnostic>) {
    for (name, node) in &nodes.entries {
        let NodeSpec::Balancer(balancer) = node else { continue };
        if balancer.policy.hears() != Hears::Nothing {
            for target in &balancer.to.to.0 {
                if !matches!(nodes.get(&target.text), Some(NodeSpec::Fleet(_))) {
                    let message =
                        format!("servers must answer the policy of \"{}\"; \"{}\" is no fleet", name.text, target.text);
                    found.push(Diagnostic::new(target.region, message));
                }
            }
        }
        if !balancer.policy.looks_at_names() {
            continue;
        }
        let mut weights = Vec::new();
        for target in &balancer.to.to.0 {
            match (fleet_behind(nodes, &target.text), nodes.get(&target.text)) {
                (Some((_, fleet)), _) => (0..fleet.copies * fleet.servers)
                    .for_each(|server| weights.push(fleet.weights.get(server % fleet.servers).copied().unwrap_or(1))),
                (None, Some(other)) => weights.resize(weights.len() + other.copies(), 1),
                (None, None) => {}
            }
        }
        if let Some(problem) = balancer.policy.problem(&weights) {
            found.push(Diagnostic::new(name.region, format!("the policy of \"{}\": {problem}", name.text)));
        }
    }
}

/// The clients that a node speaks of; what for, and what comes of it if they never come by.
fn clients_of(node: &NodeSpec) -> (Vec<&Name>, [&'static str; 2]) {
    match node {
        NodeSpec::Router(router) => (router.clients().collect(), ["for this rule", "this rule never fits"]),
        NodeSpec::Limiter(limiter) => (limiter.clients().collect(), ["for this tier", "this tier never fits"]),
        NodeSpec::ConcurrencyLimiter(limiter) => {
            (limiter.clients().collect(), ["for this share", "this share never fits"])
        }
        NodeSpec::Fleet(fleet) => (fleet.clients(), ["for this queue", "this queue never sees one"]),
        _ => (Vec::new(), [""; 2]),
    }
}

/// What a node has for each server of the fleet behind it, if it has.
fn of_each_server(node: &NodeSpec) -> Option<&'static str> {
    let each = Per::Server(EachServer {});
    match node {
        NodeSpec::Limiter(limiter) if limiter.by.contains(&By::Server(EachServer {})) => Some("an account"),
        NodeSpec::ConcurrencyLimiter(limiter) if limiter.per == each => Some("a limit"),
        NodeSpec::Breaker(breaker) if breaker.per == each => Some("a circuit"),
        _ => None,
    }
}

/// Where the requests of clients come to, found once for each.
struct Reach<'a> {
    nodes: &'a Map<NodeSpec>,
    graph: &'a Graph<'a>,
    by_clients: BTreeMap<&'a str, Vec<bool>>,
}

impl<'a> Reach<'a> {
    /// True if requests of `clients` come to `node`.
    fn leads(&mut self, clients: &'a str, node: &str) -> bool {
        let (nodes, graph) = (self.nodes, self.graph);
        let reached = self.by_clients.entry(clients).or_insert_with(|| graph.reached(nodes.position(clients)));
        nodes.position(node).is_some_and(|place| reached[place])
    }
}

/// The clients that a node speaks of must be there and come by; `words` say what for, and what comes of it if they do not.
fn check_clients<'a>(
    reach: &mut Reach<'a>,
    node: &str,
    clients: Vec<&'a Name>,
    words: [&str; 2],
    found: &mut Vec<Diagnostic>,
) {
    let nodes = reach.nodes;
    for Name { text, region } in clients {
        if !matches!(nodes.get(text), Some(NodeSpec::Clients(_))) {
            let clients = nodes.entries.iter().filter(|(_, node)| matches!(node, NodeSpec::Clients(_)));
            let valid: Vec<&str> = clients.map(|(name, _)| name.text.as_str()).collect();
            let message = format!("there are no clients \"{text}\" {}", words[0]);
            found.push(Diagnostic::new(*region, message).help(suggest(text, &valid)));
        } else if !reach.leads(text, node) {
            let message = format!("no request of \"{text}\" comes to \"{node}\": {}", words[1]);
            found.push(Diagnostic::new(*region, message));
        }
    }
}

/// A node on the way that leads back to itself: requests would go round for ever.
fn find_cycles(nodes: &Map<NodeSpec>, graph: &Graph<'_>, found: &mut Vec<Diagnostic>) {
    for (from, target) in graph.rounds() {
        let name = &nodes.entries[from].0.text;
        let message = format!("requests would go round for ever: \"{name}\" leads back to itself");
        found.push(Diagnostic::new(target.region, message));
    }
}

fn find_depths(nodes: &Map<NodeSpec>, graph: &Graph<'_>, found: &mut Vec<Diagnostic>) {
    let depths = graph.depths();
    let deepest = depths.iter().copied().max().unwrap_or(0);
    if let Some(place) = depths.iter().position(|&depth| depth == deepest).filter(|_| deepest > DEEPEST) {
        let Name { text, region } = &nodes.entries[place].0;
        let message = format!("requests would pass {deepest} nodes from \"{text}\" on; {DEEPEST} at most");
        found.push(Diagnostic::new(*region, message));
    }
}

fn find_unreached(nodes: &Map<NodeSpec>, graph: &Graph<'_>, found: &mut Vec<Diagnostic>) {
    let entries = nodes.entries.iter().enumerate();
    let clients = entries.filter(|(_, (_, node))| matches!(node, NodeSpec::Clients(_))).map(|(place, _)| place);
    let reached = graph.reached(clients);
    for ((name, _), reached) in nodes.entries.iter().zip(reached) {
        if !reached {
            let message = format!("nothing reaches \"{}\": no route from any clients leads to it", name.text);
            found.push(Diagnostic::new(name.region, message));
        }
    }
}

/// The node that a fault names, with which of its copies: all of `web`, or only `web[1]`.
#[must_use]
pub fn named_copies(nodes: &Map<NodeSpec>, written: &str) -> Option<(String, std::ops::Range<usize>)> {
    if let Some(node) = nodes.get(written) {
        return Some((written.to_owned(), 0..node.copies()));
    }
    let (name, index) = written.strip_suffix(']')?.rsplit_once('[')?;
    let index: usize = index.parse().ok()?;
    (index < nodes.get(name)?.copies()).then(|| (name.to_owned(), index..index + 1))
}

fn check_faults(system: &System, found: &mut Vec<Diagnostic>) {
    for fault in &system.faults {
        if found.len() >= MOST_MISTAKES {
            return;
        }
        let Name { text, region } = &fault.node.0;
        let Some((name, _)) = named_copies(&system.nodes, text) else {
            let nodes: Vec<&str> = system.nodes.keys().collect();
            let message = format!("there is no node \"{text}\" for this fault");
            found.push(Diagnostic::new(*region, message).help(suggest(text, &nodes)));
            continue;
        };
        let Some(node) = system.nodes.get(&name) else { continue };
        match (&fault.to, fault.fault.way()) {
            (Some(to), Some(way)) => check_link(system, (&name, node), &to.0, fault, way, found),
            (None, None) => check_node_fault(&name, node, fault, found),
            // On a node it holds up what comes.
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

/// What may go wrong with a node.
fn check_node_fault(name: &str, node: &NodeSpec, fault: &FaultSpec, found: &mut Vec<Diagnostic>) {
    let region = fault.node.0.region;
    let quick = matches!(&fault.fault, Fault::Errors(errors) if errors.after.is_some());
    match node {
        NodeSpec::Fleet(fleet) => {
            let servers = fault.servers.iter().flatten();
            if let Some(server) = servers.into_iter().find(|server| **server >= fleet.servers) {
                let message = format!("\"{name}\" has no server {server}: its servers are 0 to {}", fleet.servers - 1);
                found.push(Diagnostic::new(region, message));
            }
            return;
        }
        NodeSpec::Clients(_) => {
            let message = format!("\"{name}\" is a node of `Clients`: no fault hits it");
            let help = "fewer or more requests are a matter of `arrivals`; a fault with `to` hits the link from there";
            found.push(Diagnostic::new(region, message).help(help));
            return;
        }
        NodeSpec::Balancer(balancer) if balancer.proxy.is_some() => {}
        NodeSpec::Store(_) => {}
        _ if matches!(fault.fault, Fault::SlowDown(_)) => {
            let message = format!("\"{name}\" does no work that could take longer");
            found.push(Diagnostic::new(region, message).help("`Delay(by: ..)` holds up what comes to it"));
        }
        _ => {}
    }
    if fault.servers.is_some() {
        found.push(Diagnostic::new(region, format!("\"{name}\" has no `servers` to name: it fails as a whole")));
    }
    if quick {
        let message = format!("\"{name}\" fails a request after its usual work: `after` is of fleets");
        found.push(Diagnostic::new(region, message));
    }
}

/// The link that a fault hits must be there; and where a node sends to several others over one network, the answers of one
/// cannot be told from those of the others, but by a balancer.
fn check_link(
    system: &System,
    (from, node): (&str, &NodeSpec),
    to: &Name,
    fault: &FaultSpec,
    way: &Way,
    found: &mut Vec<Diagnostic>,
) {
    let nodes = &system.nodes;
    let named =
        named_copies(nodes, &to.text).filter(|(name, _)| node.targets().iter().any(|target| target.text == *name));
    let Some((target, copies)) = named else {
        let targets: Vec<&str> = node.targets().iter().map(|target| target.text.as_str()).collect();
        let message = format!("there is no link from \"{from}\" to \"{}\"", to.text);
        found.push(Diagnostic::new(to.region, message).help(suggest(&to.text, &targets)));
        return;
    };
    let fleet = fleet_behind(nodes, &target).map(|(_, fleet)| fleet);
    if let Some(servers) = &fault.servers {
        let (NodeSpec::Balancer(_), Some(fleet)) = (node, fleet) else {
            let message =
                format!("\"{from}\" does not choose among servers of \"{target}\": `servers` are of a balancer");
            found.push(Diagnostic::new(to.region, message));
            return;
        };
        if let Some(server) = servers.iter().find(|server| **server >= fleet.servers) {
            let message = format!("\"{target}\" has no server {server}: its servers are 0 to {}", fleet.servers - 1);
            found.push(Diagnostic::new(to.region, message));
        }
    }
    let alone = node.routes().iter().any(|route| route.to.0.len() == 1 && route.to.0[0].text == target);
    let is_whole = alone && nodes.get(&target).is_some_and(|node| copies.len() == node.copies());
    if !matches!(node, NodeSpec::Balancer(_)) && !is_whole && !matches!(way, Way::There(_)) {
        let message =
            format!("\"{from}\" cannot tell answers of \"{}\" from those of others on the same network", to.text);
        let help = "let the fault hit all of them, or `way: There`; a `Balancer` can tell its members apart";
        found.push(Diagnostic::new(to.region, message).help(help));
    }
}
