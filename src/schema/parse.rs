//! Reads RON into a tree. After a mistake it goes on behind the next comma, so that one reading finds them all.
//!
//! Brackets that do not match are reported with their place: if a closing bracket does not match the innermost open
//! one, the rest of the file decides whether it is superfluous, the wrong one, or follows one that is missing. Where
//! the file cannot be followed any further (a string without an end), no further mistakes are reported.
//!
//! The `ron` crate stops at its first error, forgets the names of variants when the type is not known, and has no
//! places for values; it reads the leaves here, so that strings and numbers mean what they mean in RON.

use std::ops::ControlFlow;

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
    if looks_binary {
        return Err("not a text file: it holds zero bytes".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]);
        let (line, column) = line_and_column(&before, good);
        format!("not a text file: line {line}, column {column} is not UTF-8; save it as UTF-8")
    })?;
    if text.len() > u32::MAX as usize / 2 {
        return Err("larger than 2 GiB".to_owned());
    }
    Ok(text)
}

/// Line and column of a byte of a text, counted from 1.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// Reads `text`, the file number `source`, as one value.
///
/// # Errors
/// Every mistake of syntax that was found.
pub fn parse(source: u32, text: &str) -> Result<Node, Vec<Diagnostic>> {
    let mut parser = Parser {
        source,
        text,
        at: 0,
        errors: Vec::new(),
        depth: 0,
        open: Vec::new(),
        lost: false,
        far: None,
        map_end: None,
    };
    if text.starts_with('\u{feff}') {
        parser.at = '\u{feff}'.len_utf8();
    }
    parser.extensions();
    if parser.at >= text.len() && parser.errors.is_empty() {
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
    /// The closing brackets of those that are open, outermost first.
    open: Vec<char>,
    /// True if the rest of the file cannot be followed: other apparent mistakes follow from one that is reported.
    lost: bool,
    /// The first bracket whose closing one begins a line further left than the line of the opening one.
    far: Option<Far>,
    /// Where the last map ended.
    map_end: Option<usize>,
}

/// A bracket that was closed by what looks like the closing bracket of another: the bytes of both.
#[derive(Clone, Copy)]
struct Far {
    open: usize,
    close: usize,
}

enum Items {
    Named(Vec<(Name, Node)>),
    Plain(Vec<Node>),
}

/// The items between two brackets, as far as they are read.
struct Between {
    /// The closing bracket.
    close: char,
    /// Where the opening one stands.
    open: usize,
    /// Behind the last item.
    behind: usize,
    named: Vec<(Name, Node)>,
    plain: Vec<Node>,
}

/// The next item between two brackets.
enum Comes {
    /// The end of what stands between them.
    End,
    /// Text that is skipped.
    Nothing,
    Item,
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
        if !self.lost {
            self.errors.push(problem);
        }
        if self.errors.len() >= MAX_ERRORS {
            self.at = self.text.len();
            self.lost = true;
        }
    }

    /// Reports a mistake after which the rest of the file cannot be understood.
    fn give_up(&mut self, start: usize, message: impl Into<String>) {
        let end = self.text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
        let region = self.region(start, end);
        self.push(Diagnostic::new(region, message));
        self.at = self.text.len();
        self.lost = true;
    }

    /// A place in words.
    fn words(&self, at: usize) -> String {
        let (line, column) = line_and_column(self.text, at);
        format!("line {line}, column {column}")
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
                    self.give_up(start, "this comment does not end");
                    return;
                }
            } else {
                return;
            }
        }
    }

    /// Skips `#![enable(...)]`, which makes no difference here.
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
            self.give_up(self.at, format!("nested deeper than {MAX_DEPTH} levels"));
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

    /// The items between brackets, separated by commas; `name: value` in parentheses and braces.
    fn items(&mut self, close: char, open: usize) -> Items {
        self.open.push(close);
        let found = self.items_within(close, open);
        self.open.pop();
        found
    }

    fn items_within(&mut self, close: char, open: usize) -> Items {
        let mut found = Between { close, open, behind: open + 1, named: Vec::new(), plain: Vec::new() };
        loop {
            match self.comes(&found) {
                Comes::End => break,
                Comes::Nothing => continue,
                Comes::Item => {}
            }
            let (start, before) = (self.at, self.errors.len());
            let name = if close == ']' { None } else { self.item_name(close) };
            let read = match name {
                Some(name) => self.named_item(name, &mut found),
                None => self.plain_item(start, before, &mut found),
            };
            let ControlFlow::Continue(last) = read else { break };
            found.behind = last.map_or(self.at, |region| region.end as usize).max(start);
            self.go_behind(close, last, self.errors.len() == before);
        }
        self.items_of(found)
    }

    /// The next item, with its mistakes.
    fn comes(&mut self, &Between { close, open, behind, .. }: &Between) -> Comes {
        self.space();
        if self.eat(close) {
            self.note_far(open);
            if close == '}' {
                self.map_end = Some(self.at - 1);
            }
            return Comes::End;
        }
        if self.at >= self.text.len() {
            self.never_closed(open, close);
            return Comes::End;
        }
        if let Some(c @ (')' | ']' | '}')) = self.peek() {
            return if self.ends_here(c, close, (open, behind)) { Comes::End } else { Comes::Nothing };
        }
        // Of a closing bracket with a line of its own that is missing, a comma is left.
        if self.peek() == Some(',') && self.balances(self.at, &self.open[..self.open.len() - 1]) {
            self.missing(close, open, self.at);
            return Comes::End;
        }
        Comes::Item
    }

    /// Reads the value behind `name`, and gives its place if there is one. Breaks off where the bracket should have
    /// been closed.
    fn named_item(&mut self, name: Name, found: &mut Between) -> ControlFlow<(), Option<Region>> {
        // In braces names are quoted: an unquoted name is a field of the surrounding record.
        let quoted = |name: &Name| self.text[name.region.start as usize..].starts_with('"');
        let first = found.named.first().map(|(first, _)| first);
        let is_odd = found.close == '}' && !quoted(&name) && first.is_some_and(quoted) && self.is_within(')');
        if is_odd && self.balances(found.behind, &self.open[..self.open.len() - 1]) {
            return self.missing_behind(found);
        }
        let value = self.value();
        let region = value.as_ref().map(|value| value.region);
        found.named.extend(value.map(|value| (name, value)));
        ControlFlow::Continue(region)
    }

    /// Reads a value without a name that begins at `start`, where so many mistakes were known `before`, and gives its
    /// place if there is one. Breaks off where a bracket is missing or one is too many.
    fn plain_item(&mut self, start: usize, before: usize, found: &mut Between) -> ControlFlow<(), Option<Region>> {
        let Some(value) = self.value() else { return ControlFlow::Continue(None) };
        let close = found.close;
        // A name where no names are allowed belongs to the surrounding record.
        let (is_text, is_word) = (matches!(value.kind, Kind::Text(_)), matches!(value.kind, Kind::Word(_)));
        self.space();
        let is_name = self.rest().starts_with(':') && !self.rest().starts_with("::");
        let belongs = match (close, self.open.iter().rev().nth(1)) {
            (')' | ']', Some('}')) => is_text,
            (']', Some(')')) => is_word,
            _ => false,
        };
        if is_name && belongs && self.errors.len() == before {
            return self.missing_behind(found);
        }
        if close == '}' && matches!(value.kind, Kind::Map(_)) && self.errors.len() == before {
            self.give_up(start, "expected a key in quotes, found `{`: one bracket too many?");
            return ControlFlow::Break(());
        }
        // An entry of a map that was closed too early.
        let ended = self.map_end.filter(|_| close == ')' && is_name && is_text && !belongs);
        if let Some(end) = ended.filter(|_| self.errors.is_empty()) {
            self.give_up(end, "this `}` ends the map, but entries follow: one bracket too many?");
            return ControlFlow::Break(());
        }
        if close == '}' && self.errors.len() == before && !self.runs_on(value.region) {
            let at = value.region.end as usize;
            self.error_at(at, "expected `:` and a value after the key");
        }
        let region = value.region;
        found.plain.push(value);
        ControlFlow::Continue(Some(region))
    }

    /// The closing bracket is missing behind the last item: continues there.
    fn missing_behind(&mut self, found: &Between) -> ControlFlow<(), Option<Region>> {
        self.missing(found.close, found.open, found.behind);
        self.at = found.behind;
        ControlFlow::Break(())
    }

    /// Goes behind an item to the next: over the comma, or after a mistake to where something can be understood again.
    /// `last` is the place of the value of the item, in which nothing was wrong if `is_good`.
    fn go_behind(&mut self, close: char, last: Option<Region>, is_good: bool) {
        let before = self.errors.len();
        self.space();
        let is_good = is_good && self.errors.len() == before;
        if is_good && (self.eat(',') || matches!(self.peek(), Some(')' | ']' | '}'))) {
            return;
        }
        if is_good && self.at < self.text.len() && !last.is_some_and(|region| self.runs_on(region)) {
            let at = self.at;
            self.error_at(at, format!("expected `,` or `{close}`"));
        }
        self.skip_item();
    }

    /// All that was found between two brackets: with names if any item has one.
    fn items_of(&mut self, Between { close, named, plain, .. }: Between) -> Items {
        if named.is_empty() {
            return Items::Plain(plain);
        }
        let Some(stray) = plain.last().map(|stray| stray.region) else { return Items::Named(named) };
        if close == '}' || stray.start > named[0].0.region.start {
            if self.errors.is_empty() {
                let message = "a value without a name behind named ones";
                self.errors.push(Diagnostic::new(stray, message).help("write `name: value`"));
            }
            return Items::Named(named);
        }
        // Values that come first go by their place, as in `Less(a, b, at: "900/s")`.
        let placed = plain.into_iter().enumerate();
        let placed = placed.map(|(place, value)| (Name { text: place.to_string(), region: value.region }, value));
        Items::Named(placed.chain(named).collect())
    }

    /// `name:` or `"key":`, if one comes next.
    fn item_name(&mut self, close: char) -> Option<Name> {
        let start = self.at;
        let (errors, lost) = (self.errors.len(), self.lost);
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
        self.lost = lost;
        None
    }

    /// True if a bracket around the innermost one is closed by `close`.
    fn is_within(&self, close: char) -> bool {
        self.open.iter().rev().skip(1).any(|&open| open == close)
    }

    /// Deals with the closing bracket `c`, which is not that of the innermost bracket: one that stands at `open`, whose
    /// items end before `behind`. True if the innermost ends here.
    fn ends_here(&mut self, c: char, close: char, (open, behind): (usize, usize)) -> bool {
        let (at, next) = (self.at, self.at + c.len_utf8());
        let region = self.region(at, next);
        let outer = &self.open[..self.open.len() - 1];
        let stands_for_ours = self.balances(next, outer);
        let too_many = self.balances(next, &self.open) || (!self.balances(at, outer) && !outer.contains(&c));
        if stands_for_ours {
            let place = self.words(open);
            self.push(Diagnostic::new(region, format!("expected `{close}` for the bracket at {place}, found `{c}`")));
            self.at = next;
            true
        } else if too_many {
            self.push(Diagnostic::new(region, format!("this `{c}` closes nothing")));
            self.at = next;
            self.space();
            self.eat(',');
            false
        } else {
            self.missing(close, open, behind);
            true
        }
    }

    /// The bracket at `open` should have been closed by `at`; or one within it, if that was closed by what looks like
    /// the closing bracket of another.
    fn missing(&mut self, close: char, open: usize, at: usize) {
        let (close, open, at) = match self.far.take().filter(|far| far.open > open) {
            Some(far) => (self.text[far.close..].chars().next().unwrap_or(close), far.open, far.close),
            None => (close, open, at),
        };
        let at = self.outgrown(open, at).unwrap_or(at);
        let end = self.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        let (region, place) = (self.region(at, end), self.words(open));
        self.push(Diagnostic::new(region, format!("`{close}` is missing here: the bracket at {place} is not closed")));
    }

    /// The file ends before the bracket at `open` is closed.
    fn never_closed(&mut self, open: usize, close: char) {
        let end = self.text.len();
        if self.far.is_some_and(|far| far.open > open) || self.outgrown(open, end).is_some() {
            self.missing(close, open, end);
        } else {
            let region = self.region(open, open + 1);
            self.push(Diagnostic::new(region, format!("this bracket is never closed: `{close}` is missing")));
        }
    }

    /// Where the bracket at `open` should have been closed by the looks of the lines up to `to`: before the first that
    /// begins no further right than the line of the bracket. `None` if no line does, or if lines are not indented.
    fn outgrown(&self, open: usize, to: usize) -> Option<usize> {
        let width = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let is_text = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let start = self.text[..open].rfind('\n').map_or(0, |end| end + 1);
        let (opened, mut end) = (width(&self.text[start..]), None);
        let mut at = start;
        for line in self.text[start..to].split_inclusive('\n') {
            let is_first = at == start;
            let content = line.trim_end().trim_end_matches(',').len();
            if is_text(line) {
                // A line that closes a bracket opened beside this one still belongs to it.
                let closes = line.trim_start().starts_with([')', ']', '}']) && width(line) == opened;
                if !is_first && width(line) <= opened {
                    let rest = line.trim_start_matches([' ', '\t', ')', ']', '}']);
                    return if closes && end.is_some() { Some(at + line.len() - rest.len()) } else { end };
                }
                // The line after an opening bracket at the end of a line should be indented further.
                let opens = is_first && line.trim_end().len() == open + 1 - start;
                end = if opens { None } else { Some(at + content) };
            }
            at += line.len();
        }
        None
    }

    /// Remembers the bracket at `open`, just closed, if its two ends do not look as if they belong together.
    fn note_far(&mut self, open: usize) {
        let close = self.at - 1;
        let indentation = |at: usize| {
            let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
            let line = &self.text[start..];
            let width = line.len() - line.trim_start_matches([' ', '\t']).len();
            (width, start + width)
        };
        if self.far.is_none() && self.text[open..close].contains('\n') {
            let ((opened, _), (closed, first)) = (indentation(open), indentation(close));
            if closed < opened && first == close {
                self.far = Some(Far { open, close });
            }
        }
    }

    /// True if the closing brackets from `from` on match `open`, outermost first, and the brackets that are opened
    /// there.
    fn balances(&self, from: usize, open: &[char]) -> bool {
        let mut open = open.to_vec();
        let mut look = Parser { errors: Vec::new(), open: Vec::new(), at: from, ..*self };
        while let Some(step) = look.rest().find(['(', ')', '[', ']', '{', '}', '"', '\'', '/', 'r']) {
            look.at += step;
            let (start, rest) = (look.at, look.rest());
            match look.peek() {
                Some('(') => open.push(')'),
                Some('[') => open.push(']'),
                Some('{') => open.push('}'),
                Some(c @ (')' | ']' | '}')) => {
                    if open.pop() != Some(c) {
                        return false;
                    }
                }
                Some('"') => drop(look.string()),
                Some('\'') => drop(look.character()),
                Some('/') => look.space(),
                _ if rest.starts_with("r\"") || rest.starts_with("r#\"") => drop(look.raw_string()),
                _ => {}
            }
            if look.at == start {
                look.at += 1;
            }
        }
        open.is_empty() && look.errors.is_empty()
    }

    /// True if the string at `region`, followed by text that does not fit, continues over the end of a line: its
    /// closing quote is missing, and the text after it belongs to the string. Reports that.
    fn runs_on(&mut self, region: Region) -> bool {
        let (start, end) = (region.start as usize, region.end as usize);
        let text = &self.text[start..end];
        if !text.starts_with('"') || !text.contains('\n') {
            return false;
        }
        let (line, _) = line_and_column(self.text, end);
        self.give_up(start, format!("this string ends only in line {line}: a `\"` is missing"));
        true
    }

    /// After a mistake: continues behind the next comma of this bracket, or before a closing bracket.
    fn skip_item(&mut self) {
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
                ')' | ']' | '}' => return,
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
                    if !self.errors.is_empty() && rest[..at].contains('\n') {
                        // If a `"` is missing, the rest is misread.
                        self.at = self.text.len();
                        self.lost = true;
                        return None;
                    }
                    return self.scalar(start);
                }
                _ => {}
            }
        }
        self.give_up(start, "this string does not end");
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
                self.give_up(start, "this string does not end");
                None
            }
        }
    }

    fn character(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = &self.rest()[1..];
        let end = rest.char_indices().skip(1).find(|&(at, c)| c == '\'' && !rest[..at].ends_with('\\'));
        let Some((end, _)) = end else {
            self.give_up(start, "this character does not end");
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
