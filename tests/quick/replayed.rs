//! Each request by itself, as HAProxy 2.6.12 and nginx 1.22.1 answered it on loopback: how, after how long and from which
//! server. What both did with queues and timeouts of many requests together is in `proxies`.

use crate::answers::answer_with;
use crate::proxies::every;
use crate::values::{node_estimate, node_value, only_cell};
use rushhour::lab::results::Cell;

/// How a request ended, and after how long, in milliseconds, if it was served.
type End = (String, Option<f64>);

/// What brings a request at some time: its target, and whatever else its clients say.
type Asked = (f64, &'static str, &'static str);

/// Clients of one request each, before `nodes`, for twenty seconds. Logs begin at time zero, so each is as far away as its
/// request is late.
fn replay(requests: &[Asked], nodes: &str, faults: &str) -> Cell {
    let clients = requests.iter().enumerate().map(|(number, (time, to, more))| {
        format!(
            r#""r{number}": Clients(arrivals: Replay(file: "one.csv", format: Csv(time: "time"), spread: None), {more}
                to: (to: "{to}", delay: Constant("{time} s"))),"#
        )
    });
    let clients: String = clients.collect();
    let experiment = format!(
        r#"Experiment(
            system: System(nodes: {{ {clients} {nodes} }}, faults: [{faults}]),
            run: (duration: "20 s", replications: 1),
            measure: [Latency([0.5]), DropRate],
        )"#
    );
    only_cell(answer_with(&experiment, &[("one.csv", b"time\n0\n")]))
}

/// How each request ended, in order.
fn ends(cell: &Cell, requests: &[Asked]) -> Vec<End> {
    let end = |(number, (time, ..)): (usize, &Asked)| {
        let name = format!("r{number}");
        let rows: Vec<_> = cell.ledger.iter().filter(|row| row.clients == name).collect();
        assert_eq!((rows.len(), rows[0].count), (1, 1), "{name}: {rows:?}");
        let mean = node_estimate(cell, &name, "latency_mean").value;
        (rows[0].outcome.clone(), mean.map(|seconds| (seconds - 2.0 * time) * 1e3))
    };
    requests.iter().enumerate().map(end).collect()
}

/// The ends agree with what was seen: how, and after how many milliseconds.
#[track_caller]
fn agree(found: &[End], seen: &[(&str, f64)]) {
    assert_eq!(found.len(), seen.len());
    for (number, ((how, after), (outcome, latency))) in found.iter().zip(seen).enumerate() {
        assert!(how.starts_with(outcome), "request {number}: {found:?}");
        if *outcome == "served" {
            let after = after.expect("served");
            assert!((after - latency).abs() < 1e-3, "request {number}: {found:?}");
        }
    }
}

fn at(times: &[f64], to: &'static str) -> Vec<Asked> {
    times.iter().map(|&time| (time, to, "")).collect()
}

const LB: &str = "lb";

/// Three servers that answer after 1, 2 and 3 ms, by which they are known.
const ABC: &str = r#"
    "a": Fleet(workers: 9, weights: [3], service: Constant("1 ms")),
    "b": Fleet(workers: 9, weights: [2], service: Constant("2 ms")),
    "c": Fleet(workers: 9, weights: [1], service: Constant("3 ms")),"#;

/// The first two of them, of equal weight.
const AB: &str = r#"
    "a": Fleet(workers: 9, service: Constant("1 ms")),
    "b": Fleet(workers: 9, service: Constant("2 ms")),"#;

/// The first alone.
const ONE: &str = r#""a": Fleet(workers: 9, service: Constant("1 ms")),"#;

/// The servers that answered, in order.
fn servers(ends: &[End]) -> String {
    let server = |(_, after): &End| match after.map(|after| after.round() as u32) {
        Some(1) => 'a',
        Some(2) => 'b',
        Some(3) => 'c',
        _ => '-',
    };
    ends.iter().map(server).collect()
}

/// How many requests a server has answered.
fn answered(cell: &Cell, server: &str) -> f64 {
    (node_value(cell, server, "departures") * 20.0).round()
}

