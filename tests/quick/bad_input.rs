//! Bad input: every file of the corpus gives a clear error and exit code 2, and leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};

use crate::place::Place;
use crate::program;

/// Runs the program; gives exit code and standard error, with paths of this machine taken out.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let (code, _, message) = program::run(arguments);
    (code, message.replace(env!("CARGO_MANIFEST_DIR"), "[project]"))
}

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ron"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_of_the_corpus_is_refused_with_a_clear_message() {
    let files = corpus();
    assert!(files.len() >= 25, "the corpus has shrunk to {}", files.len());
    for path in files {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let file = format!("tests/bad_input/{name}.ron");
        let (code, message) = run(&["check", &file]);
        assert_eq!(code, Some(2), "{name}: {message}");
        assert!(message.contains("error: "), "{name}: {message}");
        insta::assert_snapshot!(name, message);
    }
}

#[test]
fn a_run_of_bad_input_writes_nothing() {
    let place = Place::new();
    for path in corpus() {
        let (code, _) = run(&["run", &path.display().to_string(), "--out", &place.argument("results")]);
        assert_eq!(code, Some(2), "{}", path.display());
    }
    assert!(place.names(".").is_empty());
}

#[test]
fn missing_files_and_directories_are_refused() {
    for word in ["no-such-experiment", "hocky-stick", "no/such/file.ron", "src", "/"] {
        let (code, message) = run(&["check", word]);
        assert_eq!(code, Some(2), "{word}: {message}");
        assert!(message.contains("error: "), "{word}: {message}");
    }
    assert!(run(&["check", "hocky-stick"]).1.contains("did you mean `hockey-stick`?"));
    assert!(run(&["check", "src"]).1.contains("directory"));
}

#[test]
fn binary_and_huge_files_are_refused() {
    let place = Place::new();
    let binary = place.write("binary.ron", [0x7F, b'E', b'L', b'F', 0, 0, 1, 2, 0xFF, 0xFE]);
    let zeros = place.write("zeros.ron", [0; 100]);
    let line = place.write("line.ron", vec![b'x'; 100 << 20]);
    let long = place.write("long.ron", format!("System(nodes: {{{}", "\"a\" ".repeat(1 << 20)));
    let deep = place.write("deep.ron", "(".repeat(1 << 20));
    for (path, words) in [
        (binary, "not a text file"),
        (zeros, "not a text file"),
        (line, "16 MiB"),
        (long, "expected"),
        (deep, "nested"),
    ] {
        let (code, message) = run(&["check", &path]);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(words), "{words}: {message}");
        assert!(message.len() < 20_000, "a message of {} bytes", message.len());
    }
}

#[test]
fn wrong_usage_exits_with_two() {
    for arguments in [
        &["run"][..],
        &["run", "queue", "--threads", "0"],
        &["run", "queue", "--replications", "none"],
        &["run", "queue", "--duration", "soon"],
        &["run", "queue", "--duration", "10"],
        &["fly"],
        &[],
    ] {
        let (code, message) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {message}");
    }
}

