//! Speed of whole runs, with hand-written loops beside it: a bare one, and a fair one that measures and promises what
//! the simulator does. `cargo bench --bench workloads [-- part...]`, where parts
//! are `workloads`, `timeouts`, `threads` and `memory`; all of them without any.
//!
//! A plain harness: what counts is the ratio to the loop, so the two take turns in one process and are compared by
//! their medians and minima. Criterion measures one function after the other, and a shared machine drifts between.

mod hand_written;
mod system;

use std::time::Instant;

const LOAD: f64 = 0.9;

struct Workload {
    name: &'static str,
    servers: u32,
    requests: u64,
    rounds: usize,
}

const WORKLOADS: [Workload; 3] = [
    Workload { name: "M/M/1", servers: 1, requests: 2_000_000, rounds: 11 },
    Workload { name: "100 servers, shortest queue", servers: 100, requests: 1_000_000, rounds: 11 },
    Workload { name: "10,000 servers, shortest queue", servers: 10_000, requests: 1_000_000, rounds: 11 },
];

/// Nanoseconds per request of one call.
fn time(requests: u64, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / requests as f64
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

fn workloads() {
    println!("ns per request at load {LOAD}, median (least) of interleaved runs");
    println!(
        "{:<32}{:>16}{:>16}{:>16}{:>16}{:>16}{:>10}",
        "", "bare loop", "fair loop", "rushhour", "to the bare", "to the fair", "events/s"
    );
    for Workload { name, servers, requests, rounds } in WORKLOADS {
        let [mut bare, mut fair, mut ours, mut to_bare, mut to_fair] = std::array::from_fn(|_| Vec::new());
        let (mut by_loop, mut found, mut events) = ([0.0; 2], [0.0; 2], 0);
        for seed in 0..rounds as u64 {
            let by_bare = time(requests, || {
                let run = hand_written::run(servers, LOAD, requests, seed);
                by_loop = [by_loop[0] + run.mean, by_loop[1] + run.p99];
            });
            let mut fairly = [0.0; 2];
            let by_fair = time(requests, || {
                let run = hand_written::fair::run(servers, LOAD, requests, seed);
                fairly = [run.mean, run.p99];
            });
            let by_us = time(requests, || {
                let run = system::run_system(servers, LOAD, requests, seed, None);
                found = [found[0] + run.mean, found[1] + run.p99];
                events = run.events;
                assert_eq!([run.mean, run.p99], fairly, "{name}: the fair loop simulates the same, to the last bit");
            });
            for (times, time) in [(&mut bare, by_bare), (&mut fair, by_fair), (&mut ours, by_us)] {
                times.push(time);
            }
            to_bare.push(by_us / by_bare);
            to_fair.push(by_us / by_fair);
        }
        // Both must have simulated the same system.
        for (ours, theirs) in found.into_iter().zip(by_loop) {
            assert!((ours / theirs - 1.0).abs() < 0.1, "{name}: sojourn times are {found:?}, by the loop {by_loop:?}");
        }
        for times in [&mut bare, &mut fair, &mut ours, &mut to_bare, &mut to_fair] {
            times.sort_by(f64::total_cmp);
        }
        let both = |times: &[f64], least: f64, digits: usize| format!("{:.digits$} ({least:.digits$})", median(times));
        println!(
            "{name:<32}{:>16}{:>16}{:>16}{:>16}{:>16}{:>9.1}M",
            both(&bare, bare[0], 1),
            both(&fair, fair[0], 1),
            both(&ours, ours[0], 1),
            both(&to_bare, ours[0] / bare[0], 2),
            both(&to_fair, ours[0] / fair[0], 2),
            events as f64 / requests as f64 / ours[0] * 1e3,
        );
    }
}

/// With a timeout on every request, the heap must not hold more than without.
fn timeouts() {
    println!("\na timeout of 30 s on every request, 10,000 servers");
    for timeout in [None, Some(30)] {
        let mut times = Vec::new();
        let mut peak = 0;
        for seed in 0..5 {
            times.push(time(1_000_000, || {
                peak = system::run_system(10_000, LOAD, 1_000_000, seed, timeout).heap_peak;
            }));
        }
        times.sort_by(f64::total_cmp);
        let words = if timeout.is_some() { "with" } else { "without" };
        println!("{words:<10}{:>8.1} ns/request ({:.1}), heap peak {peak}", median(&times), times[0]);
    }
}

/// Twenty replications on 1 to n threads, and as many copies of the loop.
fn threads() {
    use rayon::prelude::*;
    const REQUESTS: u64 = 500_000;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\n20 replications of {REQUESTS} requests, M/M/1 and 100 servers: speed-up over one thread");
    for servers in [1, 100] {
        let mut single = [0.0; 2];
        for threads in 1..=cores {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
            let mut least = [f64::INFINITY; 2];
            for _ in 0..3 {
                let by_hand = time(1, || {
                    pool.install(|| {
                        (0..20).into_par_iter().for_each(|seed| {
                            hand_written::run(servers, LOAD, REQUESTS, seed);
                        });
                    });
                });
                let ours = time(1, || {
                    pool.install(|| {
                        (0..20).into_par_iter().for_each(|seed| {
                            system::run_system(servers, LOAD, REQUESTS, seed, None);
                        });
                    });
                });
                least = [least[0].min(by_hand), least[1].min(ours)];
            }
            if threads == 1 {
                single = least;
            }
            let [by_hand, ours] = [single[0] / least[0], single[1] / least[1]];
            println!("{servers:>6} servers, {threads} threads: loop {by_hand:.2}, rushhour {ours:.2}");
        }
    }
}

/// The most memory this process ever held, in MiB; `None` where the system does not say.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// Runs in a process of its own: the peak of this one belongs to whatever ran before.
fn memory() {
    println!("\npeak memory of one run");
    let program = std::env::current_exe().expect("the bench has a path");
    for (servers, requests) in [(1, 100_000), (1, 10_000_000), (10_000, 100_000), (10_000, 10_000_000)] {
        let status = std::process::Command::new(&program)
            .args(["memory-of", &servers.to_string(), &requests.to_string()])
            .status()
            .expect("the bench can start itself");
        assert!(status.success());
    }
}

fn memory_of(servers: u32, requests: u64, timeout: Option<u32>) {
    system::run_system(servers, LOAD, requests, 1, timeout);
    match peak_memory() {
        Some(peak) => println!("{servers:>6} servers, {requests:>9} requests: {peak:.1} MiB"),
        None => println!("this system does not tell"),
    }
}

fn main() {
    // Cargo passes `--bench`; what is left are the parts asked for.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [part, servers, requests, timeout @ ..] = &arguments[..]
        && part == "memory-of"
    {
        let timeout = timeout.first().map(|seconds| seconds.parse().expect("seconds"));
        return memory_of(servers.parse().expect("a number"), requests.parse().expect("a number"), timeout);
    }
    let parts: [(&str, fn()); 4] =
        [("workloads", workloads), ("timeouts", timeouts), ("threads", threads), ("memory", memory)];
    for (name, part) in parts {
        if arguments.is_empty() || arguments.iter().any(|argument| argument == name) {
            part();
        }
    }
}
