//! The servers of a group, as a fleet.

use std::collections::{BTreeMap, BTreeSet};

use super::Field;
use super::clients::SERVICE;
use crate::distributions::{Distribution, Exponential};
use crate::import::group::{Group, Server};
use crate::schema::quantity::Span;

/// The servers of a group that are in the model, at least one.
pub fn servers(group: &Group) -> Vec<Server> {
    let some_serve = group.servers.iter().any(|server| !server.backup);
    let mut servers = group.servers.clone();
    for server in &mut servers {
        // Where all are backups, they serve as any others.
        server.backup &= some_serve;
    }
    servers
}

/// How many.
pub fn count(servers: &[Server]) -> Field {
    Field::new("servers", &servers.len())
}

/// The names of the servers. A name that occurs twice gets a suffix.
pub fn names(servers: &[Server]) -> Field {
    let (mut names, mut taken) = (Vec::new(), BTreeSet::new());
    // The suffix to try for the next server of a name; suffixes are never freed.
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for server in servers {
        let number = numbers.entry(&server.name).or_insert(0);
        loop {
            *number += 1;
            let name = if *number == 1 { server.name.clone() } else { format!("{} ({number})", server.name) };
            if taken.insert(name.clone()) {
                names.push(name);
                break;
            }
        }
    }
    Field::new("names", &names)
}

/// Their weights, where they differ.
pub fn weights(servers: &[Server]) -> Option<Field> {
    let weights: Vec<u32> = servers.iter().map(|server| server.weight).collect();
    let differ = weights.windows(2).any(|pair| pair[0] != pair[1]);
    differ.then(|| Field::new("weights", &weights))
}

/// The servers that get requests only while no other is up.
pub fn backups(servers: &[Server]) -> Option<Field> {
    let backups: Vec<usize> = (0..servers.len()).filter(|&server| servers[server].backup).collect();
    (!backups.is_empty()).then(|| Field::new("backups", &backups))
}

/// How many connections each may have.
pub fn max_connections(servers: &[Server]) -> Option<Field> {
    let most = |server: &Server| server.max_connections.as_ref().map_or(0, |most| most.value);
    let most: Vec<u32> = servers.iter().map(most).collect();
    most.iter().any(|&most| most > 0).then(|| Field::new("max_connections", &most))
}

/// A guess.
pub fn workers() -> Field {
    Field::new("workers", &1_u32).comment("FILL IN: how many requests a server works on at once.")
}

/// A guess.
pub fn service() -> Field {
    let mean = Span::from_seconds(SERVICE).unwrap_or(Span::ZERO);
    Field::new("service", &Distribution::Exponential(Exponential { mean }))
        .comment("FILL IN: how long a request takes.")
}
