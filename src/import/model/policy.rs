//! How a group chooses, as a policy.

use super::Field;
use crate::actors::balancer::layer::spec::{Layer, Layer4};
use crate::actors::balancer::policies::Policy;
use crate::actors::balancer::policies::bounded_load_hash::BoundedLoadHash;
use crate::actors::balancer::policies::first::First;
use crate::actors::balancer::policies::ip_hash::IpHash;
use crate::actors::balancer::policies::least_connections::{IdleFirst, LeastConnections, Ties, Weighted};
use crate::actors::balancer::policies::least_response_time::LeastResponseTime;
use crate::actors::balancer::policies::power_of_choices::PowerOfChoices;
use crate::actors::balancer::policies::random::Random;
use crate::actors::balancer::policies::ring_hash::RingHash;
use crate::actors::balancer::policies::round_robin::RoundRobin;
use crate::actors::balancer::policies::weighted_round_robin::WeightedRoundRobin;
use crate::actors::placement::{ClientAddress, HashBy, NginxPoints, Placement, RequestedKey};
use crate::import::Report;
use crate::import::group::{Balance, By, Group, Hashing, Server, Tied};
use crate::import::report::Why;
use crate::schema::{Body, Kind, Node, Reader};

/// The policy of a group, one arm a method.
pub fn policy(group: &Group, servers: &[Server], report: &mut Report) -> Policy {
    let at = group.balance.at;
    match group.balance.value {
        Balance::RoundRobin => in_turn(servers),
        Balance::SmoothRoundRobin => Policy::WeightedRoundRobin(WeightedRoundRobin {}),
        // With equal weights the orders are the same, or as good as that, and the plain one is faster.
        Balance::LeastConnections(_) if equal_weights(servers) => Policy::LeastConnections(LeastConnections::default()),
        Balance::LeastConnections(tied) => Policy::LeastConnections(LeastConnections {
            ties: match tied {
                Tied::ByWeight => Ties::Weighted(Weighted {}),
                Tied::IdleFirst => Ties::IdleFirst(IdleFirst {}),
            },
        }),
        Balance::Random(0 | 1) => Policy::Random(Random {}),
        Balance::Random(draws) => {
            if draws > 16 {
                report.note(at, Why::Approximated, "the best of 16 servers drawn at random: the model draws no more");
            }
            Policy::PowerOfChoices(PowerOfChoices { d: draws.min(16) })
        }
        Balance::Hash { how: Hashing::NginxIp, .. } => Policy::IpHash(IpHash {}),
        Balance::Hash { by, how, bound } => {
            match how {
                Hashing::HaproxyRing => {
                    report.note(at, Why::Approximated, "the points of HAProxy's ring: those of nginx in the model");
                }
                Hashing::Modulo => {
                    let message =
                        "a hash modulo the weights: a ring in the model, where fewer keys move when a server goes";
                    report.note(at, Why::Approximated, message);
                }
                Hashing::NginxIp | Hashing::NginxRing => {}
            }
            let placement = Placement::Nginx(NginxPoints { points: 160 });
            let by = match by {
                By::Client => HashBy::Client(ClientAddress {}),
                By::Key => HashBy::Key(RequestedKey {}),
            };
            match bound {
                Some(c) => Policy::BoundedLoadHash(BoundedLoadHash { c, placement, by }),
                None => Policy::RingHash(RingHash { placement, by }),
            }
        }
        Balance::LeastTime => least_time(),
        Balance::First => Policy::First(First {}),
    }
}

fn equal_weights(servers: &[Server]) -> bool {
    servers.windows(2).all(|pair| pair[0].weight == pair[1].weight)
}

/// Round robin; with weights, the smooth one of nginx.
fn in_turn(servers: &[Server]) -> Policy {
    if equal_weights(servers) {
        Policy::RoundRobin(RoundRobin::default())
    } else {
        Policy::WeightedRoundRobin(WeightedRoundRobin {})
    }
}

/// Least response time with the defaults of nginx.
fn least_time() -> Policy {
    let nothing = Node::made(Kind::Struct(None, Vec::new()));
    let least_time = LeastResponseTime::decode_body(&nothing, &mut Reader::default());
    least_time.map_or(Policy::LeastConnections(LeastConnections::default()), Policy::LeastResponseTime)
}

/// Whether connections are passed on instead of requests.
pub fn layer(group: &Group) -> Option<Field> {
    group.layer4.map(|_| Field::new("layer", &Layer::Layer4(Layer4 {})))
}
