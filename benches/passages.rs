//! What it costs a request to pass a delay, a limiter, a breaker or a concurrency limit: `cargo bench --bench passages`.
//!
//! M/M/1 as it is and with a node before the server that lets everything pass, in turns in one process; the difference
//! of the medians is the price. Where the node looks at clients, it is compared with clients who have addresses. With more
//! clients than accounts nearly every request closes one account and opens another, and waits for memory to do so.

use std::time::Instant;

use rushhour::engine::random::StreamKey;
use rushhour::engine::{Duration, Ended, Limits, run};
use rushhour::internals::{Blueprint, Decode, Inputs, Measuring, Reader, build, check, parse, render};
use rushhour::lab::Sources;
use rushhour::system::System;

const REQUESTS: u64 = 2_000_000;
const ROUNDS: u64 = 9;

/// Each node before the server, by a name for people; what follows a "nothing" is compared with it.
const NODES: [(&str, &str); 15] = [
    ("nothing", ""),
    ("delay", r#"Delay(there: Constant("1 us"), to: "web")"#),
    ("token bucket", r#"Limiter(limit: TokenBucket(capacity: 1000000, refill: "1000000/s"), to: "web")"#),
    ("GCRA", r#"Limiter(limit: Gcra(rate: "1000000/s", burst: 1000000), to: "web")"#),
    ("leaky bucket", r#"Limiter(limit: LeakyBucket(rate: "1000000/s", burst: 1000000), to: "web")"#),
    ("sliding counter", r#"Limiter(limit: SlidingCounter(limit: 1000000, window: "1 s"), to: "web")"#),
    ("adaptive limit", r#"Limiter(limit: Adaptive(base: 1000000, least: 1000000, most: 1000000), to: "web")"#),
    ("breaker: consecutive failures", r#"Breaker(rule: ConsecutiveFailures, to: "web")"#),
    ("breaker: failure rate", r#"Breaker(rule: FailureRate, to: "web")"#),
    ("concurrency limit: fixed", r#"ConcurrencyLimiter(limit: Fixed(1000000), to: "web")"#),
    (
        "concurrency limit: Gradient2",
        r#"ConcurrencyLimiter(limit: Gradient2(initial: 1000000, least: 1000000, most: 1000000), to: "web")"#,
    ),
    ("nothing: 100 clients with addresses", ""),
    (
        "token bucket by 100 clients",
        r#"Limiter(limit: TokenBucket(capacity: 1000000, refill: "1000000/s"), by: [Client], to: "web")"#,
    ),
    ("nothing: 100,000 clients with addresses", ""),
    (
        "token bucket by 100,000 clients, 10,000 kept",
        r#"Limiter(limit: TokenBucket(capacity: 1000000, refill: "1000000/s"), by: [Client], keys: 10000, to: "web")"#,
    ),
];

/// The system with a node before its server.
fn system(name: &str, node: &str) -> Blueprint {
    let clients = if name.contains("100,000") { 100_000 } else { 100 };
    let spread = if name.contains("addresses") { "ByClient" } else { "Random" };
    let (to, node) = if node.is_empty() { ("web", String::new()) } else { ("it", format!("\"it\": {node},")) };
    let text = format!(
        r#"System(nodes: {{
            "users": Clients(arrivals: Poisson(rate: "0.9/s"), clients: {clients}, to: (to: "{to}", spread: {spread})),
            {node}
            "web": Fleet(service: Exponential(mean: "1 s")),
        }})"#
    );
    let mut sources = Sources::default();
    let file = sources.add("bench", &text);
    let tree = parse(file, &text).unwrap_or_else(|errors| panic!("{}", render(&errors, &sources)));
    let mut reader = Reader::default();
    let system = System::decode(&tree, &mut reader);
    assert!(reader.diagnostics.is_empty(), "{}", render(&reader.diagnostics, &sources));
    let system = Blueprint::of(system.expect("a system without errors"));
    let problems = check(&system);
    assert!(problems.is_empty(), "{}", render(&problems, &sources));
    system
}

/// Nanoseconds per request of one run.
fn time(system: &Blueprint, seed: u64) -> f64 {
    let window = Duration::from_secs_f64(REQUESTS as f64 / 90.0);
    let mut built = build(system, &Inputs::default(), StreamKey::root(seed, 0), window).expect("it can be built");
    built.actors.start(&mut built.core, Measuring::After(Duration::ZERO));
    let first_tick = built.actors.next_tick();
    let start = Instant::now();
    let limits = Limits { requests: REQUESTS, ..Limits::default() };
    let ended = run(&mut built.actors, &mut built.core, limits, first_tick);
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / REQUESTS as f64;
    assert_eq!(ended, Ended::Requests);
    nanoseconds
}

fn main() {
    let systems: Vec<Blueprint> = NODES.iter().map(|(name, node)| system(name, node)).collect();
    let mut times = vec![Vec::new(); NODES.len()];
    for seed in 0..ROUNDS {
        for (system, times) in systems.iter().zip(&mut times) {
            times.push(time(system, seed));
        }
    }
    println!("ns per request of M/M/1 at load 0.9, median (least) of {ROUNDS} runs in turns");
    println!("{:<48}{:>16}{:>22}", "before the server", "", "more than nothing");
    let mut plain = [0.0; 2];
    for ((name, _), times) in NODES.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let [median, least] = [times[times.len() / 2], times[0]];
        if name.starts_with("nothing") {
            plain = [median, least];
        }
        let more = [median - plain[0], least - plain[1]];
        println!("{name:<48}{median:>8.1} ({least:>5.1}){:>14.1} ({:>5.1})", more[0], more[1]);
    }
}
