//! Shares, and how counts compare with them.

use std::cmp::Ordering;

use super::{number_and_unit, text};
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// Decimals of a percentage that [`Percent::exact`] keeps.
const MOST_DECIMALS: usize = 16;

/// A share as a ratio of whole numbers, so that counts compare with it exactly. In binary, 7 % of a hundred is more
/// than seven and 29 % is less than 29: so use this type to compare a count with a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    part: u64,
    /// Above 0.
    whole: u64,
}

impl Share {
    /// Nothing.
    pub const ZERO: Self = Self { part: 0, whole: 1 };

    /// Compares `part` of `whole` with the share: `Less` if it is a smaller share. A `whole` of zero is equal to every
    /// share.
    #[inline]
    #[must_use]
    pub fn compare(self, part: u64, whole: u64) -> Ordering {
        (u128::from(part) * u128::from(self.whole)).cmp(&(u128::from(self.part) * u128::from(whole)))
    }

    /// True if `part` of `whole` is so large a share or a larger one.
    #[inline]
    #[must_use]
    pub fn is_reached(self, part: u64, whole: u64) -> bool {
        self.compare(part, whole) != Ordering::Less
    }

    /// So large a share of `whole`, rounded up.
    #[must_use]
    pub fn ceil_of(self, whole: u64) -> u64 {
        let exact = u128::from(self.part) * u128::from(whole);
        u64::try_from(exact.div_ceil(u128::from(self.whole))).unwrap_or(u64::MAX)
    }

    /// So large a share of `whole`, rounded down.
    #[must_use]
    pub fn floor_of(self, whole: u64) -> u64 {
        let exact = u128::from(self.part) * u128::from(whole);
        u64::try_from(exact / u128::from(self.whole)).unwrap_or(u64::MAX)
    }

    /// True if the share is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.part == 0
    }
}

/// A share: "2 %". From 0 to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);

    /// `percent` per cent, clamped to 0 to 100.
    #[must_use]
    pub const fn of(percent: f64) -> Self {
        Self(percent.clamp(0.0, 100.0))
    }

    /// The share as a fraction from 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }

    /// The share as an exact fraction, for comparison with counts.
    #[must_use]
    pub fn exact(self) -> Share {
        // The shortest decimal that is read back as this number is the one that was written, up to fifteen digits.
        let text = format!("{}", self.0);
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let rest = &rest[..rest.len().min(MOST_DECIMALS)];
        let digits = |digits: &str| digits.bytes().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        let places = rest.bytes().fold(1, |places, _| places * 10);
        Share { part: digits(whole) * places + digits(rest), whole: 100 * places }
    }

    /// Reads "2 %".
    ///
    /// # Errors
    /// The mistake in the text.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(text: &str) -> Share {
        Percent::parse(text).expect("a share").exact()
    }

    #[test]
    fn whole_percentages_of_a_hundred_are_whole_numbers() {
        for percent in 0..=100 {
            let share = share(&format!("{percent} %"));
            assert_eq!(share.compare(percent, 100), Ordering::Equal, "{percent} %");
            assert_eq!((share.ceil_of(100), share.ceil_of(200)), (percent, 2 * percent), "{percent} %");
            assert_eq!((share.floor_of(100), share.floor_of(200)), (percent, 2 * percent), "{percent} %");
        }
    }

    #[test]
    fn a_share_is_what_was_written() {
        assert_eq!(share("0.1 %").compare(1, 1000), Ordering::Equal);
        assert_eq!(share("2.3 %").compare(23, 1000), Ordering::Equal);
        assert_eq!(share("33.333333 %").compare(1, 3), Ordering::Greater);
        assert_eq!(
            share("84.08964152537145 %").compare(8_408_964_152_537_145, 10_000_000_000_000_000),
            Ordering::Equal
        );
        assert_eq!(share("1e-3 %").compare(1, 100_000), Ordering::Equal);
        assert_eq!(share("1e-300 %").compare(1, u64::MAX), Ordering::Greater);
        assert_eq!((share("0 %"), share("100 %").is_reached(7, 7)), (Share { part: 0, whole: 100 }, true));
    }

    proptest! {
        #[test]
        fn counts_compare_as_the_decimals_do(thousandths in 0_u64..=100_000, part in 0_u64..10_000, whole in 1_u64..10_000) {
            let text = format!("{}.{:03} %", thousandths / 1000, thousandths % 1000);
            let expected = (part * 100_000).cmp(&(thousandths * whole));
            prop_assert_eq!(share(&text).compare(part, whole), expected);
            prop_assert_eq!(share(&text).ceil_of(whole), (thousandths * whole).div_ceil(100_000));
        }
    }
}
