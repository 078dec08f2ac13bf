//! A run that is killed at any moment goes on with `--resume`, and its results are the same bits as if nothing had
//! happened.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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

fn start(file: &Path, out: &Path, extra: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
        .args(["run", "--quiet", "--out"])
        .arg(out)
        .args(extra)
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

fn finish(file: &Path, out: &Path, extra: &[&str]) -> (Option<i32>, String) {
    let output = start(file, out, extra).wait_with_output().expect("ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn killed_at_twenty_moments_the_results_are_the_same_bits() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.ron");
    fs::write(&file, EXPERIMENT).expect("writable");
    let whole = folder.path().join("whole");
    let begin = std::time::Instant::now();
    assert_eq!(finish(&file, &whole, &[]), (Some(0), String::new()));
    let length = begin.elapsed();
    let out = folder.path().join("killed");
    let mut moment = 12_345_u64;
    for kill in 0..20 {
        // Spread over the whole run, in an order that looks random.
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (moment >> 33) as f64 / (1_u64 << 31) as f64;
        // Every other time the journal of the last kill is kept, so that runs are killed again while they resume.
        let extra: &[&str] = if kill % 2 == 0 { &[] } else { &["--resume", "--threads", "3"] };
        let mut child = start(&file, &out, extra);
        std::thread::sleep(Duration::from_secs_f64(length.as_secs_f64() * share));
        // It may have finished before.
        let _ = child.kill();
        child.wait().expect("ends");
        if kill % 2 == 1 {
            assert_eq!(finish(&file, &out, &["--resume"]).0, Some(0));
            for name in RESULTS {
                let read = |out: &Path| fs::read(out.join(name)).expect("written");
                assert!(read(&whole) == read(&out), "kill {kill}: {name} differs");
            }
            assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 3, "something was left behind");
            fs::remove_dir_all(&out).expect("there");
        }
    }
}

#[test]
fn the_journal_of_another_run_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.ron");
    fs::write(&file, EXPERIMENT).expect("writable");
    let out = folder.path().join("out");
    let journal = folder.path().join("out.partial");
    let mut child = start(&file, &out, &[]);
    // Until some replications are finished.
    while fs::metadata(&journal).map_or(0, |found| found.len()) < 5000 {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("still running");
    child.wait().expect("ends");
    let (code, message) = finish(&file, &out, &["--resume", "--seed", "6"]);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("another run"), "{message}");
    // Damage in the middle costs what comes after it, and no more.
    let mut bytes = fs::read(&journal).expect("a journal");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    fs::write(&journal, bytes).expect("writable");
    assert_eq!(finish(&file, &out, &["--resume"]).0, Some(0));
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

/// Asks a process to end, and waits for it.
fn terminate(child: Child) -> (Option<i32>, String, String) {
    let signal = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(signal.expect("kill runs").success());
    let output = child.wait_with_output().expect("ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_run_that_is_asked_to_end_gives_up_what_runs_and_keeps_what_is_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("endless.ron");
    fs::write(&file, ENDLESS).expect("writable");
    let out = folder.path().join("out");
    for extra in [&["--threads", "1"][..], &["--threads", "2", "--resume"]] {
        let child = Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
            .args(["run", "--format", "csv", "--out"])
            .args([&out, &file])
            .args(extra)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_secs(3));
        let (code, table, notes) = terminate(child);
        assert_eq!(code, Some(130), "{notes}");
        // Shown and written where the machine has time for that; kept always.
        let is_late = notes.contains("stopped before what was found could be shown");
        assert!(table.contains("1/s") || is_late, "{table}");
        assert!(notes.contains("--resume goes on where this run stopped"), "{notes}");
        let is_given_up = is_late || notes.contains("nothing is written to");
        assert!(out.join("summary.json").exists() || is_given_up, "{notes}");
    }
}

#[test]
fn a_validation_that_is_asked_to_end_shows_what_is_finished() {
    let child = Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
        .args(["validate", "--threads", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    std::thread::sleep(Duration::from_secs(3));
    let (code, table, notes) = terminate(child);
    assert_eq!(code, Some(130), "{notes}");
    assert!(table.contains(" systems, "), "{table}");
}
