//! The command line as a person or a script meets it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

fn rushhour() -> Command {
    let mut command = Command::cargo_bin("rushhour").expect("the program is built");
    command.env("NO_COLOR", "1").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

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

fn experiment(folder: &Path, claim: &str) -> String {
    let path = folder.join("test.ron");
    fs::write(&path, QUICK.replace("CLAIM", claim)).expect("writable");
    path.display().to_string()
}

#[test]
fn claims_decide_the_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    for (claim, code, word) in [
        (r#"Less(Mean("two"), Mean("one"))"#, 0, "holds"),
        (r#"Less(Mean("one"), Mean("two"))"#, 1, "fails"),
        (r#"Below(P99("one"), "1 ns")"#, 1, "fails"),
        (r#"Above(Throughput("one"), "99.99/s")"#, 0, "undecided"),
    ] {
        let file = experiment(folder.path(), claim);
        rushhour().args(["run", &file, "--no-files"]).assert().code(code).stdout(predicate::str::contains(word));
    }
}

#[test]
fn a_run_writes_every_file_and_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = experiment(folder.path(), r#"Less(Mean("two"), Mean("one"))"#);
    let out = folder.path().join("results");
    let run = rushhour().args(["run", &file, "--out"]).arg(&out).assert().success();
    run.stderr(predicate::str::contains(out.display().to_string()));
    for name in ["summary.csv", "series.csv", "summary.json", "manifest.ron"] {
        assert!(fs::metadata(out.join(name)).expect(name).len() > 100, "{name}");
    }
    let plots: Vec<String> = fs::read_dir(out.join("plots"))
        .expect("plots")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(plots.iter().filter(|name| name.ends_with(".svg")).count() >= 3, "{plots:?}");
    assert!(plots.iter().filter(|name| name.ends_with(".png")).count() >= 3, "{plots:?}");
    for name in plots.iter().filter(|name| name.ends_with(".png")) {
        assert!(fs::read(out.join("plots").join(name)).expect(name).starts_with(b"\x89PNG"));
    }
    // A second run takes the place of the first.
    rushhour().args(["run", &file, "--quiet", "--out"]).arg(&out).assert().success().stderr("");
}

#[test]
fn formats_go_to_standard_output_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = experiment(folder.path(), "");
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
fn what_the_program_carries_can_be_listed_shown_checked_and_run() {
    let list = rushhour().arg("list").output().expect("runs");
    let list = String::from_utf8(list.stdout).expect("text");
    for name in ["hockey-stick", "uneven-costs", "weights", "many-balancers", "choices", "failover", "replay", "nginx"]
    {
        assert!(list.contains(name), "{name}");
        rushhour().args(["check", name]).assert().success();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let shown = rushhour().args(["show", "replay"]).output().expect("runs").stdout;
    fs::write(folder.path().join("mine.ron"), shown).expect("writable");
    rushhour().current_dir(folder.path()).args(["check", "mine.ron"]).assert().success();
    rushhour().current_dir(folder.path()).args(["run", "nginx", "--quick", "--no-files"]).assert().success();
}

#[test]
fn a_folder_of_results_does_not_hide_the_experiment_of_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("weights")).expect("writable");
    rushhour().current_dir(&folder).args(["check", "weights"]).assert().success();
    // A folder that is no experiment's namesake is a folder.
    fs::create_dir(folder.path().join("mine")).expect("writable");
    let told = predicate::str::contains("it is a directory");
    rushhour().current_dir(&folder).args(["check", "mine"]).assert().code(2).stderr(told);
}

#[test]
fn the_resolved_form_reads_back_to_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["hockey-stick", "uneven-costs", "weights", "many-balancers", "choices", "failover", "replay", "nginx"]
    {
        let resolve = |word: &str| {
            let output = rushhour().args(["check", word, "--resolved"]).output().expect("runs");
            String::from_utf8(output.stdout).expect("text")
        };
        let first = resolve(name);
        let path = folder.path().join(format!("{name}.ron"));
        fs::write(&path, &first).expect("writable");
        assert_eq!(resolve(&path.display().to_string()), first, "{name}");
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
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
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
    use std::time::Duration;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("long.ron");
    // Few enough are finished after two seconds to be collected and shown in time.
    let text =
        QUICK.replace("CLAIM", "").replace("replications: 5", "replications: 100000").replace("\"5 s\"", "\"20000 s\"");
    fs::write(&file, text).expect("writable");
    let out = folder.path().join("results");
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
        .args(["run", "--out"])
        .arg(&out)
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    std::thread::sleep(Duration::from_secs(2));
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(kill.success());
    let output = child.wait_with_output().expect("ends");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(!message.contains("stopped early"), "a note stands twice on a terminal: {message}");
    // What is finished is kept, and shown and written where the machine has time for that.
    assert!(message.contains("the same command with --resume goes on"), "{message}");
    assert!(out.with_extension("partial").exists());
    let is_shown = String::from_utf8_lossy(&output.stdout).contains("stopped early");
    assert!(is_shown || message.contains("stopped before what was found could be shown"), "{message}");
    if !out.exists() {
        return;
    }
    let json = fs::read(out.join("summary.json")).expect("written");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("whole");
    assert_eq!(json["interrupted"], true);
    assert!(json["cells"][0]["replications"].as_u64().expect("a number") > 0);
}

#[test]
fn a_quick_run_is_long_enough_for_the_faults_of_an_arm() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("crash.ron");
    let experiment = r#"Experiment(
        system: System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "100/s"), to: "web"),
            "web": Fleet(workers: 2, service: Exponential(mean: "5 ms")),
        }),
        run: (duration: "60 s", replications: 5),
        arms: {"well": {}, "crash": {"faults": [(at: "20 s", node: "web", fault: Crash, lasts: "20 s")]}},
        claims: [Above(DropRate("crash"), "20 %")],
    )"#;
    fs::write(&path, experiment).expect("writable");
    rushhour().arg("run").arg(&path).args(["--quick", "--no-files", "-q", "--strict"]).assert().success();
}

