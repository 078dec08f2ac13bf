//! Formats numbers for people: suitable units, and no more digits than the interval warrants.
//!
//! The rule is the one of the physical sciences: two significant digits of the half-width, and the value to the same
//! decimals. Digits come from the exact decimal expansion, never from a logarithm, so every machine writes the same.

use super::results::{Comparison, Estimate, IntervalKind, Unit};

/// Significant digits of a value at most, however narrow its interval.
const MOST_DIGITS: i32 = 4;
/// Significant digits of a value without an interval.
const PLAIN_DIGITS: i32 = 4;

/// Significant digits of a value whose interval has no width: the precision of a histogram.
const MEASURED_DIGITS: i32 = 3;

/// The size one unit of the printed number has, and its symbol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefix {
    /// The printed number times this is the value.
    pub factor: f64,
    /// The symbol after the number, for example "ms".
    pub symbol: &'static str,
}

/// The prefix in which a number of this size reads best.
#[must_use]
pub fn prefix(size: f64, unit: Unit) -> Prefix {
    let ladder: &[(f64, &str)] = match unit {
        Unit::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
        Unit::PerSecond => &[(1e9, "G/s"), (1e6, "M/s"), (1.0, "/s")],
        Unit::Fraction => &[(1e-2, "%")],
        Unit::Count => &[(1e9, "G"), (1e6, "M"), (1.0, "")],
    };
    // 999.95 of the smaller unit would be printed as 1000 of it.
    let fits = |factor: f64| size >= factor * 0.999_95;
    let zero = if unit == Unit::Seconds { 0 } else { ladder.len() - 1 };
    let at = if size == 0.0 { zero } else { ladder.iter().position(|step| fits(step.0)).unwrap_or(ladder.len() - 1) };
    Prefix { factor: ladder[at].0, symbol: ladder[at].1 }
}

/// "12.34 ± 0.56 ms"; "–" without a value, "12.34 ms" without a half-width.
#[must_use]
pub fn estimate(estimate: &Estimate) -> String {
    match (estimate.interval, estimate.value) {
        (IntervalKind::Wilson { low, high }, Some(value)) => not_symmetric(value, low, high, estimate.unit),
        _ => with_interval(estimate.value, estimate.half_width, estimate.unit),
    }
}

/// "0.12 (0.08 to 0.2) %": a value with an asymmetric interval; "0 (below 0.2) %" if none was observed.
fn not_symmetric(value: f64, low: f64, high: f64, unit: Unit) -> String {
    let Prefix { factor, symbol } = prefix(high, unit);
    // As few digits as tell the ends apart.
    let tells = |digits: &i32| plain(low / factor, *digits) != plain(high / factor, *digits);
    let Some(digits) = (2..=5).find(tells) else { return with_interval(Some(value), None, unit) };
    let short = |value: f64| plain(value / factor, digits);
    let ends = if low == 0.0 { format!("below {}", short(high)) } else { format!("{} to {}", short(low), short(high)) };
    format!("{} ({ends}) {symbol}", short(value)).trim_end().to_owned()
}

/// A value with its half-width, in words.
#[must_use]
pub fn with_interval(value: Option<f64>, half_width: Option<f64>, unit: Unit) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else { return "–".to_owned() };
    let half = half_width.filter(|half| half.is_finite());
    let size = if value == 0.0 { half.unwrap_or(0.0) } else { value.abs() };
    let Prefix { factor, symbol } = prefix(size, unit);
    let (value, half) = (value / factor, half.map(|half| half / factor));
    let number = match half {
        Some(half) if half > 0.0 => {
            let most = (MOST_DIGITS - 1 - exponent(value, MOST_DIGITS)).max(0);
            let decimals = (1 - exponent(half, 2)).min(if value == 0.0 { i32::MAX } else { most });
            format!("{} ± {}", fixed(value, decimals), width(half, decimals))
        }
        Some(_) => format!("{} ± 0", plain(value, MEASURED_DIGITS)),
        None => plain(value, PLAIN_DIGITS),
    };
    if symbol.is_empty() { number } else { format!("{number} {symbol}") }
}

