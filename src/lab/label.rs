//! References by name to other parts of an experiment, and values that are read later, when their type is known.

use crate::model::System;
use crate::schema::{Decode, Encode, Fills, Kind, Name, Node, Reader, Region, named};

/// A value that is not yet read. Its type is that of the field into which it is put.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Node);

impl Decode for Raw {
    fn decode(node: &Node, _reader: &mut Reader) -> Option<Self> {
        Some(Self(node.clone()))
    }
}

impl Encode for Raw {
    fn encode(&self) -> Node {
        self.0.clone()
    }
}

impl Raw {
    /// Wraps a value.
    #[must_use]
    pub fn of(value: &impl Encode) -> Self {
        Self(value.encode())
    }
}

impl Fills<Raw> for System {
    fn fill(self) -> Raw {
        Raw(match self.encode().kind {
            Kind::Struct(_, fields) => named("System", fields),
            other => Node::made(other),
        })
    }
}

/// A reference by name to something else in the file, such as an arm or a point of the sweep.
#[derive(Clone, Debug)]
pub struct Label(pub Name);

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Decode for Label {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) | Kind::Number(text) => Some(Self(Name { text: text.clone(), region: node.region })),
            _ => {
                reader.expected(node, "a name in quotes");
                None
            }
        }
    }
}

impl Encode for Label {
    fn encode(&self) -> Node {
        self.0.text.encode()
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self(Name { text: text.to_owned(), region: Region::default() })
    }
}

impl Fills<Label> for &str {
    fn fill(self) -> Label {
        self.into()
    }
}
