//! Rates: events per unit of time.

use super::{number_and_unit, text};
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// Events per unit of time: "900/s", "1.5/min". Above zero, at most 1,000,000,000 per second.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

const FASTEST: f64 = 1e9;
const EXAMPLE: &str = "\"900/s\", \"30/min\" or \"2/h\"";

impl Rate {
    /// `per_second` events per second. The range (above zero, at most 1,000,000,000 per second) is checked when the
    /// experiment is planned.
    #[must_use]
    pub const fn of(per_second: f64) -> Self {
        Self(per_second)
    }

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

    /// The rate as an exact fraction, (events, seconds): the simplest one that is the same number in floating point.
    /// "20/min" is exactly one event in three seconds. A rate below one event in 2^60 s, which is longer than any run,
    /// is returned as that.
    ///
    /// By continued fractions, whose convergents are the best approximations (Khinchin, "Continued Fractions", 1964).
    #[must_use]
    pub fn fraction(self) -> (u64, u64) {
        const LONGEST: u64 = 1 << 60;
        if self.0 * LONGEST as f64 <= 1.0 {
            return (1, LONGEST);
        }
        // The exact value of the floating point number: 53 bits at most, over a power of two of 112 at most.
        let (mut up, mut down) = exactly(self.0);
        let (mut last, mut events, mut seconds) = ((0_u128, 1_u128), 1_u128, 0_u128);
        while down > 0 {
            let whole = up / down;
            (up, down) = (down, up % down);
            let next = (whole * events + last.0, whole * seconds + last.1);
            // Nearer than a floating point number can tell, whose quotient is rounded.
            if next.1 > 1 << 62 {
                break;
            }
            (last, (events, seconds)) = ((events, seconds), next);
            if events as f64 / seconds as f64 == self.0 {
                break;
            }
        }
        (events as u64, seconds as u64)
    }

    /// Reads "900/s".
    ///
    /// # Errors
    /// The mistake in the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = number_and_unit(text).ok_or_else(|| format!("\"{text}\" is not a rate"))?;
        let seconds = match unit.strip_prefix('/').map(str::trim) {
            Some("s" | "sec" | "second") => 1.0,
            Some("min" | "minute") => 60.0,
            Some("h" | "hour") => 3600.0,
            Some("d" | "day") => 86_400.0,
            _ => return Err(format!("\"{text}\" is not a rate: it needs a unit of time behind a slash")),
        };
        if number <= 0.0 {
            return Err(format!("a rate is above zero, found \"{text}\""));
        }
        Self::from_per_second(number / seconds)
            .ok_or_else(|| format!("\"{text}\" is too fast: a clock of nanoseconds tells at most 1000000000/s apart"))
    }
}

/// A normal number above 2^-60 and below 2^64 as a fraction.
fn exactly(number: f64) -> (u128, u128) {
    let bits = number.to_bits();
    let mantissa = u128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    match (bits >> 52) as i32 - 1075 {
        exponent @ ..0 => (mantissa, 1 << -exponent),
        exponent => (mantissa << exponent, 1),
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
    use proptest::prelude::*;

    #[test]
    fn a_rate_is_the_fraction_that_was_written() {
        for (text, fraction) in [
            ("3/s", (3, 1)),
            ("20/min", (1, 3)),
            ("7/h", (7, 3600)),
            ("1/d", (1, 86_400)),
            ("0.3/s", (3, 10)),
            ("999.999999/s", (999_999_999, 1_000_000)),
            ("1.5/min", (1, 40)),
            ("1000000000/s", (1_000_000_000, 1)),
            ("1e-9/s", (1, 1_000_000_000)),
            ("1e-300/s", (1, 1 << 60)),
        ] {
            assert_eq!(Rate::parse(text).map(Rate::fraction), Ok(fraction), "{text}");
        }
    }

    #[test]
    fn a_rate_of_one_in_ages_fits_into_its_fraction() {
        assert_eq!(Rate(1.3548979558602541e-17).fraction(), (38, 2_804_639_259_779_012_389));
    }

    proptest! {
        #[test]
        fn the_fraction_of_a_rate_is_the_same_number(mantissa in 1.0..2.0_f64, exponent in -59..29_i32) {
            let rate = mantissa * libm::exp2(f64::from(exponent));
            let (events, seconds) = Rate(rate).fraction();
            // Below one in 2^30 s a quotient of numbers that are rounded may miss it by the last bit.
            let within = if exponent < -30 { rate * f64::EPSILON } else { 0.0 };
            prop_assert!((events as f64 / seconds as f64 - rate).abs() <= within, "{} of {}", events, seconds);
            // A rate near one in 2^60 s may need a few more digits to be that very number.
            prop_assert!(seconds <= 1 << 62 && events <= 1 << 57, "{} of {}", events, seconds);
        }

        #[test]
        fn simple_fractions_come_back(events in 1_u64..1_000_000, seconds in 1_u64..1_000_000) {
            let (up, down) = Rate(events as f64 / seconds as f64).fraction();
            prop_assert_eq!(u128::from(up) * u128::from(seconds), u128::from(down) * u128::from(events));
        }
    }

    #[test]
    fn rates_are_read_and_absurd_ones_refused() {
        assert_eq!(Rate::parse("900/s").map(Rate::per_second), Ok(900.0));
        assert_eq!(Rate::parse("1.5 / min").map(Rate::per_second), Ok(0.025));
        for text in ["0/s", "-1/s", "1e12/s", "900", "NaN/s", "900 ms", "/s", ""] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }
}