/// A length of time to two significant digits, as an estimate deserves: "950 s".
#[must_use]
pub fn rounded_seconds(seconds: f64) -> String {
    let Prefix { factor, symbol } = prefix(seconds, Unit::Seconds);
    let scaled = seconds / factor;
    let step = libm::pow(10.0, f64::from(exponent(scaled, 2) - 1).max(0.0));
    format!("{} {symbol}", plain((scaled / step).round() * step, 2))
}

/// A significant difference with its direction, for example "−31 % ▼"; `None` if no difference is significant.
///
/// Fractions differ by percentage points ("+1.2 pp ▲"), because a percentage of a percentage misleads. More than ten
/// times the baseline is written as a factor.
#[must_use]
pub fn difference(comparison: &Comparison, unit: Unit) -> Option<String> {
    let difference = comparison.difference.filter(|x| comparison.significant && x.is_finite() && *x != 0.0)?;
    let (sign, arrow) = if difference > 0.0 { ("+", "▲") } else { ("−", "▼") };
    let text = match (unit, comparison.relative.filter(|x| x.is_finite())) {
        (Unit::Fraction, _) => format!("{sign}{} pp", plain(difference.abs() * 100.0, 2)),
        (_, Some(relative)) if relative >= 10.0 => format!("×{}", plain(relative + 1.0, 2)),
        (_, Some(relative)) => format!("{sign}{} %", plain(relative.abs() * 100.0, 2)),
        (_, None) => format!("{sign}{}", with_interval(Some(difference.abs()), None, unit)),
    };
    Some(format!("{text} {arrow}"))
}

