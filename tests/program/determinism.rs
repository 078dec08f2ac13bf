//! The same file and seed give the same bits: on any number of threads, in a second run, from the manifest.

use crate::place::Place;
use crate::program;

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

fn run(file: &str, out: &str, extra: &[&str]) {
    let (code, _, message) = program::run(&[&["run", file, "--quiet", "--out", out][..], extra].concat());
    assert_eq!(code, Some(0), "{message}");
}

#[test]
fn threads_a_second_run_and_the_manifest_make_no_difference() {
    let place = Place::new();
    let file = place.write("experiment.ron", EXPERIMENT);
    run(&file, &place.argument("first"), &["--threads", "1"]);
    let manifest = place.argument("first/manifest.ron");
    for (name, source, extra) in [
        ("two", &file, &["--threads", "2"][..]),
        ("three", &file, &["--threads", "3"]),
        ("four", &file, &["--threads", "4"]),
        ("eight", &file, &["--threads", "8"]),
        ("again", &file, &["--threads", "1"]),
        ("manifest", &manifest, &[]),
    ] {
        run(source, &place.argument(name), extra);
        for result in ["summary.json", "series.csv", "summary.csv", "manifest.ron"] {
            let read = |out: &str| place.read(&format!("{out}/{result}"));
            assert!(read("first") == read(name), "{name}: {result} differs");
        }
    }
    run(&file, &place.argument("other-seed"), &["--seed", "100"]);
    let [first, other] = ["first", "other-seed"].map(|out| place.read(&format!("{out}/summary.json")));
    assert!(first != other, "the seed makes no difference");
}
