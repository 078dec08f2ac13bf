//! Memory is bounded: whatever a file asks for, a run ends with an answer or a clear message, never by the kernel.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::Memory;
use rushhour::lab::memory::{Need, need};
use rushhour::lab::{load, plan};

/// An unbounded queue at load 1.5, for an hour.
const OVERLOAD: &str = r#"Experiment(
    title: "An hour beyond capacity",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "1500/s"), to: "web"),
        "web": Fleet(service: Exponential(mean: "1 ms")),
    }),
    run: (duration: "1 h", replications: 2),
)"#;

/// Ten million users who ask for a million pages.
const CROWD: &str = r#"Experiment(
    title: "Ten million users",
    system: System(nodes: {
        "users": Clients(
            arrivals: Users(count: 10000000, think: Exponential(mean: "1000 s")),
            to: "web",
            keys: Zipf(n: 1000000, s: 0.9),
        ),
        "web": Fleet(workers: 1000, service: Exponential(mean: "50 ms")),
    }),
    run: (duration: "10 s", replications: 1),
)"#;

/// A million keys, all alike, and balancers that hash what they see.
const KEYS: &str = r#"Experiment(
    title: "A million keys",
    system: System(nodes: {
        "users": Clients(
            arrivals: Poisson(rate: "100000/s"),
            to: "lb",
            clients: 1000000,
            keys: Uniform(n: 1000000),
        ),
        "lb": Balancer(policy: IpHash, to: "web"),
        "web": Fleet(servers: 10, workers: 20, service: Exponential(mean: "1 ms")),
    }),
    run: (duration: "10 s", replications: 1),
)"#;

/// Bytes the program itself takes beside its replications: code, fonts, tables.
const PROGRAM: u64 = 32_000_000;

/// What a file needs by its own account.
fn need_of(experiment: &str) -> Need {
    let files = Memory { experiment, logs: &[] };
    let loaded = load(&files, "test.ron").unwrap_or_else(|problems| panic!("{problems}"));
    need(&plan(loaded, &files).unwrap_or_else(|problems| panic!("{problems}")))
}

fn write(folder: &Path, experiment: &str) -> PathBuf {
    let path = folder.join("test.ron");
    fs::write(&path, experiment).expect("writable");
    path
}

/// The program on `file`, and the most memory it had.
fn run(file: &Path, extra: &[&str]) -> (Output, u64) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
        .args(["run", "--no-files"])
        .args(extra)
        .arg(file)
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(10));
    }
    (child.wait_with_output().expect("ends"), peak)
}

/// Runs a file on one thread and holds its memory against its own account of it.
fn run_within_its_need(experiment: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, peak) = run(&write(folder.path(), experiment), &["--threads", "1"]);
    let need = need_of(experiment).total();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    println!("{peak} bytes at most, of {need} and {PROGRAM} for the program");
    assert!(peak > 1_000_000 && peak < need + PROGRAM, "{peak} of {need}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_hour_at_load_1_5_stops_at_the_limit_and_keeps_what_it_found() {
    let table = run_within_its_need(OVERLOAD);
    // 500 requests a second more than can be served: a million are there after 2000 s.
    assert!(table.contains("stopped (more than 1000000 requests in flight at "), "{table}");
    assert!(table.contains("numbers are those until then"), "{table}");
    let results = common::answer(OVERLOAD);
    let cell = &results.cells[0];
    let throughput = common::estimate(cell, "throughput").value.expect("kept");
    // A server that is always busy serves 1000/s; 4 million services are within 5.5 / 2000 of that.
    assert!((throughput - 1000.0).abs() < 3.0, "{throughput}");
    let queue = cell.series.iter().find(|series| series.quantity == "queue").expect("kept");
    let last = queue.mean.iter().flatten().next_back().expect("some windows");
    assert!(*last > 900_000.0, "{last}");
}

#[test]
fn with_room_for_it_the_hour_at_load_1_5_is_finished_and_called_unstable() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), &OVERLOAD.replace("replications: 2", "replications: 3"));
    let (output, _) = run(&file, &["--in-flight", "4000000", "--memory", "2 GB"]);
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && table.contains("unstable (web, load 150 %, +"), "{table}");
    // 4 million requests need 720 MB: one fits into half of the memory, and one leaves room for what is found.
    let notes = String::from_utf8_lossy(&output.stderr);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    assert!(threads == 1 || notes.contains(&format!("note: 1 of {threads} threads, as a replication of ")), "{notes}");
}

