//! Invariants of every policy in the registry, with its defaults.

use proptest::prelude::*;

use super::policies::{Chooser, Policy};
use super::policy::{Answer, Facts, Load};
use super::view::View;
use crate::engine::random::{Bits, Draws, StreamKey};
use crate::engine::{Duration, Outcome, Time};
use crate::schema::{Choice, Decode, Reader, Sources, parse};

fn policy(name: &str) -> Policy {
    let file = Sources::default().add("test", name);
    let node = parse(file, name).expect("a word");
    Policy::decode(&node, &mut Reader::default()).expect("every policy has defaults")
}

fn names() -> Vec<&'static str> {
    Policy::variants().into_iter().map(|(name, _)| name).collect()
}

/// A balancer's view and policy, without the balancer.
#[derive(Clone)]
struct Bench {
    view: View,
    policy: Chooser,
    held: Vec<(usize, Time)>,
    now: Time,
    number: u64,
}

const KEY: StreamKey = StreamKey::root(9, 0);

impl Bench {
    fn new(policy: &Policy, weights: &[u32]) -> Self {
        let names: Vec<String> = (0..weights.len()).map(|n| format!("10.0.0.{n}:80")).collect();
        let view = View::new(weights.to_vec()).with_names(names.into());
        let policy = policy.build(&view);
        Self { view, policy, held: Vec::new(), now: Time::ZERO, number: 0 }
    }

    fn choose(&mut self, client: u32) -> Option<usize> {
        self.number += 1;
        let facts = Facts { now: self.now, client, key: client };
        self.policy.choose(&self.view, facts, KEY, self.number)
    }

    fn send(&mut self, client: u32) -> Option<usize> {
        let member = self.choose(client)?;
        self.view.sent(member);
        self.policy.sent(&self.view, member);
        self.held.push((member, self.now));
        let mut ask = Vec::new();
        let mut draws = KEY.named("probe").draws(self.number);
        self.policy.probes(&self.view, &mut draws, &mut ask);
        for member in ask {
            let load = Load {
                now: self.now,
                in_flight: draws.below(9) as u32,
                latency: Duration::from_nanos(draws.below(99)),
            };
            self.policy.probed(&self.view, member as usize, load, &mut draws);
        }
        Some(member)
    }

    fn finish(&mut self, place: usize, outcome: Outcome) {
        let (member, since) = self.held.swap_remove(place);
        self.view.done(member);
        let answer = Answer { now: self.now, response_time: Some(self.now.since(since)), outcome };
        self.policy.done(&self.view, member, answer);
        if self.view.active(member) == 0 {
            self.policy.idle(&self.view, member);
        }
    }

    fn set_up(&mut self, member: usize, up: bool) {
        if self.view.set_up(member, up) {
            self.policy.health_changed(&self.view, member);
        }
    }

    fn step(&mut self, draws: &mut Draws) {
        self.now += Duration::from_nanos(draws.below(300_000_000));
        match draws.below(10) {
            0..5 => {
                self.send(draws.bits() as u32);
            }
            5..9 if !self.held.is_empty() => {
                let place = draws.below(self.held.len() as u64) as usize;
                self.finish(place, if draws.below(4) == 0 { Outcome::Error } else { Outcome::Served });
            }
            9 => {
                let member = draws.below(self.view.len() as u64) as usize;
                self.set_up(member, !self.view.is_up(member));
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_choice_is_up_and_none_means_that_no_member_is(
        weights in proptest::collection::vec(1_u32..6, 1..9),
        seed in any::<u64>(),
    ) {
        for name in names() {
            let mut bench = Bench::new(&policy(name), &weights);
            let mut draws = StreamKey::root(seed, 0).draws(0);
            for _ in 0..120 {
                bench.step(&mut draws);
                // The same state, facts and draws give the same choice.
                let (mut one, mut other) = (bench.clone(), bench.clone());
                let chosen = one.choose(7);
                prop_assert_eq!(chosen, other.choose(7), "{}", name);
                prop_assert_eq!(chosen.is_none(), bench.view.available().is_empty(), "{}", name);
                prop_assert!(chosen.is_none_or(|member| bench.view.is_up(member)), "{name}");
            }
        }
    }
}

/// Policies that hash, and the share of other members' clients that may move when one goes.
fn hashing() -> Vec<(&'static str, f64)> {
    let moved = |name: &str| if name == "Maglev" { 0.05 } else { 0.0 };
    names().into_iter().filter(|name| policy(name).uses_identity()).map(|name| (name, moved(name))).collect()
}

#[test]
fn hashing_policies_keep_clients_where_they_are() {
    let found: Vec<&str> = hashing().into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, ["IpHash", "RingHash", "BoundedLoadHash", "Maglev", "Rendezvous"]);
    for (name, may_move) in hashing() {
        for weights in [vec![1; 12], (1..=12).collect::<Vec<u32>>()] {
            let mut bench = Bench::new(&policy(name), &weights);
            // Different networks of 256 addresses, which are what `IpHash` tells apart.
            let clients: Vec<u32> = (0..3000).map(|n| n << 8).collect();
            let map = |bench: &mut Bench| clients.iter().filter_map(|&client| bench.choose(client)).collect::<Vec<_>>();
            let before = map(&mut bench);
            let used = (0..12).filter(|member| before.contains(member)).count();
            assert_eq!(used, 12, "{name}");
            bench.set_up(5, false);
            let after = map(&mut bench);
            let others = before.iter().zip(&after).filter(|&(before, _)| *before != 5);
            let moved = others.filter(|(before, after)| before != after).count();
            assert!(moved as f64 <= may_move * clients.len() as f64, "{name}: {moved} of others moved");
            assert!(!after.contains(&5), "{name}");
            bench.set_up(5, true);
            assert_eq!(map(&mut bench), before, "{name}");
        }
    }
}
