//! Lengths of time.

use super::{number_and_unit, text};
use crate::engine::Duration;
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// A length of time: "8 ms", "1.5 s", "10 min". From zero to a hundred years.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Span(f64);

const LONGEST: f64 = 100.0 * 365.25 * 86_400.0;

/// Units with how many go into a second (below one: negative sign of the exponent would lose digits) or seconds in one.
const UNITS: [(&[&str], f64, f64); 7] = [
    (&["ns"], 1.0, 1e9),
    (&["us", "µs", "μs"], 1.0, 1e6),
    (&["ms"], 1.0, 1e3),
    (&["s", "sec", "second", "seconds"], 1.0, 1.0),
    (&["min", "minute", "minutes"], 60.0, 1.0),
    (&["h", "hour", "hours"], 3600.0, 1.0),
    (&["d", "day", "days"], 86_400.0, 1.0),
];

const EXAMPLE: &str = "\"8 ms\", \"1.5 s\" or \"10 min\"";

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0.0);

    /// `seconds` seconds.
    #[must_use]
    pub const fn whole(seconds: u16) -> Self {
        Self(seconds as f64)
    }

    /// `milliseconds` thousandths of a second.
    #[must_use]
    pub const fn milliseconds(milliseconds: u16) -> Self {
        Self(milliseconds as f64 / 1e3)
    }

    /// `seconds` seconds. The range (zero to a hundred years) is checked when the experiment is planned.
    #[must_use]
    pub const fn of(seconds: f64) -> Self {
        Self(seconds)
    }

    /// `seconds` seconds; `None` if negative, NaN or over a hundred years.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        (0.0..=LONGEST).contains(&seconds).then_some(Self(seconds))
    }

    /// The length in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0
    }

    /// The length to the nearest nanosecond.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0)
    }

    /// Reads "8 ms".
    ///
    /// # Errors
    /// The mistake in the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = number_and_unit(text).ok_or_else(|| format!("\"{text}\" is not a length of time"))?;
        let unknown = || match unit {
            "" => format!("\"{text}\" has no unit"),
            _ => format!("\"{unit}\" is not a unit of time"),
        };
        let (_, times, over) = UNITS.iter().find(|(names, _, _)| names.contains(&unit)).ok_or_else(unknown)?;
        // Dividing by a whole number keeps decimals exact where multiplying by 0.001 would not.
        let seconds = number * times / over;
        if number < 0.0 {
            return Err(format!("a length of time is not negative, found \"{text}\""));
        }
        Self::from_seconds(seconds).ok_or_else(|| format!("\"{text}\" is longer than a hundred years"))
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.0 {
            0.0 => "s",
            s if s < 1e-6 => "ns",
            s if s < 1e-3 => "us",
            s if s < 1.0 => "ms",
            s if s < 120.0 => "s",
            s if s < 7200.0 => "min",
            _ => "h",
        };
        let (_, times, over) = UNITS.iter().find(|(names, _, _)| names.contains(&unit)).unwrap_or(&UNITS[3]);
        let written = format!("{} {unit}", self.0 / times * over);
        // Only a form that reads back to the same bits will do.
        if Self::parse(&written) == Ok(*self) { f.write_str(&written) } else { write!(f, "{} s", self.0) }
    }
}

impl Decode for Span {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if reader.plain_numbers {
            let number = f64::decode(node, reader)?;
            let span = Self::from_seconds(number);
            if span.is_none() {
                reader.error(node.region, "a factor is not negative, and not above three billion", "");
            }
            return span;
        }
        let text = text(node, reader, "a length of time", EXAMPLE)?;
        Self::parse(text).map_err(|error| reader.error(node.region, error, format!("write {EXAMPLE}"))).ok()
    }
}

impl Encode for Span {
    fn encode(&self) -> Node {
        Node::made(Kind::Text(self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_read() {
        for (text, seconds) in [
            ("8 ms", 0.008),
            ("1.5s", 1.5),
            ("10 min", 600.0),
            ("250 µs", 0.000_25),
            ("2 h", 7200.0),
            ("1 day", 86_400.0),
            ("10ns", 1e-8),
        ] {
            assert_eq!(Span::parse(text).map(Span::seconds), Ok(seconds), "{text}");
        }
        assert_eq!(Span::parse("1e400 ms"), Err("\"1e400 ms\" is longer than a hundred years".to_owned()));
        assert_eq!(Span::parse("-1e400 s"), Err("a length of time is not negative, found \"-1e400 s\"".to_owned()));
        for text in ["", "ms", "8", "8 parsecs", "-1 s", "NaN s", "inf s", "1e300 s", "101 years"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_to_the_same_bits(seconds in 0.0..3e9_f64, scale in 0..12_i32) {
            let span = Span::from_seconds(seconds / f64::from(10_u32.pow(scale.min(9) as u32))).expect("in range");
            prop_assert_eq!(Span::parse(&span.to_string()), Ok(span));
        }
    }
}
