//! What must hold of every run, whatever the system: each request ends in exactly one outcome or is still in flight, and
//! Little's law holds at every node.

use crate::actors::balancer::layer::{IN_PROXY, PINNED, WAITING};
use crate::actors::balancer::{Line, Proxy};
use crate::actors::clients::Clients;
use crate::actors::kit::passage::PassageRecord;
use crate::actors::{Actor, Actors};
use crate::engine::{ActorId, Outcome, Requests, Time};
use crate::model::NodeInfo;

/// What came to a node, what left it, what is inside, and two ways to know how long requests were there.
struct Account {
    came: u64,
    left: u64,
    inside: u64,
    /// Request-nanoseconds by the number inside at every moment.
    area: u128,
    /// Request-nanoseconds by the time each request spent that has left.
    sojourn: u128,
}

/// Checks the books of a run that has ended at `over`.
///
/// # Errors
/// What does not balance, in words: a defect of the program.
pub fn check(actors: &Actors, requests: &Requests, nodes: &[NodeInfo], over: Time) -> Result<(), String> {
    let Still { inside, in_proxy, waiting } = time_inside(actors, requests, over);
    let still = inside.into_iter().zip(in_proxy).zip(waiting);
    for ((actor, info), ((still_inside, still_in_proxy), still_waiting)) in actors.all.iter().zip(nodes).zip(still) {
        let name = &info.name;
        if let Actor::Clients(clients) = actor {
            let record = &clients.record;
            let lost: u64 = record.losses.values().sum();
            let ended: u64 = record.outcomes.iter().sum();
            if ended != lost + record.outcomes[Outcome::Served as usize] {
                return Err(format!("the ledger of \"{name}\" does not balance: {record:?}"));
            }
            check_attempts(clients, name)?;
        }
        balances(name, &account(actor, over), still_inside)?;
        if let Actor::Balancer(balancer) = actor
            && let Some(proxy) = balancer.proxy()
        {
            balances(&format!("the proxy of {name}"), &proxy_account(proxy, over), still_in_proxy)?;
        }
        if let Actor::Balancer(balancer) = actor
            && let Some(line) = balancer.line()
        {
            balances(&format!("the queue of {name}"), &line_account(line, over), still_waiting)?;
        }
    }
    for (place, actor) in actors.all.iter().enumerate().skip(nodes.len()) {
        let inside = time_inside(actors, requests, over).inside[place];
        let Actor::Host(host) = actor else { continue };
        balances(&format!("the host of {}", nodes[host.node().0 as usize].name), &account(actor, over), inside)?;
    }
    check_pins(actors, requests, nodes)?;
    check_waiting(actors, requests, nodes)
}

/// Every attempt that was sent has one outcome or is waited for, and the calls under way are those that are counted.
fn check_attempts(clients: &Clients, name: &str) -> Result<(), String> {
    let record = &clients.record;
    let ended: u64 = record.attempt_outcomes.iter().sum();
    let waited = waited_for(clients);
    if record.attempts != ended + waited {
        let sent = record.attempts;
        return Err(format!(
            "the ledger of \"{name}\" does not balance: {sent} attempts were sent, {ended} ended, {waited} are waited for"
        ));
    }
    if let Some(calling) = &clients.calling {
        let (counted, there) = (record.population.count(), calling.calls.under_way().count() as u64);
        if counted != there {
            return Err(format!("\"{name}\" counts {counted} calls under way, but there are {there}"));
        }
    }
    Ok(())
}

/// Attempts that somebody waits for.
fn waited_for(clients: &Clients) -> u64 {
    match &clients.calling {
        Some(calling) => calling.calls.under_way().map(|call| call.waiting.len() as u64).sum(),
        None => clients.record.population.count(),
    }
}

/// The requests in flight that were not given up are those that clients wait for. Those that other nodes make for
/// themselves are in nobody's books.
fn check_waiting(actors: &Actors, requests: &Requests, nodes: &[NodeInfo]) -> Result<(), String> {
    let mut alive = vec![0_u64; actors.all.len()];
    for (id, request) in requests.iter() {
        if let Some(first) = requests.first(id).filter(|_| !request.abandoned) {
            alive[first.actor.0 as usize] += 1;
        }
    }
    for ((actor, info), alive) in actors.all.iter().zip(nodes).zip(alive) {
        let Actor::Clients(clients) = actor else { continue };
        let waiting = waited_for(clients);
        if alive != waiting {
            let name = &info.name;
            return Err(format!("\"{name}\" waits for {waiting} requests, but {alive} are in flight"));
        }
    }
    Ok(())
}

/// What is active at the members of a balancer of layer 4 is the connections that lead there, and requests without one.
fn check_pins(actors: &Actors, requests: &Requests, nodes: &[NodeInfo]) -> Result<(), String> {
    for (place, (actor, info)) in actors.all.iter().zip(nodes).enumerate() {
        let Actor::Balancer(balancer) = actor else { continue };
        let Some((active, pinned)) = balancer.pinned() else { continue };
        // A request that begins here is a check or a probe of its own, which does not count.
        let stops = requests.iter().flat_map(|(id, _)| requests.stops(id).skip(1));
        let alone = stops.filter(|stop| stop.actor.0 as usize == place && stop.tag < PINNED).count() as u64;
        if active != pinned + alone {
            let name = &info.name;
            return Err(format!(
                "\"{name}\" counts {active} active of {pinned} connections and {alone} requests alone"
            ));
        }
    }
    Ok(())
}

