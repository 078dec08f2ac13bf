//! No two files import each other, nor do longer rounds of imports exist: who reads one file can read on without coming back
//! to it. Only a module and those inside it may know each other.
//!
//! What is imported through a module that passes it on (`pub use`) counts as imported from where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, as the parts of its path in the crate.
type Module = Vec<String>;

/// The code of the crate by module, without comments and without tests.
struct Code {
    files: BTreeMap<Module, String>,
    /// What modules pass on: the module and the name, with the whole path.
    passed_on: BTreeMap<(Module, String), Vec<String>>,
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    let of = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

fn module_of(path: &Path) -> Module {
    let parts = path.with_extension("");
    let mut parts: Module = parts.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The single paths of a tree of imports, as in `a::{b, c::{d, e as f}}`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inside = rest.strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, character) in inside.char_indices().chain([(inside.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = &inside[start..at];
                start = at + 1;
                if !part.trim().is_empty() {
                    found.extend(paths(part).into_iter().map(|path| format!("{before}{path}")));
                }
            }
            _ => {}
        }
    }
    found
}

/// What a file imports or names by its path: the path, and whether it passes it on.
fn named(code: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut rest = String::new();
    for (number, statement) in code.split(';').enumerate() {
        let begins = statement.rfind("use ").filter(|&at| at == 0 || !is_word(statement.as_bytes()[at - 1]));
        match begins {
            Some(at) if number + 1 < code.split(';').count() => {
                let passes_on =
                    statement[..at].trim_end().rsplit('\n').next().is_some_and(|line| line.trim().starts_with("pub"));
                found.extend(paths(&statement[at + 4..]).into_iter().map(|path| (path, passes_on)));
                rest.push_str(&statement[..at]);
            }
            _ => rest.push_str(statement),
        }
        rest.push('\n');
    }
    for root in ["crate::", "super::"] {
        for (at, _) in rest.match_indices(root) {
            if at == 0 || !(is_word(rest.as_bytes()[at - 1]) || rest[..at].ends_with("::") || rest[..at].ends_with('$'))
            {
                let path: String =
                    rest[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
                found.push((path, false));
            }
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Code {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        for path in sources(&root) {
            let inside = path.strip_prefix(&root).expect("below src");
            let is_test = inside
                .iter()
                .any(|part| part == "tests" || part == "study.rs" || part == "tests.rs" || part == "fixture.rs");
            if is_test {
                continue;
            }
            let text = fs::read_to_string(&path).expect("readable");
            let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            let code: Vec<&str> = text[..end].lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            files.insert(module_of(inside), code.join("\n"));
        }
        let mut code = Self { files, passed_on: BTreeMap::new() };
        let mut passed_on = BTreeMap::new();
        for (module, text) in &code.files {
            for (path, passes_on) in named(text) {
                if let (true, Some(whole)) = (passes_on, code.absolute(module, &path)) {
                    passed_on.insert((module.clone(), whole.last().cloned().unwrap_or_default()), whole);
                }
            }
        }
        code.passed_on = passed_on;
        code
    }

    /// A path from the root of the crate on; `None` of what is not in it.
    fn absolute(&self, here: &Module, path: &str) -> Option<Vec<String>> {
        let mut parts: Vec<String> =
            path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        let mut from = here.clone();
        match parts.first()?.as_str() {
            "crate" => {
                parts.remove(0);
                return Some(parts);
            }
            "super" => {
                while parts.first().is_some_and(|part| part == "super") {
                    from.pop();
                    parts.remove(0);
                }
            }
            "self" => {
                parts.remove(0);
            }
            first => {
                let child: Module = from.iter().cloned().chain([first.to_owned()]).collect();
                if !self.files.contains_key(&child) {
                    return None;
                }
            }
        }
        from.extend(parts);
        Some(from)
    }

    /// The module in which what a path names stands.
    fn stands_in(&self, mut path: Vec<String>) -> Option<Module> {
        // No chain of modules that pass something on is longer.
        for _ in 0..10 {
            let deepest = (0..=path.len()).rev().find(|&length| self.files.contains_key(&path[..length]))?;
            let module = path[..deepest].to_vec();
            let next = path.get(deepest).and_then(|name| self.passed_on.get(&(module.clone(), name.clone())));
            match next {
                Some(further) if *further != path => {
                    path = further.iter().chain(&path[deepest + 1..]).cloned().collect();
                }
                _ => return Some(module),
            }
        }
        None
    }

    /// For each module those that it imports from, but for its own and those inside it.
    fn imports(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let of = |(module, text): (&Module, &String)| {
            let modules = named(text).into_iter().filter_map(|(path, _)| self.stands_in(self.absolute(module, &path)?));
            modules
                .filter(|other| !other.starts_with(module) && !module.starts_with(other))
                .collect::<BTreeSet<Module>>()
        };
        let found = self.files.iter().map(|(module, text)| (module, of((module, text))));
        found
            .map(|(module, others)| {
                (
                    module,
                    others.iter().filter_map(|other| self.files.get_key_value(other)).map(|(key, _)| key).collect(),
                )
            })
            .collect()
    }
}

/// The modules that lead back to themselves: what is left when those are taken away, again and again, that import nothing
/// of what is left, and those that nothing left imports.
fn rounds<'a>(imports: &BTreeMap<&'a Module, BTreeSet<&'a Module>>) -> Vec<(String, Vec<String>)> {
    let mut left: BTreeSet<&Module> = imports.keys().copied().collect();
    loop {
        let leads_on = |module: &&Module| imports[module].iter().any(|other| left.contains(other));
        let is_led_to = |module: &&Module| left.iter().any(|other| imports[other].contains(module));
        let stays: BTreeSet<&Module> =
            left.iter().copied().filter(|module| leads_on(module) && is_led_to(module)).collect();
        if stays.len() == left.len() {
            break;
        }
        left = stays;
    }
    let others = |module: &Module| {
        imports[module].iter().filter(|other| left.contains(*other)).map(|other| other.join("::")).collect()
    };
    left.iter().map(|module| (module.join("::"), others(module))).collect()
}

#[test]
fn no_files_import_each_other() {
    let code = Code::read();
    assert!(code.files.len() > 300, "{} files", code.files.len());
    let imports = code.imports();
    // The test looks at what is there: a file that imports much.
    assert!(imports.values().map(BTreeSet::len).max() > Some(10));
    let found = rounds(&imports);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn rounds_are_found() {
    let modules: Vec<Module> = ["a", "b", "c", "d", "e"].iter().map(|name| vec![(*name).to_owned()]).collect();
    let [a, b, c, d, e] = &modules[..] else { unreachable!("five") };
    let imports = BTreeMap::from([
        (a, BTreeSet::from([b])),
        (b, BTreeSet::from([c])),
        (c, BTreeSet::from([b, d])),
        (d, BTreeSet::from([e])),
        (e, BTreeSet::new()),
    ]);
    let names: Vec<String> = rounds(&imports).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn paths_are_taken_apart() {
    assert_eq!(paths("super::{a, b::{C, D as E}}"), ["super::a", "super::b::C", "super::b::D"]);
    let code = "pub use a::B;\nuse crate::c::D;\nfn f() -> super::e::F {}";
    let found: Vec<(String, bool)> = named(code);
    let expected = [("a::B", true), ("crate::c::D", false), ("super::e::F", false)];
    assert_eq!(found, expected.map(|(path, passes_on)| (path.to_owned(), passes_on)));
}