#[test]
fn ten_million_users_fit() {
    let table = run_within_its_need(CROWD);
    assert!(table.contains("± ") || table.contains("/s"), "{table}");
    assert!(!table.contains("stopped"), "{table}");
}

#[test]
fn more_users_than_the_calendar_takes_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let more = r#""others": Clients(arrivals: Users(count: 1), to: "web"), "web": Fleet("#;
    let (output, _) = run(&write(folder.path(), &CROWD.replace(r#""web": Fleet("#, more)), &[]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("10000001 users in all nodes of `Clients` together; 10000000 at most"), "{message}");
}

#[test]
fn a_million_keys_take_no_memory() {
    let few = need_of(&KEYS.replace("n: 1000000", "n: 10")).total();
    assert_eq!(need_of(KEYS).total(), few);
    let limited = KEYS.replace("replications: 1", "replications: 1, in_flight: 100000");
    run_within_its_need(&limited);
}

#[test]
fn what_cannot_fit_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), OVERLOAD);
    let (output, _) = run(&file, &["--memory", "100 MB"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("a single replication may need") && message.contains("--in-flight "), "{message}");
    // What the message proposes is accepted.
    let proposed: String =
        message.split("--in-flight ").nth(1).expect("a number").chars().take_while(char::is_ascii_digit).collect();
    let (output, _) = run(&file, &["--memory", "100 MB", "--in-flight", &proposed, "--duration", "10 s"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn results_do_not_depend_on_how_much_memory_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), &OVERLOAD.replace("replications: 2", "replications: 6"));
    let bits = |memory: &str| {
        let limits = ["--in-flight", "20000", "--threads", "3", "--format", "json"];
        let (output, _) = run(&file, &[&limits[..], &["--memory", memory]].concat());
        assert!(output.status.success());
        output.stdout
    };
    // One at a time, and all that there are threads for.
    assert_eq!(bits("12 MB"), bits("2 GB"));
}

#[test]
fn a_run_whose_results_fill_the_memory_stops_and_keeps_what_is_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let many = OVERLOAD.replace("replications: 2", "replications: 100000").replace("1 h", "100 ms");
    let file = write(folder.path(), &many);
    let (output, _) = run(&file, &["--in-flight", "10000", "--memory", "10 MB"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(message.contains("plan fewer replications or give more with `--memory`"), "{message}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("stopped early: ") && table.contains("utilization"), "{table}");
}

/// A log of so many requests, each for something else.
fn log(requests: usize) -> String {
    let line = |number: usize| {
        let (minute, second) = (number / 6000 % 60, number / 100 % 60);
        format!(
            "10.0.0.1 - - [27/Nov/2026:10:{minute:02}:{second:02} +0000] \"GET /a/long/path/to/{number} HTTP/1.1\" 200 99\n"
        )
    };
    (0..requests).map(line).collect()
}

const REPLAY: &str = r#"Experiment(
    system: System(nodes: {
        "users": Clients(arrivals: Replay(file: "access.log"), to: "web"),
        "web": Fleet(workers: 10, service: Exponential(mean: "1 ms")),
    }),
    run: (replications: 2, in_flight: 10000),
)"#;

#[test]
fn a_log_counts_and_one_that_does_not_fit_is_refused_while_it_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("access.log"), log(300_000)).expect("writable");
    let file = write(folder.path(), REPLAY);
    let (output, _) = run(&file, &["--memory", "10 MB"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("it takes more memory than the 10 MB that may be used: line "), "{message}");
    // 300,000 requests of 24 bytes, their names of less than 50, and 8 bytes each in a replication.
    let (output, peak) = run(&file, &["--memory", "100 MB", "--threads", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(peak < 50_000_000 + PROGRAM, "{peak}");
}

#[test]
fn a_limit_of_addresses_ends_in_a_message_and_not_in_an_abort() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("access.log"), log(300_000)).expect("writable");
    let replay = write(folder.path(), REPLAY);
    let overload = folder.path().join("overload.ron");
    fs::write(&overload, OVERLOAD).expect("writable");
    for (file, megabytes) in [(&replay, 150), (&replay, 250), (&overload, 250), (&overload, 500)] {
        let program = assert_cmd::cargo::cargo_bin("rushhour");
        let command = format!("ulimit -v {}; exec \"$0\" \"$@\"", megabytes * 1000);
        let output = Command::new("sh")
            .args(["-c", &command])
            .arg(program)
            .args(["run", "--no-files", "--threads", "2", "--duration", "20 s"])
            .arg(file)
            .output()
            .expect("starts");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{megabytes}: {:?} {message}", output.status);
    }
}
