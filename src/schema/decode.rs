//! From a tree to typed values: reads on after a mistake and collects them all.

use std::collections::BTreeSet;

use super::diagnostic::{Diagnostic, MOST_MISTAKES};
use super::new::Fills;
use super::tree::{Kind, Name, Node, Region};

/// Collects mistakes while values are read.
#[derive(Debug, Default)]
pub struct Reader {
    /// The mistakes so far.
    pub diagnostics: Vec<Diagnostic>,
    /// True while lengths of time are read that stand for plain numbers: "1.5 s" is then written 1.5.
    pub(crate) plain_numbers: bool,
}

impl Reader {
    /// Something is wrong at `region`.
    pub fn error(&mut self, region: Region, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(region, message).help(help));
    }

    /// True if enough mistakes are found that no more would be shown: a check that may find a great many then stops.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.diagnostics.len() >= MOST_MISTAKES
    }

    /// `node` is not the expected value.
    pub fn expected(&mut self, node: &Node, what: &str) {
        self.error(node.region, format!("expected {what}, found {}", node.describe()), "");
    }
}

/// A type the language can read.
pub trait Decode: Sized {
    /// Reads a value; `None` if something is wrong with it, which `reader` then knows.
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// The value of a field that is not written, for types that have one of their own.
    fn absent() -> Option<Self> {
        None
    }
}

/// A type that can be written in the language. Every default is filled in, so that reading it back gives the same
/// value.
pub trait Encode {
    /// The value as a tree.
    fn encode(&self) -> Node;
}

/// True of a decimal number without a point or an exponent, however long.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '_')
}

fn integer(node: &Node, reader: &mut Reader, low: i128, high: i128) -> Option<i128> {
    let Kind::Number(text) = &node.kind else {
        reader.expected(node, "a whole number");
        return None;
    };
    let value = ron::from_str::<i64>(text).map(i128::from).or_else(|_| ron::from_str::<u64>(text).map(i128::from));
    match value {
        Ok(value) if (low..=high).contains(&value) => Some(value),
        _ if is_whole(text) => {
            let problem = match text.starts_with('-') {
                true => format!("{text} is negative: expected a whole number without a sign"),
                false => format!("{text} is too large: at most {high}"),
            };
            reader.error(node.region, problem, "");
            None
        }
        _ => {
            reader.expected(node, "a whole number");
            None
        }
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Decode for $type {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                integer(node, reader, <$type>::MIN as i128, <$type>::MAX as i128).map(|value| value as $type)
            }
        }

        impl Encode for $type {
            fn encode(&self) -> Node {
                Node::made(Kind::Number(self.to_string()))
            }
        }
    )+};
}

integers!(u8, u16, u32, u64, usize);

impl Decode for f64 {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Number(text) = &node.kind else {
            reader.expected(node, "a number");
            return None;
        };
        match ron::from_str::<f64>(text) {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
                reader.expected(node, "a finite number");
                None
            }
        }
    }
}

impl Encode for f64 {
    fn encode(&self) -> Node {
        Node::made(Kind::Number(format!("{self:?}")))
    }
}

impl Decode for bool {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Word(word) if word == "true" => Some(true),
            Kind::Word(word) if word == "false" => Some(false),
            _ => {
                reader.expected(node, "`true` or `false`");
                None
            }
        }
    }
}

impl Encode for bool {
    fn encode(&self) -> Node {
        Node::made(Kind::Word(self.to_string()))
    }
}

impl Decode for String {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => {
                reader.expected(node, "a string in quotes");
                None
            }
        }
    }
}

