//! The same systems through real actors, with every measurement on.

use rushhour::engine::random::StreamKey;
use rushhour::engine::{ActorId, Duration, Ended, Limits, run};
use rushhour::extend::View;
use rushhour::internals::{
    Actor, Actors, Balancer, Classes, Clients, ClientsParts, Core, Decode, Endpoint, Fleet, Link, Measuring, Reader,
    Source, Timetable, parse, render,
};
use rushhour::lab::Sources;
use rushhour::system::{Balancer as BalancerSpec, Clients as ClientsSpec, Fleet as FleetSpec};

/// What a run found; times in seconds.
pub struct Found {
    pub mean: f64,
    pub p99: f64,
    pub events: u64,
    pub heap_peak: usize,
}

/// Reads a description from text.
fn read<T: Decode>(text: &str) -> T {
    let mut sources = Sources::default();
    let file = sources.add("bench", text);
    let node = parse(file, text).unwrap_or_else(|errors| panic!("{}", render(&errors, &sources)));
    let mut reader = Reader::default();
    T::decode(&node, &mut reader).unwrap_or_else(|| panic!("the description is wrong: {text}"))
}

/// `servers` of rate 1/s at load `load`, behind `LeastConnections` if there are several, until `requests` are answered.
/// With a `timeout` in seconds, every request has one.
pub fn run_system(servers: u32, load: f64, requests: u64, seed: u64, timeout: Option<u32>) -> Found {
    let (clients_id, balancer_id, fleet_id) = (ActorId(0), ActorId(2), ActorId(1));
    let key = StreamKey::root(seed, 0);
    let mut core = Core::new(3);
    let to = if servers == 1 { "web" } else { "lb" };
    let timeout_text = timeout.map_or(String::new(), |seconds| format!("timeout: \"{seconds} s\", "));
    let rate = load * f64::from(servers);
    let clients: ClientsSpec = read(&format!("(arrivals: Poisson(rate: \"{rate}/s\"), {timeout_text}to: \"{to}\")"));
    let fleet: FleetSpec = read(&format!("(servers: {servers}, service: Exponential(mean: \"1 s\"))"));
    let classes = Classes { count: 1, class_of: &|_| None };
    let fleet = Fleet::new(fleet_id, &fleet, &classes, key.named("web"), Timetable::default());
    let members: Vec<Endpoint> = fleet.endpoints().collect();
    let target = if servers == 1 { members[0] } else { Endpoint { actor: balancer_id, port: 0 } };
    let clients_key = key.named("users");
    let arrivals = clients.arrivals.arrivals(clients_key).expect("Poisson is an open process");
    let parts = ClientsParts {
        me: clients_id,
        class: 0,
        source: Source::Open { base: clients_key.number(), made: 0, arrivals },
        targets: vec![target],
        link: Link::Direct,
        timeout: timeout.map(|seconds| core.calendar.lane(Duration::from_nanos(u64::from(seconds) * 1_000_000_000))),
        identity_matters: false,
        key: clients_key,
    };
    let mut all = vec![Actor::Clients(Box::new(Clients::new(&clients, parts))), Actor::Fleet(Box::new(fleet))];
    if servers > 1 {
        let balancer: BalancerSpec = read("(policy: LeastConnections, to: \"web\")");
        let view = View::new(vec![1; members.len()]);
        let balancer = Balancer::new(balancer_id, &balancer.policy, members, view, Link::Direct, key.named("lb"));
        all.push(Actor::Balancer(Box::new(balancer)));
    }
    // A hundred windows in a run.
    let window = Duration::from_secs_f64(requests as f64 / rate / 100.0);
    let mut actors = Actors::new(all, window);
    actors.start(&mut core, Measuring::After(Duration::ZERO));
    let first_tick = actors.next_tick();
    let ended = run(&mut actors, &mut core, Limits { requests, ..Limits::default() }, first_tick);
    assert_eq!(ended, Ended::Requests);
    let Actor::Clients(clients) = &actors.all[0] else { unreachable!("clients come first") };
    Found {
        mean: clients.upstream.record.latency.mean().expect("requests were served"),
        p99: clients.upstream.record.latency.quantile(0.99).expect("requests were served"),
        events: core.events(),
        heap_peak: core.calendar.heap_peak(),
    }
}
