//! Rates: events per unit of time.

use super::{number_and_unit, text};
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// Events per unit of time: "900/s", "1.5/min". Above zero, at most a thousand million a second.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

const FASTEST: f64 = 1e9;
const EXAMPLE: &str = "\"900/s\", \"30/min\" or \"2/h\"";

impl Rate {
    /// `rate` events per second; `None` if not above zero or faster than the clock can tell apart.
    #[must_use]
    pub fn from_per_second(rate: f64) -> Option<Self> {
        (rate > 0.0 && rate <= FASTEST).then_some(Self(rate))
    }

    /// Events per second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        self.0
    }

    /// Reads "900/s".
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = number_and_unit(text).ok_or_else(|| format!("\"{text}\" is not a rate"))?;
        let seconds = match unit.strip_prefix('/').map(str::trim) {
            Some("s" | "sec" | "second") => 1.0,
            Some("min" | "minute") => 60.0,
            Some("h" | "hour") => 3600.0,
            Some("d" | "day") => 86_400.0,
            _ => return Err(format!("\"{text}\" is not a rate: it needs a unit of time behind a slash")),
        };
        if !number.is_finite() || number <= 0.0 {
            return Err(format!("a rate is above zero, found \"{text}\""));
        }
        Self::from_per_second(number / seconds)
            .ok_or_else(|| format!("\"{text}\" is too fast: a clock of nanoseconds tells at most 1000000000/s apart"))
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

impl Decode for Rate {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = text(node, reader, "a rate", EXAMPLE)?;
        Self::parse(text).map_err(|error| reader.error(node.region, error, format!("write {EXAMPLE}"))).ok()
    }
}

impl Encode for Rate {
    fn encode(&self) -> Node {
        Node::made(Kind::Text(self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_absurd_ones_refused() {
        assert_eq!(Rate::parse("900/s").map(Rate::per_second), Ok(900.0));
        assert_eq!(Rate::parse("1.5 / min").map(Rate::per_second), Ok(0.025));
        for text in ["0/s", "-1/s", "1e12/s", "900", "NaN/s", "900 ms", "/s", ""] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }
}