/// One server with `maxconn 1`, held 0.5 s: who leaves the queue after 0.2 s is served all the same, without `option
/// abortonclose`, and the one behind waits for it.
#[test]
fn who_leaves_the_queue_of_haproxy_is_served_all_the_same() {
    let nodes = r#""lb": Balancer(queue: Queue, to: "web"),
        "web": Fleet(workers: 9, max_connections: [1], service: Constant("500 ms")),"#;
    let requests = [(0.0, LB, ""), (0.02, LB, r#"timeout: "200 ms","#), (0.04, LB, "")];
    let cell = replay(&requests, nodes, "");
    agree(&ends(&cell, &requests), &[("served", 500.0), ("timed out", 200.0), ("served", 1460.0)]);
    assert_eq!(answered(&cell, "web"), 3.0);
    // With `option abortonclose` it leaves.
    let requests = [(0.0, LB, ""), (0.02, LB, r#"timeout: "200 ms", cancels: true,"#), (0.04, LB, "")];
    let cell = replay(&requests, nodes, "");
    agree(&ends(&cell, &requests), &[("served", 500.0), ("timed out", 200.0), ("served", 960.0)]);
    assert_eq!(answered(&cell, "web"), 2.0);
}

/// One server that refuses connections, `retries 3`, no `option redispatch`: three tries more, a second apart, then 503 after
/// three seconds. Here the clients retry: a balancer sends again at once.
#[test]
fn retries_at_one_server_a_second_apart_are_those_of_clients() {
    let retry = r#"retry: Retry(attempts: 4, on: [Refused], backoff: Fixed(wait: "1 s")),"#;
    let until = |up: &str| format!(r#"(at: "0 s", node: "a", fault: Crash, lasts: "{up}")"#);
    let refused = [(0.0, "a", retry)];
    let ends = |up: &str| ends(&replay(&refused, ONE, &until(up)), &refused);
    // The last comes after three seconds: a server that is back before then answers it.
    agree(&ends("2.99 s"), &[("served", 3001.0)]);
    agree(&ends("3.01 s"), &[("failed: connection refused by a", 0.0)]);
}

/// `retries 3`, `option redispatch 1`, and one of two servers refuses: the other answers at once.
#[test]
fn haproxy_goes_to_another_server_at_once_where_it_may() {
    let nodes = format!(
        r#""lb": Balancer(health: Unaware, retry: RetryElsewhere(tries: 4, among: NotLast), to: ["a", "b"]), {AB}"#
    );
    let requests = at(&[0.0, 0.1], LB);
    let cell = replay(&requests, &nodes, r#"(at: "0 s", node: "a", fault: Crash)"#);
    agree(&ends(&cell, &requests), &[("served", 2.0), ("served", 2.0)]);
}

/// `retry-on 503` with `retries 3`, and both servers answer so: each is asked twice, in turn, and the last answer is passed on.
#[test]
fn haproxy_asks_servers_again_that_have_failed() {
    let tried = |among: &str, weights: &str| {
        let nodes = format!(
            r#""lb": Balancer(retry: RetryElsewhere(tries: 4, on: [Error], among: {among}), to: ["a", "b"]),
            "a": Fleet(workers: 9, {weights} service: Constant("1 ms")), "b": Fleet(workers: 9, service: Constant("2 ms")),"#
        );
        let errors = ["a", "b"].map(|node| format!(r#"(at: "0 s", node: "{node}", fault: Errors(rate: "100 %"))"#));
        let requests = at(&[0.0, 0.3], LB);
        let cell = replay(&requests, &nodes, &errors.join(", "));
        let ends = ends(&cell, &requests);
        agree(&ends, &[("failed: error answer by", 0.0); 2]);
        let last: Vec<char> = ends.iter().filter_map(|(how, _)| how.chars().last()).collect();
        (last, answered(&cell, "a"), answered(&cell, "b"))
    };
    assert_eq!(tried("NotLast", ""), (vec!['b', 'b'], 4.0, 4.0));
    // nginx asks each once.
    assert_eq!(tried("Untried", ""), (vec!['b', 'b'], 2.0, 2.0));
    // Envoy asks whom its policy chooses: with weights of 3 and 1 in the order a a b a.
    assert_eq!(tried("Any", "weights: [3],"), (vec!['a', 'a'], 6.0, 2.0));
}

/// The only server there is is asked again.
#[test]
fn the_only_server_is_asked_again() {
    let asked = |among: &str| {
        let nodes =
            format!(r#""lb": Balancer(retry: RetryElsewhere(tries: 3, on: [Error], among: {among}), to: "a"), {ONE}"#);
        let cell = replay(&at(&[0.0], LB), &nodes, r#"(at: "0 s", node: "a", fault: Errors(rate: "100 %"))"#);
        answered(&cell, "a")
    };
    assert_eq!([asked("Untried"), asked("NotLast"), asked("Any")], [1.0, 3.0, 3.0]);
}

/// HAProxy's stick tables with `http_req_rate(1s)` and `deny if gt 10`, at 20 a second: rejected requests count, so
/// after the first ten no request passes. A sorted set to which all are added behaves the same.
#[test]
fn a_rate_of_all_requests_keeps_everybody_out_as_long_as_they_come() {
    let limit = |commands: &str| {
        let nodes = format!(
            r#""limit": Limiter(to: "a", distributed: Distributed(
                limit: 10, window: "1 s", store: "table", commands: {commands},
            )), "table": Store(service: Constant("0 s")), {ONE}"#
        );
        let requests = at(&every(0.05, 50), "limit");
        let ends = ends(&replay(&requests, &nodes, ""), &requests);
        ends.iter().map(|(how, _)| if how == "served" { '+' } else { '-' }).collect::<String>()
    };
    assert_eq!(limit("Pipeline(members: Requests)"), format!("{}{}", "+".repeat(10), "-".repeat(40)));
    // A limit that counts only who passes.
    let ten_of_each_second = format!("{}{}", "+".repeat(10), "-".repeat(10));
    assert_eq!(limit("Atomic"), format!("{0}{0}{1}", ten_of_each_second, "+".repeat(10)));
}

/// nginx does not send a POST again that may have been worked on: with a server that hangs, 504 after 1 s, and the next goes
/// to the other. One whose connection was refused was never sent, and goes to the other at once.
#[test]
fn nginx_sends_no_post_again_but_one_that_was_refused() {
    let nodes = |slow: &str| {
        format!(
            r#""lb": Balancer(policy: WeightedRoundRobin, health: Unaware, passive: Passive, timeout: "1 s",
                retry: RetryElsewhere(on: [Refused]), to: ["a", "b"]),
            "a": Fleet(workers: 9, {slow} service: Constant("1 ms")), "b": Fleet(workers: 9, service: Constant("2 ms")),"#
        )
    };
    let requests = at(&[0.0, 1.5], LB);
    let cell = replay(&requests, &nodes("speeds: [0.000001],"), "");
    agree(&ends(&cell, &requests), &[("failed: no answer in time by lb", 0.0), ("served", 2.0)]);
    let requests = at(&[0.0, 0.1], LB);
    let cell = replay(&requests, &nodes(""), r#"(at: "0 s", node: "a", fault: Crash)"#);
    agree(&ends(&cell, &requests), &[("served", 2.0), ("served", 2.0)]);
}

/// `proxy_next_upstream error timeout http_503` and a server that answers so: the first is tried on the other, and `max_fails`
/// of 1 takes the server out for ten seconds.
#[test]
fn nginx_takes_a_server_out_whose_errors_count() {
    let nodes = format!(
        r#""lb": Balancer(policy: WeightedRoundRobin, passive: Passive(on: [Refused, TimedOut, Error]),
            retry: RetryElsewhere(on: [Refused, TimedOut, Error]), to: ["a", "b"]), {AB}"#
    );
    let requests = at(&every(0.1, 5), LB);
    let cell = replay(&requests, &nodes, r#"(at: "0 s", node: "a", fault: Errors(rate: "100 %"))"#);
    agree(
        &ends(&cell, &requests),
        &[("served", 3.0), ("served", 2.0), ("served", 2.0), ("served", 2.0), ("served", 2.0)],
    );
    assert_eq!((answered(&cell, "a"), answered(&cell, "b")), (1.0, 5.0));
}

/// Idle servers one after the other: the order of `least_conn` of nginx with weights 3, 2, 1 and with equal ones, and of
/// `leastconn` of HAProxy, which heeds no weights there.
#[test]
fn idle_servers_are_chosen_in_the_order_of_the_programs() {
    let order = |policy: &str, servers_and_weights: &str, count: usize| {
        let nodes = format!(r#""lb": Balancer(policy: {policy}, to: ["a", "b", "c"]), {servers_and_weights}"#);
        let requests = at(&every(0.02, count), LB);
        servers(&ends(&replay(&requests, &nodes, ""), &requests))
    };
    let equal = ABC.replace("weights: [3],", "").replace("weights: [2],", "").replace("weights: [1],", "");
    assert_eq!(order("LeastConnections(ties: Weighted)", ABC, 12), "abacbaabacba");
    assert_eq!(order("LeastConnections(ties: Weighted)", &equal, 9), "abcabcabc");
    assert_eq!(order("LeastConnections(ties: IdleFirst)", ABC, 12), "abcabcabcabc");
    // HAProxy's `roundrobin` has abacab and its `static-rr` aababc, with as many for each server.
    assert_eq!(order("RoundRobin", ABC, 12), "abacbaabacba");
}

/// `limit_req rate=10r/s burst=5`: one at once, five held back to one in 100 ms, two rejected; then two more held back
/// behind those, and one rejected.
#[test]
fn nginx_holds_back_what_the_burst_has_room_for() {
    let mut times = every(0.002, 8);
    times.extend([0.25, 0.252, 0.254]);
    let limit = r#""limit": Limiter(limit: LeakyBucket(rate: "10/s", burst: 5), to: "a"),"#;
    let requests = at(&times, "limit");
    let found = ends(&replay(&requests, &format!("{limit} {ONE}"), ""), &requests);
    let rejected = ("rejected: rate limit by limit", 0.0);
    let seen = [0.0, 98.0, 196.0, 294.0, 392.0, 490.0].map(|held: f64| ("served", held + 1.0));
    let later = [("served", 350.0 + 1.0), ("served", 448.0 + 1.0), rejected];
    agree(&found, &[&seen[..], &[rejected; 2], &later].concat());
}

/// `limit_req rate=10r/s burst=6 delay=3`: four at once, three held back, one rejected; then one at once and two held
/// back.
#[test]
fn nginx_lets_a_part_of_the_burst_through_at_once() {
    let mut times = every(0.002, 8);
    times.extend([0.45, 0.452, 0.454]);
    let limit = r#""limit": Limiter(limit: LeakyBucket(rate: "10/s", burst: 6, excess: Delay(after: 3)), to: "a"),"#;
    let requests = at(&times, "limit");
    let found = ends(&replay(&requests, &format!("{limit} {ONE}"), ""), &requests);
    let at_once = ("served", 1.0);
    let later = [at_once, ("served", 48.0 + 1.0), ("served", 146.0 + 1.0)];
    let held = [92.0, 190.0, 288.0].map(|held: f64| ("served", held + 1.0));
    agree(&found, &[&[at_once; 4][..], &held, &[("rejected: rate limit by limit", 0.0)], &later].concat());
}

/// `limit_req` by a key, without a burst: each by itself, here a limiter each. An empty key is not limited: those go past.
#[test]
fn nginx_limits_each_key_by_itself_and_an_empty_one_not_at_all() {
    let keys = ["x", "y", "x", "y", "", "", "", "x"];
    let requests: Vec<Asked> = every(0.002, 8)
        .into_iter()
        .zip(keys)
        .map(|(time, key)| match key {
            "" => (time, "a", ""),
            "x" => (time, "x", ""),
            _ => (time, "y", ""),
        })
        .collect();
    let limit = r#"Limiter(limit: LeakyBucket(rate: "10/s"), to: "a")"#;
    let found = ends(&replay(&requests, &format!(r#""x": {limit}, "y": {limit}, {ONE}"#), ""), &requests);
    let passed: String = found.iter().map(|(how, _)| if how == "served" { '+' } else { '-' }).collect();
    assert_eq!(passed, "++--+++-");
}

/// `limit_conn 2`, five at nearly once, held 0.3 s: two are served and three rejected at once; later one is served
/// again.
#[test]
fn nginx_rejects_a_request_beyond_the_limit_at_once() {
    let mut times = every(0.02, 5);
    times.push(0.5);
    let nodes = r#""limit": ConcurrencyLimiter(limit: Fixed(2), to: "web"),
        "web": Fleet(workers: 9, service: Constant("300 ms")),"#;
    let requests = at(&times, "limit");
    let found = ends(&replay(&requests, nodes, ""), &requests);
    let (served, rejected) = (("served", 300.0), ("rejected: concurrency limit by limit", 0.0));
    agree(&found, &[served, served, rejected, rejected, rejected, served]);
}

/// The share of the second of two servers in each half second of seven, from when it has been failing for nine seconds; it
/// recovers after another. Fifty requests a second; the second server takes so much longer than the first, in milliseconds.
fn shares(balancer: &str, hold: f64, longer: f64, windows: usize) -> Vec<f64> {
    let log: String = (0..25).map(|n| format!("{:.3}\n", 0.02 * f64::from(n))).collect();
    let away = |window: usize| 9.0 + 0.5 * window as f64;
    let clients = |window: usize| {
        format!(
            r#""w{window}": Clients(arrivals: Replay(file: "log.csv", format: Csv(time: "time"), spread: None),
                to: (to: "lb", delay: Constant("{} s"))),"#,
            away(window)
        )
    };
    let clients: String = (0..windows).map(clients).collect();
    let other = hold + longer;
    let experiment = format!(
        r#"Experiment(
            system: System(nodes: {{ {clients}
                "lb": Balancer({balancer}, to: ["a", "b"],
                    health: Active(interval: "200 ms", timeout: "100 ms", fall: 1, rise: 1, work: "1 us")),
                "a": Fleet(workers: 99, service: Constant("{hold} ms")),
                "b": Fleet(workers: 99, service: Constant("{other} ms")),
            }}, faults: [(at: "0 s", node: "b", fault: Errors(rate: "100 %"), lasts: "10 s")]),
            run: (duration: "40 s", replications: 40),
            measure: [Latency([0.5]), DropRate],
        )"#
    );
    let cell = only_cell(answer_with(&experiment, &[("log.csv", format!("time\n{log}").as_bytes())]));
    let share = |window: usize| {
        let mean = node_value(&cell, &format!("w{window}"), "latency_mean");
        ((mean - 2.0 * away(window)) * 1e3 - hold) / longer
    };
    (0..windows).map(share).collect()
}

/// `slowstart 4s` with `roundrobin`: the server comes back by its check at about 1 s, and its share grows to a half. HAProxy
/// begins with a sixteenth and takes a step each second; here it is a tenth, and a step each tenth of the ramp.
#[test]
fn the_share_of_a_server_that_starts_slowly_grows_as_with_haproxy() {
    let found = shares(r#"policy: WeightedRoundRobin, slow_start: "4 s""#, 1.0, 1.0, 14);
    let seen = [0.0, 0.0, 0.0, 0.08, 0.16, 0.24, 0.32, 0.36, 0.413, 0.427, 0.48, 0.507, 0.493, 0.507];
    for (found, seen) in found.iter().zip(seen) {
        // As near as the runs of HAProxy are said to be to each other, and the digits of a latency.
        assert!((found - seen).abs() < 0.105, "{found} instead of {seen}");
    }
    let sum = |shares: &[f64]| shares.iter().sum::<f64>() / 14.0;
    assert!((sum(&found) - sum(&seen)).abs() < 0.05, "{found:?}");
}

/// No slow start, `leastconn`, each held 0.2 s: the empty server gets most at first, and is level within half a second.
#[test]
fn least_connections_of_haproxy_fill_a_server_that_has_come_back() {
    let found = shares("policy: LeastConnections(ties: IdleFirst)", 200.0, 10.0, 6);
    for (found, seen) in found.iter().zip([0.0, 0.0, 0.387, 0.52, 0.507, 0.507]) {
        assert!((found - seen).abs() < 0.1, "{found} instead of {seen}");
    }
}
