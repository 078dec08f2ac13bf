//! Large systems checked and built: each question about who sends to whom takes time in proportion to nodes and routes.
//!
//! 40,000 nodes in two tiers of balancers, a mesh of ten tiers of six (60 million ways lead through it), and chains of 3000:
//! of balancers, and of nodes that only stand in the way.

use std::time::Duration as Elapsed;

use criterion::{Criterion, criterion_group, criterion_main};
use rushhour::engine::Duration;
use rushhour::engine::random::StreamKey;
use rushhour::internals::{Blueprint, Decode, Inputs, Reader, build, check, parse};
use rushhour::system::System;

fn read(nodes: &str) -> System {
    let text =
        format!("System(nodes: {{\"users\": Clients(arrivals: Poisson(rate: \"1/s\"), to: \"t0-0\"), {nodes}}})");
    let mut reader = Reader::default();
    System::decode(&parse(0, &text).expect("RON"), &mut reader).unwrap_or_else(|| panic!("{:?}", reader.diagnostics))
}

fn balancer(name: &str, to: impl Iterator<Item = String>) -> String {
    let to: Vec<String> = to.map(|name| format!("\"{name}\"")).collect();
    format!("\"{name}\": Balancer(policy: Random, to: [{}])", to.join(", "))
}

fn fleet(name: &str) -> String {
    format!("\"{name}\": Fleet(service: Constant(\"1 ms\"))")
}

/// A balancer before 200 balancers, each before 199 fleets.
fn wide() -> System {
    let tier = (0..200).map(|lb| balancer(&format!("lb{lb}"), (0..199).map(move |web| format!("web{lb}-{web}"))));
    let fleets = (0..200).flat_map(|lb| (0..199).map(move |web| fleet(&format!("web{lb}-{web}"))));
    let first = balancer("t0-0", (0..200).map(|lb| format!("lb{lb}")));
    read(&std::iter::once(first).chain(tier).chain(fleets).collect::<Vec<_>>().join(", "))
}

fn mesh() -> System {
    let node = |tier: usize, place: usize| {
        let name = format!("t{tier}-{place}");
        if tier == 10 { fleet(&name) } else { balancer(&name, (0..6).map(move |next| format!("t{}-{next}", tier + 1))) }
    };
    let tiers = (1..=10).flat_map(|tier| (0..6).map(move |place| (tier, place)));
    read(&std::iter::once((0, 0)).chain(tiers).map(|(tier, place)| node(tier, place)).collect::<Vec<_>>().join(", "))
}

fn chain(node: impl Fn(&str, String) -> String) -> System {
    let node = |place: usize| node(&format!("t{place}-0"), format!("t{}-0", place + 1));
    read(&(0..2999).map(node).chain([fleet("t2999-0")]).collect::<Vec<_>>().join(", "))
}

fn large_systems(c: &mut Criterion) {
    let both = |system: &System| {
        let blueprint = Blueprint::of(system.clone());
        assert!(check(&blueprint).is_empty());
        build(&blueprint, &Inputs::default(), StreamKey::root(1, 0), Duration::from_secs_f64(1.0))
            .expect("built")
            .nodes
            .len()
    };
    let (wide, mesh) = (wide(), mesh());
    let chain_of_balancers = chain(|name, to| balancer(name, std::iter::once(to)));
    let chain_of_limiters =
        chain(|name, to| format!("\"{name}\": ConcurrencyLimiter(limit: Fixed(limit: 9), to: \"{to}\")"));
    assert!(wide.nodes.entries.len() > 40_000 && mesh.nodes.entries.len() == 62);
    c.bench_function("check and build 40,000 nodes", |b| b.iter(|| both(&wide)));
    c.bench_function("check and build a mesh of ten tiers of six", |b| b.iter(|| both(&mesh)));
    c.bench_function("check and build a chain of 3000 balancers", |b| b.iter(|| both(&chain_of_balancers)));
    c.bench_function("check and build a chain of 3000 limiters", |b| b.iter(|| both(&chain_of_limiters)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Elapsed::from_secs(2)).warm_up_time(Elapsed::from_millis(300));
    targets = large_systems
}
criterion_main!(benches);
