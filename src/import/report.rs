//! The outcome of each directive of a configuration: modelled, left out, or unknown.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{At, Sources};

/// Why a directive is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The importer does not know the directive.
    NotUnderstood,
    /// The directive is known, but the model has no counterpart.
    NotExpressed,
    /// The model holds an approximation.
    Approximated,
    /// The file leaves something open, and the importer chose a value.
    Assumed,
}

impl Why {
    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotUnderstood => "not understood",
            Self::NotExpressed => "not expressed",
            Self::Approximated => "approximated",
            Self::Assumed => "assumed",
        }
    }

    /// True if something in the file is missing from the model.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Self::NotUnderstood | Self::NotExpressed)
    }
}

/// A directive that the model does not hold exactly as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The place of the directive.
    pub at: At,
    /// Why it is noted.
    pub why: Why,
    /// The note itself.
    pub message: String,
}

/// The outcome of each directive. Its `Display` form lists everything that is not in the model.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The files that were read.
    pub sources: Sources,
    /// Directives that the model does not hold exactly as written, in the order in which they were read.
    pub notes: Vec<Note>,
    /// Directives that are not about balancing, by name.
    pub aside: BTreeMap<String, BTreeSet<At>>,
    /// Directives that are in the model.
    pub used: BTreeSet<At>,
    /// Settings that have nothing to do with balancing, unless they are looked up by the end.
    settings: Vec<(String, At)>,
}

impl Report {
    /// Adds a note, unless the same note is already there.
    pub fn note(&mut self, at: At, why: Why, message: impl Into<String>) {
        let note = Note { at, why, message: message.into() };
        // Defaults of a whole file are noted for each group that they reach.
        if !self.notes.iter().rev().take(64).any(|other| *other == note) {
            self.notes.push(note);
        }
    }

    /// Records that a directive is in the model.
    pub fn used(&mut self, at: At) {
        self.used.insert(at);
    }

    /// Records that a directive is not about balancing.
    pub fn aside(&mut self, name: &str, at: At) {
        let shown: String = name.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.aside.entry(shown).or_default().insert(at);
    }

    /// Records a setting that is in the model if something uses it; otherwise it counts as not about balancing.
    pub fn setting(&mut self, name: &str, at: At) {
        self.settings.push((name.to_owned(), at));
    }

    /// Ends the report: no more settings will be used.
    pub fn finish(&mut self) {
        let noted: BTreeSet<At> = self.notes.iter().map(|note| note.at).collect();
        for (name, at) in std::mem::take(&mut self.settings) {
            if !self.used.contains(&at) && !noted.contains(&at) {
                self.aside(&name, at);
            }
        }
    }

    /// The notes about a line.
    pub fn notes_at(&self, at: At) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(move |note| note.at == at)
    }

    fn lines(&self, places: &BTreeSet<At>) -> String {
        let main_only = self.sources.len() <= 1;
        let place = |at: &At| if main_only { at.line.to_string() } else { self.sources.place(*at) };
        let list = places.iter().map(place).collect::<Vec<_>>().join(", ");
        match (main_only, places.len()) {
            (true, 1) => format!("line {list}"),
            (true, _) => format!("lines {list}"),
            (false, _) => list,
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut notes: Vec<&Note> = self.notes.iter().collect();
        notes.sort();
        notes.dedup();
        for note in notes {
            writeln!(f, "{}: {}: {}", self.sources.place(note.at), note.why.words(), note.message)?;
            writeln!(f, "    {}", self.sources.line(note.at))?;
        }
        if !self.aside.is_empty() {
            writeln!(f, "not about balancing, left out:")?;
            for (name, places) in &self.aside {
                writeln!(f, "    {name} ({})", self.lines(places))?;
            }
        }
        Ok(())
    }
}
