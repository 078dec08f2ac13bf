//! The text of a file as a tree: values and their places, before they are interpreted.

use std::any::Any;
use std::sync::Arc;

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Region {
    /// Number of the file in [`Sources`].
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Region {
    /// True for an empty range: the place of values that were made in code.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A name with its place: a field, a key or a variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name itself.
    pub text: String,
    /// Its place in the file.
    pub region: Region,
}

/// The kinds of values.
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
    /// No text: a value that a program put into the tree, which no file can hold.
    Given(Given),
}

/// A value of the program's own in a tree, such as a policy written outside this crate. It is printed by its name alone, as
/// `GivenInCode("name")`, and so cannot be read back.
#[derive(Clone)]
pub struct Given {
    /// The name.
    pub name: String,
    /// The value; the decoder of the field knows its type.
    pub value: Arc<dyn Any + Send + Sync>,
}

impl Given {
    /// The word that is printed in place of a value that was given in code.
    pub const WORD: &str = "GivenInCode";
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Given").field(&self.name).finish()
    }
}

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.value, &other.value)
    }
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// Its place in the file.
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

    /// The value that a program put here in place of text.
    #[must_use]
    pub fn given(&self) -> Option<&Given> {
        match &self.kind {
            Kind::Given(given) => Some(given),
            _ => None,
        }
    }

    /// Describes the value in an error message.
    #[must_use]
    pub fn describe(&self) -> String {
        self.kind.describe()
    }
}

impl Kind {
    /// Describes the value in an error message.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Number(text) => format!("the number {text}"),
            Self::Text(text) if text.len() <= 160 && text.chars().count() <= 40 => format!("the string {text:?}"),
            Self::Text(_) => "a string".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Tuple(Some(name), _) | Self::Struct(Some(name), _) => format!("`{}(...)`", name.text),
            Self::Tuple(None, items) if items.is_empty() => "`()`".to_owned(),
            Self::Tuple(None, _) => "a tuple".to_owned(),
            Self::Struct(None, _) => "a struct".to_owned(),
            Self::Map(_) => "a map".to_owned(),
            Self::Given(given) => format!("\"{}\", which was given in code", given.name),
        }
    }
}

/// The files that were read, by number.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A file that was read.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    /// Where each line begins.
    lines: Vec<u32>,
}

/// A place in a file as it is shown to users: lines and columns count from 1, columns in characters.
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
    /// Adds a file and returns its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        self.files.push(Source { name: name.into(), text, lines });
        self.files.len() as u32 - 1
    }

    /// Name and text of a file.
    #[must_use]
    pub fn get(&self, source: u32) -> Option<(&str, &str)> {
        self.files.get(source as usize).map(|file| (file.name.as_str(), file.text.as_str()))
    }

    /// Where a region begins, as it is shown to users.
    #[must_use]
    pub fn place(&self, region: Region) -> Option<Place<'_>> {
        let Source { name: file, text, lines } = self.files.get(region.source as usize)?;
        let mut start = (region.start as usize).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let number = lines.partition_point(|&begin| begin as usize <= start);
        let line_start = lines[number - 1] as usize;
        let line_end = lines.get(number).map_or(text.len(), |&next| next as usize - 1);
        let line = text[line_start..line_end].trim_end_matches('\r');
        Some(Place {
            file,
            line: number,
            column: text[line_start..start].chars().count() + 1,
            text: line,
            // A place may lie on the end of its line, which is not shown.
            offset: (start - line_start).min(line.len()),
        })
    }
}
