//! How a group treats servers that fail.

use super::Field;
use crate::actors::balancer::Health;
use crate::actors::balancer::health::spec::Active;
use crate::actors::balancer::health::spec::{AllButLast, Among, UntriedMembers};
use crate::actors::balancer::health::{Notified, Passive, RetryElsewhere, Unaware};
use crate::actors::balancer::queue::Queue;
use crate::actors::kit::failure::{
    CrashedFailure, ErrorFailure, Failure, RefusedFailure, TimedOutFailure, UnavailableFailure,
};
use crate::import::Report;
use crate::import::group::{Group, Server, Trouble, Watch};
use crate::import::report::Why;
use crate::schema::quantity::Span;
use crate::schema::{Body, Kind, Node, Reader};

/// How the balancer learns that a server is down. It watches all servers in the same way in the model: as the first.
pub fn health(servers: &[Server], report: &mut Report) -> Option<Field> {
    let first = &servers.first()?.watch;
    for other in servers.iter().filter(|server| server.watch.value != first.value) {
        let message = "servers are watched in different ways: all as the first one in the model";
        report.note(other.watch.at, Why::Approximated, message);
    }
    let health = match first.value {
        Watch::Never | Watch::Passive { .. } => Health::Unaware(Unaware {}),
        Watch::Checked { interval, timeout, fall, rise } => {
            let in_time = timeout <= interval;
            if !in_time {
                let message = "a check may take longer than until the next one: until the next one in the model";
                report.note(first.at, Why::Approximated, message);
            }
            let timeout = if in_time { timeout } else { interval };
            match defaults::<Active>() {
                Some(active) => Health::Active(Active { interval, timeout, fall, rise, ..active }),
                None => Health::Notified(Notified { after: Span::ZERO }),
            }
        }
    };
    Some(Field::new("health", &health))
}

/// A record with all fields at their defaults.
fn defaults<R: Body>() -> Option<R> {
    R::decode_body(&Node::made(Kind::Struct(None, Vec::new())), &mut Reader::default())
}

/// Requests that fail and take their server out.
pub fn passive(group: &Group, servers: &[Server]) -> Option<Field> {
    let Watch::Passive { max_fails, fail_timeout } = servers.first()?.watch.value else { return None };
    // In nginx, the failures that are retried elsewhere are those that count.
    let on = group.retry.as_ref().map_or_else(Failure::usual, |retry| failures(&retry.value.on));
    Some(Field::new("passive", &Some(Passive { max_fails, fail_timeout, on })))
}

fn failures(troubles: &[Trouble]) -> Vec<Failure> {
    let failures = troubles.iter().flat_map(|trouble| match trouble {
        Trouble::Connection => vec![Failure::Refused(RefusedFailure {}), Failure::Crashed(CrashedFailure {})],
        Trouble::Timeout => vec![Failure::TimedOut(TimedOutFailure {})],
        Trouble::Error => vec![Failure::Error(ErrorFailure {})],
        Trouble::Unavailable => vec![Failure::Unavailable(UnavailableFailure {})],
    });
    failures.collect()
}

/// How long the weight of a server rises: as that of the first that says so.
pub fn slow_start(servers: &[Server], report: &mut Report) -> Option<Field> {
    let first = servers.iter().find_map(|server| server.slow_start.as_ref())?;
    for server in servers.iter().filter(|server| server.slow_start.as_ref().map(|slow| slow.value) != Some(first.value))
    {
        let at = server.slow_start.as_ref().map_or(server.at, |slow| slow.at);
        report.note(at, Why::Approximated, "servers start slowly in different ways: all alike in the model");
    }
    Some(Field::new("slow_start", &first.value))
}

/// How long the balancer waits for an answer: as long as the proxy does. A proxy that passes connections on counts silence,
/// and there the clients wait as long.
pub fn timeout(group: &Group) -> Option<Field> {
    let (timeout, name) = &group.timeout.as_ref().filter(|_| group.layer4.is_none())?.value;
    Some(Field::new("timeout", timeout).comment(format!("{name}.")))
}

/// Requests that wait for a place at a server.
pub fn queue(group: &Group) -> Option<Field> {
    let queue = &group.queue.as_ref()?.value;
    let per_server = queue.per_server.map(|most| most as usize);
    Some(Field::new("queue", &Some(Queue { timeout: queue.timeout, places: None, per_server })))
}

/// Failed attempts that go to another server.
pub fn retry(group: &Group) -> Option<Field> {
    let retry = &group.retry.as_ref()?.value;
    let timeout = retry.timeout.unwrap_or(Span::ZERO);
    let among = if retry.comes_back { Among::NotLast(AllButLast {}) } else { Among::Untried(UntriedMembers {}) };
    let on = failures(&retry.on);
    Some(Field::new("retry", &Some(RetryElsewhere { tries: retry.tries, timeout, budget: None, on, among })))
}
