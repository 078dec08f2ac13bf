//! What stands on the disk is safe: nothing of a person's is deleted or overwritten, no run spoils another, and a run that
//! was killed loses nothing that was finished.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::time::Duration;

use crate::access_log::log;
use crate::place::Place;
use crate::processes::{ask, ended, finished, kill, moments};
use crate::program::program;

/// Takes some seconds of work, in many small pieces.
const LONG: &str = r#"Experiment(
    title: "long",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "2000/s"), to: "web"),
        "web": Fleet(workers: 10, service: Exponential(mean: "4 ms")),
    }),
    run: (duration: "20 s", warm_up: "2 s", replications: 60, seed: 5),
)"#;

/// Over at once.
const SHORT: &str = r#"Experiment(
    title: "short",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
        "web": Fleet(workers: 2, service: Exponential(mean: "4 ms")),
    }),
    run: (duration: "2 s", replications: 3),
)"#;

/// A folder with this experiment in it.
fn with_experiment(experiment: &str) -> Place {
    let place = Place::new();
    place.write("mine.ron", experiment);
    place
}

/// Starts a run, and kills it when it has finished some replications.
fn kill_halfway(place: &Place) {
    let some = || fs::read(place.path("x.partial")).is_ok_and(|bytes| finished(&bytes) > 0);
    for _ in 0..20 {
        let mut child = place.start(&RUN);
        while !some() && child.try_wait().expect("runs").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        kill(child);
        if some() {
            return;
        }
        // It was over before it could be killed: on a busy machine that happens.
    }
    panic!("never killed halfway");
}

const RUN: [&str; 5] = ["run", "mine.ron", "--quiet", "--out", "x"];

