//! Systems with known loads.

use super::*;
use crate::actors::kit::flow::{Delay, StationLoad};
use crate::model::{System, check};
use crate::schema::{Decode, Reader, parse};

fn found(nodes: &str) -> Flows {
    let tree = parse(0, &format!("System(nodes: {{{nodes}}})")).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut reader = Reader::default();
    let system = System::decode(&tree, &mut reader).unwrap_or_else(|| panic!("{:?}", reader.diagnostics));
    let system = Blueprint::of(system);
    assert!(check(&system).is_empty(), "{:?}", check(&system));
    flows(&system)
}

/// The bounds of the load of a station.
fn load(flows: &Flows, node: &str) -> (f64, f64) {
    let load = flows.stations.iter().find(|load| load.node == node).unwrap_or_else(|| panic!("no {node}: {flows:?}"));
    (load.least, load.most)
}

fn is(found: (f64, f64), least: f64, most: f64) {
    let near = |a: f64, b: f64| a == b || (a - b).abs() < 1e-9;
    assert!(near(found.0, least) && near(found.1, most), "{found:?}, not {least} to {most}");
}

const WEB: &str = r#""web": Fleet(servers: 2, workers: 3, service: Exponential(mean: "10 ms"))"#;

#[test]
fn a_load_is_rate_times_service_over_workers() {
    let one = found(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), size: "1 kB", to: "web"),
        "web": Fleet(workers: 4, speeds: [0.5], service_per_unit: "10 us", service: Constant("2 ms"))"#,
    );
    is(load(&one, "web"), 0.9, 0.9);
    let two = found(&format!(
        r#""users": Clients(arrivals: Poisson(rate: "300/s"), to: "lb"),
        "batch": Clients(arrivals: Deterministic(rate: "240/s"), to: "lb"),
        "lb": Balancer(to: "web"), {WEB}"#
    ));
    is(load(&two, "web"), 0.9, 0.9);
    let sessions = found(&format!(
        r#""users": Clients(arrivals: Sessions(rate: "60/s", requests: 10), to: "lb"), "lb": Balancer(to: "web"), {WEB}"#
    ));
    is(load(&sessions, "web"), 1.0, 1.0);
}

#[test]
fn a_router_sends_each_way_what_its_rules_say() {
    let flows = found(
        r#""users": Clients(arrivals: Poisson(rate: "100/s"), keys: Uniform(n: 10), to: "router"),
        "premium": Clients(arrivals: Poisson(rate: "7/s"), to: "router"),
        "router": Router(
            rules: [(clients: "premium", to: "a"), (keys: Between(from: 0, to: 2), to: "b"), (keys: OneOf(keys: [2, 9]), to: "c")],
            otherwise: "d",
        ),
        "a": Fleet(service: Constant("10 ms")), "b": Fleet(service: Constant("10 ms")),
        "c": Fleet(service: Constant("10 ms")), "d": Fleet(service: Constant("10 ms"))"#,
    );
    for (node, expected) in [("a", 0.07), ("b", 0.3), ("c", 0.1), ("d", 0.6)] {
        is(load(&flows, node), expected, expected);
    }
    // Popular keys: the first of two by Zipf with exponent 1 is twice as likely.
    let flows = found(
        r#""users": Clients(arrivals: Poisson(rate: "90/s"), keys: Zipf(n: 2, s: 1), to: "router"),
        "router": Router(rules: [(keys: OneOf(keys: [0]), to: "a")], otherwise: "b"),
        "a": Fleet(service: Constant("10 ms")), "b": Fleet(service: Constant("10 ms"))"#,
    );
    is(load(&flows, "a"), 0.6, 0.6);
    is(load(&flows, "b"), 0.3, 0.3);
}

