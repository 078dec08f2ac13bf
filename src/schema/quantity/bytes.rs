//! Sizes in bytes.

use super::{number_and_unit, text};
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// A size: "64 KiB", "1.5 MB".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

const UNITS: [(&[&str], f64); 9] = [
    (&["B", "bytes"], 1.0),
    (&["kB", "KB"], 1e3),
    (&["MB"], 1e6),
    (&["GB"], 1e9),
    (&["TB"], 1e12),
    (&["KiB"], 1024.0),
    (&["MiB"], 1_048_576.0),
    (&["GiB"], 1_073_741_824.0),
    (&["TiB"], 1_099_511_627_776.0),
];
const EXAMPLE: &str = "\"64 KiB\" or \"1.5 MB\"";
/// Whole numbers up to here are exact in an `f64`.
const LARGEST: f64 = 9_007_199_254_740_992.0;

impl Bytes {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The size in bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Reads "64 KiB".
    ///
    /// # Errors
    /// The mistake in the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = number_and_unit(text).ok_or_else(|| format!("\"{text}\" is not a size"))?;
        let (_, factor) = UNITS
            .iter()
            .find(|(names, _)| names.contains(&unit))
            .ok_or_else(|| format!("\"{text}\" is not a size: it needs a unit"))?;
        let bytes = number * factor;
        if (0.0..=LARGEST).contains(&bytes) && bytes.fract() == 0.0 {
            Ok(Self(bytes as u64))
        } else {
            Err(format!("\"{text}\" is not a whole number of bytes from 0 to 8 PiB"))
        }
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n if n > 0 && n % 1_048_576 == 0 => write!(f, "{} MiB", n / 1_048_576),
            n if n > 0 && n % 1024 == 0 => write!(f, "{} KiB", n / 1024),
            n => write!(f, "{n} B"),
        }
    }
}

impl Decode for Bytes {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = text(node, reader, "a size", EXAMPLE)?;
        Self::parse(text).map_err(|error| reader.error(node.region, error, format!("write {EXAMPLE}"))).ok()
    }
}

impl Encode for Bytes {
    fn encode(&self) -> Node {
        Node::made(Kind::Text(self.to_string()))
    }
}