#[test]
fn the_experiment_of_the_readme_is_right() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("readable");
    let start = readme.find("```ron\n").expect("an experiment") + "```ron\n".len();
    let length = readme[start..].find("```").expect("closed");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.ron");
    fs::write(&path, &readme[start..start + length]).expect("writable");
    rushhour().arg("run").arg(&path).args(["--quick", "--no-files", "-q"]).assert().success();
}

#[test]
fn a_log_can_be_looked_at_and_its_model_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("access.log");
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
    fs::write(&log, text + "not a line of a log\n").expect("writable");
    let model = folder.path().join("model.ron");
    let import = rushhour().args(["import", "log"]).arg(&log).arg("--model-out").arg(&model).assert().success();
    import
        .stdout(predicate::str::contains("500").and(predicate::str::contains("Zipf")))
        .stderr(predicate::str::contains("line 501"));
    rushhour().args(["run", "-q", "--no-files"]).arg(&model).assert().success();
    // A file that is there is never overwritten.
    rushhour().args(["import", "log"]).arg(&log).arg("--model-out").arg(&model).assert().code(2);
    rushhour().args(["import", "log", "--strict"]).arg(&log).assert().code(2).stderr(predicate::str::contains("501"));
    for bad in ["no-such.log", "/", "Cargo.toml"] {
        rushhour().args(["import", "log", bad]).assert().code(2).stderr(predicate::str::contains("error: "));
    }
}

#[test]
fn a_snapshot_holds_until_something_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = experiment(folder.path(), r#"Less(Mean("two"), Mean("one"))"#);
    let snapshot = folder.path().join("old.json");
    let run = |extra: &[&str]| {
        let mut command = rushhour();
        command.args(["run", &file, "--no-files", "-q"]).args(extra);
        command.assert()
    };
    let path = snapshot.display().to_string();
    run(&["--save-snapshot", &path]).success();
    run(&["--against-snapshot", &path]).success().stderr("");
    let changed = run(&["--against-snapshot", &path, "--seed", "2"]).code(1);
    changed.stderr(predicate::str::contains("one: mean latency").and(predicate::str::contains("seed")));
    run(&["--against-snapshot", &file]).code(2).stderr(predicate::str::contains("not a snapshot"));
}

#[test]
fn undecided_is_fine_unless_strict() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = experiment(folder.path(), r#"Above(Throughput("one"), "99.99/s")"#);
    rushhour().args(["run", &file, "--no-files"]).assert().success().stderr(predicate::str::contains("undecided"));
    rushhour().args(["run", &file, "--no-files", "--strict"]).assert().code(1);
}
