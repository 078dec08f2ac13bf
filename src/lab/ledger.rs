//! What must hold of every run, whatever the system: each request ends in exactly one outcome or is still in flight, and
//! Little's law holds at every node.

use crate::actors::{Actor, Actors};
use crate::engine::{Outcome, Requests, Time};
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
    let still_inside = time_inside(actors.all.len(), requests, over);
    let mut waiting = 0;
    for ((actor, info), still_inside) in actors.all.iter().zip(nodes).zip(still_inside) {
        let name = &info.name;
        if let Actor::Clients(clients) = actor {
            let record = &clients.record;
            let lost: u64 = record.losses.iter().map(|(_, _, count)| count).sum();
            let ended: u64 = record.outcomes.iter().sum();
            if ended != lost + record.outcomes[Outcome::Served as usize] {
                return Err(format!("the ledger of \"{name}\" does not balance: {record:?}"));
            }
            waiting += record.population.count();
        }
        let Account { came, left, inside, area, sojourn } = account(actor, over);
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
    }
    let alive = requests.iter().filter(|(_, request)| !request.abandoned).count() as u64;
    if alive != waiting {
        return Err(format!("clients wait for {waiting} requests, but {alive} are in flight"));
    }
    Ok(())
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
        Actor::Fleet(fleet) => {
            let record = &fleet.record;
            let (inside, area) = (record.population.count(), record.population.area(over));
            Account { came: record.arrivals, left: record.departures, inside, area, sojourn: record.sojourn }
        }
    }
}

/// For each actor, the nanoseconds that requests on it have spent there so far. A client that has stopped waiting for a
/// request holds it no more.
fn time_inside(actors: usize, requests: &Requests, over: Time) -> Vec<u128> {
    let mut inside = vec![0; actors];
    for (id, request) in requests.iter() {
        for (depth, stop) in requests.stops(id).enumerate() {
            if depth > 0 || !request.abandoned {
                inside[stop.actor.0 as usize] += u128::from(over.since(stop.entered).as_nanos());
            }
        }
    }
    inside
}
