//! The rules of the house that a compiler does not hold: who may use whom, and how modules open.

use std::collections::BTreeSet;
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
    ("actors", &["engine", "schema", "distributions", "measure", "trace", "stats"]),
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

/// All files of Rust in a folder and below.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
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

/// Where the program stands.
pub fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files that are only there in tests: those of modules that stand behind `#[cfg(test)]`.
pub fn only_for_tests(files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).expect("readable");
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]") {
            let module = pair[1].split("mod ").nth(1).and_then(|rest| rest.strip_suffix(';'));
            let is_root = ["mod", "lib", "main"].iter().any(|stem| file.file_stem().is_some_and(|own| own == *stem));
            let folder = if is_root { file.with_file_name("") } else { file.with_extension("") };
            found.extend(module.map(|module| folder.join(module).with_extension("rs")));
        }
    }
    found
}

/// The text of a file up to its tests, which may use what they like.
fn without_tests(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
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

/// The kinds of nodes with their folders, as they are listed in `actors`.
fn kinds() -> Vec<(String, String)> {
    let text = fs::read_to_string(src().join("actors/mod.rs")).expect("readable");
    let list = text.split("\nkinds! {").nth(1).expect("the list of kinds").split("\n}").next().unwrap_or_default();
    let of_line = |line: &str| {
        let (kind, rest) = line.trim().split_once('(')?;
        Some((kind.to_owned(), rest.split("::").next()?.to_owned()))
    };
    let kinds: Vec<_> = list.lines().filter(|line| !line.trim().starts_with("//")).filter_map(of_line).collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
    kinds
}

/// The files at the top of `src`, which say what is public and so name what stands anywhere.
const FACADES: [&str; 5] = ["lib.rs", "system.rs", "experiment.rs", "extend.rs", "internals.rs"];

/// What one kind of node is stands in its folder: nothing else in the simulator speaks of it. Importers write systems, and so
/// they name what they write.
#[test]
fn no_folder_names_a_kind_of_another() {
    let mut wrong = Vec::new();
    for path in sources(&src()).iter().filter(|path| !is_test(path)) {
        let place = path.strip_prefix(src()).expect("below src").to_string_lossy().into_owned();
        if place == "actors/mod.rs" || place.starts_with("import/") || FACADES.contains(&place.as_str()) {
            continue;
        }
        for (number, line) in without_tests(path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (kind, folder) in kinds() {
                if place.starts_with(&format!("actors/{folder}/")) {
                    continue;
                }
                let names = [
                    format!("NodeSpec::{kind}("),
                    format!("Actor::{kind}("),
                    format!("\"{kind}\""),
                    format!("actors::{folder}::"),
                ];
                let named = names.iter().find(|name| code.contains(name.as_str()));
                wrong.extend(named.map(|name| format!("{}:{}: {name}", path.display(), number + 1)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The kit knows the list of kinds, and a kind knows the kit, but no kind knows another; and no two files of different folders
/// import each other.
#[test]
fn no_two_folders_of_actors_import_each_other() {
    let folder_of = |place: &str| place.split('/').next().unwrap_or_default().to_owned();
    let actors = src().join("actors");
    let mut edges: Vec<(String, String)> = Vec::new();
    for path in sources(&actors).iter().filter(|path| !is_test(path)) {
        let place = path.strip_prefix(&actors).expect("below actors").to_string_lossy().into_owned();
        let Some((from, _)) = place.split_once('/').map(|(from, rest)| (from.to_owned(), rest)) else { continue };
        for line in without_tests(path).lines() {
            let code = line.split("//").next().unwrap_or_default();
            for part in code
                .split("crate::actors::")
                .skip(1)
                .chain(code.strip_prefix("use super::").filter(|_| place.ends_with("/mod.rs")))
            {
                let to: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if actors.join(&to).is_dir() && to != from {
                    edges.push((from.clone(), folder_of(&to)));
                }
            }
        }
    }
    let both: Vec<_> = edges.iter().filter(|(from, to)| edges.contains(&(to.clone(), from.clone()))).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// The graph of a system is made where the system is read, and nowhere else: never again for each replication or look.
#[test]
fn the_graph_of_a_system_is_made_once() {
    let folder = src();
    let callers = |call: &str| -> Vec<String> {
        let calls = sources(&folder).into_iter().filter(|path| !is_test(path) && without_tests(path).contains(call));
        calls.map(|path| path.strip_prefix(&folder).expect("below").display().to_string()).collect()
    };
    assert_eq!(callers("Graph::of("), ["actors/kit/site.rs"]);
    assert_eq!(callers("Topology::of("), ["model/blueprint.rs"]);
    assert_eq!(callers("Blueprint::of("), ["import/model/mod.rs", "lab/cells.rs", "lab/load.rs"]);
}

/// The names that a file declares as words of the language: records, choices, and the choices of registries.
fn words(path: &Path) -> Vec<String> {
    let text = without_tests(path);
    let name = |line: &str| {
        let rest = line.strip_prefix("    pub struct ").or_else(|| line.strip_prefix("    pub enum "))?;
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        // The enum of a registry's states names a trait: `pub enum Chooser: Describes`.
        (!name.is_empty() && !rest[name.len()..].starts_with(':')).then_some(name)
    };
    let is_declared =
        ["record! {", "choice! {", "registry! {", "measure_of", "term_of"].iter().any(|word| text.contains(word));
    if is_declared { text.lines().filter_map(name).collect() } else { Vec::new() }
}

#[test]
fn every_word_of_the_language_can_be_built_in_code() {
    let facades: String =
        ["system.rs", "experiment.rs"].map(|file| fs::read_to_string(src().join(file)).expect("readable")).concat();
    let names = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let folders = ["actors", "distributions", "trace", "model", "lab"];
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| sources(&src().join(folder))).collect();
    let files = files.iter().filter(|path| !is_test(path));
    // What a list passes on needs no line of its own.
    let lists = files.clone().filter(|path| {
        let module = path.strip_prefix(src()).expect("below src").parent().expect("a folder").display().to_string();
        facades.contains(&format!("crate::{}::words::*", module.replace('/', "::"))) && path.ends_with("mod.rs")
    });
    let lists: Vec<String> = lists.map(|path| without_tests(path)).collect();
    assert!(lists.len() >= 11, "{} lists", lists.len());
    let public: Vec<String> = lists.iter().chain([&facades]).flat_map(|text| names(text)).collect();
    let words: Vec<String> = files.flat_map(|path| words(path)).collect();
    assert!(words.len() > 200, "{words:?}");
    let missing: Vec<&String> = words.iter().filter(|word| !public.contains(word)).collect();
    assert!(missing.is_empty(), "neither `src/system.rs` nor `src/experiment.rs` passes on {missing:?}");
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
fn only_the_command_line_knows_a_clock_thread_file_or_terminal() {
    let machine = [
        "std::time",
        "Instant::now",
        "SystemTime",
        "std::thread",
        "std::fs",
        "File::open",
        "std::env::",
        "std::process",
        "io::stdout",
        "io::stderr",
        "println!",
        "rayon",
    ];
    let tests = only_for_tests(&sources(&src()));
    for (folder, _) in MAY_USE.iter().filter(|(folder, _)| *folder != "cli") {
        for path in sources(&src().join(folder)) {
            // The one file that is left out where the crate is built without threads.
            if path.ends_with("lab/threads.rs") || tests.contains(&path) {
                continue;
            }
            for (number, line) in without_tests(&path).lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let used = machine.iter().find(|word| code.contains(**word));
                assert!(used.is_none(), "{}:{} uses {}", path.display(), number + 1, used.unwrap_or(&""));
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
