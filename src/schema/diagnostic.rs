//! What is wrong with a file, and how to put it right.

use std::fmt::Write as _;

use super::tree::{Region, Sources};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub region: Region,
    /// What is wrong.
    pub message: String,
    /// What was expected, or what would help; empty if the message says it all.
    pub help: String,
}

impl Diagnostic {
    /// A diagnostic without help.
    #[must_use]
    pub fn new(region: Region, message: impl Into<String>) -> Self {
        Self { region, message: message.into(), help: String::new() }
    }

    /// Adds what was expected or would help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

/// Characters of a line shown at most: a longer one is cut around the place.
const WIDTH: usize = 110;

/// The diagnostics in order of their places, each once, as plain text: file, line, column, the line itself, help.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut all: Vec<&Diagnostic> = diagnostics.iter().collect();
    all.sort_by_key(|diagnostic| diagnostic.region);
    all.dedup();
    let mut out = String::new();
    for diagnostic in all {
        let _ = writeln!(out, "error: {}", diagnostic.message);
        if let Some(place) = sources.place(diagnostic.region) {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            let (text, column, cut) = window(place.text, place.column - 1);
            let length = (diagnostic.region.end - diagnostic.region.start) as usize;
            let shown = place.text[place.offset..].char_indices().take_while(|(at, _)| *at < length.max(1)).count();
            let carets = "^".repeat(shown.clamp(1, text.chars().count().saturating_sub(column).max(1)));
            let _ = writeln!(out, "{margin}--> {}:{}:{}", place.file, place.line, place.column);
            let _ = writeln!(out, "{margin} |");
            let _ = writeln!(out, "{number} | {cut}{text}");
            let _ = writeln!(out, "{margin} | {}{carets}", " ".repeat(column + cut.chars().count()));
        }
        if !diagnostic.help.is_empty() {
            let _ = writeln!(out, "  help: {}", diagnostic.help);
        }
        out.push('\n');
    }
    out
}

/// The part of a line around a column, that column within it, and what stands for the part cut off before it.
fn window(line: &str, column: usize) -> (String, usize, &'static str) {
    // A tab is as wide as the terminal likes; a space keeps the caret in place.
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    if line.chars().count() <= WIDTH {
        return (line.chars().map(clean).collect(), column, "");
    }
    let start = column.saturating_sub(WIDTH / 2);
    let text = line.chars().skip(start).take(WIDTH).map(clean).collect();
    (text, column - start, if start > 0 { "..." } else { "" })
}

/// The valid name nearest to a wrong one, if one is near enough to have been meant.
#[must_use]
pub fn nearest<'a>(wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    // Jaro-Winkler knows beginnings that agree, Damerau-Levenshtein knows letters that changed places.
    let score = |name: &str| {
        let name = name.to_lowercase();
        let length = name.chars().count().max(lower.chars().count()).max(1) as f64;
        let edits = strsim::damerau_levenshtein(&lower, &name) as f64;
        (strsim::jaro_winkler(&lower, &name), edits / length)
    };
    valid
        .into_iter()
        .map(|name| (score(name), name))
        .filter(|((likeness, edits), _)| *likeness >= 0.75 || *edits <= 0.34)
        .max_by(|a, b| (a.0.0 - a.0.1).total_cmp(&(b.0.0 - b.0.1)).then(b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

/// Help for a wrong name: the nearest valid one, and all of them.
#[must_use]
pub fn suggest(wrong: &str, valid: &[&str]) -> String {
    let list = valid.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (nearest(wrong, valid.iter().copied()), valid.is_empty()) {
        (_, true) => "no name is valid here".to_owned(),
        (Some(name), _) => format!("did you mean `{name}`? Valid: {list}"),
        (None, _) => format!("valid: {list}"),
    }
}
