//! The outcome of reading a log: how many lines became requests, and why the others did not.

use std::borrow::Cow;
use std::fmt;

use crate::schema::quantity::Span;

/// Lines named at most in each list.
const NAMED: usize = 10;

/// A number of lines, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The numbers of the first ten, from 1, and the mistake in each.
    pub first: Vec<(u64, Cow<'static, str>)>,
}

impl Tally {
    /// Counts a line.
    pub(super) fn add(&mut self, line: u64, why: Cow<'static, str>) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push((line, why));
        }
    }

    /// "lines 4, 17 and 90".
    fn places(&self) -> String {
        let mut out = String::from(if self.count == 1 { "line " } else { "lines " });
        let rest = self.count - self.first.len() as u64;
        for (place, (line, _)) in self.first.iter().enumerate() {
            let last = rest == 0 && place + 1 == self.first.len();
            out += match place {
                0 => "",
                _ if last => " and ",
                _ => ", ",
            };
            out += &line.to_string();
        }
        if rest > 0 {
            out += &format!(" and {} more", grouped(rest));
        }
        out
    }

    /// The reasons, each once, with the first line of each if there are several.
    fn reasons(&self) -> String {
        let mut reasons: Vec<&(u64, Cow<'static, str>)> = Vec::new();
        for entry in &self.first {
            if !reasons.iter().any(|other| other.1 == entry.1) {
                reasons.push(entry);
            }
        }
        match reasons.as_slice() {
            [(_, why)] => why.to_string(),
            many => many.iter().map(|(line, why)| format!("line {line} {why}")).collect::<Vec<_>>().join("; "),
        }
    }
}

/// The outcome of reading a log. Every line is accounted for: `lines` is the sum of `parsed`, `malformed`, `late`,
/// `blank` and `header`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadReport {
    /// The format it was read in, by its name in the language.
    pub format: &'static str,
    /// All lines.
    pub lines: u64,
    /// Lines that became requests.
    pub parsed: u64,
    /// Lines that are no requests in this format, and why.
    pub malformed: Tally,
    /// Requests left out because they stand too far behind newer ones.
    pub late: Tally,
    /// Lines of white space only.
    pub blank: u64,
    /// Lines that name the columns of a CSV file: none or one.
    pub header: u64,
    /// Requests, late ones too, stamped earlier than the request on the line before.
    pub out_of_order: u64,
    /// How late a line may be.
    pub horizon: Span,
}

impl ReadReport {
    /// Lines that had to be left out, a sentence for each reason; empty if there are none.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        let of = grouped(self.lines);
        let mut out = Vec::new();
        for (tally, what, reasons) in [
            (&self.malformed, "malformed".to_owned(), format!(" ({})", self.malformed.reasons())),
            (&self.late, format!("stamped more than {} before a line above", self.horizon), String::new()),
        ] {
            if tally.count > 0 {
                let (is, was) = if tally.count == 1 { ("is", "was") } else { ("are", "were") };
                let (count, places) = (grouped(tally.count), tally.places());
                out.push(format!("{count} of {of} lines {is} {what} and {was} left out: {places}{reasons}"));
            }
        }
        out
    }

    /// Peculiarities of the reading that users should know, a sentence each; empty if every line became a request in
    /// its place.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let mut out = self.left_out();
        if self.out_of_order > 0 {
            let out_of_order = self.out_of_order;
            let (stands, was) = if out_of_order == 1 { ("stands", "was") } else { ("stand", "were") };
            out.push(format!(
                "{} of {} lines {stands} out of order and {was} sorted within {}",
                grouped(out_of_order),
                grouped(self.lines),
                self.horizon
            ));
        }
        out
    }
}

impl fmt::Display for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lines, {} requests in the format {}", grouped(self.lines), grouped(self.parsed), self.format)?;
        self.notices().iter().try_for_each(|notice| write!(f, "\n{notice}"))
    }
}

/// A number with commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_up_to_ten() {
        let mut tally = Tally::default();
        tally.add(4, "has no time".into());
        assert_eq!(tally.places(), "line 4");
        tally.add(17, "has no time".into());
        tally.add(90, "is too long".into());
        assert_eq!(tally.places(), "lines 4, 17 and 90");
        assert_eq!(tally.reasons(), "line 4 has no time; line 90 is too long");
        (100..1100).for_each(|line| tally.add(line, "has no time".into()));
        assert_eq!(tally.places(), "lines 4, 17, 90, 100, 101, 102, 103, 104, 105, 106 and 993 more");
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
