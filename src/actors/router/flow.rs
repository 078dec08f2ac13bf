//! How flows split at routers, by their rules.

use super::{RouterSpec, RuleSpec};
use crate::actors::kit::conditions::KeyMatch;
use crate::actors::kit::flow::{Flow, Visit, thinned};
use crate::actors::kit::route::Route;

/// Keys that are looked at one by one, at most.
const MOST_KEYS: u32 = 100_000;

/// The flows along each route of a router.
#[must_use]
pub fn by_rule<'a>(visit: &Visit<'_, '_>, router: &'a RouterSpec, flows: &[Flow]) -> Vec<(&'a Route, Vec<Flow>)> {
    let mut ways: Vec<(&Route, Vec<Flow>)> = router.routes().map(|route| (&route.0, Vec::new())).collect();
    for flow in flows {
        let parts = parts(visit, router, flow);
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

/// The part of a flow that goes each way, that of no rule last; `None` where it is not known.
fn parts(visit: &Visit<'_, '_>, router: &RouterSpec, flow: &Flow) -> Vec<Option<f64>> {
    let ways = router.rules.len() + 1;
    let Some(made) = visit.made(flow) else { return vec![None; ways] };
    let size = made.size;
    let fits = |rule: &RuleSpec| {
        rule.clients.as_ref().is_none_or(|those| those.0.iter().any(|other| other.text == made.name))
            && rule
                .size
                .as_ref()
                .is_none_or(|wanted| size >= wanted.at_least && wanted.at_most.is_none_or(|most| size <= most))
    };
    // Rules that cannot match are left out; a rule that must match ends the list.
    let candidates: Vec<usize> = (0..router.rules.len()).filter(|&rule| fits(&router.rules[rule])).collect();
    let mut parts = vec![Some(0.0); ways];
    if candidates.iter().all(|&rule| router.rules[rule].keys.is_none()) || made.keys.0 == 1 {
        let takes = |rule: &&usize| router.rules[**rule].keys.as_ref().is_none_or(|keys| holds(keys, 0));
        parts[candidates.iter().find(takes).copied().unwrap_or(ways - 1)] = Some(1.0);
        return parts;
    }
    let (count, exponent) = made.keys;
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