/// A number to `digits` significant digits, without trailing zeros; whole digits are never cut.
#[must_use]
pub fn plain(value: f64, digits: i32) -> String {
    let text = fixed(value, (digits - 1 - exponent(value, digits)).max(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number as an axis wants it: short, with k, M and G for thousands, millions and milliards.
#[must_use]
pub fn short(value: f64) -> String {
    let (factor, symbol) = match value.abs() {
        size if size >= 1e9 => (1e9, "G"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    format!("{}{symbol}", plain(value / factor, 4))
}

/// A value with its unit as a tick of a logarithmic axis shows it: "10 ms", "0.1 %", "20k".
#[must_use]
pub fn tick(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => {
            let Prefix { factor, symbol } = prefix(value.abs(), unit);
            format!("{} {symbol}", short(value / factor))
        }
        Unit::Fraction => format!("{} %", plain(value * 100.0, 3)),
        Unit::PerSecond | Unit::Count => short(value),
    }
}

/// The decimal exponent of the first digit, after rounding to `digits` digits; 0 for zero.
fn exponent(value: f64, digits: i32) -> i32 {
    let text = format!("{:.*e}", (digits - 1).max(0) as usize, value);
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// A number to `decimals` decimals; a negative count rounds to tens, hundreds and so on.
fn fixed(value: f64, decimals: i32) -> String {
    let text = if decimals >= 0 {
        format!("{:.*}", decimals as usize, value)
    } else {
        // Powers of ten up to 10^22 are exact, so the division rounds once.
        let step = (0..-decimals).fold(1.0, |step, _| step * 10.0);
        format!("{:.0}", (value / step).round() * step)
    };
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// A half-width; one that would be rounded to zero is printed as smaller than the last digit.
fn width(half: f64, decimals: i32) -> String {
    let text = fixed(half, decimals);
    if text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        return text;
    }
    let last = text.len() - 1;
    format!("<{}1", &text[..last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_width_decides_the_digits() {
        for (value, half, unit, expected) in [
            (0.012_345, Some(0.000_56), Unit::Seconds, "12.35 ± 0.56 ms"),
            (0.012_345, Some(0.000_996), Unit::Seconds, "12.3 ± 1.0 ms"),
            (1.5, Some(0.25), Unit::Seconds, "1.50 ± 0.25 s"),
            (0.000_001_5, Some(0.000_000_2), Unit::Seconds, "1.50 ± 0.20 µs"),
            (0.000_000_025, None, Unit::Seconds, "25 ns"),
            (12_345.0, Some(1_234.0), Unit::PerSecond, "12300 ± 1200 /s"),
            (1_234.5, Some(12.0), Unit::PerSecond, "1234 ± 12 /s"),
            (2_345_678.0, Some(12_000.0), Unit::PerSecond, "2.346 ± 0.012 M/s"),
            (0.0123, Some(0.0012), Unit::Fraction, "1.23 ± 0.12 %"),
            (0.899, None, Unit::Fraction, "89.9 %"),
            (3.0, Some(0.0), Unit::Count, "3 ± 0"),
            (0.0, Some(0.001), Unit::Seconds, "0.0 ± 1.0 ms"),
            (0.0, None, Unit::Seconds, "0 s"),
            (-0.002, Some(0.0001), Unit::Seconds, "−2.00 ± 0.10 ms"),
            (12.345_678_9, Some(1e-9), Unit::Count, "12.35 ± <0.01"),
            (0.999_999_9, Some(0.01), Unit::Seconds, "1.000 ± 0.010 s"),
            (5.0, Some(200.0), Unit::Count, "10 ± 200"),
        ] {
            assert_eq!(with_interval(Some(value), half, unit), expected, "{value} {half:?}");
        }
        assert_eq!(with_interval(None, Some(1.0), Unit::Count), "–");
        assert_eq!(with_interval(Some(f64::NAN), None, Unit::Count), "–");
        assert_eq!(with_interval(Some(2.0), Some(f64::INFINITY), Unit::Count), "2");
    }

    #[test]
    fn ends_that_are_not_equally_far_are_both_shown() {
        assert_eq!(not_symmetric(0.0, 0.0, 0.000_009_99, Unit::Fraction), "0 (below 0.001) %");
        assert_eq!(not_symmetric(7.7e-6, 2.7e-6, 2.29e-5, Unit::Fraction), "0.00077 (0.00027 to 0.0023) %");
        assert_eq!(not_symmetric(1.0, 0.5, 2.0, Unit::Count), "1 (0.5 to 2)");
        assert_eq!(not_symmetric(0.9998, 0.9995, 0.9999, Unit::Fraction), "99.98 (99.95 to 99.99) %");
        assert_eq!(not_symmetric(0.999_999_9, 0.999_999_8, 1.0, Unit::Fraction), "100 %");
    }

    #[test]
    fn only_a_significant_difference_is_shown() {
        let comparison = |difference: f64, relative: Option<f64>, significant| Comparison {
            ratio: None,
            ratio_half_width: None,
            p_value: None,
            variance_saved: None,
            id: String::new(),
            difference: Some(difference),
            half_width: None,
            relative,
            significant,
        };
        let show = |amount, relative, unit| difference(&comparison(amount, relative, true), unit);
        assert_eq!(show(-0.031, Some(-0.31), Unit::Seconds).as_deref(), Some("−31 % ▼"));
        assert_eq!(show(0.5, Some(0.0312), Unit::PerSecond).as_deref(), Some("+3.1 % ▲"));
        assert_eq!(show(0.5, Some(12.0), Unit::Seconds).as_deref(), Some("×13 ▲"));
        assert_eq!(show(0.012, Some(9.0), Unit::Fraction).as_deref(), Some("+1.2 pp ▲"));
        assert_eq!(show(0.002, None, Unit::Seconds).as_deref(), Some("+2 ms ▲"));
        assert_eq!(difference(&comparison(-1.0, Some(-0.5), false), Unit::Seconds), None);
    }

    #[test]
    fn ticks_are_short() {
        for (value, unit, expected) in [
            (0.001, Unit::Seconds, "1 ms"),
            (0.000_2, Unit::Seconds, "200 µs"),
            (100.0, Unit::Seconds, "100 s"),
            (0.001, Unit::Fraction, "0.1 %"),
            (0.000_01, Unit::Fraction, "0.001 %"),
            (20_000.0, Unit::PerSecond, "20k"),
            (0.3, Unit::Count, "0.3"),
        ] {
            assert_eq!(tick(value, unit), expected);
        }
    }
}
