//! Stamps: when a request came, in the ways logs write it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::schema::{choice, record};

record! {
    /// Detects the unit from the size of the first number: below 100,000,000,000 (the year 5138) seconds, below a
    /// thousand times that milliseconds, below a million times that microseconds, from there on nanoseconds.
    pub struct AutoUnit {}
}

record! {
    /// Seconds, possibly with decimals.
    pub struct Seconds {}
}

record! {
    /// Milliseconds.
    pub struct Milliseconds {}
}

record! {
    /// Microseconds.
    pub struct Microseconds {}
}

record! {
    /// Nanoseconds.
    pub struct Nanoseconds {}
}

choice! {
    /// The unit of a time that is a number, counted from 1970 or any other origin.
    pub enum TimeUnit {
        Auto(AutoUnit),
        Seconds(Seconds),
        Milliseconds(Milliseconds),
        Microseconds(Microseconds),
        Nanoseconds(Nanoseconds),
    }
}

/// Bytes of `17/May/2015:10:05:03 +0000`.
pub(super) const CLF_LENGTH: usize = 26;
/// The first number that is not taken for seconds.
const NOT_SECONDS: i128 = 100_000_000_000;
const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// Reads the stamps of one log.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    /// Nanoseconds in one of its numbers, once it is known.
    unit: Option<i128>,
}

impl Stamps {
    /// For numbers that count `unit`.
    pub fn new(unit: &TimeUnit) -> Self {
        let unit = match unit {
            TimeUnit::Auto(_) => None,
            TimeUnit::Seconds(_) => Some(NANOS_PER_SECOND),
            TimeUnit::Milliseconds(_) => Some(1_000_000),
            TimeUnit::Microseconds(_) => Some(1000),
            TimeUnit::Nanoseconds(_) => Some(1),
        };
        Self { unit }
    }

    /// A stamp in nanoseconds; `None` if it is none, or outside the years 1678 to 2261. In this order: a number; date
    /// and time with an offset (RFC 3339); date and time without, taken as UTC, with a space or a T between; the time
    /// of Common Log Format.
    pub fn read(&mut self, text: &str) -> Option<i64> {
        let text = text.trim_ascii();
        if let Some(nanos) = self.number(text) {
            return Some(nanos);
        }
        // A date without a time says too little.
        if !text.contains(':') {
            return None;
        }
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return i64::try_from(timestamp.as_nanosecond()).ok();
        }
        match text.parse::<DateTime>() {
            Ok(civil) => nanos(civil, Offset::UTC),
            Err(_) => clf(text.as_bytes()),
        }
    }

    fn number(&mut self, text: &str) -> Option<i64> {
        let decimal = Decimal::read(text)?;
        let unit = self.unit.unwrap_or(match decimal.whole {
            whole if whole < NOT_SECONDS => NANOS_PER_SECOND,
            whole if whole < NOT_SECONDS * 1000 => 1_000_000,
            whole if whole < NOT_SECONDS * 1_000_000 => 1000,
            _ => 1,
        });
        let nanos = decimal.times(unit)?;
        self.unit = Some(unit);
        Some(nanos)
    }
}

/// A decimal number, exact to its twenty-first decimal: a float would lose the nanoseconds of a time since 1970.
struct Decimal {
    negative: bool,
    whole: i128,
    /// Decimals, counted in 10^-`places`.
    part: i128,
    places: u32,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (digits, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if exponent != 0 {
            return Self::scaled(negative, whole, part, exponent);
        }
        let part = &part[..part.len().min(21)];
        Some(Self {
            negative,
            whole: whole.parse().ok()?,
            part: if part.is_empty() { 0 } else { part.parse().ok()? },
            places: part.len() as u32,
        })
    }

    /// Moves the point of `whole.part` by `exponent` places.
    fn scaled(negative: bool, whole: &str, part: &str, exponent: i32) -> Option<Self> {
        if whole.len() + part.len() > 40 || exponent.unsigned_abs() > 40 {
            return None;
        }
        let point = whole.len() as i32 + exponent;
        let mut digits = format!("{whole}{part}");
        digits.insert_str(0, &"0".repeat((1 - point).max(0) as usize));
        let point = point.max(1) as usize;
        while digits.len() < point {
            digits.push('0');
        }
        digits.insert(point, '.');
        Self::read(&digits).map(|decimal| Self { negative, ..decimal })
    }

