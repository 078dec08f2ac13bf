//! Asked to stop, the program ends within a second whatever it is at, and what is finished is kept.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// From the signal to the end at most: a second, and many more for a starved machine. What hears no signal takes longer.
const IN_TIME: Duration = Duration::from_secs(15);

/// Exit code, standard error, and how long the end took from the signal, which comes when `when` says so.
fn stopped(folder: &Path, arguments: &[&str], when: impl Fn() -> bool) -> (Option<i32>, String, Duration) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    while !when() && child.try_wait().expect("runs").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).stderr(Stdio::null()).status();
    let since = Instant::now();
    let output = child.wait_with_output().expect("ends");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!message.contains("panicked"), "{message}");
    (output.status.code(), message, since.elapsed())
}

/// Whole frames of a journal behind the first, which is its header: a frame is its length, a hash, and as many bytes.
fn finished(journal: &Path) -> usize {
    let bytes = fs::read(journal).unwrap_or_default();
    let (mut rest, mut frames) = (&bytes[..], 0_usize);
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let Some(next) = behind.get(8 + u32::from_le_bytes(*length) as usize..) else { break };
        (frames, rest) = (frames + 1, next);
    }
    frames.saturating_sub(1)
}

/// An experiment of so many arms and points, whose system has so many fleets.
fn experiment(arms: usize, points: usize, fleets: usize) -> String {
    let mut text = "Experiment(system: System(nodes: {\n".to_owned();
    let _ = writeln!(text, "\"users\": Clients(arrivals: Poisson(rate: \"20/s\"), to: \"lb\"),");
    let names: Vec<String> = (0..fleets).map(|fleet| format!("\"w{fleet}\"")).collect();
    let _ = writeln!(text, "\"lb\": Balancer(policy: Random, to: [{}]),", names.join(", "));
    for name in names {
        let _ = writeln!(text, "{name}: Fleet(workers: 4, service: Exponential(mean: \"10 ms\")),");
    }
    let _ = writeln!(text, "}}), run: (duration: \"2 s\", replications: 2), arms: {{");
    for arm in 0..arms {
        let _ = writeln!(text, "\"a{arm}\": {{\"w0.workers\": {}}},", arm + 1);
    }
    let rates: Vec<String> = (0..points).map(|point| format!("\"{}/s\"", point + 10)).collect();
    let _ = writeln!(text, "}}, sweep: (\"users.arrivals.rate\", [{}]))", rates.join(", "));
    text
}

#[test]
fn checking_ends_at_once() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("mine.ron"), experiment(100, 20, 1000)).expect("writable");
    for command in ["check", "run"] {
        let started = Instant::now();
        let soon = || started.elapsed() > Duration::from_millis(300);
        let (code, message, took) = stopped(home.path(), &[command, "mine.ron"], soon);
        assert_eq!((code, &*message), (Some(130), "\nstopped\n"), "{command}");
        assert!(took < IN_TIME, "{took:?} after the signal, {command}");
    }
    assert_eq!(fs::read_dir(home.path()).expect("readable").count(), 1);
}

#[test]
fn running_collecting_drawing_and_writing_end_in_time_and_keep_what_is_finished() {
    const ARMS: usize = 20;
    const POINTS: usize = 10;
    let home = tempfile::tempdir().expect("a folder");
    let path = |name: &str| home.path().join(name);
    let names = || -> Vec<String> {
        let entries = fs::read_dir(home.path()).expect("readable");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    fs::write(path("mine.ron"), experiment(ARMS, POINTS, 1)).expect("writable");
    let run = |more: &[&str]| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("rushhour"));
        let output = command.args(["run", "mine.ron", "--quiet"]).args(more).current_dir(home.path()).output();
        let output = output.expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["--out", "whole"]);
    let done = || finished(&path("x.partial"));
    let running: &dyn Fn() -> bool = &|| done() > 10;
    let drawing: &dyn Fn() -> bool = &|| done() == 2 * ARMS * POINTS;
    let writing: &dyn Fn() -> bool = &|| names().iter().any(|name| name.starts_with(".x.new-"));
    for (phase, when) in [("running", running), ("drawing", drawing), ("writing", writing)] {
        let (code, message, took) = stopped(home.path(), &["run", "mine.ron", "--quiet", "--out", "x"], when);
        assert!(took < IN_TIME, "{took:?} after a signal while {phase}: {message}");
        match code {
            Some(130) => {
                assert!(message.contains("the same command with --resume goes on"), "{phase}: {message}");
                assert!(phase == "running" || done() == 2 * ARMS * POINTS, "{phase}: {} are kept", done());
                run(&["--out", "x", "--resume"]);
            }
            // What is nearly done is finished.
            code => assert!(code == Some(0) && phase != "running", "{phase}: {code:?}: {message}"),
        }
        for file in ["summary.json", "series.csv", "plots/latency-tail.svg"] {
            let of = |folder: &str| fs::read(path(folder).join(file)).expect("written");
            assert!(of("x") == of("whole"), "{file} after a signal while {phase}");
        }
        fs::remove_dir_all(path("x")).expect("writable");
        assert_eq!(names(), ["mine.ron", "whole"], "after a signal while {phase}");
    }
}
