//! Reads RON into a tree. After a mistake it goes on behind the next comma, so that one reading finds them all.
//!
//! The `ron` crate stops at its first error, forgets the names of variants when the type is not known, and has no
//! places for values; it reads the leaves here, so that strings and numbers mean what they mean in RON.

use super::diagnostic::Diagnostic;
use super::tree::{Kind, Name, Node, Region};

/// Deeper nesting than this is refused.
const MAX_DEPTH: usize = 96;
/// Mistakes reported at most; a file with more is not RON.
const MAX_ERRORS: usize = 20;

/// Reads bytes as UTF-8 text.
///
/// # Errors
/// A sentence that says what the bytes look like instead.
pub fn decode_text(bytes: Vec<u8>) -> Result<String, String> {
    let looks_binary = bytes.iter().take(4096).any(|&byte| byte == 0);
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("not a text file: byte {} is not UTF-8", error.utf8_error().valid_up_to()))?;
    if looks_binary {
        return Err("not a text file: it holds zero bytes".to_owned());
    }
    if text.len() > u32::MAX as usize / 2 {
        return Err("larger than 2 GiB".to_owned());
    }
    Ok(text)
}

/// Reads `text`, the file number `source`, as one value.
///
/// # Errors
/// Every mistake of syntax that was found.
pub fn parse(source: u32, text: &str) -> Result<Node, Vec<Diagnostic>> {
    let mut parser = Parser { source, text, at: 0, errors: Vec::new(), depth: 0 };
    if text.starts_with('\u{feff}') {
        parser.at = '\u{feff}'.len_utf8();
    }
    parser.extensions();
    if parser.at >= text.len() {
        let region = parser.region(0, 0);
        return Err(vec![
            Diagnostic::new(region, "the file is empty").help("write an `Experiment(...)` or a `System(...)`"),
        ]);
    }
    let node = parser.value();
    parser.space();
    if parser.errors.is_empty() && parser.at < text.len() {
        let at = parser.at;
        parser.error_at(at, "expected the end of the file");
    }
    match node {
        Some(node) if parser.errors.is_empty() => Ok(node),
        _ => Err(parser.errors),
    }
}

struct Parser<'a> {
    source: u32,
    text: &'a str,
    at: usize,
    errors: Vec<Diagnostic>,
    depth: usize,
}

enum Items {
    Named(Vec<(Name, Node)>),
    Plain(Vec<Node>),
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn region(&self, start: usize, end: usize) -> Region {
        Region { source: self.source, start: start as u32, end: end as u32 }
    }

    fn error_at(&mut self, at: usize, message: impl Into<String>) {
        let end = self.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        let found = match self.text[at..].chars().next() {
            None => "found the end of the file".to_owned(),
            Some('"') => "found `\"`".to_owned(),
            Some(c) => format!("found `{}`", c.escape_debug()),
        };
        let region = self.region(at, end);
        self.push(Diagnostic::new(region, format!("{}, {found}", message.into())));
    }

