//! Messages are delayed in each direction, lost ones end by a timeout, and cancellations follow.

use crate::actors::{Actor, Measuring};
use crate::engine::random::StreamKey;
use crate::engine::{self, Duration, Ended, Limits, Outcome, Time};
use crate::model::{Blueprint, Inputs, System, build, check, flows};
use crate::schema::{Decode, Reader, parse};

fn system(nodes: &str) -> Blueprint {
    let tree = parse(0, &format!("System(nodes: {{{nodes}}})")).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut reader = Reader::default();
    let system = System::decode(&tree, &mut reader).unwrap_or_else(|| panic!("{:?}", reader.diagnostics));
    let system = Blueprint::of(system);
    assert!(check(&system).is_empty(), "{:?}", check(&system));
    system
}

/// The clients of a system after `seconds`.
fn run(nodes: &str, seconds: u64) -> Box<crate::actors::clients::Clients> {
    let system = system(nodes);
    let mut built =
        build(&system, &Inputs::default(), StreamKey::root(5, 0), Duration::from_secs_f64(1.0)).expect("built");
    built.actors.start(&mut built.core, Measuring::After(Duration::ZERO));
    let limits = Limits { end: Time::from_nanos(seconds * 1_000_000_000), ..Limits::default() };
    let tick = built.actors.next_tick();
    assert_eq!(engine::run(&mut built.actors, &mut built.core, limits, tick), Ended::Duration);
    match built.actors.all.into_iter().next() {
        Some(Actor::Clients(clients)) => clients,
        other => panic!("clients come first: {other:?}"),
    }
}

#[test]
fn a_request_takes_its_time_there_and_its_answer_back() {
    let clients = run(
        r#""users": Clients(arrivals: Deterministic(rate: "10/s"), to: "hop"),
        "hop": Delay(there: Constant("7 ms"), back: Constant("2 ms"), to: "web"),
        "web": Fleet(service: Constant("5 ms"))"#,
        10,
    );
    assert!(clients.upstream.record.outcomes[Outcome::Served as usize] >= 98);
    let mean = clients.upstream.record.latency.mean().expect("served");
    assert!((mean - 0.014).abs() < 1e-12, "{mean}");
}

#[test]
fn what_is_lost_either_way_is_given_up_by_a_timeout() {
    let clients = run(
        r#""users": Clients(arrivals: Poisson(rate: "500/s"), timeout: "100 ms", to: "hop"),
        "hop": Delay(there: Exponential(mean: "1 ms"), loss: "10 %", to: "web"),
        "web": Fleet(workers: 1000, service: Constant("1 ms"))"#,
        200,
    );
    let outcomes = &clients.upstream.record.outcomes;
    let (lost, all) = (outcomes[Outcome::TimedOut as usize] as f64, outcomes.iter().sum::<u64>() as f64);
    // Ten in a hundred there, and ten in a hundred of the others back: 19 %. Five standard deviations of 100,000 are
    // 0.62 %.
    assert!((lost / all - 0.19).abs() < 0.0062, "{}", lost / all);
}

#[test]
fn word_of_a_cancellation_follows_a_request_over_the_hop() {
    let clients = run(
        r#""users": Clients(arrivals: Poisson(rate: "100/s"), timeout: "20 ms", cancels: true, to: "hop"),
        "hop": Delay(there: Uniform("1 ms", "30 ms"), back: Constant("5 ms"), to: "web"),
        "web": Fleet(workers: 2, service: Exponential(mean: "15 ms"))"#,
        100,
    );
    let outcomes = &clients.upstream.record.outcomes;
    assert!(outcomes[Outcome::TimedOut as usize] > 1000 && outcomes[Outcome::Served as usize] > 1000, "{outcomes:?}");
}

#[test]
fn flows_pass_it_and_it_takes_time() {
    let system = system(
        r#""users": Clients(arrivals: Poisson(rate: "50/s"), to: "hop"),
        "hop": Delay(there: Exponential(mean: "30 ms"), back: Constant("10 ms"), to: "web"),
        "web": Fleet(service: Exponential(mean: "10 ms"))"#,
    );
    let found = flows(&system);
    assert_eq!((found.stations[0].least, found.stations[0].most), (0.5, 0.5));
    assert_eq!(found.delays.len(), 1);
    assert!((found.delays[0].mean - 0.04).abs() < 1e-12);
}
