//! Which part of a flow a limiter passes, and what waits there.

use super::LimiterSpec;
use super::rules::Rule;
use super::rules::leaky_bucket::{Excess, LeakyBucket};
use crate::actors::kit::commands::Commands;
use crate::actors::kit::flow::{Demand, Flow, StationLoad, Visit, Work, thinned};

/// Sends `flows` on as far as `limiter` lets them through.
pub fn pass_on(visit: &mut Visit<'_, '_>, limiter: &LimiterSpec, flows: Vec<Flow>) {
    if let Some(distributed) = &limiter.distributed {
        let store = &distributed.store;
        let most = if matches!(distributed.commands, Commands::CheckThenAdd(_)) { 2.0 } else { 1.0 };
        if let Some(delay) = &store.delay {
            visit.delay(2.0 * most * delay.mean());
        }
        if let Some(target) = store.to.0.first() {
            let asked = |flow: &Flow| Flow { most: flow.most * most, held: f64::INFINITY, ..*flow };
            visit.send_to(&target.text, flows.iter().map(asked));
        }
    }
    // One account for all, from which each request takes one, is a rate for all.
    let is_one = limiter.by.is_empty() && limiter.tiers.entries.is_empty() && limiter.costs.is_empty();
    let common = limiter.limit.as_ref().filter(|_| is_one);
    let rate = common.and_then(|rule| match rule {
        Rule::LeakyBucket(rule) => Some(rule.rate.per_second()),
        Rule::TokenBucket(rule) => Some(rule.refill.per_second()),
        _ => None,
    });
    if let (Some(Rule::LeakyBucket(LeakyBucket { burst, excess: Excess::Delay(_), .. })), Some(rate)) = (common, rate) {
        let load = load_of_bucket(visit.name, &flows, limiter.copies as f64, rate, f64::from(*burst));
        visit.station(load);
    }
    let all: f64 = flows.iter().map(|flow| flow.most).sum();
    let cap = rate.map_or(f64::INFINITY, |rate| rate * limiter.copies as f64);
    // Each flow gets its proportional part of the total that a limit lets through.
    let part = if all > cap { cap / all } else { 1.0 };
    let through = |flow: Flow| Flow {
        most: if flow.most.is_finite() && part > 0.0 { flow.most * part } else { flow.most.min(cap) },
        ..flow.at_most()
    };
    visit.send(&limiter.to, flows.into_iter().map(through));
}

/// A bucket that leaks at a constant rate and holds `burst` requests; one in each copy.
fn load_of_bucket(name: &str, flows: &[Flow], copies: f64, rate: f64, burst: f64) -> Option<StationLoad> {
    let mean = 1.0 / rate;
    let work = Work::of(flows, |_| Demand::known((mean, mean * mean)))?;
    let queue = work.queue(name, 1.0 / copies, thinned(work.gaps, 1.0 / copies), 1.0, 1.0);
    Some(StationLoad { room: burst.min(work.held), growth: queue.growth * copies, ..queue }.settled_by_leaving())
}