#[test]
fn an_output_folder_that_cannot_be_used_is_refused_before_anything_runs() {
    let place = Place::new();
    place.write("foreign/thesis.txt", "years of work");
    place.write("file", "a file");
    let places = ["foreign", "file", "file/below"].map(|name| place.argument(name));
    for out in places.iter().map(String::as_str).chain(["/proc/no"]) {
        let (code, message) = run(&["run", "queue", "--quick", "--out", out]);
        assert_eq!(code, Some(2), "{out}: {message}");
        assert!(message.contains("error: "), "{message}");
    }
    assert_eq!(place.read("foreign/thesis.txt"), b"years of work");
    assert_eq!(place.names("foreign").len(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_summary_that_cannot_be_written_is_an_error() {
    // Every write to /dev/full fails as on a full disk.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let status = std::process::Command::new(program::program())
        .args(["show", "queue"])
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .expect("the program runs");
    assert_eq!(status.code(), Some(2));
}

#[test]
fn mistakes_are_told_where_they_are_and_nothing_false_beside_them() {
    let place = Place::new();
    let check = |text: &str| run(&["check", &place.write("mine.ron", text)]);
    let arms = |arms: &str| with_workers("4", &format!("arms: {{{arms}}}"));
    // What is wrong, the one place where it is (nothing is said of others), and what is said.
    for (text, mistakes) in [
        (with_workers("-2", ""), vec!["-2 is negative"]),
        (with_workers("99999999999999999999", ""), vec!["is too large"]),
        (with_workers("4", "measure: [DropRate, DropRate]"), vec!["this measure is asked for twice"]),
        (with_workers("4", "measure: [Latency([0.5, 0.9, 0.5])]"), vec!["this quantile is asked for twice"]),
        (with_workers("4", "claims: [Less(P50, DropRate)]"), vec!["a length of time (s), drop rate is a share (%)"]),
        (with_workers("4", "claims: [Times(P50, P50, factor: 2)]"), vec!["with itself"]),
        (arms("\"\": {}"), vec!["an arm needs a name"]),
        (arms("\"a\": {\"web.workers\": 1, \"web.workers\": 2}"), vec!["\"web.workers\" is given twice"]),
        (
            arms("\"a\": {\"web.wrkers\": 1, \"wbe.workers\": 2}"),
            vec!["unknown field `wrkers`", "leads nowhere: the system has no entry `wbe`"],
        ),
        (
            with_workers("four", "arms: {\"a\": {\"users.too\": 1}}, claims: [Less(P50(\"b\"), P99(\"a\"))]"),
            vec!["expected a whole number", "unknown field `too`", "there is no arm \"b\""],
        ),
        (
            with_workers("4", "sweep: (\"web.workers\", []), claims: [Below(P50, \"1 s\", at: \"4\"), Rises(P50)]"),
            vec!["at least one value"],
        ),
        (
            with_workers("4", "claims: [Below(P50, \"1/s\")]").replace("Poisson(rate: \"10/s\")", "Replay(\"no.log\")"),
            vec!["cannot replay", "unlike things"],
        ),
        (with_workers("4", "").replace("\"4 ms\"))", "\"4 ms\")"), vec!["`)` is missing here"]),
        (with_workers("4", "").replace("\"4 ms\"))", "\"4 ms\")))"), vec!["this `)` closes nothing"]),
        (with_workers("4", "measure: [DropRate)"), vec!["expected `]`"]),
        (with_workers("4", "measure: [DropRate"), vec!["`]` is missing here"]),
        (with_workers("4", "question: \"why"), vec!["this string does not end"]),
        (format!("/* {}", with_workers("4", "")), vec!["this comment does not end"]),
    ] {
        let (code, message) = check(&text);
        assert_eq!(code, Some(2), "{text}\n{message}");
        let found: Vec<&str> = message.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(found.len(), mistakes.len(), "{text}\n{message}");
        for (found, expected) in found.iter().zip(mistakes) {
            assert!(found.contains(expected), "{expected}: {message}");
        }
    }
}

#[test]
fn a_file_full_of_brackets_that_close_nothing_is_refused_at_once() {
    let place = Place::new();
    let check = |text: &str| run(&["check", &place.write("many.ron", text)]);
    for text in [")".repeat(1 << 20), "]})".repeat(1 << 20), "([{".repeat(20) + &")]".repeat(1 << 20)] {
        let started = std::time::Instant::now();
        let (code, message) = check(&format!("System(nodes: {{}}, {text}"));
        assert_eq!(code, Some(2), "{message}");
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}

/// A system of one fleet, with `text` in place of its number of workers, and more of the experiment.
fn with_workers(text: &str, more: &str) -> String {
    format!(
        "Experiment(system: System(nodes: {{\"users\": Clients(arrivals: Poisson(rate: \"10/s\"), to: \"web\"), \"web\": \
         Fleet(workers: {text}, service: Exponential(mean: \"4 ms\"))}}), run: (duration: \"1 s\"), {more})"
    )
}

#[test]
fn long_values_are_not_echoed_whole() {
    let place = Place::new();
    let check = |text: &str| run(&["check", &place.write("long.ron", text)]);
    let long = |word: &str| word.repeat(1_000_000 / word.len());
    let quoted = |word: &str| format!("\"{}\"", long(word));
    for text in [
        with_workers(&long("9"), ""),
        with_workers(&format!("9{}", long("x")), ""),
        with_workers(&long("Word"), ""),
        with_workers(&format!("{}(1)", long("Word")), ""),
        with_workers(&quoted("text "), ""),
        with_workers(&format!("4, {}: 5", long("field")), ""),
        with_workers("4", &format!("arms: {{\"a\": {{{}: 1}}}}", quoted("path"))),
        with_workers("4", &format!("arms: {{\"a\": {{{}: 1}}}}", quoted("path."))),
        with_workers("4", &format!("arms: {{{}: {{\"web.wokers\": 1}}}}", quoted("arm "))),
        with_workers("4", &format!("baseline: {}", quoted("arm "))),
        with_workers("4", &format!("claims: [Less(P99({}), P99(\"system\"))]", quoted("arm "))),
        with_workers("4", &format!("sweep: (\"web.workers\", [{}])", quoted("many "))),
        with_workers("4", "").replace("to: \"web\"", &format!("to: {}", quoted("name "))),
        with_workers("4", "").replace("10/s", &long("9")),
    ] {
        let (code, message) = check(&text);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.len() < 10_000, "a message of {} bytes", message.len());
    }
}

#[test]
fn many_mistakes_are_told_up_to_a_hundred() {
    let place = Place::new();
    let check = |text: &str| run(&["check", &place.write("many.ron", text)]);
    let many = |item: &dyn Fn(usize) -> String| (0..20_000).map(item).collect::<Vec<_>>().join(",\n");
    for text in [
        with_workers(&format!("4, {}", many(&|place| format!("f{place}: 1"))), ""),
        with_workers(&format!("4, {}", many(&|_| "workers: 1".to_owned())), ""),
        with_workers(&format!("4, weights: [{}]", many(&|_| "\"x\"".to_owned())), ""),
        with_workers(&format!("4, weights: [{}]", many(&|_| "9x".to_owned())), ""),
        with_workers("4", &format!("arms: {{{}}}", many(&|place| format!("\"a{place}\": {{\"web.wokers\": 1}}")))),
        with_workers("4", &format!("arms: {{\"a\": {{{}}}}}", many(&|place| format!("\"web.f{place}\": 1")))),
        with_workers("4", &format!("claims: [{}]", many(&|place| format!("Less(P99(\"a{place}\"), P99(\"b\"))")))),
        with_workers("4", &format!("sweep: (\"web.workers\", [{}])", many(&|_| "4".to_owned()))),
        with_workers("4", "").replace(
            "{\"users\"",
            &format!("{{{}, \"users\"", many(&|place| format!("\"n{place}\": Balancer(policy: Random, to: \"m\")"))),
        ),
        with_workers("4", "").replace(
            "}), run",
            &format!("}}, faults: [{}]), run", many(&|_| "(at: \"1 s\", node: \"wbe\", fault: Crash)".to_owned())),
        ),
    ] {
        let (code, message) = check(&text);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.matches("error: ").count() <= 101, "{} mistakes", message.matches("error: ").count());
    }
}

#[test]
fn deep_chains_are_refused_and_wide_meshes_are_fine() {
    let place = Place::new();
    let check = |text: &str| run(&["check", &place.write("deep.ron", text)]);
    let system = |nodes: &[String]| {
        format!(
            "System(nodes: {{\"users\": Clients(arrivals: Poisson(rate: \"10/s\"), to: \"n0\"), {}, \"web\": Fleet(service: \
             Constant(\"1 ms\"))}})",
            nodes.join(", ")
        )
    };
    let chain = |length: usize| -> String {
        let next = |place: usize| if place + 1 < length { format!("n{}", place + 1) } else { "web".to_owned() };
        let node = |place: usize| format!("\"n{place}\": Balancer(policy: Random, to: \"{}\")", next(place));
        system(&(0..length).map(node).collect::<Vec<_>>())
    };
    for (length, good) in [(198, true), (9998, true), (9999, false), (20_000, false)] {
        let (code, message) = check(&chain(length));
        assert_eq!(code, Some(if good { 0 } else { 2 }), "{length}: {message}");
        assert_eq!(message.contains("10000 at most"), !good, "{message}");
    }
    // A deep one runs.
    let once = |text: &str| {
        let file = place.write("deep.ron", text);
        run(&["run", &file, "--duration", "1 s", "--replications", "1", "--no-files"])
    };
    let (code, message) = once(&chain(198));
    assert_eq!(code, Some(0), "{message}");
    // Ten tiers of six: 6^10 ways lead through them.
    let tier = |tier: usize| {
        let to = (0..6).map(|place| format!("\"n{}\"", 6 * (tier + 1) + place + 1)).collect::<Vec<_>>().join(", ");
        let to = if tier < 9 { format!("[{to}]") } else { "\"web\"".to_owned() };
        (0..6)
            .map(move |place| format!("\"n{}\": Balancer(policy: Random, to: {to})", 6 * tier + place + 1))
            .collect::<Vec<_>>()
    };
    let first = (1..=6).map(|place| format!("\"n{place}\"")).collect::<Vec<_>>().join(", ");
    let mesh =
        std::iter::once(format!("\"n0\": Balancer(policy: Random, to: [{first}])")).chain((0..10).flat_map(tier));
    let (code, message) = once(&system(&mesh.collect::<Vec<_>>()));
    assert_eq!(code, Some(0), "{message}");
}
