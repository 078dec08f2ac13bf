//! Shares.

use super::{number_and_unit, text};
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// A share: "2 %". From 0 to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);

    /// `percent` of a hundred, held to 0 to 100.
    #[must_use]
    pub const fn of(percent: f64) -> Self {
        Self(percent.clamp(0.0, 100.0))
    }

    /// The share as a fraction from 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }

    /// Reads "2 %".
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        match number_and_unit(text) {
            Some((number, "%")) if (0.0..=100.0).contains(&number) => Ok(Self(number)),
            Some((_, "%")) => Err(format!("a share is from 0 to 100 %, found \"{text}\"")),
            _ => Err(format!("\"{text}\" is not a share")),
        }
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl Decode for Percent {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = text(node, reader, "a share", "\"2 %\"")?;
        Self::parse(text).map_err(|error| reader.error(node.region, error, "write \"2 %\"")).ok()
    }
}

impl Encode for Percent {
    fn encode(&self) -> Node {
        Node::made(Kind::Text(self.to_string()))
    }
}
