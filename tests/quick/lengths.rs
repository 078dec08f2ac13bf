//! A function fits on a page, or says above itself why it does not.

use std::fs;
use std::path::Path;

use crate::architecture::{only_for_tests, sources, src};

/// Lines of a function from `fn` to its closing brace.
const PAGE: usize = 60;

/// What begins the comment that gives the reason.
const REASON: &str = "// Long because ";

/// A function that is too long.
#[derive(Debug, PartialEq)]
struct Long {
    name: String,
    /// The line of its `fn`, counted from 1.
    line: usize,
    lines: usize,
}

/// The functions of a text that are longer than a page and give no reason. The text is as rustfmt leaves it: a function ends with
/// the first closing brace that stands as far right as its `fn`. What stands behind `#[cfg(test)]` are tests.
fn too_long(text: &str) -> Vec<Long> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with('{'));
    let lines = &lines[..tests.unwrap_or(lines.len())];
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        // One that ends in its own line is short.
        let Some(name) = name(line).filter(|_| !line.ends_with('}')) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closes = format!("{:indent$}}}", "");
        // Where nothing is opened there is no body: a method that a trait asks for.
        let opened = lines[place..].iter().position(|line| line.ends_with('{') || line.ends_with(';'));
        let has_body = opened.is_some_and(|opened| lines[place + opened].ends_with('{'));
        let Some(length) = lines[place..].iter().position(|line| *line == closes).filter(|_| has_body) else {
            continue;
        };
        if length + 1 > PAGE && !gives_reason(&lines[..place]) {
            found.push(Long { name, line: place + 1, lines: length + 1 });
        }
    }
    found
}

/// True if the last of these lines is part of a comment that gives a reason; attributes may stand below it.
fn gives_reason(before: &[&str]) -> bool {
    let above =
        before.iter().rev().map(|line| line.trim()).take_while(|line| line.starts_with("//") || line.starts_with("#["));
    above.into_iter().any(|line| line.starts_with(REASON))
}

/// The name of the function that begins in this line, if one does.
fn name(line: &str) -> Option<String> {
    let mut words = line.trim_start().split(' ').peekable();
    while words.next_if(|word| matches!(*word, "const" | "async" | "unsafe") || word.starts_with("pub")).is_some() {}
    words.next_if_eq(&"fn")?;
    let rest = words.next()?;
    Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[test]
fn functions_fit_on_a_page_or_say_why_not() {
    let files = sources(&src());
    let tests = only_for_tests(&files);
    let mut wrong = Vec::new();
    for path in files.iter().filter(|path| !tests.contains(*path)) {
        for Long { name, line, lines } in too_long(&fs::read_to_string(path).expect("readable")) {
            wrong.push(format!("{}:{line}: {name} has {lines} lines", shown(path)));
        }
    }
    assert!(wrong.is_empty(), "over {PAGE} lines, without a line `{REASON}...` above:\n{}", wrong.join("\n"));
}

/// A path as seen from the project.
fn shown(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

/// A function of so many lines, with this before it.
fn function(before: &str, lines: usize) -> String {
    format!("{before}    pub fn walk(&self) {{\n{}    }}\n", "        step();\n".repeat(lines - 2))
}

#[test]
fn a_long_function_is_found_and_one_with_a_reason_is_not() {
    assert_eq!(too_long(&function("", PAGE)), []);
    let long = [Long { name: "walk".to_owned(), line: 1, lines: PAGE + 1 }];
    assert_eq!(too_long(&function("", PAGE + 1)), long);
    let reason = "    // Long because each step follows from the last.\n    #[inline]\n";
    assert_eq!(too_long(&function(reason, PAGE + 1)), []);
    assert_eq!(too_long(&function("    // Long because.\n    step();\n\n", PAGE + 1)).len(), 1);
}

#[test]
fn methods_without_a_body_and_tests_have_no_length() {
    let asked =
        format!("trait Walk {{\n    fn walk(\n        &self,\n    );\n{}    }}\n}}\n", "    // more\n".repeat(PAGE));
    assert_eq!(too_long(&asked), []);
    let short = "    fn step(&self) { 1 }\n    fn walk(&self);\n";
    assert_eq!(too_long(&function(short, PAGE)), []);
    assert_eq!(too_long(&function(short, PAGE + 1)).len(), 1);
    assert_eq!(too_long(&format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function("", PAGE + 1))), []);
}
