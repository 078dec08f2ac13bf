//! Asked to stop, the program ends within a second whatever it is at, and what is finished is kept.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::processes::{ask, ended, finished};

/// From the signal to the end at most: a second, and many more for a starved machine. What hears no signal takes longer.
const IN_TIME: Duration = Duration::from_secs(15);

/// Exit code, standard error, and how long the end took from the signal, which comes when `when` says so.
fn stopped(place: &Place, arguments: &[&str], when: impl Fn() -> bool) -> (Option<i32>, String, Duration) {
    let mut child = place.start(arguments);
    while !when() && child.try_wait().expect("runs").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    ask(&child, "TERM");
    let since = Instant::now();
    let (code, _, message) = ended(child);
    (code, message, since.elapsed())
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
    let place = Place::new();
    place.write("mine.ron", experiment(100, 20, 1000));
    for command in ["check", "run"] {
        let started = Instant::now();
        let soon = || started.elapsed() > Duration::from_millis(300);
        let (code, message, took) = stopped(&place, &[command, "mine.ron"], soon);
        assert_eq!((code, &*message), (Some(130), "\nstopped\n"), "{command}");
        assert!(took < IN_TIME, "{took:?} after the signal, {command}");
    }
    assert_eq!(place.names("."), ["mine.ron"]);
}

#[test]
fn running_collecting_drawing_and_writing_end_in_time_and_keep_what_is_finished() {
    const ARMS: usize = 20;
    const POINTS: usize = 10;
    let place = Place::new();
    place.write("mine.ron", experiment(ARMS, POINTS, 1));
    let run = |more: &[&str]| {
        let (code, message) = place.run(&[&["run", "mine.ron", "--quiet"][..], more].concat());
        assert_eq!(code, Some(0), "{message}");
    };
    run(&["--out", "whole"]);
    let done = || finished(&fs::read(place.path("x.partial")).unwrap_or_default());
    let running: &dyn Fn() -> bool = &|| done() > 10;
    let drawing: &dyn Fn() -> bool = &|| done() == 2 * ARMS * POINTS;
    let writing: &dyn Fn() -> bool = &|| place.names(".").iter().any(|name| name.starts_with(".x.new-"));
    for (phase, when) in [("running", running), ("drawing", drawing), ("writing", writing)] {
        let (code, message, took) = stopped(&place, &["run", "mine.ron", "--quiet", "--out", "x"], when);
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
            let of = |folder: &str| place.read(&format!("{folder}/{file}"));
            assert!(of("x") == of("whole"), "{file} after a signal while {phase}");
        }
        fs::remove_dir_all(place.path("x")).expect("writable");
        assert_eq!(place.names("."), ["mine.ron", "whole"], "after a signal while {phase}");
    }
}