#[test]
fn a_fixed_split_is_as_full_as_its_fullest_server() {
    let nodes = |policy: &str| {
        found(&format!(
            r#""users": Clients(arrivals: Poisson(rate: "120/s"), to: "lb"), "lb": Balancer(policy: {policy}, to: "web"),
            "web": Fleet(servers: 2, speeds: [1, 0.5], weights: [3, 1], service: Constant("10 ms"))"#
        ))
    };
    // Each server gets the share of its weight: three quarters, and a quarter for the slower one.
    is(load(&nodes("RoundRobin"), "web"), 0.9, 0.9);
    is(load(&nodes("WeightedRoundRobin"), "web"), 0.9, 0.9);
    is(load(&nodes("Random"), "web"), 0.9, 0.9);
    is(load(&nodes("LeastConnections"), "web"), 0.8, 0.8);
    // A policy that goes by answers may send everything to the slower server.
    is(load(&nodes("PeakEwma"), "web"), 0.8, 2.4);
    let even = found(
        r#""users": Clients(arrivals: Poisson(rate: "120/s"), to: "lb"), "lb": Balancer(to: "web"),
        "web": Fleet(servers: 2, speeds: [1, 0.5], service: Constant("10 ms"))"#,
    );
    is(load(&even, "web"), 1.2, 1.2);
    let growth = even.stations[0].growth;
    assert!((growth - 10.0).abs() < 1e-9, "{growth}");
}

