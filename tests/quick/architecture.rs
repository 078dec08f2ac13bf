//! The rules of the house that a compiler does not hold: who may use whom, and how modules open.

use std::fs;
use std::path::{Path, PathBuf};

/// Each folder of `src` with the folders it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("stats", &[]),
    ("schema", &["engine"]),
    ("measure", &["engine"]),
    ("distributions", &["engine", "schema"]),
    ("trace", &["engine", "schema"]),
    ("actors", &["engine", "schema", "distributions", "measure", "trace"]),
    ("model", &["engine", "schema", "distributions", "measure", "trace", "actors"]),
    ("import", &["schema", "distributions", "actors", "model"]),
    ("lab", &["engine", "schema", "distributions", "measure", "trace", "actors", "model", "stats"]),
    ("report", &["lab", "stats"]),
    (
        "cli",
        &[
            "engine",
            "schema",
            "distributions",
            "measure",
            "trace",
            "actors",
            "model",
            "import",
            "stats",
            "lab",
            "report",
        ],
    ),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The text of a file up to its tests, which may use what they like.
fn without_tests(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..end].to_owned()
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem == "fixture")
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for (folder, allowed) in MAY_USE {
        for path in sources(&src().join(folder)).iter().filter(|path| !is_test(path)) {
            for (number, line) in without_tests(path).lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for part in code.split("crate::").skip(1).filter(|_| !code.contains("$crate::")) {
                    let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let known = MAY_USE.iter().any(|(name, _)| *name == used);
                    if known && used != *folder && !allowed.contains(&used.as_str()) {
                        wrong.push(format!("{}:{}: {folder} uses {used}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_has_its_rule() {
    for entry in fs::read_dir(src()).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            assert!(MAY_USE.iter().any(|(folder, _)| *folder == name), "{name} has no rule");
        }
    }
}

#[test]
fn every_module_opens_by_saying_what_it_is() {
    for path in sources(&src()) {
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with("//!"), "{} does not open with `//!`", path.display());
    }
}

#[test]
fn the_pure_simulator_knows_no_clock_thread_or_file() {
    for (folder, _) in MAY_USE.iter().filter(|(folder, _)| !matches!(*folder, "cli" | "report")) {
        for path in sources(&src().join(folder)).iter().filter(|path| !is_test(path)) {
            let text = without_tests(path);
            for word in ["std::time", "Instant::now", "SystemTime", "std::thread", "std::fs", "File::open"] {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

#[test]
fn no_result_is_made_by_the_math_of_the_platform() {
    let functions =
        ["ln", "ln_1p", "log", "log2", "log10", "exp", "exp2", "exp_m1", "powf", "powi", "sin", "cos", "tan", "cbrt"];
    let mut wrong = Vec::new();
    for path in sources(&src()).iter().filter(|path| !is_test(path)) {
        for (number, line) in without_tests(path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for function in functions {
                let called = code.contains(&format!(".{function}(")) || code.contains(&format!("f64::{function}("));
                if called {
                    wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "use libm:\n{}", wrong.join("\n"));
}
