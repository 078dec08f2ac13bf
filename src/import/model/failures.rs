//! What a group does about servers that fail.

use super::Field;
use crate::actors::balancer::Health;
use crate::actors::balancer::spec::{Notified, Unaware};
use crate::import::Report;
use crate::import::group::{Group, Server, Watch};
use crate::import::report::Why;
use crate::schema::quantity::Span;

/// How the balancer learns that a server is down. It watches all servers in the same way in the model: as the first.
pub fn health(servers: &[Server], report: &mut Report) -> Option<Field> {
    let first = &servers.first()?.watch;
    for other in servers.iter().filter(|server| server.watch.value != first.value) {
        let message = "servers are watched in different ways: all as the first one in the model";
        report.note(other.watch.at, Why::Approximated, message);
    }
    let health = match first.value {
        Watch::Never => Health::Unaware(Unaware {}),
        // pending: passive
        Watch::Passive { .. } => {
            let message = "failures that take a server out are not expressed yet: news of a crash comes at once";
            report.note(first.at, Why::NotExpressed, message);
            Health::Notified(Notified { after: Span::ZERO })
        }
        // pending: Active
        Watch::Checked { interval, fall, .. } => {
            let message = "checks are not expressed yet: news of a crash comes after as many intervals as `fall` says";
            report.note(first.at, Why::NotExpressed, message);
            let after = Span::from_seconds(interval.seconds() * f64::from(fall)).unwrap_or(interval);
            Health::Notified(Notified { after })
        }
    };
    Some(Field::new("health", &health))
}

/// Requests that fail and take their server out.
pub fn passive(_group: &Group, _servers: &[Server], _report: &mut Report) -> Option<Field> {
    // pending: passive
    None
}

/// How long the weight of a server rises: as that of the first that says so.
pub fn slow_start(servers: &[Server], report: &mut Report) -> Option<Field> {
    // pending: slow_start
    for slow in servers.iter().filter_map(|server| server.slow_start.as_ref()) {
        report.note(slow.at, Why::NotExpressed, "a slow start is not expressed yet");
    }
    None
}

/// Failed attempts that go to another server.
pub fn retry(group: &Group, report: &mut Report) -> Option<Field> {
    // pending: retry
    if let Some(retry) = &group.retry {
        report.note(retry.at, Why::NotExpressed, "failed attempts do not go to another server yet");
    }
    None
}
