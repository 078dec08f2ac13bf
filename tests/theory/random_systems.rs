//! Whatever the system: nothing panics, the ledger balances (the lab checks it in every run), and runs repeat.

use crate::answers::answer;
use proptest::prelude::*;

fn law() -> impl Strategy<Value = String> {
    prop_oneof![
        (1_u32..50).prop_map(|ms| format!(r#"Constant("{ms} ms")"#)),
        (1_u32..50).prop_map(|ms| format!(r#"Exponential(mean: "{ms} ms")"#)),
        (1_u32..50, 1_u32..30).prop_map(|(ms, cv)| format!(r#"LogNormal(mean: "{ms} ms", cv: {}.5)"#, cv / 10)),
        (1_u32..20).prop_map(|ms| format!(r#"Pareto(mean: "{ms} ms", shape: 1.3)"#)),
        (1_u32..20).prop_map(|ms| format!(r#"Bimodal(fast: "{ms} ms", slow: "300 ms", slow_share: "3 %")"#)),
        Just(r#"Constant("0 s")"#.to_owned()),
    ]
}

fn arrivals() -> impl Strategy<Value = String> {
    prop_oneof![
        (1_u32..2000).prop_map(|rate| format!(r#"Poisson(rate: "{rate}/s")"#)),
        (1_u32..2000).prop_map(|rate| format!(r#"Deterministic(rate: "{rate}/s")"#)),
        (1_u32..60, law()).prop_map(|(count, think)| format!("Users(count: {count}, think: {think})")),
        (1_u32..100, law())
            .prop_map(|(rate, think)| format!(r#"Sessions(rate: "{rate}/s", requests: 3, think: {think})"#)),
        (1_u32..500).prop_map(|rate| format!(r#"Mmpp(states: [(rate: "{rate}/s", stay: "100 ms"), (stay: "50 ms")])"#)),
        (1_u32..500)
            .prop_map(|rate| format!(r#"Spike(base: "{rate}/s", peak: "2000/s", at: "1 s", length: "500 ms")"#)),
    ]
}

fn policy() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "RoundRobin",
        "WeightedRoundRobin",
        "Random",
        "LeastConnections",
        "PowerOfChoices(d: 2)",
        "PowerOfChoices(d: 16)",
        "IpHash",
        "RingHash(by: Key)",
        "RingHash(placement: Nginx(points: 10))",
        "RingHash(placement: Envoy)",
        "BoundedLoadHash(c: 1.1)",
        "Maglev(table: 251)",
        "Rendezvous",
        "PeakEwma",
        "LeastResponseTime(step: \"0 s\")",
        "JoinIdleQueue",
        "Prequal(probes: 1.5)",
    ])
}

fn delay() -> impl Strategy<Value = String> {
    prop_oneof![Just("None".to_owned()), law()]
}

fn connections() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("PerRequest".to_owned()),
        1 => (0_u32..500, 0_u32..5)
            .prop_map(|(idle, requests)| format!(r#"KeepAlive(idle: "{idle} ms", requests: {requests})"#)),
        1 => (0_u32..500, 0_u32..9, 1_u32..4).prop_map(|(idle, requests, streams)| format!(
            r#"Multiplexed(idle: "{idle} ms", requests: {requests}, streams: {streams})"#
        )),
    ]
}

/// How clients try again: anything with anything.
fn retry() -> impl Strategy<Value = String> {
    let jitter = prop::sample::select(vec!["None", "Full", "Equal", "Decorrelated"]);
    let backoff = prop_oneof![
        Just("Immediate".to_owned()),
        (0_u32..100).prop_map(|ms| format!(r#"Fixed("{ms} ms")"#)),
        (1_u32..100, jitter)
            .prop_map(|(ms, jitter)| format!(r#"Exponential(base: "{ms} ms", cap: "400 ms", jitter: {jitter})"#)),
    ];
    let on = prop::sample::select(vec![
        "[TimedOut]",
        "[Refused, Crashed, Error]",
        "[TimedOut, Refused, Crashed, Error, Unavailable, RateLimited]",
    ]);
    let budget = prop::sample::select(vec![
        "None",
        r#"RetryBudget(ratio: "10 %", minimum: "5/s", ttl: "1 s")"#,
        "RetryThrottling",
        "RetryQuota(tokens: 50)",
        "RetryBucket",
        r#"FailureRate("20 %")"#,
        r#"ActiveBudget(share: "30 %", minimum: 1)"#,
    ]);
    (1_u32..6, backoff, on, budget, any::<bool>()).prop_map(|(attempts, backoff, on, budget, honours)| {
        format!("Retry(attempts: {attempts}, backoff: {backoff}, on: {on}, budget: {budget}, honours_retry_after: {honours})")
    })
}

/// What users and their clients do beside waiting for an answer; the timeout of the whole call is given.
fn calls(has_timeout: bool) -> impl Strategy<Value = String> {
    let hedge = prop::sample::select(vec![
        "None",
        r#"Hedge(after: "10 ms", most: 2)"#,
        r#"Hedge(after: "0 s")"#,
        "Hedge(after: Quantile(0.9))",
    ]);
    let throttle = prop::sample::select(vec!["None", r#"AdaptiveThrottling(k: 1.5, window: "1 s")"#]);
    let reload = prop::sample::select(vec![
        "None",
        r#"Reload(chance: "80 %", after: "50 ms", most: 2)"#,
        r#"Reload(after: "0 s")"#,
    ]);
    (
        prop::option::of(1_u32..200),
        prop::option::weighted(0.7, retry()),
        hedge,
        (any::<bool>(), any::<bool>()),
        throttle,
        prop::option::of(law()),
        reload,
    )
        .prop_map(move |(attempt, retry, hedge, (cancels, deadline), throttle, patience, reload)| {
            let gives_up = has_timeout || attempt.is_some() || patience.is_some();
            let cancels = cancels && (gives_up || hedge != "None");
            let deadline = deadline && (has_timeout || attempt.is_some());
            let reload = if gives_up { reload } else { "None" };
            let attempt = attempt.map_or_else(|| "None".to_owned(), |ms| format!(r#""{ms} ms""#));
            let retry = retry.unwrap_or_else(|| "None".to_owned());
            let patience = patience.unwrap_or_else(|| "None".to_owned());
            format!(
                ", attempt_timeout: {attempt}, retry: {retry}, hedge: {hedge}, cancels: {cancels}, \
                 propagates_deadline: {deadline}, throttle: {throttle}, patience: {patience}, reload: {reload}"
            )
        })
}

/// A timeout of whole calls, and what else their clients do: half of them nothing.
fn waiting() -> impl Strategy<Value = String> {
    prop::option::of(1_u32..500).prop_flat_map(|timeout| {
        let written = timeout.map_or_else(String::new, |ms| format!(r#", timeout: "{ms} ms""#));
        prop_oneof![Just(String::new()), calls(timeout.is_some())].prop_map(move |calls| written.clone() + &calls)
    })
}

/// What stands before the choice of a member.
fn front() -> impl Strategy<Value = String> {
    let proxy = (1_u32..3, prop::option::of(0_u32..5)).prop_map(|(workers, queue)| {
        let queue = queue.map_or_else(String::new, |places| format!(", queue: {places}"));
        format!(
            r#", proxy: (workers: {workers}, per_request: "500 us", per_connection: "1 ms", per_byte: "1 ns"{queue})"#
        )
    });
    let proxy = prop_oneof![2 => Just(String::new()), 1 => proxy];
    (any::<bool>(), proxy).prop_map(|(is_layer_4, proxy)| {
        let layer = if is_layer_4 { "Layer4" } else { "Layer7" };
        format!("layer: {layer}{proxy}")
    })
}

/// What goes wrong with a node without servers, or on a link. The names in capitals are put in later.
fn outer_fault() -> impl Strategy<Value = String> {
    let node = prop::sample::select(vec![
        r#"node: "lb", fault: Crash"#,
        r#"node: "lb", fault: Restart"#,
        r#"node: "FIRST", fault: Crash"#,
        r#"node: "FIRST", fault: Errors(rate: "40 %")"#,
        r#"node: "BEHIND", fault: Crash"#,
        r#"node: "lb", fault: Delay(by: Exponential(mean: "5 ms"))"#,
        r#"node: "c0", to: "FIRST", fault: Partition"#,
        r#"node: "c0", to: "FIRST", fault: Loss(rate: "20 %", way: There)"#,
        r#"node: "lb", to: "BEHIND", fault: Partition(way: Back)"#,
        r#"node: "lb", to: "BEHIND", servers: [0], fault: Partition"#,
        r#"node: "lb[0]", to: "BEHIND", fault: Loss(rate: "30 %")"#,
        r#"node: "lb", to: "BEHIND", fault: Delay(by: Uniform(low: "1 ms", high: "20 ms"), way: There)"#,
    ]);
    (0_u32..2000, node, prop::option::of(0_u32..1000), any::<bool>()).prop_map(|(at, what, lasts, recurs)| {
        let lasts = lasts.filter(|_| !what.contains("Restart"));
        // What is in one zone says the same of when.
        let zone = if at % 2 == 0 { format!(r#", zone: "outer {at} {lasts:?}""#) } else { String::new() };
        let lasts = lasts.map_or_else(String::new, |ms| format!(r#", lasts: "{ms} ms""#));
        let recurs = if recurs && !what.contains("Restart") {
            format!(r#", recurs: (mtbf: Exponential(mean: "200 ms"), mttr: Exponential(mean: "50 ms"){zone})"#)
        } else {
            String::new()
        };
        format!(r#"(at: "{at} ms", {what}{lasts}{recurs})"#)
    })
}

fn fault() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "Crash",
        "Restart",
        "SlowDown(factor: 5)",
        "SlowDown(factor: 0.2)",
        r#"Errors(rate: "30 %")"#,
        r#"Errors(rate: "70 %", after: "100 us")"#,
    ]);
    (0_u32..2000, kind, prop::option::of(0_u32..1000), any::<bool>(), any::<bool>()).prop_map(
        |(at, kind, lasts, one, recurs)| {
            let servers = if one { "servers: [0], " } else { "" };
            // A restart takes no time.
            let lasts = lasts.filter(|_| kind != "Restart");
            let zone = if at % 2 == 0 { format!(r#", zone: "web {at} {lasts:?}""#) } else { String::new() };
            let lasts = lasts.map_or_else(String::new, |ms| format!(r#", lasts: "{ms} ms""#));
            let recurs = if recurs && kind != "Restart" {
                format!(
                    r#", recurs: (mtbf: Exponential(mean: "100 ms"), mttr: Uniform(low: "0 s", high: "50 ms"){zone})"#
                )
            } else {
                String::new()
            };
            format!(r#"(at: "{at} ms", node: "web", {servers}fault: {kind}{lasts}{recurs})"#)
        },
    )
}

/// How balancers watch their members: anything with anything.
fn watch() -> impl Strategy<Value = String> {
    let health = prop::sample::select(vec![
        "health: Unaware",
        r#"health: Notified(after: "20 ms")"#,
        r#"health: Active(interval: "100 ms", timeout: "30 ms", fall: 2, rise: 1, work: Exponential(mean: "2 ms"))"#,
        r#"health: Active(interval: "50 ms", timeout: "50 ms", work: "10 ms")"#,
    ]);
    let passive = prop::sample::select(vec!["None", r#"Passive(max_fails: 2, fail_timeout: "200 ms")"#]);
    let outliers = prop::sample::select(vec![
        "None",
        r#"OutlierEjection(consecutive_5xx: 2, interval: "100 ms", base_ejection: "150 ms", max_ejection: "60 %", success_rate: SuccessRate(minimum_hosts: 2, request_volume: 5))"#,
        r#"OutlierEjection(consecutive_gateway_failure: 2, interval: "70 ms", max_ejection: "100 %", success_rate: None)"#,
    ]);
    let slow_start = prop::sample::select(vec!["0 s", "300 ms"]);
    let waiting = prop::sample::select(vec![
        "timeout: None, queue: None",
        "timeout: None, queue: Queue",
        r#"timeout: "20 ms", queue: None"#,
        r#"timeout: "30 ms", queue: Queue(timeout: "40 ms", places: 4)"#,
        r#"timeout: "10 ms", queue: Queue(per_server: 1)"#,
    ]);
    let retry = prop::sample::select(vec![
        "None",
        "RetryElsewhere",
        r#"RetryElsewhere(tries: 3, timeout: "100 ms", on: [Refused, Crashed, Error, Unavailable])"#,
        "RetryElsewhere(budget: ActiveBudget(minimum: 1))",
        "RetryElsewhere(tries: 5, on: [Refused, Crashed, TimedOut, Error, Unavailable], among: NotLast)",
        "RetryElsewhere(tries: 4, on: [Refused, Error], among: Any, budget: ActiveBudget)",
    ]);
    (health, passive, outliers, slow_start, retry, waiting).prop_map(|(health, passive, outliers, slow_start, retry, waiting)| {
        format!(r#"{health}, passive: {passive}, outliers: {outliers}, slow_start: "{slow_start}", retry: {retry}, {waiting}"#)
    })
}

/// What stands between clients and balancers, with where requests go first.
fn guard() -> impl Strategy<Value = (&'static str, String)> {
    let limit = prop::sample::select(vec![
        "Fixed(4)",
        r#"Aimd(initial: 5, least: 1, timeout: "30 ms")"#,
        "Vegas(initial: 3)",
        "Gradient2(initial: 5, least: 2)",
    ]);
    let limiter = (limit, 0_u32..3, any::<bool>(), delay()).prop_map(|(limit, wait, has_shares, delay)| {
        let shares = if has_shares { r#"{"c0": "40 %"}"# } else { "{}" };
        format!(
            r#""permits": ConcurrencyLimiter(limit: {limit}, shares: {shares}, wait: "{} ms", queue: 3, to: (to: "lb", delay: {delay})),"#,
            wait * 20
        )
    });
    let answers = prop::sample::select(vec![
        "[Default]",
        r#"[Stale(keys: 5, age: "300 ms")]"#,
        r#"[Stale(keys: 50), Smaller(to: (to: "lite", delay: Constant("1 ms"))), Default(takes: "2 ms")]"#,
        r#"[Smaller(to: "lite"), Stale]"#,
    ]);
    let on = prop::sample::select(vec!["[]", "[Rejection, Refused, Crashed, Error]", "[CircuitOpen, Error]"]);
    let fallback = (answers, on, prop::option::of(1_u32..100), delay()).prop_map(|(answers, on, timeout, delay)| {
        let timeout = timeout.or((on == "[]").then_some(40));
        let timeout = timeout.map_or_else(String::new, |ms| format!(r#"timeout: "{ms} ms", "#));
        format!(r#""fallback": Fallback(on: {on}, {timeout}answers: {answers}, to: (to: "NEXT", delay: {delay})),"#)
    });
    let which = prop::sample::select(vec![(false, false), (false, false), (true, false), (false, true), (true, true)]);
    (which, limiter, fallback).prop_map(|((limits, falls_back), limiter, fallback)| {
        let (next, mut nodes) = if limits { ("permits", limiter) } else { ("lb", String::new()) };
        if !falls_back {
            return (next, nodes);
        }
        nodes.push_str(&fallback.replace("NEXT", next));
        if fallback.contains("lite") {
            nodes.push_str(r#""lite": Fleet(queue: 2, service: Exponential(mean: "3 ms")),"#);
        }
        ("fallback", nodes)
    })
}

/// What servers do with what waits: anything with anything that goes together.
fn queues() -> impl Strategy<Value = String> {
    let order = prop::sample::select(vec![
        "Lifo",
        "AdaptiveLifo",
        "AdaptiveLifo(above: 0)",
        r#"Priority(order: ["c0"])"#,
        "EarliestDeadline",
        r#"WeightedFair(weights: {"c0": 3})"#,
        "WeightedFair(by: Work)",
        "WeightedFair(by: Size)",
        "Fifo",
    ]);
    let bound = prop::sample::select(vec![
        "queue: 0",
        "queue: 3",
        "queue: 19",
        r#"queue_bytes: "3 kB""#,
        r#"queue: 9, queue_bytes: "2500 B""#,
    ]);
    let when_full = prop::sample::select(vec![
        "DropNewest",
        "DropOldest",
        "DropLatestDeadline",
        "DropLeastTimeLeft",
        r#"Wait("30 ms")"#,
        r#"Wait("700 ms")"#,
    ]);
    let longest = prop::sample::select(vec![
        "",
        r#", longest_wait: Exponential(mean: "50 ms")"#,
        r#", longest_wait: Constant("20 ms")"#,
        r#", longest_wait: Constant("0 s")"#,
    ]);
    let shed = prop::sample::select(vec![
        "",
        ", shed: CoDel",
        r#", shed: CoDel(target: "0 s", interval: "5 ms")"#,
        ", shed: AdaptiveTimeout",
        r#", shed: ByClass(levels: {"c0": "50 %"})"#,
    ]);
    let special = (order, bound, when_full, longest, shed).prop_map(|(order, bound, when_full, longest, shed)| {
        format!("discipline: {order}, {bound}, when_full: {when_full}{longest}{shed}")
    });
    let plain = (any::<bool>(), prop::option::of(0_u32..20)).prop_map(|(sharing, queue)| {
        let discipline = if sharing { "ProcessorSharing" } else { "Fifo" };
        let queue = queue.map_or_else(String::new, |places| format!(", queue: {places}"));
        format!("discipline: {discipline}{queue}")
    });
    prop_oneof![1 => plain, 1 => special, 1 => Just("shed: ByDeadline".to_owned())]
}

prop_compose! {
    fn system()(
        clients in prop::collection::vec((arrivals(), waiting()), 1..3),
        spread in prop::sample::select(vec!["Random", "RoundRobin", "ByClient"]),
        delays in (delay(), delay()),
        policy in policy(),
        watch in watch(),
        limits in any::<(bool, bool)>(),
        connections in connections(),
        handshake in prop::sample::select(vec!["Free", "Tcp", "Tls12"]),
        front in front(),
        guard in guard(),
        gate in prop::option::of(any::<bool>()),
        nested in 0_usize..9,
        balancers in 1_usize..4,
        fleets in 1_usize..3,
        servers in 1_usize..6,
        workers in 1_u32..4,
        queues in queues(),
        service in law(),
        faults in prop::collection::vec(prop_oneof![fault(), outer_fault()], 0..5),
    ) -> String {
        let handshake = if delays.0 == "None" { "Free" } else { handshake };
        let (first, between) = match nested {
            0 => (guard.0, ""),
            1 => ("router", r#""router": Router(rules: [(keys: Between(0, 4), to: "lb"), (clients: "c0", to: (to: "lb", spread: ByClient))], otherwise: (to: "lb", delay: Constant("1 ms"))),"#),
            2 => ("outer", r#""outer": Balancer(layer: Layer4, policy: LeastConnections, to: "lb"),"#),
            3 => ("rate", r#""rate": Limiter(limit: LeakyBucket(rate: "300/s", burst: 50), tiers: {"c0": TokenBucket(capacity: 20, refill: "200/s")}, by: [Client, Route], keys: 30, copies: 2, to: (to: "lb", delay: Exponential(mean: "1 ms"))),"#),
            4 => ("gateway", r#""gateway": Limiter(distributed: Distributed(limit: 30, window: "200 ms", store: (to: "redis", delay: Exponential(mean: "2 ms")), commands: CheckThenAdd, timeout: "5 ms"), by: [Tier], copies: 3, to: "lb"), "redis": Store(service: Exponential(mean: "1 ms")),"#),
            5 => ("outer", r#""outer": Breaker(rule: ConsecutiveFailures(failures: 3, recovery: "100 ms"), timeout: "50 ms", to: (to: "lb", delay: Constant("1 ms"))),"#),
            6 => ("outer", r#""outer": Breaker(rule: ConsecutiveFailures(failures: 2, recovery: "50 ms"), serial: true, failures: [Error, Rejection, TimedOut], ignored: [QueueFull], timeout: "30 ms", to: "rate"), "rate": Limiter(limit: LeakyBucket(rate: "300/s", burst: 50, arithmetic: Exact), costs: [(clients: "c0", tokens: 2), (keys: Between(0, 4), tokens: 0), (per: "300 B")], to: (to: "lb", delay: Constant("1 ms"))),"#),
            7 => ("gateway", r#""gateway": Limiter(distributed: Distributed(limit: 30, window: "200 ms", store: (to: "redis", delay: Exponential(mean: "2 ms")), clock: (step: "5 ms", ahead: ["0 s", "20 ms"]), timeout: "5 ms", when_down: Raise), copies: 3, to: "lb"), "redis": Store(service: Exponential(mean: "1 ms")),"#),
            _ => ("outer", r#""outer": Breaker(rule: FailureRate(window: Calls(20), least: 10, wait: "100 ms", trials: 3), to: "rate"), "rate": Limiter(limit: Adaptive(every: "200 ms", window: "200 ms"), to: "lb"),"#),
        };
        let between = between.replace("\"lb\"", &format!("\"{}\"", guard.0));
        // What answers the signals of a policy is a fleet itself.
        let (behind, gate) = match gate {
            Some(is_fallback) if fleets == 1 && !policy.starts_with("Join") && !policy.starts_with("Prequal") => ("gate", if is_fallback {
                r#""gate": Fallback(timeout: "30 ms", to: (to: "web", delay: Constant("500 us"))),"#
            } else {
                r#""gate": ConcurrencyLimiter(limit: Vegas(initial: 4), per: Server, wait: "10 ms", to: (to: "web", delay: Constant("500 us"))),"#
            }),
            _ => ("web", ""),
        };
        let clients: String = clients.iter().enumerate().map(|(place, (arrivals, waiting))| format!(
            r#""c{place}": Clients(arrivals: {arrivals}, to: (to: "{first}", delay: {}, spread: {spread}){waiting}, keys: Zipf(n: 100, s: 1), clients: 20, connections: {connections}, handshake: {handshake}, size: "1 kB"), "#,
            delays.0
        )).collect();
        let backups = if limits.0 { ", backups: [0]" } else { "" };
        let most = if limits.1 { vec!["2"; servers].join(", ") } else { String::new() };
        let weights: Vec<String> = (1..=servers).map(|weight| weight.to_string()).collect();
        format!(
            r#"System(nodes: {{{clients}
                {between} {} {gate}
                "lb": Balancer(policy: {policy}, {watch}, {front}, copies: {balancers}, to: (to: "{behind}", delay: {})),
                "web": Fleet(servers: {servers}, copies: {fleets}, workers: {workers}, {queues}, weights: [{}]{backups}, max_connections: [{most}], service: {service}),
            }}, faults: [{}])"#,
            guard.1, delays.1, weights.join(", "), faults.join(", ").replace("FIRST", first).replace("BEHIND", behind)
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_balances_and_runs_repeat(system in system(), seed in 0_u64..1000) {
        let experiment = format!(
            r#"Experiment(system: {system}, run: (duration: "3 s", warm_up: "500 ms", replications: 2, seed: {seed}, in_flight: 20000, events: 2000000))"#
        );
        // `answer` panics where a run fails its own checks.
        let first = answer(&experiment);
        let offered: u64 = first.cells[0].ledger.iter().map(|row| row.count).sum();
        let again = answer(&experiment);
        prop_assert_eq!(&first, &again);
        prop_assert!(offered > 0 || !experiment.contains("Poisson(rate: \"1"));
    }
}