#[test]
fn flows_that_may_be_rejected_retried_or_cancelled_are_bounded() {
    // Nothing fails, so there are no retries.
    let retry = |extra: &str, web: &str| {
        found(&format!(
            r#""users": Clients(arrivals: Poisson(rate: "50/s"), retry: (attempts: 3) {extra}, to: "web"), "web": Fleet({web} service: Constant("10 ms"))"#
        ))
    };
    is(load(&retry("", ""), "web"), 0.5, 0.5);
    is(load(&retry(r#", attempt_timeout: "1 s""#, ""), "web"), 0.5, 1.5);
    is(load(&retry("", "queue: 5,"), "web"), 0.5, 1.5);
    is(load(&retry(r#", timeout: "1 s", cancels: true"#, ""), "web"), 0.0, 0.5);
    let limited = found(
        r#""users": Clients(arrivals: Poisson(rate: "300/s"), to: "limit"),
        "limit": Limiter(limit: TokenBucket(capacity: 10, refill: "80/s"), to: "web"), "web": Fleet(service: Constant("10 ms"))"#,
    );
    is(load(&limited, "web"), 0.0, 0.8);
    assert!(limited.stations[0].is_stable());
}

#[test]
fn users_who_wait_for_their_answers_never_overload() {
    let flows = found(&format!(
        r#""users": Clients(arrivals: Users(count: 1000, think: Constant("1 s")), to: "lb"), "lb": Balancer(to: "web"), {WEB}"#
    ));
    let web = &flows.stations[0];
    assert_eq!(web.room, 1000.0);
    assert_eq!(flows.delays, [Delay { node: "users".to_owned(), mean: 1.0 }]);
    assert!(!web.is_overloaded());
    let flows =
        found(r#""users": Clients(arrivals: Users(count: 10), to: "web"), "web": Fleet(service: Constant("10 ms"))"#);
    // Without a pause they ask for as much as they get.
    is(load(&flows, "web"), 0.0, f64::INFINITY);
    assert!(!flows.stations[0].is_known() && !flows.stations[0].is_stable());
}

#[test]
fn stores_proxies_and_buckets_have_loads() {
    let flows = found(
        r#""users": Clients(arrivals: Poisson(rate: "600/s"), to: "limit"),
        "limit": Limiter(distributed: (store: "store", commands: CheckThenAdd), to: "bucket"),
        "bucket": Limiter(limit: LeakyBucket(rate: "400/s", burst: 20), to: "lb"),
        "lb": Balancer(proxy: (per_request: "1 ms", per_connection: "1 ms"), to: "web"),
        "store": Store(service: Constant("1 ms")), "web": Fleet(service: Constant("1 ms"))"#,
    );
    is(load(&flows, "store"), 0.6, 1.2);
    is(load(&flows, "bucket"), 0.0, 1.5);
    is(load(&flows, "lb"), 0.0, 0.8);
    is(load(&flows, "web"), 0.0, 0.4);
}

#[test]
fn at_exactly_one_only_what_is_wholly_regular_keeps_up() {
    let one = |arrivals: &str| {
        let flows = found(&format!(
            r#""users": Clients(arrivals: {arrivals}(rate: "100/s"), to: "web"), "web": Fleet(service: Constant("10 ms"))"#
        ));
        (flows.stations[0].is_overloaded(), flows.stations[0].is_stable())
    };
    assert_eq!(one("Poisson"), (true, false));
    assert_eq!(one("Deterministic"), (false, true));
}

#[test]
fn what_belongs_to_the_call_and_what_to_the_visit_are_both_work() {
    let flows = found(
        r#""users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
        "web": Fleet(workers: 4, service: Constant("5 ms"), demand: Exponential(mean: "10 ms"), slowness: Bimodal(fast: 1, slow: 3, slow_share: "50 %"))"#,
    );
    is(load(&flows, "web"), 0.75, 0.75);
    // (15 ms, variance 100 ms^2) times a factor of mean square 5: 1625 / 900 - 1.
    let expected = 0.5 * (1.0 + 1625.0 / 900.0 - 1.0);
    assert!((flows.stations[0].variability - expected).abs() < 1e-9, "{}", flows.stations[0].variability);
}

#[test]
fn a_mesh_takes_no_longer_than_its_routes() {
    // Thirty tiers of three have 3^30 ways through them; each node of a tier gets a third.
    let balancer = |tier: usize, place: usize| {
        let next: Vec<String> = (0..3).map(|other| format!("t{}-{other}", tier + 1)).collect();
        format!(r#""t{tier}-{place}": Balancer(policy: Random, to: {next:?})"#)
    };
    let fleet = |place: usize| format!(r#""t30-{place}": Fleet(service: Constant("10 ms"))"#);
    let tiers = (0..30).flat_map(|tier| (0..3).map(move |place| balancer(tier, place)));
    let nodes: Vec<String> = tiers.chain((0..3).map(fleet)).collect();
    let flows = found(&format!(
        r#""users": Clients(arrivals: Poisson(rate: "240/s"), to: "entry"), "entry": Balancer(policy: Random, to: ["t0-0", "t0-1", "t0-2"]), {}"#,
        nodes.join(", ")
    ));
    is(load(&flows, "t30-2"), 0.8, 0.8);
    assert!(flows.stations.iter().all(|station| (station.variability - 0.5).abs() < 1e-9), "{flows:?}");
}

#[test]
fn requests_of_users_that_come_by_two_ways_are_no_more_than_the_users() {
    let flows = found(
        r#""users": Clients(arrivals: Users(count: 10, think: Constant("1 s")), to: "lb"), "lb": Balancer(policy: Random, to: ["a", "b"]),
        "a": Breaker(to: "web"), "b": Breaker(to: "web"), "web": Fleet(service: Constant("10 ms"))"#,
    );
    assert_eq!(flows.stations[0].room, 10.0);
}

#[test]
fn requests_that_an_overload_makes_leave_or_rejects_do_not_count_as_gathering() {
    // Servers drop requests whose clients no longer wait.
    let late = found(
        r#""users": Clients(arrivals: Poisson(rate: "110/s"), timeout: "1 s", propagates_deadline: true, to: "web"),
        "web": Fleet(service: Constant("10 ms"))"#,
    );
    assert!(!late.stations[0].is_overloaded(), "{late:?}");
    // Checks time out, or attempts do, and all members are taken for down.
    for balancer in [
        r#"health: Active(interval: "100 ms", timeout: "100 ms")"#,
        r#"timeout: "500 ms", outliers: OutlierEjection(max_ejection: "100 %", panic: "0 %")"#,
        r#"timeout: "500 ms", passive: Passive(on: [TimedOut])"#,
    ] {
        let flows = found(&format!(
            r#""users": Clients(arrivals: Poisson(rate: "220/s"), to: "lb"), "lb": Balancer({balancer}, to: "web"),
            "web": Fleet(servers: 2, service: Constant("10 ms"))"#
        ));
        assert!(!flows.stations.iter().any(StationLoad::is_overloaded), "{balancer}: {flows:?}");
    }
    // If nothing can make a member look down, all requests gather.
    let flows = found(
        r#""users": Clients(arrivals: Poisson(rate: "220/s"), to: "lb"), "lb": Balancer(passive: Passive(on: [TimedOut]), to: "web"),
        "web": Fleet(servers: 2, service: Constant("10 ms"))"#,
    );
    assert!(flows.stations.iter().any(StationLoad::is_overloaded), "{flows:?}");
}

/// The bounds of the load of the queue of a balancer for places at servers.
fn line(flows: &Flows) -> &StationLoad {
    flows.stations.iter().find(|load| load.line).unwrap_or_else(|| panic!("no queue at a balancer: {flows:?}"))
}

#[test]
fn a_queue_for_places_at_servers_is_as_full_as_all_that_they_can_do() {
    let nodes = |rate: u32, balancer: &str, fleet: &str| {
        found(&format!(
            r#""users": Clients(arrivals: Poisson(rate: "{rate}/s"), to: "lb"), "lb": Balancer({balancer}, to: "web"),
            "web": Fleet(servers: 2, {fleet}, service: Exponential(mean: "10 ms"))"#
        ))
    };
    let limits = "workers: 8, max_connections: [3, 3]";
    for policy in ["RoundRobin", "Random", "LeastConnections", "PeakEwma"] {
        let flows = nodes(540, &format!("policy: {policy}, queue: ()"), limits);
        let load = line(&flows);
        is((load.least, load.most), 0.9, 0.9);
        assert!(load.room.is_infinite() && !load.leaves && load.workers == 6.0 && load.node == "lb");
        // The balancer bounds the number of requests at the servers.
        let web = flows.stations.iter().find(|load| load.node == "web").expect("it is there");
        assert!(web.is_stable() && web.room.is_finite());
    }
    let overloaded = nodes(660, "queue: ()", limits);
    assert!(line(&overloaded).is_overloaded() && (line(&overloaded).growth - 60.0).abs() < 1e-9);
    // Fewer workers than places: the workers are the limit.
    assert!((line(&nodes(180, "queue: ()", "workers: 1, max_connections: [3, 3]")).least - 0.9).abs() < 1e-9);
    assert!(
        (line(&nodes(120, "queue: ()", "workers: 1, speeds: [1, 0.5], max_connections: [1, 1]")).least - 0.8).abs()
            < 1e-9
    );
}

#[test]
fn who_waits_for_a_server_of_its_own_may_leave_or_find_no_room_is_bounded() {
    let nodes = |balancer: &str, more: &str| {
        found(&format!(
            r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: "lb"), "lb": Balancer({balancer}, to: "web"),
            "web": Fleet(servers: 2, max_connections: [1, 1], service: Exponential(mean: "10 ms")){more}"#
        ))
    };
    let ends = |flows: &Flows| (line(flows).least, line(flows).most);
    is(ends(&nodes("policy: IpHash, queue: ()", "")), 0.75, 1.5);
    // Requests that leave need not be served, and only some of the requests that follow them arrive.
    let impatient = nodes(r#"queue: (timeout: "1 s")"#, "");
    is(ends(&impatient), 0.0, 0.75);
    is(load(&impatient, "web"), 0.0, 0.75);
    let bounded = nodes("queue: (places: 5)", "");
    assert!(line(&bounded).room == 5.0 && line(&bounded).is_known());
    let shared = nodes(
        "queue: ()",
        r#", "batch": Clients(arrivals: Poisson(rate: "1/s"), to: "other"), "other": Balancer(queue: (), to: "web")"#,
    );
    is(ends(&shared), 0.75, f64::INFINITY);
    // A server without a limit takes all that come.
    let open = found(
        r#""users": Clients(arrivals: Poisson(rate: "150/s"), to: "lb"), "lb": Balancer(queue: (), to: "web"),
        "web": Fleet(servers: 2, max_connections: [1, 0], service: Exponential(mean: "10 ms"))"#,
    );
    assert!(open.stations.iter().all(|load| !load.line));
}