    fn push(&mut self, problem: Diagnostic) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(problem);
        }
    }

    /// Passes over white space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let start = self.at;
                let mut open = 0;
                while self.at < self.text.len() {
                    let rest = self.rest();
                    if rest.starts_with("/*") {
                        open += 1;
                        self.at += 2;
                    } else if rest.starts_with("*/") {
                        open -= 1;
                        self.at += 2;
                        if open == 0 {
                            break;
                        }
                    } else {
                        self.at += rest.chars().next().map_or(1, char::len_utf8);
                    }
                }
                if open > 0 {
                    self.error_at(start, "this comment does not end");
                    return;
                }
            } else {
                return;
            }
        }
    }

    /// Passes over `#![enable(...)]`: what it enables makes no difference here.
    fn extensions(&mut self) {
        self.space();
        while self.rest().starts_with("#!") {
            self.at += self.rest().find(']').map_or(self.rest().len(), |end| end + 1);
            self.space();
        }
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn word(&mut self) -> Option<Name> {
        let rest = self.rest();
        let start = self.at;
        let skip = if rest.starts_with("r#") && rest[2..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
            2
        } else {
            0
        };
        let body = &rest[skip..];
        if !body.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        let length = body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len());
        self.at += skip + length;
        Some(Name { text: body[..length].to_owned(), region: self.region(start, self.at) })
    }

    fn value(&mut self) -> Option<Node> {
        self.space();
        if self.depth >= MAX_DEPTH {
            let at = self.at;
            self.error_at(at, format!("nested deeper than {MAX_DEPTH} levels"));
            self.at = self.text.len();
            return None;
        }
        self.depth += 1;
        let start = self.at;
        let kind = self.kind();
        self.depth -= 1;
        kind.map(|kind| Node { kind, region: self.region(start, self.at) })
    }

    fn kind(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("r\"") || rest.starts_with("r#\"") || rest.starts_with("r##") {
            return self.raw_string();
        }
        match self.peek() {
            Some('"') => self.string(),
            Some('\'') => self.character(),
            Some('[') => {
                self.at += 1;
                match self.items(']', start) {
                    Items::Plain(items) => Some(Kind::List(items)),
                    Items::Named(_) => None,
                }
            }
            Some('{') => {
                self.at += 1;
                match self.items('}', start) {
                    Items::Named(entries) => Some(Kind::Map(entries)),
                    Items::Plain(_) => Some(Kind::Map(Vec::new())),
                }
            }
            Some('(') => {
                self.at += 1;
                Some(self.body(None, start))
            }
            Some(c) if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => self.number(),
            _ => {
                let Some(name) = self.word() else {
                    self.error_at(start, "expected a value");
                    return None;
                };
                let after = self.at;
                self.space();
                if self.peek() == Some('(') {
                    let open = self.at;
                    self.at += 1;
                    return Some(self.body(Some(name), open));
                }
                self.at = after;
                Some(Kind::Word(name.text))
            }
        }
    }

    fn body(&mut self, name: Option<Name>, open: usize) -> Kind {
        match self.items(')', open) {
            Items::Named(fields) => Kind::Struct(name, fields),
            Items::Plain(items) => Kind::Tuple(name, items),
        }
    }

    /// What stands between brackets, separated by commas; `name: value` in parentheses and braces.
    fn items(&mut self, close: char, open: usize) -> Items {
        let mut named = Vec::new();
        let mut plain = Vec::new();
        loop {
            self.space();
            if self.eat(close) {
                break;
            }
            if self.at >= self.text.len() {
                let region = self.region(open, open + 1);
                let missing = format!("this bracket is never closed: `{close}` is missing");
                self.push(Diagnostic::new(region, missing));
                break;
            }
            let before = self.errors.len();
            match if close == ']' { None } else { self.item_name(close) } {
                Some(name) => {
                    if let Some(value) = self.value() {
                        named.push((name, value));
                    }
                }
                None => {
                    if let Some(value) = self.value() {
                        if close == '}' && self.errors.len() == before {
                            let at = value.region.end as usize;
                            self.error_at(at, "expected `:` and a value after the key");
                        }
                        plain.push(value);
                    }
                }
            }
            self.space();
            if self.errors.len() == before && (self.eat(',') || self.peek() == Some(close)) {
                continue;
            }
            if self.errors.len() == before && self.at < self.text.len() {
                let at = self.at;
                self.error_at(at, format!("expected `,` or `{close}`"));
            }
            self.skip_item(close);
        }
        if named.is_empty() {
            return Items::Plain(plain);
        }
        if let Some(stray) = plain.last() {
            let region = stray.region;
            if close == '}' || region.start > named[0].0.region.start {
                if self.errors.is_empty() {
                    let message = "a value without a name behind named ones";
                    self.errors.push(Diagnostic::new(region, message).help("write `name: value`"));
                }
            } else {
                // Values that come first go by their place, as in `Less(a, b, at: "900/s")`.
                let placed = plain
                    .into_iter()
                    .enumerate()
                    .map(|(place, value)| (Name { text: place.to_string(), region: value.region }, value));
                return Items::Named(placed.chain(named).collect());
            }
        }
        Items::Named(named)
    }

    /// `name:` or `"key":`, if that is what comes.
    fn item_name(&mut self, close: char) -> Option<Name> {
        let start = self.at;
        let errors = self.errors.len();
        let name = if close == '}' && self.peek() == Some('"') {
            match self.string() {
                Some(Kind::Text(text)) => Some(Name { text, region: self.region(start, self.at) }),
                _ => None,
            }
        } else {
            self.word()
        };
        if let Some(name) = name {
            self.space();
            if self.rest().starts_with(':') && !self.rest().starts_with("::") {
                self.at += 1;
                return Some(name);
            }
        }
        self.at = start;
        self.errors.truncate(errors);
        None
    }

    /// After a mistake: goes on behind the next comma of this bracket, or before its end.
    fn skip_item(&mut self, close: char) {
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    let errors = self.errors.len();
                    let _ = self.string();
                    self.errors.truncate(errors.max(1));
                    continue;
                }
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' if open > 0 => open -= 1,
                c if c == close => return,
                ',' if open == 0 => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at += c.len_utf8();
        }
    }

    fn number(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = self.rest();
        let mut end = 0;
        for (at, c) in rest.char_indices() {
            let sign = matches!(c, '+' | '-') && (at == 0 || rest[..at].ends_with(['e', 'E']));
            if !(c.is_alphanumeric() || c == '_' || c == '.' || sign) {
                break;
            }
            end = at + c.len_utf8();
        }
        self.at += end;
        let text = &rest[..end];
        if ron::from_str::<u64>(text).is_err()
            && ron::from_str::<i64>(text).is_err()
            && ron::from_str::<f64>(text).is_err()
        {
            let region = self.region(start, self.at);
            let problem = Diagnostic::new(region, format!("`{text}` is not a number"));
            self.push(problem.help("a quantity with a unit is a string: write \"8 ms\", \"900/s\" or \"2 %\""));
            return None;
        }
        Some(Kind::Number(text.to_owned()))
    }

    fn string(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = self.rest();
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.at += at + 1;
                    return self.scalar(start);
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        self.error_at(start, "this string does not end");
        None
    }

    fn raw_string(&mut self) -> Option<Kind> {
        let start = self.at;
        let hashes = self.rest()[1..].chars().take_while(|&c| c == '#').count();
        let close = format!("\"{}", "#".repeat(hashes));
        let body = 1 + hashes + 1;
        match self.rest().get(body..).and_then(|rest| rest.find(&close)) {
            Some(end) => {
                self.at += body + end + close.len();
                self.scalar(start)
            }
            None => {
                self.at = self.text.len();
                self.error_at(start, "this string does not end");
                None
            }
        }
    }

    fn character(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = &self.rest()[1..];
        let end = rest.char_indices().skip(1).find(|&(at, c)| c == '\'' && !rest[..at].ends_with('\\'));
        let Some((end, _)) = end else {
            self.at = self.text.len();
            self.error_at(start, "this character does not end");
            return None;
        };
        self.at += end + 2;
        match ron::from_str::<char>(&self.text[start..self.at]) {
            Ok(c) => Some(Kind::Text(c.to_string())),
            Err(_) => {
                self.error_at(start, "this is not a character");
                None
            }
        }
    }

    fn scalar(&mut self, start: usize) -> Option<Kind> {
        match ron::from_str::<String>(&self.text[start..self.at]) {
            Ok(text) => Some(Kind::Text(text)),
            Err(error) => {
                let region = self.region(start, self.at);
                self.push(Diagnostic::new(region, format!("this is not a string: {}", error.code)));
                None
            }
        }
    }
}
