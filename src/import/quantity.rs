//! Numbers and lengths of time as proxies write them.

use crate::schema::quantity::Span;

/// A length of time in nginx: "30", "500ms", "1h 30m". A number without a unit is in seconds.
pub fn nginx_time(text: &str) -> Option<Span> {
    let units = [
        ("ms", 0.001),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
        ("d", 86_400.0),
        ("w", 604_800.0),
        ("M", 2_592_000.0),
        ("y", 31_536_000.0),
    ];
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, behind) = leading_number(rest)?;
        let word = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(word);
        let factor = if unit.is_empty() { 1.0 } else { units.iter().find(|(name, _)| *name == unit)?.1 };
        // "10 ms" is exact, ten times 0.001 is not.
        seconds += if unit == "ms" { number / 1000.0 } else { number * factor };
        rest = behind.trim_start();
    }
    Span::from_seconds(seconds)
}

/// A length of time in HAProxy: "2s", "500", "1m". A number without a unit is in milliseconds.
pub fn haproxy_time(text: &str) -> Option<Span> {
    let (number, unit) = leading_number(text)?;
    Span::from_seconds(match unit {
        "us" => number / 1e6,
        "" | "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => return None,
    })
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    Some((number as f64, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_programs_read_them() {
        for (text, seconds) in
            [("30", 30.0), ("500ms", 0.5), ("1m", 60.0), ("1h 30m", 5400.0), ("1h30m", 5400.0), ("2d", 172_800.0)]
        {
            assert_eq!(nginx_time(text).map(Span::seconds), Some(seconds), "{text}");
        }
        for (text, seconds) in [("2s", 2.0), ("500", 0.5), ("250us", 0.000_25), ("1m", 60.0), ("1d", 86_400.0)] {
            assert_eq!(haproxy_time(text).map(Span::seconds), Some(seconds), "{text}");
        }
        for text in ["", "s", "10 parsecs", "-1", "1.5s", "99999999999999999999999", "99999999999y"] {
            assert_eq!(nginx_time(text), None, "{text}");
            assert_eq!(haproxy_time(text), None, "{text}");
        }
    }
}