fn with(extra: &[&'static str]) -> Vec<&'static str> {
    RUN.iter().chain(extra).copied().collect()
}

#[test]
fn what_a_killed_run_finished_is_only_thrown_away_when_asked() {
    let place = with_experiment(LONG);
    assert_eq!(place.run(&["run", "mine.ron", "--quiet", "--out", "whole"]).0, Some(0));
    kill_halfway(&place);
    let journal = place.read("x.partial");
    let (code, message) = place.run(&RUN);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("--resume") && message.contains("--restart"), "{message}");
    assert!(place.read("x.partial") == journal, "the journal was changed");
    // Neither does another experiment.
    let (code, message) = place.run(&with(&["--seed", "9"]));
    assert_eq!(code, Some(2), "{message}");
    assert!(place.read("x.partial") == journal, "the journal was changed");
    let (code, message) = place.run(&with(&["--restart"]));
    assert_eq!((code, message.as_str()), (Some(0), ""));
    assert!(place.read("x/summary.json") == place.read("whole/summary.json"));
    assert_eq!(place.names("."), ["mine.ron", "whole", "x"]);
}

/// Asks a run to end once its journal holds so many bytes, or at once.
fn stop_halfway(place: &Place, arguments: &[&str]) -> (Option<i32>, String) {
    let child = place.start(arguments);
    let journal = || fs::metadata(place.path("x.partial")).map_or(0, |metadata| metadata.len());
    while journal() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    ask(&child, "TERM");
    let (code, _, message) = ended(child);
    (code, message)
}

#[test]
fn a_run_that_is_stopped_does_not_take_the_place_of_complete_results() {
    let place = with_experiment(LONG);
    assert_eq!(place.run(&RUN).0, Some(0));
    let whole = place.read("x/summary.json");
    let (code, message) = stop_halfway(&place, &RUN);
    assert_eq!(code, Some(130), "{message}");
    assert!(message.contains("nothing is written to x, which stays as it was"), "{message}");
    assert!(place.read("x/summary.json") == whole, "the results of the first run are gone");
    // It says that --resume goes on exactly where there is something to go on from.
    assert_eq!(message.contains("--resume"), place.path("x.partial").exists(), "{message}");
    let extra: &[&str] = if place.path("x.partial").exists() { &["--resume"] } else { &[] };
    assert_eq!(place.run(&with(extra)), (Some(0), String::new()));
    assert!(place.read("x/summary.json") == whole);
    assert_eq!(place.names("."), ["mine.ron", "x"]);
}

#[test]
fn what_a_disk_has_changed_in_a_journal_is_told_and_run_again() {
    let place = with_experiment(LONG);
    assert_eq!(place.run(&["run", "mine.ron", "--quiet", "--out", "whole"]).0, Some(0));
    kill_halfway(&place);
    let mut bytes = place.read("x.partial");
    let header = 12 + u32::from_le_bytes(bytes[..4].try_into().expect("four bytes")) as usize;
    bytes[header + 12 + 5] ^= 0xFF;
    fs::write(place.path("x.partial"), &bytes).expect("writable");
    // It is not thrown away without being asked for, even where nothing else is in it.
    let first = header + 12 + u32::from_le_bytes(bytes[header..header + 4].try_into().expect("four bytes")) as usize;
    let alone = bytes[..first].to_vec();
    for bytes in [&bytes, &alone] {
        fs::write(place.path("x.partial"), bytes).expect("writable");
        let (code, message) = place.run(&RUN);
        assert!(code == Some(2) && message.contains("--resume"), "{message}");
        let (code, message) = place.run(&with(&["--resume"]));
        assert!(code == Some(0) && message.contains("cannot be read; those replications are run again"), "{message}");
        assert!(place.read("x/summary.json") == place.read("whole/summary.json"));
    }
}

#[test]
fn an_empty_file_or_a_link_in_the_place_of_the_journal_is_a_persons() {
    let place = with_experiment(SHORT);
    let refused = || {
        let (code, message) = place.run(&RUN);
        assert!(code == Some(2) && message.contains("is not the journal of a run"), "{message}");
    };
    place.write("x.partial", "");
    refused();
    assert_eq!(place.read("x.partial"), b"");
    fs::remove_file(place.path("x.partial")).expect("there");
    // A link to an empty file, and one that leads nowhere.
    place.write("notes.md", "");
    for target in ["notes.md", "nowhere"] {
        symlink(target, place.path("x.partial")).expect("writable");
        refused();
        fs::remove_file(place.path("x.partial")).expect("there");
    }
    assert_eq!(place.names("."), ["mine.ron", "notes.md"]);
    // So is a folder of results that is a link to nothing: that is told before the run.
    symlink("nowhere", place.path("x")).expect("writable");
    let (code, message) = place.run(&RUN);
    assert!(code == Some(2) && message.contains("x exists and is not a folder"), "{message}");
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let place = with_experiment(&LONG.replace("replications: 60", "replications: 300"));
    assert_eq!(place.run(&["run", "mine.ron", "--quiet", "--out", "alone"]).0, Some(0));
    let first = place.start(&with(&["--threads", "1"]));
    while !place.path("x.partial").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    // By whatever name the folder goes, and whatever is asked for.
    symlink(".", place.path("link")).expect("writable");
    for arguments in
        [with(&[]), with(&["--resume"]), with(&["--restart"]), vec!["run", "mine.ron", "--out", "link/./x"]]
    {
        let (code, message) = place.run(&arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("another run writes to"), "{message}");
    }
    let (code, _, message) = ended(first);
    assert_eq!((code, message.as_str()), (Some(0), ""));
    assert!(place.read("x/summary.json") == place.read("alone/summary.json"));
    assert_eq!(place.names("."), ["alone", "link", "mine.ron", "x"]);
}

#[test]
fn files_of_a_person_are_never_touched_whatever_they_are_called() {
    for (name, before) in [
        ("x.partial", false),
        ("x/notes.md", false),
        ("x/manifest.ron", false),
        ("x/plots/mine.svg", true),
        ("x/series.csv/mine.txt", false),
        ("x/mine/notes.md", true),
        ("x/.rushhour.json", false),
    ] {
        let place = with_experiment(SHORT);
        if before {
            assert_eq!(place.run(&RUN).0, Some(0));
        }
        place.write(name, "years of work");
        let there = place.names(".");
        for extra in [&[][..], &["--resume"], &["--restart"]] {
            let (code, message) = place.run(&with(extra));
            assert_eq!(code, Some(2), "{name}: {message}");
            assert!(message.contains(name.rsplit('/').next_back().unwrap_or(name)), "{name}: {message}");
            assert_eq!(place.read(name), b"years of work", "{name}");
            assert_eq!(place.names("."), there, "{name}");
        }
    }
}

#[test]
fn a_file_of_an_earlier_run_that_was_edited_is_a_persons() {
    let place = with_experiment(SHORT);
    assert_eq!(place.run(&RUN).0, Some(0));
    place.write("x/summary.csv", "with my own column");
    let (code, message) = place.run(&RUN);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("x/summary.csv has been changed"), "{message}");
    assert_eq!(place.read("x/summary.csv"), b"with my own column");
}

