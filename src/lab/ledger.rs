//! Invariants of every run, whatever the system: each request ends in exactly one outcome or is still in flight, and
//! Little's law holds at every node.

use std::collections::BTreeMap;

use crate::actors::kit::books::Account;
use crate::actors::{Actor, Actors};
use crate::engine::{ActorId, Requests, Time};
use crate::model::NodeInfo;

/// Checks the books of a run that has ended at `over`.
///
/// # Errors
/// The figures that do not balance, in words: a defect of the program.
pub fn check(actors: &Actors, requests: &Requests, nodes: &[NodeInfo], over: Time) -> Result<(), String> {
    let inside = Inside::of(actors, requests, over);
    for (place, actor) in actors.all.iter().enumerate() {
        let (me, node) = (ActorId(place as u32), actor.node());
        let name = name_of(actor, place, nodes);
        node.check_books(me, &name, requests)?;
        balances(&name, &node.account(over), inside.all[place])?;
        for part in node.parts(over) {
            balances(&format!("{} {name}", part.what), &part.account, inside.with(me, part.tag))?;
        }
    }
    check_waiting(actors, requests, nodes)
}

/// The name of an actor; a host has that of its node.
fn name_of(actor: &Actor, place: usize, nodes: &[NodeInfo]) -> String {
    match actor {
        Actor::Host(host) => format!("the host of {}", nodes[host.node().0 as usize].name),
        _ => nodes[place].name.clone(),
    }
}

/// Requests in flight that were not given up are those that clients wait for. Requests that other nodes make for
/// themselves are in no client's account.
fn check_waiting(actors: &Actors, requests: &Requests, nodes: &[NodeInfo]) -> Result<(), String> {
    let mut alive = vec![0_u64; actors.all.len()];
    for (id, request) in requests.iter() {
        if let Some(first) = requests.first(id).filter(|_| !request.is_abandoned()) {
            alive[first.actor.0 as usize] += 1;
        }
    }
    for ((actor, info), alive) in actors.all.iter().zip(nodes).zip(alive) {
        if let Some(waiting) = actor.node().waits_for().filter(|waiting| *waiting != alive) {
            let name = &info.name;
            return Err(format!("\"{name}\" waits for {waiting} requests, but {alive} are in flight"));
        }
    }
    Ok(())
}

/// Checks one account; `still_inside` is the time spent so far by the requests that are there.
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

/// The nanoseconds that requests have spent where they are. A client that has stopped waiting for a request no longer
/// counts it; a client that makes calls counts the calls and not their attempts, and a node that makes a request on
/// behalf of another counts that other.
struct Inside {
    /// By actor.
    all: Vec<u128>,
    /// By the number of an actor that has parts, and its note.
    by_tag: BTreeMap<(u32, u32), u128>,
}

impl Inside {
    fn of(actors: &Actors, requests: &Requests, over: Time) -> Self {
        let mut all: Vec<u128> = actors.all.iter().map(|actor| actor.node().spent(over)).collect();
        let counts_its_own: Vec<bool> = actors.all.iter().map(|actor| actor.node().counts_its_own()).collect();
        let has_parts: Vec<bool> = actors.all.iter().map(|actor| !actor.node().parts(over).is_empty()).collect();
        let mut by_tag: BTreeMap<(u32, u32), u128> = BTreeMap::new();
        for (id, request) in requests.iter() {
            for (depth, stop) in requests.stops(id).enumerate() {
                let at = stop.actor.0 as usize;
                if depth > 0 || (!request.is_abandoned() && counts_its_own[at]) {
                    let spent = u128::from(over.since(stop.entered).as_nanos());
                    all[at] += spent;
                    if depth > 0 && has_parts[at] {
                        *by_tag.entry((stop.actor.0, stop.tag)).or_default() += spent;
                    }
                }
            }
        }
        Self { all, by_tag }
    }

    fn with(&self, actor: ActorId, tag: u32) -> u128 {
        self.by_tag.get(&(actor.0, tag)).copied().unwrap_or_default()
    }
}
