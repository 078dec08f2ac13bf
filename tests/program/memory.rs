//! Memory is bounded: whatever a file asks for, a run ends with an answer or a clear message, never by the kernel.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;
use std::time::Duration;

use rushhour::internals::{Need, need};

use crate::access_log::log;
use crate::answers::{answer, planned};
use crate::place::Place;
use crate::processes::ended;
use crate::program::{program, said};

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
    need(&planned(experiment))
}

/// A folder with this experiment in it.
fn with_experiment(experiment: &str) -> Place {
    let place = Place::new();
    place.write("test.ron", experiment);
    place
}

/// How the program ended on the experiment, what it said, and the most memory it had.
struct Ran {
    code: Option<i32>,
    table: String,
    notes: String,
    peak: u64,
}

fn run(place: &Place, extra: &[&str]) -> Ran {
    let mut child = place.start_and_listen(&[&["run", "--no-files", "test.ron"][..], extra].concat());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(10));
    }
    let (code, table, notes) = ended(child);
    Ran { code, table, notes, peak }
}

/// Runs a file on one thread and holds its memory against its own account of it; gives its table.
fn run_within_its_need(experiment: &str) -> String {
    let Ran { code, table, notes, peak } = run(&with_experiment(experiment), &["--threads", "1"]);
    let need = need_of(experiment).total();
    assert_eq!(code, Some(0), "{notes}");
    println!("{peak} bytes at most, of {need} and {PROGRAM} for the program");
    assert!(peak > 1_000_000 && peak < need + PROGRAM, "{peak} of {need}");
    table
}

#[test]
fn an_hour_at_load_1_5_stops_at_the_limit_and_keeps_what_it_found() {
    let table = run_within_its_need(OVERLOAD);
    // 500 requests a second more than can be served: a million are there after 2000 s.
    assert!(table.contains("stopped (more than 1000000 requests in flight at "), "{table}");
    assert!(table.contains("numbers are those until then"), "{table}");
    let results = answer(OVERLOAD);
    let cell = &results.cells[0];
    let throughput = cell.estimates.iter().find(|estimate| estimate.id == "throughput").and_then(|found| found.value);
    let throughput = throughput.expect("kept");
    // A server that is always busy serves 1000/s; 4 million services are within 5.5 / 2000 of that.
    assert!((throughput - 1000.0).abs() < 3.0, "{throughput}");
    let queue = cell.series.iter().find(|series| series.quantity == "queue").expect("kept");
    let last = queue.mean.iter().flatten().next_back().expect("some windows");
    assert!(*last > 900_000.0, "{last}");
}

#[test]
fn with_room_for_it_the_hour_at_load_1_5_is_finished_and_called_unstable() {
    let place = with_experiment(&OVERLOAD.replace("replications: 2", "replications: 3"));
    let Ran { code, table, notes, .. } = run(&place, &["--in-flight", "4000000", "--memory", "2 GB"]);
    assert!(code == Some(0) && table.contains("unstable (web, load 150 %, +"), "{table}");
    // 4 million requests need 720 MB: one fits into half of the memory, and one leaves room for what is found.
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
    let more = r#""others": Clients(arrivals: Users(count: 1), to: "web"), "web": Fleet("#;
    let Ran { code, notes, .. } = run(&with_experiment(&CROWD.replace(r#""web": Fleet("#, more)), &[]);
    assert_eq!(code, Some(2));
    assert!(notes.contains("10000001 users in all nodes of `Clients` together; 10000000 at most"), "{notes}");
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
    let place = with_experiment(OVERLOAD);
    let Ran { code, table, notes, .. } = run(&place, &["--memory", "100 MB"]);
    assert_eq!((code, table.as_str()), (Some(2), ""));
    assert!(notes.contains("a single replication may need") && notes.contains("--in-flight "), "{notes}");
    // What the message proposes is accepted.
    let proposed: String =
        notes.split("--in-flight ").nth(1).expect("a number").chars().take_while(char::is_ascii_digit).collect();
    let Ran { code, notes, .. } = run(&place, &["--memory", "100 MB", "--in-flight", &proposed, "--duration", "10 s"]);
    assert_eq!(code, Some(0), "{notes}");
}

#[test]
fn results_do_not_depend_on_how_much_memory_there_is() {
    let place = with_experiment(&OVERLOAD.replace("replications: 2", "replications: 6"));
    let bits = |memory: &str| {
        let limits = ["--in-flight", "20000", "--threads", "3", "--format", "json"];
        let Ran { code, table, notes, .. } = run(&place, &[&limits[..], &["--memory", memory]].concat());
        assert_eq!(code, Some(0), "{notes}");
        table
    };
    // One at a time, and all that there are threads for.
    assert_eq!(bits("12 MB"), bits("2 GB"));
}

#[test]
fn a_run_whose_results_fill_the_memory_stops_and_keeps_what_is_complete() {
    let many = OVERLOAD.replace("replications: 2", "replications: 100000").replace("1 h", "100 ms");
    let Ran { code, table, notes, .. } = run(&with_experiment(&many), &["--in-flight", "10000", "--memory", "10 MB"]);
    assert_eq!(code, Some(130), "{notes}");
    assert!(notes.contains("plan fewer replications or give more with `--memory`"), "{notes}");
    assert!(table.contains("stopped early: ") && table.contains("utilization"), "{table}");
}

/// A log of requests each of which is for something else.
fn distinct() -> String {
    log(300_000, 100, |number| (1, format!("a/long/path/to/{number}")))
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
    let place = with_experiment(REPLAY);
    place.write("access.log", distinct());
    let Ran { code, notes, .. } = run(&place, &["--memory", "10 MB"]);
    assert_eq!(code, Some(2), "{notes}");
    assert!(notes.contains("it takes more memory than the 10 MB that may be used: line "), "{notes}");
    // 300,000 requests of 24 bytes, their names of less than 50, and 8 bytes each in a replication.
    let Ran { code, notes, peak, .. } = run(&place, &["--memory", "100 MB", "--threads", "1"]);
    assert_eq!(code, Some(0), "{notes}");
    assert!(peak < 50_000_000 + PROGRAM, "{peak}");
}

#[test]
fn a_limit_of_addresses_ends_in_a_message_and_not_in_an_abort() {
    let place = with_experiment(OVERLOAD);
    place.write("replay.ron", REPLAY);
    place.write("access.log", distinct());
    for (file, megabytes) in [("replay.ron", 150), ("replay.ron", 250), ("test.ron", 250), ("test.ron", 500)] {
        let command = format!("ulimit -v {}; exec \"$0\" \"$@\"", megabytes * 1000);
        let output = Command::new("sh")
            .args(["-c", &command])
            .arg(program())
            .args(["run", file, "--no-files", "--threads", "2", "--duration", "20 s"])
            .current_dir(place.folder())
            .output()
            .expect("starts");
        let (code, _, message) = said(&output);
        assert!(matches!(code, Some(0 | 2)), "{megabytes}: {:?} {message}", output.status);
    }
}