    fn times(&self, unit: i128) -> Option<i64> {
        let whole = self.whole.checked_mul(unit)?;
        // Below a nanosecond, it is cut off.
        let nanos = whole.checked_add(self.part.checked_mul(unit)? / 10_i128.pow(self.places))?;
        i64::try_from(if self.negative { -nanos } else { nanos }).ok()
    }
}

/// Reads `17/May/2015:10:05:03 +0000`.
pub(super) fn clf(text: &[u8]) -> Option<i64> {
    let number = |from: usize, length: usize| {
        text[from..from + length]
            .iter()
            .try_fold(0_i16, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0')))
    };
    let marks = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    if text.len() != CLF_LENGTH || marks.iter().any(|&(at, mark)| text[at] != mark) {
        return None;
    }
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let month = MONTHS.iter().position(|name| text[3..6].eq_ignore_ascii_case(name))? as i8 + 1;
    let (day, hour, minute) = (number(0, 2)? as i8, number(12, 2)? as i8, number(15, 2)? as i8);
    let second = match number(18, 2)? {
        // A leap second is the one before, as clocks of computers have it.
        60 => 59,
        second => second as i8,
    };
    let (hours, minutes) = (number(22, 2)?, number(24, 2)?);
    let sign = match text[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if minutes > 59 {
        return None;
    }
    let offset = Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()?;
    nanos(DateTime::new(number(7, 4)?, month, day, hour, minute, second, 0).ok()?, offset)
}

fn nanos(civil: DateTime, offset: Offset) -> Option<i64> {
    i64::try_from(offset.to_timestamp(civil).ok()?.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<i64> {
        Stamps::new(&TimeUnit::Auto(AutoUnit {})).read(text)
    }

    #[test]
    fn dates_are_read_in_the_ways_of_logs() {
        let nanos = 1_700_158_623_979_960_000;
        for text in [
            "2023-11-16T18:17:03.97996Z",
            "2023-11-16 18:17:03.9799600",
            "2023-11-16T18:17:03,97996",
            "2023-11-16T20:17:03.97996+02:00",
            "1700158623.97996",
            "1700158623979.96",
            "1700158623979960",
            "1700158623979960000",
            "1.70015862397996e9",
            " 170015862397.996E+1 ",
        ] {
            assert_eq!(read(text), Some(nanos), "{text}");
        }
        assert_eq!(read("16/Nov/2023:10:17:03 -0800"), Some(1_700_158_623_000_000_000));
        assert_eq!(read("16/nov/2023:23:47:03 +0530"), Some(1_700_158_623_000_000_000));
        assert_eq!(read("31/Dec/2016:23:59:60 +0000"), read("31/Dec/2016:23:59:59 +0000"));
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for text in [
            "",
            "-",
            "yesterday",
            "2023-11-16",
            "2023-13-16 18:17:03",
            "30/Feb/2023:10:17:03 +0000",
            "16/Nov/2023:24:17:03 +0000",
            "16/Nov/2023:10:17:03 +9900",
            "16/Nov/2023:10:17:03 +0060",
            "16/Nov/2023 10:17:03 +0000",
            "1e400",
            "1e39",
            "NaN",
            ".",
            "1.2.3",
            "9999-01-01T00:00:00Z",
            "99999999999999999999999999999999999999999999",
            "1e",
            "0x10",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_number_decides_what_all_of_them_count() {
        let mut stamps = Stamps::new(&TimeUnit::Auto(AutoUnit {}));
        assert_eq!(stamps.read("1700000000000"), Some(1_700_000_000_000_000_000));
        assert_eq!(stamps.read("5"), Some(5_000_000));
        let mut stamps = Stamps::new(&TimeUnit::Microseconds(Microseconds {}));
        assert_eq!(stamps.read("5.5"), Some(5500));
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("-1.5"), Some(-1_500_000_000));
        assert_eq!(read("12e-1"), Some(1_200_000_000));
        assert_eq!(read("1e-9"), Some(1));
    }
}
