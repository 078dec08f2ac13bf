//! How flows split: at routers by their rules, at balancers by their policies.

use super::Flow;
use super::line::Line;
use crate::actors::NodeSpec;
use crate::actors::balancer::policies::Policy;
use crate::actors::balancer::{BalancerSpec, Layer};
use crate::actors::clients::{Connections, Keys};
use crate::actors::fleet::FleetSpec;
use crate::actors::kit::conditions::KeyMatch;
use crate::actors::kit::route::{Route, RouteField};
use crate::actors::router::spec::{RouterSpec, RuleSpec};
use crate::model::system::{System, fleet_behind};

/// How requests spread over the servers of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    /// All to the only server.
    First,
    /// In fixed parts, whatever the load.
    Split {
        /// By the weights of the servers; without, in equal parts.
        weighted: bool,
        /// In turn; without, at random.
        regular: bool,
    },
    /// To whoever has least to do, so that no server has work while another has none for long.
    Pooled,
    /// Not known.
    Open,
}

/// Keys that are looked at one by one, at most.
const MOST_KEYS: u32 = 100_000;

/// The flows along each route of a router.
pub(super) fn by_rule<'a>(system: &System, router: &'a RouterSpec, flows: &[Flow]) -> Vec<(&'a Route, Vec<Flow>)> {
    let mut ways: Vec<(&Route, Vec<Flow>)> = router.routes().map(|route| (&route.0, Vec::new())).collect();
    for flow in flows {
        let parts = parts(system, router, flow);
        let cuts = router.rules.iter().any(|rule| rule.keys.is_some());
        for (way, part) in parts.into_iter().enumerate().filter(|(_, part)| *part != Some(0.0)) {
            ways[way].1.push(match part {
                Some(part) => Flow {
                    least: flow.least * part,
                    most: flow.most * part,
                    variability: thinned(flow.variability, part),
                    keys_are_cut: flow.keys_are_cut || (cuts && part < 1.0),
                    ..*flow
                },
                None => Flow { keys_are_cut: true, ..flow.at_most() },
            });
        }
    }
    ways
}

/// The squared coefficient of variation of gaps after each request was kept with a chance (Whitt 1983, "The queueing
/// network analyzer").
pub(super) fn thinned(variability: f64, part: f64) -> f64 {
    part * variability + 1.0 - part
}

/// The part of a flow that goes each way, that of no rule last; `None` where it is not known.
fn parts(system: &System, router: &RouterSpec, flow: &Flow) -> Vec<Option<f64>> {
    let ways = router.rules.len() + 1;
    let NodeSpec::Clients(clients) = &system.nodes.entries[flow.clients].1 else { return vec![None; ways] };
    let name = &system.nodes.entries[flow.clients].0.text;
    let fits = |rule: &RuleSpec| {
        rule.clients.as_ref().is_none_or(|those| those.0.iter().any(|other| other.text == *name))
            && rule.size.as_ref().is_none_or(|size| {
                clients.size >= size.at_least && size.at_most.is_none_or(|most| clients.size <= most)
            })
    };
    // Rules that cannot fit are out; those that must fit end the list.
    let candidates: Vec<usize> = (0..router.rules.len()).filter(|&rule| fits(&router.rules[rule])).collect();
    let mut parts = vec![Some(0.0); ways];
    if candidates.iter().all(|&rule| router.rules[rule].keys.is_none()) || matches!(clients.keys, Keys::One(_)) {
        let takes = |rule: &&usize| router.rules[**rule].keys.as_ref().is_none_or(|keys| holds(keys, 0));
        parts[candidates.iter().find(takes).copied().unwrap_or(ways - 1)] = Some(1.0);
        return parts;
    }
    let (count, exponent) = match &clients.keys {
        Keys::One(_) => (1, 0.0),
        Keys::Uniform(keys) => (keys.n, 0.0),
        Keys::Zipf(keys) => (keys.n, keys.s),
    };
    if flow.keys_are_cut || count > MOST_KEYS {
        return vec![None; ways];
    }
    let mut weights = vec![0.0; ways];
    for key in 0..count {
        let weight = libm::pow(f64::from(key) + 1.0, -exponent);
        let takes = |rule: &&usize| router.rules[**rule].keys.as_ref().is_none_or(|keys| holds(keys, key));
        weights[candidates.iter().find(takes).copied().unwrap_or(ways - 1)] += weight;
    }
    let all: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| Some(weight / all)).collect()
}

fn holds(keys: &KeyMatch, key: u32) -> bool {
    match keys {
        KeyMatch::Between(range) => (range.from..=range.to).contains(&key),
        KeyMatch::OneOf(set) => set.keys.contains(&key),
    }
}

