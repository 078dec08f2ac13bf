//! How a group chooses, as a policy.

use super::Field;
use crate::actors::balancer::Policy;
use crate::actors::balancer::policies::ip_hash::IpHash;
use crate::actors::balancer::policies::least_connections::LeastConnections;
use crate::actors::balancer::policies::power_of_choices::PowerOfChoices;
use crate::actors::balancer::policies::random::Random;
use crate::actors::balancer::policies::round_robin::RoundRobin;
use crate::actors::balancer::policies::weighted_round_robin::WeightedRoundRobin;
use crate::import::Report;
use crate::import::group::{Balance, By, Group, Hashing, Server};
use crate::import::report::Why;

/// The policy of a group, one arm a method.
pub fn policy(group: &Group, servers: &[Server], report: &mut Report) -> Policy {
    let at = group.balance.at;
    match group.balance.value {
        Balance::RoundRobin => in_turn(servers),
        Balance::LeastConnections => Policy::LeastConnections(LeastConnections {}),
        Balance::Random(0 | 1) => Policy::Random(Random {}),
        Balance::Random(draws) => {
            if draws > 16 {
                report.note(at, Why::Approximated, "the best of 16 servers drawn at random: the model draws no more");
            }
            Policy::PowerOfChoices(PowerOfChoices { d: draws.min(16) })
        }
        Balance::Hash { how: Hashing::NginxIp, .. } => Policy::IpHash(IpHash {}),
        // pending: RingHash, BoundedLoadHash
        Balance::Hash { by, .. } => {
            report.note(at, Why::NotExpressed, "a ring of hashes is not expressed yet");
            if by == By::Client { Policy::IpHash(IpHash {}) } else { in_turn(servers) }
        }
        // pending: LeastResponseTime
        Balance::LeastTime => {
            report.note(at, Why::NotExpressed, "response times are not expressed yet: taken as fewest connections");
            Policy::LeastConnections(LeastConnections {})
        }
        Balance::First => {
            report.note(at, Why::NotExpressed, "filling one server after the other: taken as round robin");
            in_turn(servers)
        }
    }
}

/// Round robin; with weights, the smooth one of nginx.
fn in_turn(servers: &[Server]) -> Policy {
    if servers.windows(2).all(|pair| pair[0].weight == pair[1].weight) {
        Policy::RoundRobin(RoundRobin {})
    } else {
        Policy::WeightedRoundRobin(WeightedRoundRobin {})
    }
}

/// Whether connections are passed on instead of requests.
pub fn layer(group: &Group, report: &mut Report) -> Option<Field> {
    // pending: layer
    if let Some(at) = group.layer4 {
        report.note(at, Why::NotExpressed, format!("{} passes on connections: requests in the model", group.what));
    }
    None
}