#[test]
fn what_comes_while_a_run_lasts_stays_and_the_run_is_not_lost() {
    let place = with_experiment(LONG);
    place.write("short.ron", SHORT);
    assert_eq!(place.run(&["run", "short.ron", "--quiet", "--out", "x"]).0, Some(0));
    let child = place.start(&with(&["--threads", "1"]));
    while !place.path("x.partial").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    place.write("x/notes.md", "years of work");
    let (code, _, message) = ended(child);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("notes.md") && message.contains("--resume"), "{message}");
    assert_eq!(place.read("x/notes.md"), b"years of work");
    fs::rename(place.path("x/notes.md"), place.path("notes.md")).expect("writable");
    let (code, message) = place.run(&["run", "mine.ron", "--out", "x", "--resume"]);
    assert_eq!(code, Some(0), "{message}");
    assert!(message.contains("resuming: 60 replications are there already"), "{message}");
    assert_eq!(place.names("."), ["mine.ron", "notes.md", "short.ron", "x"]);
}

#[test]
fn folders_that_only_look_like_temporary_ones_stay() {
    let place = with_experiment(SHORT);
    let mine = [".x.new-mine/thesis.tex", ".x.new-abcdef/new/thesis.tex", ".x.new-notes"];
    for name in mine {
        place.write(name, "years of work");
    }
    for _ in 0..2 {
        assert_eq!(place.run(&RUN), (Some(0), String::new()));
        assert!(mine.iter().all(|name| place.read(name) == b"years of work"));
    }
}

#[test]
fn resuming_where_nothing_was_stopped_is_said() {
    let place = with_experiment(SHORT);
    let (code, message) = place.run(&with(&["--resume"]));
    assert_eq!(code, Some(0), "{message}");
    assert!(message.contains("nothing to resume"), "{message}");
}

#[test]
fn snapshots_and_models_take_the_place_of_nothing() {
    let place = with_experiment(SHORT);
    place.write("kept.json", "years of work");
    let (code, message) = place.run(&with(&["--save-snapshot", "kept.json"]));
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("exists already"), "{message}");
    assert!(!place.path("x").exists(), "it was run all the same");
    let log = "127.0.0.1 - - [10/Oct/2024:13:55:36 +0000] \"GET / HTTP/1.0\" 200 23\n";
    place.write("access.log", log.repeat(3));
    let (code, message) = place.run(&["import", "log", "access.log", "--model-out", "kept.json"]);
    assert_eq!(code, Some(2), "{message}");
    assert_eq!(place.read("kept.json"), b"years of work");
    assert_eq!(place.run(&with(&["--save-snapshot", "new.json"])), (Some(0), String::new()));
    assert_eq!(place.run(&with(&["--against-snapshot", "new.json"])), (Some(0), String::new()));
}

/// A log of so many requests, twenty a second, of fifty hosts.
fn logged(requests: usize) -> String {
    log(requests, 20, |request| (request % 50, format!("{}", request % 50)))
}

const REPLAY: &str = r#"Experiment(
    title: "replay",
    system: File("models/shop.ron"),
    run: (replications: 200),
)"#;

const SHOP: &str = r#"System(nodes: {
    "users": Clients(arrivals: Replay(file: "../logs/access.log"), to: "web"),
    "web": Fleet(workers: 4, service: Exponential(mean: "40 ms")),
})"#;

fn replay(requests: usize) -> Place {
    let place = with_experiment(REPLAY);
    place.write("models/shop.ron", SHOP);
    place.write("logs/access.log", logged(requests));
    place
}

#[test]
fn a_log_that_has_changed_is_not_mixed_with_what_it_was() {
    let place = replay(30_000);
    kill_halfway(&place);
    let journal = place.read("x.partial");
    place.write("logs/access.log", logged(15_000));
    let (code, message) = place.run(&with(&["--resume"]));
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("the logs that it replays have changed"), "{message}");
    assert!(place.read("x.partial") == journal, "the journal was changed");
    place.write("logs/access.log", logged(30_000));
    assert_eq!(place.run(&with(&["--resume"])).0, Some(0));
}

