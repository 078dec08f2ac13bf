//! Bad input: every file of the corpus gives a clear error and exit code 2, and leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn rushhour() -> Command {
    let mut command = Command::cargo_bin("rushhour").expect("the program is built");
    command.env("NO_COLOR", "1").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs the program; gives exit code and standard error, with paths of this machine taken out.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = rushhour().args(arguments).output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stderr).replace(env!("CARGO_MANIFEST_DIR"), "[project]");
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    (output.status.code(), text)
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
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("results");
    for path in corpus() {
        let (code, _) = run(&["run", &path.display().to_string(), "--out", &out.display().to_string()]);
        assert_eq!(code, Some(2), "{}", path.display());
    }
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
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
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("writable");
        path.display().to_string()
    };
    let binary = file("binary.ron", &[0x7F, b'E', b'L', b'F', 0, 0, 1, 2, 0xFF, 0xFE]);
    let zeros = file("zeros.ron", &[0; 100]);
    let line = file("line.ron", &vec![b'x'; 100 << 20]);
    let long = file("long.ron", format!("System(nodes: {{{}", "\"a\" ".repeat(1 << 20)).as_bytes());
    let deep = file("deep.ron", "(".repeat(1 << 20).as_bytes());
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
    let folder = tempfile::tempdir().expect("a folder");
    let foreign = folder.path().join("foreign");
    fs::create_dir(&foreign).expect("writable");
    fs::write(foreign.join("thesis.txt"), "years of work").expect("writable");
    let file = folder.path().join("file");
    fs::write(&file, "a file").expect("writable");
    for out in [foreign.clone(), file.clone(), file.join("below"), PathBuf::from("/proc/no")] {
        let (code, message) = run(&["run", "queue", "--quick", "--out", &out.display().to_string()]);
        assert_eq!(code, Some(2), "{}: {message}", out.display());
        assert!(message.contains("error: "), "{message}");
    }
    assert_eq!(fs::read_to_string(foreign.join("thesis.txt")).expect("still there"), "years of work");
    assert_eq!(fs::read_dir(&foreign).expect("readable").count(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_summary_that_cannot_be_written_is_an_error() {
    // Every write to /dev/full fails as on a full disk.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let status = std::process::Command::new(assert_cmd::cargo::cargo_bin("rushhour"))
        .args(["show", "queue"])
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .expect("the program runs");
    assert_eq!(status.code(), Some(2));
}
