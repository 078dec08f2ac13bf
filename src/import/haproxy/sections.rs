//! Sections of an HAProxy configuration and the lines in them.

use super::short;
use super::words::words;
use crate::import::Report;
use crate::import::report::Why;
use crate::import::source::{At, Problem};

/// Words that begin a section.
const SECTIONS: &[&str] = &[
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "userlist",
    "mailers",
    "cache",
    "program",
    "http-errors",
    "ring",
    "log-forward",
    "fcgi-app",
    "crt-store",
    "traces",
    "log-profile",
    "acme",
];

/// A line in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its words, at least one.
    pub words: Vec<String>,
    /// Its place in the file.
    pub at: At,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The word that begins it.
    pub kind: String,
    /// Its name; empty where it has none.
    pub name: String,
    /// The defaults it asks for (`from NAME`).
    pub from: Option<String>,
    /// Where it begins.
    pub at: At,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Takes the text of a file apart.
///
/// # Errors
/// A line that is not well formed or belongs to no section.
pub fn read(file: u32, report: &mut Report) -> Result<Vec<Section>, Problem> {
    let text = report.sources.get(file).map_or_else(String::new, |source| source.text.clone());
    let mut sections: Vec<Section> = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').split('\n')) {
        let at = At { file, line: number };
        let found = words(line.trim_end_matches('\r')).map_err(|why| report.sources.problem(at, why))?;
        let words = found.words;
        let Some(first) = words.first() else { continue };
        if let Some(variable) = found.variable {
            let message = format!("the environment is not known here: `{}` stands as it is written", short(&variable));
            report.note(at, Why::NotUnderstood, message);
        }
        if first.starts_with('.') {
            report.note(at, Why::NotUnderstood, "conditions are not followed: what stands on either side is read");
        } else if SECTIONS.contains(&first.as_str()) {
            sections.push(section(words, at, report));
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(Line { words, at });
        } else {
            let why = format!("`{}` belongs to no section: `backend NAME` or another comes first", short(first));
            return Err(report.sources.problem(at, why));
        }
    }
    Ok(sections)
}

fn section(words: Vec<String>, at: At, report: &mut Report) -> Section {
    let mut words = words.into_iter();
    let mut section =
        Section { kind: words.next().unwrap_or_default(), name: String::new(), from: None, at, lines: Vec::new() };
    while let Some(word) = words.next() {
        if word == "from" && section.kind != "global" {
            section.from = words.next();
        } else if section.name.is_empty() {
            section.name = word;
        } else {
            report.note(at, Why::NotUnderstood, format!("`{}` behind the name of a section", short(&word)));
        }
    }
    section
}