#[test]
fn two_builds_of_one_version_do_not_share_a_journal() {
    let place = with_experiment(LONG);
    kill_halfway(&place);
    // What stands behind the end of a program is not read by the system.
    let mut bytes = fs::read(program()).expect("built");
    bytes.push(0);
    place.write("another-build", bytes);
    let build = place.path("another-build");
    fs::set_permissions(&build, PermissionsExt::from_mode(0o755)).expect("writable");
    let (code, _, message) = ended(place.spawn(&build, &with(&["--resume"]), Stdio::null()));
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("built anew"), "{message}");
    assert_eq!(place.run(&with(&["--resume"])).0, Some(0));
}

#[test]
fn a_manifest_is_the_same_wherever_the_experiment_stands_and_repeats_it() {
    let [here, there] = [replay(200), replay(200)];
    for place in [&here, &there] {
        assert_eq!(place.run(&RUN), (Some(0), String::new()));
    }
    assert_eq!(here.read("x/manifest.ron"), there.read("x/manifest.ron"));
    let manifest = String::from_utf8(here.read("x/manifest.ron")).expect("text");
    assert!(manifest.contains("\"logs/access.log\": \"") && !manifest.contains("/tmp"), "{manifest}");
    // From outside, into a folder elsewhere.
    let outside = Place::new();
    let (file, out) = (there.argument("mine.ron"), outside.argument("deep/y"));
    assert_eq!(here.run(&["run", &file, "--quiet", "--out", &out]), (Some(0), String::new()));
    for name in ["manifest.ron", "summary.json", "series.csv"] {
        assert!(outside.read(&format!("deep/y/{name}")) == here.read(&format!("x/{name}")), "{name} differs");
    }
    // The manifest repeats the run, and gives itself again.
    let manifest = outside.argument("deep/y/manifest.ron");
    assert_eq!(here.run(&["run", &manifest, "--quiet", "--out", "again"]), (Some(0), String::new()));
    for name in ["manifest.ron", "summary.json", "series.csv"] {
        assert!(here.read(&format!("again/{name}")) == here.read(&format!("x/{name}")), "{name} differs");
    }
    // It says when it cannot.
    there.write("logs/access.log", logged(100));
    let (code, message) = here.run(&["check", &manifest]);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("is not the one that this experiment speaks of"), "{message}");
    fs::remove_file(there.path("logs/access.log")).expect("there");
    let (code, message) = here.run(&["check", &manifest]);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("there is no such file"), "{message}");
}

/// True if the folder holds all that its list says, and nothing else.
fn is_whole(place: &Place, folder: &str) -> bool {
    let list: serde_json::Value =
        serde_json::from_slice(&place.read(&format!("{folder}/.rushhour.json"))).expect("a list");
    let files = list["files"].as_array().expect("a list");
    let as_listed = |file: &serde_json::Value| {
        let bytes = place.read(&format!("{folder}/{}", file["name"].as_str().expect("a name")));
        format!("{:016x}", xxhash_rust::xxh64::xxh64(&bytes, 0)) == file["xxh64"]
    };
    let count = place.names(folder).len() + place.names(&format!("{folder}/plots")).len();
    files.iter().all(as_listed) && count == files.len() + 2
}

#[test]
fn killed_at_any_moment_a_folder_is_that_of_the_old_run_or_of_the_new() {
    let place = with_experiment(SHORT);
    assert_eq!(place.run(&RUN).0, Some(0));
    let begin = std::time::Instant::now();
    assert_eq!(place.run(&with(&["--seed", "2"])).0, Some(0));
    let length = begin.elapsed().as_secs_f64();
    for (seed, share) in (0..30).zip(moments(98_765)) {
        let child =
            place.start(&["run", "mine.ron", "--quiet", "--out", "x", "--restart", "--seed", &format!("{seed}")]);
        std::thread::sleep(Duration::from_secs_f64(length * share));
        kill(child);
        assert!(is_whole(&place, "x"), "kill {seed}");
    }
    assert_eq!(place.run(&with(&["--restart"])), (Some(0), String::new()));
    assert_eq!(place.names("."), ["mine.ron", "x"]);
}
