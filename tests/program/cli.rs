//! The command line as a person or a script meets it.

use std::fs;

use predicates::prelude::*;

use crate::place::Place;
use crate::processes::{ask, ended};
use crate::program::{program, rushhour};

const QUICK: &str = r#"Experiment(
    title: "a test",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
        "web": Fleet(service: Exponential(mean: "5 ms")),
    }),
    run: (duration: "5 s", replications: 5),
    arms: {"one": {}, "two": {"web.workers": 2}},
    claims: [CLAIM],
)"#;

/// Writes the experiment with this claim.
fn experiment(place: &Place, claim: &str) -> String {
    place.write("test.ron", QUICK.replace("CLAIM", claim))
}

#[test]
fn claims_decide_the_exit_code() {
    let place = Place::new();
    for (claim, code, word) in [
        (r#"Less(Mean("two"), Mean("one"))"#, 0, "holds"),
        (r#"Less(Mean("one"), Mean("two"))"#, 1, "fails"),
        (r#"Below(P99("one"), "1 ns")"#, 1, "fails"),
        (r#"Above(Throughput("one"), "99.99/s")"#, 0, "undecided"),
    ] {
        let file = experiment(&place, claim);
        rushhour().args(["run", &file, "--no-files"]).assert().code(code).stdout(predicate::str::contains(word));
    }
}

#[test]
fn a_run_writes_every_file_and_says_where() {
    let place = Place::new();
    let file = experiment(&place, r#"Less(Mean("two"), Mean("one"))"#);
    let out = place.argument("results");
    let run = rushhour().args(["run", &file, "--out", &out]).assert().success();
    run.stderr(predicate::str::contains(&out));
    for name in ["summary.csv", "series.csv", "summary.json", "manifest.ron"] {
        assert!(place.read(&format!("results/{name}")).len() > 100, "{name}");
    }
    let plots = place.names("results/plots");
    assert!(plots.iter().filter(|name| name.ends_with(".svg")).count() >= 3, "{plots:?}");
    assert!(plots.iter().filter(|name| name.ends_with(".png")).count() >= 3, "{plots:?}");
    for name in plots.iter().filter(|name| name.ends_with(".png")) {
        assert!(place.read(&format!("results/plots/{name}")).starts_with(b"\x89PNG"));
    }
    // A second run takes the place of the first.
    rushhour().args(["run", &file, "--quiet", "--out", &out]).assert().success().stderr("");
}

#[test]
fn formats_go_to_standard_output_alone() {
    let place = Place::new();
    let file = experiment(&place, "");
    let stdout = |format: &str| {
        let output = rushhour().args(["run", &file, "--no-files", "-q", "--format", format]).output().expect("runs");
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).expect("text")
    };
    let json: serde_json::Value = serde_json::from_str(&stdout("json")).expect("JSON");
    assert_eq!(json["title"], "a test");
    let text = stdout("csv");
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = csv.records().map(|record| record.expect("CSV")).collect();
    assert!(rows.len() >= 2);
    assert!(stdout("markdown").contains("| "));
    assert!(!stdout("table").contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn built_in_files_can_be_listed_shown_checked_and_run() {
    let list = rushhour().arg("list").output().expect("runs");
    let list = String::from_utf8(list.stdout).expect("text");
    for name in ["hockey-stick", "uneven-costs", "weights", "many-balancers", "choices", "failover", "replay", "nginx"]
    {
        assert!(list.contains(name), "{name}");
        rushhour().args(["check", name]).assert().success();
    }
    let place = Place::new();
    let shown = rushhour().args(["show", "replay"]).output().expect("runs").stdout;
    place.write("mine.ron", shown);
    rushhour().current_dir(place.folder()).args(["check", "mine.ron"]).assert().success();
    rushhour().current_dir(place.folder()).args(["run", "nginx", "--quick", "--no-files"]).assert().success();
}

#[test]
fn a_folder_of_results_does_not_hide_the_experiment_of_its_name() {
    let place = Place::new();
    fs::create_dir(place.path("weights")).expect("writable");
    rushhour().current_dir(place.folder()).args(["check", "weights"]).assert().success();
    // A folder that is no experiment's namesake is a folder.
    fs::create_dir(place.path("mine")).expect("writable");
    let told = predicate::str::contains("it is a directory");
    rushhour().current_dir(place.folder()).args(["check", "mine"]).assert().code(2).stderr(told);
}

#[test]
fn the_resolved_form_reads_back_to_itself() {
    let place = Place::new();
    for name in ["hockey-stick", "uneven-costs", "weights", "many-balancers", "choices", "failover", "replay", "nginx"]
    {
        let resolve = |word: &str| {
            let output = rushhour().args(["check", word, "--resolved"]).output().expect("runs");
            String::from_utf8(output.stdout).expect("text")
        };
        let first = resolve(name);
        assert_eq!(resolve(&place.write(&format!("{name}.ron"), &first)), first, "{name}");
    }
}

#[test]
fn help_and_completions_are_there() {
    rushhour().arg("--help").assert().success().stdout(predicate::str::contains("Exit codes"));
    for command in ["run", "check", "list", "show", "import"] {
        rushhour().args([command, "--help"]).assert().success();
    }
    for shell in ["bash", "zsh", "fish"] {
        rushhour().args(["completions", shell]).assert().success().stdout(predicate::str::contains("rushhour"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_mistake() {
    use std::io::Read;
    let mut child = std::process::Command::new(program())
        .args(["completions", "bash"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let mut message = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut message).expect("readable");
    assert_eq!(child.wait().expect("ends").code(), Some(0), "{message}");
    assert!(message.is_empty(), "{message}");
}

#[test]
#[cfg(unix)]
fn a_run_that_is_interrupted_keeps_what_is_complete() {
    let place = Place::new();
    // Few enough are finished after two seconds to be collected and shown in time.
    let text =
        QUICK.replace("CLAIM", "").replace("replications: 5", "replications: 100000").replace("\"5 s\"", "\"20000 s\"");
    place.write("long.ron", text);
    let child = place.start_and_listen(&["run", "long.ron", "--out", "results"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    ask(&child, "INT");
    let (code, table, message) = ended(child);
    assert_eq!(code, Some(130), "{message}");
    assert!(!message.contains("stopped early"), "a note stands twice on a terminal: {message}");
    // What is finished is kept, and shown and written where the machine has time for that.
    assert!(message.contains("the same command with --resume goes on"), "{message}");
    assert!(place.path("results.partial").exists());
    assert!(
        table.contains("stopped early") || message.contains("stopped before what was found could be shown"),
        "{message}"
    );
    if !place.path("results").exists() {
        return;
    }
    let json: serde_json::Value = serde_json::from_slice(&place.read("results/summary.json")).expect("whole");
    assert_eq!(json["interrupted"], true);
    assert!(json["cells"][0]["replications"].as_u64().expect("a number") > 0);
}

#[test]
fn a_quick_run_is_long_enough_for_the_faults_of_an_arm() {
    let place = Place::new();
    let experiment = r#"Experiment(
        system: System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
            "web": Fleet(workers: 2, service: Exponential(mean: "5 ms")),
        }),
        run: (duration: "60 s", replications: 5),
        arms: {"well": {}, "crash": {"faults": [(at: "20 s", node: "web", fault: Crash, lasts: "20 s")]}},
        claims: [Above(DropRate("crash"), "20 %")],
    )"#;
    let file = place.write("crash.ron", experiment);
    rushhour().args(["run", &file, "--quick", "--no-files", "-q", "--strict"]).assert().success();
}

#[test]
fn the_experiment_of_the_readme_is_right() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("readable");
    let start = readme.find("```ron\n").expect("an experiment") + "```ron\n".len();
    let length = readme[start..].find("```").expect("closed");
    let place = Place::new();
    let file = place.write("mine.ron", &readme[start..start + length]);
    rushhour().args(["run", &file, "--quick", "--no-files", "-q"]).assert().success();
}

#[test]
fn a_log_can_be_looked_at_and_its_model_run() {
    let place = Place::new();
    let mut text = String::new();
    for n in 0..500 {
        let (minute, second) = (n / 60, n % 60);
        text += &format!(
            "192.0.2.{} - - [14/Mar/2026:10:{minute:02}:{second:02} +0000] \"GET /page/{} HTTP/1.1\" 200 {} \"-\" \"test\"\n",
            n % 7,
            n % 13,
            100 + n
        );
    }
    let log = place.write("access.log", text + "not a line of a log\n");
    let model = place.argument("model.ron");
    let import = rushhour().args(["import", "log", &log, "--model-out", &model]).assert().success();
    import
        .stdout(predicate::str::contains("500").and(predicate::str::contains("Zipf")))
        .stderr(predicate::str::contains("line 501"));
    rushhour().args(["run", "-q", "--no-files", &model]).assert().success();
    // A file that is there is never overwritten.
    rushhour().args(["import", "log", &log, "--model-out", &model]).assert().code(2);
    rushhour().args(["import", "log", "--strict", &log]).assert().code(2).stderr(predicate::str::contains("501"));
    for bad in ["no-such.log", "/", "Cargo.toml"] {
        rushhour().args(["import", "log", bad]).assert().code(2).stderr(predicate::str::contains("error: "));
    }
}

#[test]
fn a_snapshot_holds_until_something_changes() {
    let place = Place::new();
    let file = experiment(&place, r#"Less(Mean("two"), Mean("one"))"#);
    let run = |extra: &[&str]| {
        let mut command = rushhour();
        command.args(["run", &file, "--no-files", "-q"]).args(extra);
        command.assert()
    };
    let path = place.argument("old.json");
    run(&["--save-snapshot", &path]).success();
    run(&["--against-snapshot", &path]).success().stderr("");
    let changed = run(&["--against-snapshot", &path, "--seed", "2"]).code(1);
    changed.stderr(predicate::str::contains("one: mean latency").and(predicate::str::contains("seed")));
    run(&["--against-snapshot", &file]).code(2).stderr(predicate::str::contains("not a snapshot"));
}

#[test]
fn undecided_is_fine_unless_strict() {
    let place = Place::new();
    let file = experiment(&place, r#"Above(Throughput("one"), "99.99/s")"#);
    rushhour().args(["run", &file, "--no-files"]).assert().success().stderr(predicate::str::contains("undecided"));
    rushhour().args(["run", &file, "--no-files", "--strict"]).assert().code(1);
}
