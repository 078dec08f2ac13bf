//! The same file and seed give the same bits: on any number of threads, in a second run, from the manifest.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const EXPERIMENT: &str = r#"
Experiment(
    title: "determinism",
    system: System(
        nodes: {
            "users": Clients(arrivals: Mmpp(states: [(rate: "800/s", stay: "200 ms"), (rate: "100/s", stay: "1 s")]), to: "lb", timeout: "200 ms", keys: Zipf(n: 1000, s: 0.9)),
            "loop": Clients(arrivals: Users(count: 20, think: LogNormal(mean: "100 ms", cv: 1)), to: "lb"),
            "lb": Balancer(policy: PowerOfChoices(d: 2), to: (to: "web", delay: Gamma(mean: "1 ms", cv: 0.5)), copies: 2),
            "web": Fleet(servers: 6, discipline: ProcessorSharing, queue: 50, service: Weibull(mean: "12 ms", shape: 0.7)),
        },
        faults: [(at: "3 s", node: "web", servers: [1, 2], fault: Crash, lasts: "1 s"), (at: "5 s", node: "web", fault: SlowDown(factor: 2), lasts: "1 s")],
    ),
    run: (duration: "8 s", warm_up: "1 s", replications: 6, seed: 99),
    arms: {"two choices": {}, "ip hash": {"lb.policy": IpHash}, "least": {"lb.policy": LeastConnections}},
    sweep: ("web.workers", [1, 2]),
)
"#;

fn run(file: &Path, out: &Path, extra: &[&str]) {
    let output = Command::cargo_bin("rushhour")
        .expect("the program is built")
        .arg("run")
        .arg(file)
        .args(["--quiet", "--out"])
        .arg(out)
        .args(extra)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn threads_a_second_run_and_the_manifest_make_no_difference() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.ron");
    fs::write(&file, EXPERIMENT).expect("writable");
    let first = folder.path().join("first");
    run(&file, &first, &["--threads", "1"]);
    let read = |out: &Path, name: &str| fs::read(out.join(name)).expect("written");
    for (name, source, extra) in [
        ("two", file.clone(), &["--threads", "2"][..]),
        ("three", file.clone(), &["--threads", "3"]),
        ("four", file.clone(), &["--threads", "4"]),
        ("eight", file.clone(), &["--threads", "8"]),
        ("again", file.clone(), &["--threads", "1"]),
        ("manifest", first.join("manifest.ron"), &[]),
    ] {
        let out = folder.path().join(name);
        run(&source, &out, extra);
        for result in ["summary.json", "series.csv", "summary.csv", "manifest.ron"] {
            assert!(read(&first, result) == read(&out, result), "{name}: {result} differs");
        }
    }
    let other = folder.path().join("other-seed");
    run(&file, &other, &["--seed", "100"]);
    assert!(read(&first, "summary.json") != read(&other, "summary.json"), "the seed makes no difference");
}
