//! The text of a file as a tree: what was written and where, before anybody asks what it means.

/// Where a piece of text stands: a file and a range of bytes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Region {
    /// Number of the file in [`Sources`].
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A name with its place: a field, a key or a variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name itself.
    pub text: String,
    /// Where it stands.
    pub region: Region,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A bare word: a unit variant, `None`, `true`, `inf`.
    Word(String),
    /// A number, as written.
    Number(String),
    /// A string, escapes resolved.
    Text(String),
    /// `[a, b]`.
    List(Vec<Node>),
    /// `(a, b)` or `Name(a, b)`; also `()`.
    Tuple(Option<Name>, Vec<Node>),
    /// `(a: 1, b: 2)` or `Name(a: 1, b: 2)`.
    Struct(Option<Name>, Vec<(Name, Node)>),
    /// `{"a": 1}`; keys are strings or bare words.
    Map(Vec<(Name, Node)>),
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What was written.
    pub kind: Kind,
    /// Where it stands.
    pub region: Region,
}

impl Node {
    /// A value that stands nowhere: made by the program, not read.
    #[must_use]
    pub fn made(kind: Kind) -> Self {
        Self { kind, region: Region::default() }
    }

    /// The name of the variant or struct, if one is written.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            Kind::Tuple(Some(name), _) | Kind::Struct(Some(name), _) => Some(&name.text),
            _ => None,
        }
    }

    /// What this is, for an error message.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Word(word) => format!("`{word}`"),
            Kind::Number(text) => format!("the number {text}"),
            Kind::Text(text) if text.chars().count() <= 40 => format!("the string {text:?}"),
            Kind::Text(_) => "a string".to_owned(),
            Kind::List(_) => "a list".to_owned(),
            Kind::Tuple(Some(name), _) | Kind::Struct(Some(name), _) => format!("`{}(...)`", name.text),
            Kind::Tuple(None, items) if items.is_empty() => "`()`".to_owned(),
            Kind::Tuple(None, _) => "a tuple".to_owned(),
            Kind::Struct(None, _) => "a struct".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }
}

/// The files that were read, by number.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<(String, String)>,
}

/// A place for people: counted from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file's name.
    pub file: &'a str,
    /// The line's number.
    pub line: usize,
    /// The column's number.
    pub column: usize,
    /// The whole line.
    pub text: &'a str,
    /// Byte of the line at which the place begins.
    pub offset: usize,
}

impl Sources {
    /// Takes in a file; gives its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        self.files.push((name.into(), text.into()));
        self.files.len() as u32 - 1
    }

    /// Name and text of a file.
    #[must_use]
    pub fn get(&self, source: u32) -> Option<(&str, &str)> {
        self.files.get(source as usize).map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Where a region begins, for people.
    #[must_use]
    pub fn place(&self, region: Region) -> Option<Place<'_>> {
        let (file, text) = self.get(region.source)?;
        let mut start = (region.start as usize).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        Some(Place {
            file,
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: line,
            // A place may lie on the end of its line, which is not shown.
            offset: (start - line_start).min(line.len()),
        })
    }
}