/// One account by itself, of which `still_inside` is the time that those spent who are there.
fn balances(name: &str, account: &Account, still_inside: u128) -> Result<(), String> {
    let Account { came, left, inside, area, sojourn } = *account;
    if came != left + inside {
        return Err(format!(
            "the ledger of \"{name}\" does not balance: {came} requests came, {left} left, {inside} are inside"
        ));
    }
    // Little's law without its limit: the area under the number inside is the sum of the times spent inside.
    if area != sojourn + still_inside {
        return Err(format!(
            "Little's law does not hold at \"{name}\": {area} request-nanoseconds by the number inside, \
             {sojourn} by those that left and {still_inside} by those that are there"
        ));
    }
    Ok(())
}

fn proxy_account(proxy: &Proxy, over: Time) -> Account {
    let record = &proxy.record;
    let area = record.waiting.area(over) + proxy.busy(over);
    Account { came: record.arrivals, left: record.departures, inside: proxy.inside(), area, sojourn: record.sojourn }
}

fn line_account(line: &Line, over: Time) -> Account {
    let record = &line.record;
    let area = record.waiting.area(over);
    Account { came: record.arrivals, left: record.departures, inside: line.len() as u64, area, sojourn: record.sojourn }
}

fn by_passage(record: &PassageRecord, over: Time) -> Account {
    let (inside, area) = (record.population.count(), record.population.area(over));
    Account { came: record.arrivals, left: record.departures, inside, area, sojourn: record.sojourn }
}

fn account(actor: &Actor, over: Time) -> Account {
    match actor {
        Actor::Clients(clients) => {
            let record = &clients.record;
            let left = record.outcomes.iter().sum();
            let (inside, area) = (record.population.count(), record.population.area(over));
            Account { came: record.offered, left, inside, area, sojourn: record.sojourn }
        }
        Actor::Balancer(balancer) => {
            let record = &balancer.record;
            let (inside, area) = (record.population.count(), record.population.area(over));
            Account { came: record.arrivals, left: record.departures, inside, area, sojourn: record.sojourn }
        }
        Actor::Router(router) => {
            let record = &router.record;
            let (inside, area) = (record.population.count(), record.population.area(over));
            Account { came: record.by_way.iter().sum(), left: record.departures, inside, area, sojourn: record.sojourn }
        }
        Actor::Store(store) => {
            let record = &store.record;
            let (inside, area) = (record.population.count(), record.population.area(over));
            Account { came: record.arrivals, left: record.departures, inside, area, sojourn: record.sojourn }
        }
        Actor::Limiter(limiter) => by_passage(&limiter.passage().record, over),
        Actor::Breaker(breaker) => by_passage(&breaker.passage().record, over),
        Actor::ConcurrencyLimiter(limiter) => by_passage(&limiter.passage().record, over),
        Actor::Fallback(fallback) => by_passage(&fallback.passage().record, over),
        Actor::Host(host) => by_passage(&host.record, over),
        Actor::Fleet(fleet) => {
            let record = &fleet.record;
            let (inside, area) = (record.population.count(), record.population.area(over));
            Account { came: record.arrivals, left: record.departures, inside, area, sojourn: record.sojourn }
        }
    }
}

/// For each actor, the nanoseconds that requests have spent there so far.
struct Still {
    /// All that are there.
    inside: Vec<u128>,
    /// Those in its proxy.
    in_proxy: Vec<u128>,
    /// Those that wait for a place at a server.
    waiting: Vec<u128>,
}

/// What the requests have spent at each actor that are there.
/// A client that has stopped waiting for a request holds it no more; one that makes calls holds those and not attempts,
/// and a node that made one on behalf of another holds that other.
fn time_inside(actors: &Actors, requests: &Requests, over: Time) -> Still {
    let mut inside = vec![0; actors.all.len()];
    let mut in_proxy = vec![0; actors.all.len()];
    let mut waiting = vec![0; actors.all.len()];
    for (actor, inside) in actors.all.iter().zip(&mut inside) {
        if let Actor::Clients(clients) = actor
            && let Some(calling) = &clients.calling
        {
            *inside = calling.calls.under_way().map(|call| u128::from(over.since(call.begun).as_nanos())).sum();
        }
    }
    let is_plain = |actor: ActorId| match &actors.all[actor.0 as usize] {
        Actor::Clients(clients) => clients.calling.is_none(),
        _ => false,
    };
    for (id, request) in requests.iter() {
        for (depth, stop) in requests.stops(id).enumerate() {
            if depth > 0 || (!request.abandoned && is_plain(stop.actor)) {
                let spent = u128::from(over.since(stop.entered).as_nanos());
                inside[stop.actor.0 as usize] += spent;
                // Other nodes have notes of other kinds.
                let is_balancer = depth > 0 && matches!(actors.all[stop.actor.0 as usize], Actor::Balancer(_));
                match stop.tag {
                    IN_PROXY if is_balancer => in_proxy[stop.actor.0 as usize] += spent,
                    WAITING if is_balancer => waiting[stop.actor.0 as usize] += spent,
                    _ => {}
                }
            }
        }
    }
    Still { inside, in_proxy, waiting }
}