impl Encode for String {
    fn encode(&self) -> Node {
        Node::made(Kind::Text(self.clone()))
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Word(word) if word == "None" => Some(None),
            Kind::Tuple(Some(name), items) if name.text == "Some" && items.len() == 1 => {
                T::decode(&items[0], reader).map(Some)
            }
            _ => T::decode(node, reader).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self) -> Node {
        match self {
            None => Node::made(Kind::Word("None".to_owned())),
            Some(value) => {
                let name = Name { text: "Some".to_owned(), region: Region::default() };
                Node::made(Kind::Tuple(Some(name), vec![value.encode()]))
            }
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            reader.expected(node, "a list in square brackets");
            return None;
        };
        // Reads on after a mistake, so that all are found.
        let mut values = Some(Vec::with_capacity(items.len()));
        for item in items {
            match (T::decode(item, reader), &mut values) {
                (Some(value), Some(values)) => values.push(value),
                _ => values = None,
            }
            if reader.is_full() {
                return None;
            }
        }
        values
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self) -> Node {
        Node::made(Kind::List(self.iter().map(Encode::encode).collect()))
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Tuple(None, items) if items.len() == 2 => {
                let (a, b) = (A::decode(&items[0], reader), B::decode(&items[1], reader));
                Some((a?, b?))
            }
            _ => {
                reader.expected(node, "a pair in parentheses");
                None
            }
        }
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self) -> Node {
        Node::made(Kind::Tuple(None, vec![self.0.encode(), self.1.encode()]))
    }
}

/// A map in the order of the file. Its keys know their places in the text.
#[derive(Clone, Debug)]
pub struct Map<T> {
    /// Key and value.
    pub entries: Vec<(Name, T)>,
    /// The entries in order of their keys, each with how its key begins.
    order: Vec<(u64, u32)>,
}

/// How a key begins: keys in order have beginnings in order, and most keys of a map differ in it. Looking at beginnings
/// alone needs no look at the keys, which lie scattered in memory.
fn beginning(key: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = key.len().min(bytes.len());
    bytes[..length].copy_from_slice(&key.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

impl<T: PartialEq> PartialEq for Map<T> {
    fn eq(&self, other: &Self) -> bool {
        // The order of keys makes no difference to the meaning of the map.
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(a, b)| a.0.text == b.0.text && a.1 == b.1)
    }
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<T> Map<T> {
    /// A map of these entries, whose keys are different.
    #[must_use]
    pub fn new(entries: Vec<(Name, T)>) -> Self {
        let key = |place: u32| entries[place as usize].0.text.as_str();
        let mut order: Vec<(u64, u32)> =
            (0..entries.len() as u32).map(|place| (beginning(key(place)), place)).collect();
        order.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(key(b.1))));
        Self { entries, order }
    }

    /// Adds an entry at the end. A key that is already there is not replaced; the duplicate is reported when the map is
    /// read.
    #[must_use]
    pub fn with(mut self, key: &str, value: T) -> Self {
        let place = self.entries.len() as u32;
        let begins = beginning(key);
        let text = |place: u32| self.entries[place as usize].0.text.as_str();
        let at = self.order.partition_point(|&(other, place)| (other, text(place)) < (begins, key));
        self.order.insert(at, (begins, place));
        self.entries.push((Name { text: key.to_owned(), region: Region::default() }, value));
        self
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&T> {
        self.position(key).map(|place| &self.entries[place].1)
    }

    /// The place of a key among the entries.
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        let entry = |place: u32| self.entries[place as usize].0.text.as_str();
        let begins = beginning(key);
        let found =
            self.order.binary_search_by(|&(other, place)| other.cmp(&begins).then_with(|| entry(place).cmp(key)));
        Some(self.order[found.ok()?].1 as usize)
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.text.as_str())
    }
}

impl<T, F: Into<T>, const N: usize> Fills<Map<T>> for [(&str, F); N] {
    fn fill(self) -> Map<T> {
        let named = |(key, value): (&str, F)| (Name { text: key.to_owned(), region: Region::default() }, value.into());
        Map::new(self.into_iter().map(named).collect())
    }
}

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Map(items) = &node.kind else {
            reader.expected(node, "a map in braces: `{\"name\": value}`");
            return None;
        };
        let mut good = true;
        let mut entries: Vec<(Name, T)> = Vec::new();
        let mut names = BTreeSet::new();
        for (name, value) in items {
            if reader.is_full() {
                return None;
            }
            if !names.insert(name.text.as_str()) {
                reader.error(name.region, format!("the name \"{}\" is given twice", name.text), "");
                good = false;
            }
            match T::decode(value, reader) {
                Some(value) => entries.push((name.clone(), value)),
                None => good = false,
            }
        }
        good.then(|| Self::new(entries))
    }
}

impl<T: Encode> Encode for Map<T> {
    fn encode(&self) -> Node {
        Node::made(Kind::Map(self.entries.iter().map(|(name, value)| (name.clone(), value.encode())).collect()))
    }
}