/// What a balancer sends to each of its targets, by name.
pub(super) fn over_targets<'a>(
    system: &'a System,
    balancer: &'a BalancerSpec,
    may_eject: bool,
    flows: &[Flow],
) -> Vec<(&'a str, Vec<Flow>)> {
    let targets: Vec<(&str, f64, Option<&FleetSpec>)> = target_weights(system, &balancer.to);
    let fleets: Option<Vec<&FleetSpec>> = targets.iter().map(|(_, _, fleet)| *fleet).collect();
    let is_limited = fleets.iter().flatten().any(|fleet| fleet.max_connections.iter().any(|most| *most > 0));
    let share = if Line::of(system, balancer).is_some_and(|line| line.pooled) {
        Share::Pooled
    } else if may_eject || is_pinned(system, balancer) || is_limited || balancer.subset.is_some() {
        Share::Open
    } else {
        share(balancer, fleets.as_deref())
    };
    let weighted = matches!(share, Share::Split { weighted: true, .. });
    let weight = |(_, weight, fleet): &(&str, f64, Option<&FleetSpec>)| match fleet {
        Some(fleet) if !weighted => weight * in_use(fleet).count() as f64,
        Some(fleet) => {
            weight * in_use(fleet).map(|server| f64::from(fleet.weights.get(server).copied().unwrap_or(1))).sum::<f64>()
        }
        None => *weight,
    };
    let all: f64 = targets.iter().map(weight).sum();
    let several = targets.len() > 1;
    let to_target = |target: &(&'a str, f64, Option<&FleetSpec>)| {
        let part = weight(target) / all;
        let flows = flows.iter().map(|flow| match share {
            Share::Split { .. } if several => Flow {
                least: flow.least * part,
                most: flow.most * part,
                variability: thinned(flow.variability, part),
                share,
                ..*flow
            },
            // Who has less to do gets more: how much of it is not known.
            Share::Pooled | Share::Open if several => Flow { share: Share::Open, ..flow.at_most() },
            _ => Flow { share, ..*flow },
        });
        (target.0, flows.collect())
    };
    targets.iter().map(to_target).collect()
}

/// True if requests follow their connections, which a balancer of layer 4 places once.
pub(super) fn is_pinned(system: &System, balancer: &BalancerSpec) -> bool {
    matches!(balancer.layer, Layer::Layer4(_))
        && system.clients().any(|(_, clients)| !matches!(clients.connections, Connections::PerRequest(_)))
}

/// Each target with how many of it there are, and the fleet behind it.
fn target_weights<'a>(system: &'a System, route: &'a RouteField) -> Vec<(&'a str, f64, Option<&'a FleetSpec>)> {
    let targets = route.to.0.iter().map(|target| {
        let copies = system.nodes.get(&target.text).map_or(1, |node| node.copies());
        let fleet = fleet_behind(&system.nodes, &target.text).map(|(_, fleet)| fleet);
        (target.text.as_str(), copies as f64, fleet)
    });
    targets.collect()
}

/// The servers that get requests while nothing is wrong.
pub(super) fn in_use(fleet: &FleetSpec) -> impl Iterator<Item = usize> + '_ {
    let all_back_up = fleet.backups.len() >= fleet.servers;
    (0..fleet.servers).filter(move |server| all_back_up || !fleet.backups.contains(server))
}

/// How a policy spreads requests over members; `fleets` are those of its members, if all are servers of fleets.
fn share(balancer: &BalancerSpec, fleets: Option<&[&FleetSpec]>) -> Share {
    let alike = fleets.is_some_and(|fleets| {
        fleets.iter().all(|fleet| {
            let same = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
            same(&fleet.speeds) && fleet.weights.windows(2).all(|pair| pair[0] == pair[1])
        })
    });
    let one = balancer.copies == 1;
    match &balancer.policy {
        policy @ (Policy::RoundRobin(_) | Policy::WeightedRoundRobin(_)) => {
            Share::Split { weighted: policy.follows_weights(), regular: one }
        }
        Policy::Random(_) => Share::Split { weighted: true, regular: false },
        Policy::PowerOfChoices(choices) if choices.d == 1 => Share::Split { weighted: true, regular: false },
        // Whoever joins the shortest queue, for its weight, keeps every queue stable that can be; the others do so among
        // servers that are alike.
        Policy::LeastConnections(_) if one && fleets.is_some() => Share::Pooled,
        Policy::LeastConnections(_) | Policy::PowerOfChoices(_) | Policy::JoinIdleQueue(_) if alike => Share::Pooled,
        _ => Share::Open,
    }
}
