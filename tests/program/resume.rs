//! A run that is killed at any moment goes on with `--resume`, and its results are the same bits as if nothing had
//! happened.
#![cfg(unix)]

use std::fs;
use std::time::Duration;

use crate::place::Place;
use crate::processes::{ask, ended, kill, moments};

const EXPERIMENT: &str = r#"Experiment(
    title: "resume",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "2000/s"), to: "lb"),
        "lb": Balancer(policy: LeastConnections, to: "web"),
        "web": Fleet(servers: 10, service: LogNormal(mean: "4 ms", cv: 1.5)),
    }),
    run: (duration: "20 s", warm_up: Auto, replications: AtMost(30, half_width: "1 %"), seed: 5),
    arms: {"least": {}, "random": {"lb.policy": Random}},
)"#;

const RESULTS: [&str; 4] = ["summary.json", "series.csv", "summary.csv", "manifest.ron"];

/// The experiment, with results in this folder.
fn into<'a>(out: &'a str, extra: &[&'a str]) -> Vec<&'a str> {
    [&["run", "experiment.ron", "--quiet", "--out", out][..], extra].concat()
}

#[test]
fn killed_at_twenty_moments_the_results_are_the_same_bits() {
    let place = Place::new();
    place.write("experiment.ron", EXPERIMENT);
    let begin = std::time::Instant::now();
    assert_eq!(place.run(&into("whole", &[])), (Some(0), String::new()));
    let length = begin.elapsed();
    for (number, share) in (0..20).zip(moments(12_345)) {
        // Every other time the journal of the last kill is kept, so that runs are killed again while they resume.
        let extra: &[&str] = if number % 2 == 0 { &[] } else { &["--resume", "--threads", "3"] };
        let child = place.start(&into("killed", extra));
        std::thread::sleep(length.mul_f64(share));
        kill(child);
        if number % 2 == 1 {
            assert_eq!(place.run(&into("killed", &["--resume"])).0, Some(0));
            for name in RESULTS {
                let read = |out: &str| place.read(&format!("{out}/{name}"));
                assert!(read("whole") == read("killed"), "kill {number}: {name} differs");
            }
            assert_eq!(place.names("."), ["experiment.ron", "killed", "whole"], "something was left behind");
            fs::remove_dir_all(place.path("killed")).expect("there");
        }
    }
}

#[test]
fn the_journal_of_another_run_is_refused() {
    let place = Place::new();
    place.write("experiment.ron", EXPERIMENT);
    let child = place.start(&into("out", &[]));
    // Until some replications are finished.
    while fs::metadata(place.path("out.partial")).map_or(0, |found| found.len()) < 5000 {
        std::thread::sleep(Duration::from_millis(2));
    }
    kill(child);
    let (code, message) = place.run(&into("out", &["--resume", "--seed", "6"]));
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("another run"), "{message}");
    // Damage in the middle costs what comes after it, and no more.
    let mut bytes = place.read("out.partial");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    place.write("out.partial", bytes);
    assert_eq!(place.run(&into("out", &["--resume"])).0, Some(0));
}

/// The first point takes no time, the second takes hours.
const ENDLESS: &str = r#"Experiment(
    title: "endless",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "1/s"), to: "web"),
        "web": Fleet(workers: 100, service: Exponential(mean: "1 us")),
    }),
    run: (duration: "1000 s", replications: 2),
    sweep: ("users.arrivals.rate", ["1/s", "50000000/s"]),
)"#;

#[test]
fn a_run_that_is_asked_to_end_gives_up_what_runs_and_keeps_what_is_finished() {
    let place = Place::new();
    place.write("endless.ron", ENDLESS);
    for extra in [&["--threads", "1"][..], &["--threads", "2", "--resume"]] {
        let child =
            place.start_and_listen(&[&["run", "endless.ron", "--format", "csv", "--out", "out"][..], extra].concat());
        std::thread::sleep(Duration::from_secs(3));
        ask(&child, "TERM");
        let (code, table, notes) = ended(child);
        assert_eq!(code, Some(130), "{notes}");
        // Shown and written where the machine has time for that; kept always.
        let is_late = notes.contains("stopped before what was found could be shown");
        assert!(table.contains("1/s") || is_late, "{table}");
        assert!(notes.contains("--resume goes on where this run stopped"), "{notes}");
        let is_given_up = is_late || notes.contains("nothing is written to");
        assert!(place.path("out/summary.json").exists() || is_given_up, "{notes}");
    }
}

#[test]
fn a_validation_that_is_asked_to_end_shows_what_is_finished() {
    let place = Place::new();
    let child = place.start_and_listen(&["validate", "--threads", "1"]);
    std::thread::sleep(Duration::from_secs(3));
    ask(&child, "TERM");
    let (code, table, notes) = ended(child);
    assert_eq!(code, Some(130), "{notes}");
    assert!(table.contains(" systems, "), "{table}");
}
