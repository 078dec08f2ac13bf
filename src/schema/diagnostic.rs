//! Mistakes in a file, and how to put them right.

use std::fmt::Write as _;

use super::tree::{Region, Sources};

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub region: Region,
    /// The mistake.
    pub message: String,
    /// The expected value or a fix; empty if the message is enough.
    pub help: String,
}

impl Diagnostic {
    /// A diagnostic without help.
    #[must_use]
    pub fn new(region: Region, message: impl Into<String>) -> Self {
        Self { region, message: short(message.into()), help: String::new() }
    }

    /// Adds the expected value or a hint.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = short(help.into());
        self
    }
}

/// Characters of a line shown at most: a longer one is cut around the place.
const WIDTH: usize = 110;
/// Characters of a word in a message at most, such as a number or a path.
const LONGEST_WORD: usize = 240;
/// Characters of a message at most.
const LONGEST_MESSAGE: usize = 2000;
/// Mistakes that are shown at most. A file with more is better mended step by step.
pub const MOST_MISTAKES: usize = 100;

/// A message that quotes at most a readable part of a file: longer quotations are cut.
fn short(message: String) -> String {
    if message.len() <= LONGEST_WORD {
        return message;
    }
    let mut out = String::new();
    let (mut word, mut whole) = (0, 0);
    for c in message.chars() {
        word = if c.is_whitespace() { 0 } else { word + 1 };
        match word {
            _ if whole > LONGEST_MESSAGE => {
                out.push_str(" ...");
                break;
            }
            // The closing quote is kept.
            ..=LONGEST_WORD => out.push(c),
            _ if matches!(c, '"' | '`' | ':' | ',' | ';') && !out.ends_with(c) => out.push(c),
            _ if !out.ends_with("...") && word == LONGEST_WORD + 1 => out.push_str("..."),
            _ => continue,
        }
        whole += 1;
    }
    out
}

/// The diagnostics in order of their places, each once, as plain text: file, line, column, the line itself, help.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut all: Vec<&Diagnostic> = diagnostics.iter().collect();
    all.sort_by_key(|diagnostic| diagnostic.region);
    all.dedup();
    let mut out = String::new();
    for diagnostic in all.iter().take(MOST_MISTAKES) {
        let _ = writeln!(out, "error: {}", diagnostic.message);
        if let Some(place) = sources.place(diagnostic.region) {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            let (text, column, cut) = window(place.text, place.offset);
            let length = (diagnostic.region.end - diagnostic.region.start) as usize;
            let shown = place.text[place.offset..].char_indices().take_while(|(at, _)| *at < length.max(1));
            let shown = shown.take(WIDTH).count();
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
    if all.len() >= MOST_MISTAKES {
        let _ = writeln!(out, "error: these are the first {MOST_MISTAKES} mistakes; there may be more");
    }
    out
}

/// The part of a line around a byte of it, the column of that byte within the part, and the mark in place of the text
/// cut off before it. Only that part is looked at, however long the line is.
fn window(line: &str, at: usize) -> (String, usize, &'static str) {
    // A tab is as wide as the terminal likes; a space keeps the caret in place.
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let is_short = line.len() <= WIDTH || line.chars().nth(WIDTH).is_none();
    let before = if is_short { usize::MAX } else { WIDTH / 2 };
    let start = line[..at].char_indices().rev().take(before).last().map_or(at, |(start, _)| start);
    let text = line[start..].chars().take(WIDTH).map(clean).collect();
    (text, line[start..at].chars().count(), if start > 0 { "..." } else { "" })
}

/// Names longer than this, in characters, are not compared, because they are no typing errors.
const LONGEST_NAME: usize = 64;
/// Valid names that are listed at most.
const MOST_LISTED: usize = 40;

/// The valid name nearest to a wrong one, if one is near enough to have been meant.
#[must_use]
pub fn nearest<'a>(wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.chars().nth(LONGEST_NAME).is_some() {
        return None;
    }
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
        .filter(|name| name.len() <= 4 * LONGEST_NAME)
        .map(|name| (score(name), name))
        .filter(|((likeness, edits), _)| *likeness >= 0.75 || *edits <= 0.34)
        .max_by(|a, b| (a.0.0 - a.0.1).total_cmp(&(b.0.0 - b.0.1)).then(b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

/// Help for a wrong name: the nearest valid one, and all of them.
#[must_use]
pub fn suggest(wrong: &str, valid: &[&str]) -> String {
    let mut list = valid.iter().take(MOST_LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if valid.len() > MOST_LISTED {
        let _ = write!(list, " and {} more", valid.len() - MOST_LISTED);
    }
    match (nearest(wrong, valid.iter().copied()), valid.is_empty()) {
        (_, true) => "no name is valid here".to_owned(),
        (Some(name), _) => format!("did you mean `{name}`? Valid: {list}"),
        (None, _) => format!("valid: {list}"),
    }
}
