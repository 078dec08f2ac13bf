//! Numbers for people: units that fit, and as many digits as the interval supports.

use super::results::Unit;

/// A right example of a quantity that counts `unit`.
#[must_use]
pub fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a length of time: write \"50 ms\"",
        Unit::PerSecond => "a rate: write \"900/s\"",
        Unit::Fraction => "a share: write \"2 %\"",
        Unit::Count => "a plain number: write 3.5",
    }
}

/// Factor and suffix in which a value of about `size` is best read.
fn scale(unit: Unit, size: f64) -> (f64, &'static str) {
    match unit {
        Unit::Seconds if size >= 1.0 || size == 0.0 => (1.0, " s"),
        Unit::Seconds if size >= 1e-3 => (1e3, " ms"),
        Unit::Seconds if size >= 1e-6 => (1e6, " µs"),
        Unit::Seconds => (1e9, " ns"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Fraction => (100.0, " %"),
        Unit::Count => (1.0, ""),
    }
}

/// Decimals that show `digits` significant digits of `x`.
fn decimals(x: f64, digits: i32) -> usize {
    if x == 0.0 || !x.is_finite() {
        return 0;
    }
    let magnitude = libm::floor(libm::log10(x.abs())) as i32;
    (digits - 1 - magnitude).clamp(0, 9) as usize
}

/// "12.34 ms ± 0.15 ms" as one string: two digits of the half-width, and the value to the same place; four digits of a
/// value without one.
#[must_use]
pub fn show(unit: Unit, value: f64, half_width: Option<f64>) -> String {
    if !value.is_finite() {
        return "no value".to_owned();
    }
    let (factor, suffix) = scale(unit, value.abs().max(half_width.unwrap_or(0.0)));
    let scaled = value * factor;
    match half_width.filter(|half| half.is_finite()) {
        Some(half) if half > 0.0 => {
            let places = decimals(half * factor, 2);
            format!("{} ± {}{suffix}", plain(scaled, places), plain(half * factor, places))
        }
        _ => format!("{}{suffix}", plain(scaled, decimals(scaled, 4))),
    }
}

fn plain(x: f64, places: usize) -> String {
    let text = format!("{x:.places$}");
    // A true minus sign, and none before zero.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_the_interval_and_units_the_size() {
        for (unit, value, half, text) in [
            (Unit::Seconds, 0.012_345, Some(0.000_15), "12.35 ± 0.15 ms"),
            (Unit::Seconds, 2.5, None, "2.500 s"),
            (Unit::Seconds, 0.0, None, "0 s"),
            (Unit::Seconds, -0.000_5, Some(0.000_01), "−500 ± 10 µs"),
            (Unit::PerSecond, 899.6, Some(1.26), "899.6 ± 1.3/s"),
            (Unit::Fraction, 0.015, Some(0.0), "1.500 %"),
            (Unit::Count, 1234.5, Some(120.0), "1234 ± 120"),
            (Unit::Count, f64::NAN, None, "no value"),
        ] {
            assert_eq!(show(unit, value, half), text);
        }
    }
}
