//! The servers of a group, as a fleet.

use super::Field;
use super::clients::SERVICE;
use crate::distributions::{Distribution, Exponential};
use crate::import::Report;
use crate::import::group::{Group, Server};
use crate::import::report::Why;
use crate::schema::quantity::Span;

/// The servers of a group that are in the model, at least one.
pub fn servers(group: &Group, report: &mut Report) -> Vec<Server> {
    let some_serve = group.servers.iter().any(|server| !server.backup);
    let mut servers = group.servers.clone();
    for server in &mut servers {
        // Where all are backups, they serve as any others.
        server.backup &= some_serve;
        // pending: backups
        if server.backup {
            report.note(server.at, Why::NotExpressed, "`backup` is not expressed yet: the server is left out");
        }
    }
    servers.retain(|server| !server.backup);
    servers
}

/// How many.
pub fn count(servers: &[Server]) -> Field {
    // pending: names
    let field = Field::new("servers", &servers.len());
    servers
        .iter()
        .enumerate()
        .fold(field, |field, (number, server)| field.comment(format!("{number}: {}", server.name)))
}

/// What they are called.
pub fn names(_servers: &[Server]) -> Option<Field> {
    // pending: names
    None
}

/// Their weights, where they differ.
pub fn weights(servers: &[Server]) -> Option<Field> {
    let weights: Vec<u32> = servers.iter().map(|server| server.weight).collect();
    let differ = weights.windows(2).any(|pair| pair[0] != pair[1]);
    differ.then(|| Field::new("weights", &weights))
}

/// Those that get requests only while there is no other.
pub fn backups(_servers: &[Server]) -> Option<Field> {
    // pending: backups
    None
}

/// How many connections each may have.
pub fn max_connections(servers: &[Server], report: &mut Report) -> Option<Field> {
    // pending: max_connections
    for limit in servers.iter().filter_map(|server| server.max_connections.as_ref()) {
        report.note(limit.at, Why::NotExpressed, "limits of connections of a server are not expressed yet");
    }
    None
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
